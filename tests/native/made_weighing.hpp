#pragma once
// Windows of a weighing made by hand: no device, no clock. What a row costs is a function of its doses.

#include <functional>
#include <string>
#include <vector>

#include "core/rounds/target_roles.hpp"
#include "core/weighing/weighing_design.hpp"
#include "made_windows.hpp"

namespace clear_native::testing {

struct MadeCost {
  double energy_j = 0;
  double time_s = 0;
};

using CostOfDoses = std::function<MadeCost(const Doses&)>;

/// Two components of three and one calls, two passes.
inline WeighingLayout made_layout() {
  return {.components = {"a", "b"}, .component_of_call = {0, 0, 0, 1}, .passes = 2};
}

/// a costs 6 J and 3 s more for every whole run, b 2 J and 4 s; a pass has 1 J and 1 s besides.
inline MadeCost linear_cost(const Doses& doses) {
  const std::vector<double> of = component_doses(made_layout(), doses);
  return {.energy_j = 1 + 6 * (1 + of[0]) + 2 * (1 + of[1]), .time_s = 1 + 3 * (1 + of[0]) + 4 * (1 + of[1])};
}

/// Dosed windows of `rounds` rounds, and in each the chain ("chain"), everything doubled ("doubled"), the plain model
/// ("plain", 10 % less) and idling at 0.5 W ("idle").
inline std::vector<Window> made_weighing(const WeighingLayout& layout, int rounds, const CostOfDoses& cost) {
  std::vector<Window> windows;
  double now_s = 1000;
  const auto add = [&](const std::string& target, int round, const MadeCost& made) -> Window& {
    now_s += 0.4;
    windows.push_back(made_window(target, round, now_s, made.energy_j, made.time_s));
    return windows.back();
  };
  const std::size_t cells = layout.component_of_call.size() * static_cast<std::size_t>(layout.passes);
  for (int round = 0; round < rounds; ++round) {
    for (const DosedRow& row : draw_rows(layout, 0.5, 3, round)) {
      add(row_name(row.pair, row.sign), round, cost(row.doses)).doses = doses_text(row.doses);
    }
    const MadeCost chain = cost(Doses(cells, 0));
    add("chain", round, chain);
    add("doubled", round, cost(Doses(cells, 1)));
    add("plain", round, {.energy_j = 0.9 * chain.energy_j, .time_s = chain.time_s});
    add("idle", round, {.energy_j = 0.5, .time_s = 1});
  }
  return windows;
}

inline std::vector<TargetInfo> made_references() {
  return {{.name = "chain", .role = TargetRole::preserved},
          {.name = "doubled", .role = TargetRole::doubled},
          {.name = "plain", .role = TargetRole::plain},
          {.name = "idle", .role = TargetRole::idle}};
}

}  // namespace clear_native::testing
