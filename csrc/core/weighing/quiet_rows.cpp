#include "quiet_rows.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

namespace clear_native {
namespace {

constexpr int draws = 24;  // the best of so many has hardly more than a tenth of the beats of one
constexpr double longest_unit_s = 0.05;
constexpr double unsure_of_time = 0.0015;  // of a row before it ran: seen on H200s, 0.05 to 0.25 % off the marginals
constexpr double most_stretch = 3;         // a marginal time farther off is noise

/// All of it takes so long.
void take_time(Pattern& pattern, double time_s) {
  double told_s = 0;
  for (const Stretch& stretch : pattern) told_s += stretch.time_s;
  for (Stretch& stretch : pattern) stretch.time_s *= time_s / told_s;
}

/// Watts and the factor on its time, per component; absent: the windows do not tell.
struct ComponentLoad {
  std::optional<double> power_w;
  std::optional<double> stretch;
};

std::vector<double> time_of_components(const WeighingLayout& layout, const std::vector<CallRun>& runs) {
  std::vector<double> times_s(layout.components.size(), 0);
  for (const CallRun& run : runs) {
    const std::optional<std::size_t>& component = layout.component_of_call[run.call];
    if (component) times_s[*component] += run.time_s / layout.passes;
  }
  return times_s;
}

ComponentLoad load_of(const std::string& name, double told_s, const WeighedRounds& estimate) {
  for (const TargetEstimate& target : estimate.rounds.targets) {
    if (target.name != name || !target.energy_per_pass_j || !target.time_per_pass_s) continue;
    const double energy_j = target.energy_per_pass_j->mean;
    const double time_s = target.time_per_pass_s->mean;
    if (energy_j <= 0 || time_s <= 0 || told_s <= 0) return {};
    const double stretch = time_s / told_s;
    if (stretch > most_stretch || stretch < 1 / most_stretch) return {};
    return {.power_w = energy_j / time_s, .stretch = stretch};
  }
  return {};
}

/// Whether every call runs once in it.
bool is_chain(const Window& window, const std::vector<TargetInfo>& references) {
  return std::any_of(references.begin(), references.end(), [&](const TargetInfo& target) {
    const bool once = target.role == TargetRole::plain || target.role == TargetRole::preserved;
    return once && target.name == window.target;
  });
}

}  // namespace

QuietRows::QuietRows(const WeighingLayout& layout, const DosedWorkloads& dosed)
    : layout_(layout),
      dosed_(dosed),
      chain_(dosed.runs(Doses(layout.component_of_call.size() * static_cast<std::size_t>(layout.passes), 0))) {
  double unit_s = 0;
  for (const CallRun& run : chain_) unit_s += run.time_s;
  if (unit_s > longest_unit_s) chain_.clear();
}

void QuietRows::learn(const std::vector<Window>& windows, const WeighedRounds& estimate) {
  const std::optional<double> model_w = estimate.weighing.model.power_w;
  if (chain_.empty() || !model_w) return;
  const std::vector<double> told_s = time_of_components(layout_, chain_);
  std::vector<double> power_w(layout_.component_of_call.size(), *model_w);
  std::vector<double> stretch(layout_.component_of_call.size(), 1);
  for (std::size_t call = 0; call < power_w.size(); ++call) {
    const std::optional<std::size_t>& component = layout_.component_of_call[call];
    if (!component) continue;
    const ComponentLoad load = load_of(layout_.components[*component], told_s[*component], estimate);
    power_w[call] = load.power_w.value_or(*model_w);
    stretch[call] = load.stretch.value_or(1);
  }
  std::vector<PatternedWindow> patterned;
  for (const Window& window : windows) {
    if (!window.doses || window.status != "ok") continue;
    patterned.push_back({.window = &window,
                         .pattern = pattern_of(power_w, stretch, doses_from_text(*window.doses)),
                         .passes = static_cast<double>(layout_.passes)});
  }
  const std::optional<SensorLooks> looks = find_looks(patterned);
  if (!looks) return;
  looks_ = looks;
  power_w_ = std::move(power_w);
  stretch_ = std::move(stretch);
}

Pattern QuietRows::pattern_of(const std::vector<double>& call_power_w, const std::vector<double>& stretch,
                              const Doses& doses) const {
  Pattern pattern;
  for (const CallRun& run : dosed_.runs(doses)) {
    pattern.push_back({.time_s = run.time_s * stretch[run.call], .power_w = call_power_w[run.call]});
  }
  return pattern;
}

double QuietRows::error_of(const Doses& doses, double window_s) const {
  if (!looks_) return 0;
  const LookError error = look_error(pattern_of(power_w_, stretch_, doses), *looks_, window_s, unsure_of_time);
  return std::hypot(error.beat, error.scatter);
}

void QuietRows::mark(std::vector<Window>& windows, const std::vector<TargetInfo>& references) const {
  if (!looks_) return;
  for (Window& window : windows) {
    if (window.expected_beat) continue;
    Pattern pattern;
    if (window.doses) {
      pattern = pattern_of(power_w_, stretch_, doses_from_text(*window.doses));
      if (window.time_per_pass_s) take_time(pattern, layout_.passes * *window.time_per_pass_s);
    } else if (window.time_per_pass_s && is_chain(window, references)) {
      pattern = pattern_of_chain(*window.time_per_pass_s);
    } else {
      continue;
    }
    window.expected_beat = look_error(pattern, *looks_, window.end_s - window.begin_s).beat;
  }
}

Pattern QuietRows::pattern_of_chain(double time_per_pass_s) const {
  Pattern pass;
  for (std::size_t i = 0; i < chain_.size() / static_cast<std::size_t>(layout_.passes); ++i) {
    const CallRun& run = chain_[i];
    pass.push_back({.time_s = run.time_s * stretch_[run.call], .power_w = power_w_[run.call]});
  }
  take_time(pass, time_per_pass_s);
  return pass;
}

double QuietRows::quietest_chain_s(double time_per_pass_s, double shortest_s, double longest_s) const {
  if (!looks_) return shortest_s;
  return quietest_length_s(pattern_of_chain(time_per_pass_s), *looks_, shortest_s, longest_s);
}

std::vector<DosedRow> QuietRows::rows(double fraction, int pairs_per_round, std::uint64_t seed, int round,
                                      double window_s) const {
  std::vector<DosedRow> best = rows_of_round(layout_, fraction, pairs_per_round, seed, round);
  if (!looks_) return best;
  const auto errors_of_pairs = [&](const std::vector<DosedRow>& rows) {
    std::vector<double> errors;
    for (std::size_t row = 0; row + 1 < rows.size(); row += 2) {
      errors.push_back(std::hypot(error_of(rows[row].doses, window_s), error_of(rows[row + 1].doses, window_s)));
    }
    return errors;
  };
  std::vector<double> least = errors_of_pairs(best);
  for (int draw = 1; draw < draws; ++draw) {
    const std::vector<DosedRow> rows = rows_of_round(layout_, fraction, pairs_per_round, seed, round, draw);
    const std::vector<double> errors = errors_of_pairs(rows);
    for (std::size_t pair = 0; pair < errors.size(); ++pair) {
      if (errors[pair] >= least[pair]) continue;
      least[pair] = errors[pair];
      best[2 * pair] = rows[2 * pair];
      best[2 * pair + 1] = rows[2 * pair + 1];
    }
  }
  return best;
}

}  // namespace clear_native
