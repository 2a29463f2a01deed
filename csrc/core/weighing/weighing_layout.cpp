#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "core/errors.hpp"
#include "weighing_design.hpp"

namespace clear_native {
namespace {

void require(bool condition, const std::string& message) {
  if (!condition) throw Error(ErrorKind::bad_input, message);
}

void check_calls(const WeighingLayout& layout) {
  std::vector<int> calls(layout.components.size(), 0);
  for (const std::optional<std::size_t>& component : layout.component_of_call) {
    if (!component) continue;
    require(*component < calls.size(), "A call belongs to component number " + std::to_string(*component) +
                                           ", and there are " + std::to_string(calls.size()) +
                                           " components. Numbers begin with 0.");
    ++calls[*component];
  }
  for (std::size_t i = 0; i < calls.size(); ++i) {
    require(calls[i] > 0, "Component '" + layout.components[i] +
                              "' has no call that can be dosed. Leave it out, or measure it by the partition.");
  }
}

void check_twins(const WeighingLayout& layout) {
  if (layout.twin_of_call.empty()) return;
  const std::size_t calls = layout.component_of_call.size();
  require(layout.twin_of_call.size() == calls, "There are " + std::to_string(layout.twin_of_call.size()) +
                                                   " twins for " + std::to_string(calls) +
                                                   " calls; there must be one for each.");
  for (std::size_t call = 0; call < calls; ++call) {
    const std::size_t twin = layout.twin_of_call[call];
    if (!layout.component_of_call[call]) continue;
    require(twin < calls && layout.component_of_call[twin] == layout.component_of_call[call],
            "The twin of call " + std::to_string(call) + " is " + std::to_string(twin) +
                ", which is no call of the same component; running it twice would dose another one.");
  }
}

void check_kinds(const WeighingLayout& layout) {
  const std::size_t kinds = layout.kind_of_call.size();
  const std::size_t calls = layout.component_of_call.size();
  require(kinds == 0 || kinds == calls, "There are " + std::to_string(kinds) + " kinds for " + std::to_string(calls) +
                                            " calls; there must be one for each, or none at all.");
}

void check_weights(const WeighingLayout& layout) {
  const std::size_t calls = layout.component_of_call.size();
  const std::vector<double>& weights = layout.weight_of_call;
  require(weights.empty() || weights.size() == calls, "There are " + std::to_string(weights.size()) + " weights for " +
                                                          std::to_string(calls) +
                                                          " calls; there must be one for each, or none at all.");
  for (const double weight : weights) {
    require(std::isfinite(weight) && weight > 0,
            "A call has the weight " + std::to_string(weight) + "; weights must be positive.");
  }
}

}  // namespace

void check_layout(const WeighingLayout& layout, double fraction) {
  require(std::isfinite(fraction) && fraction > 0 && fraction <= 1,
          "fraction is " + std::to_string(fraction) +
              "; the share of a component's calls that is dosed must lie above 0 and not above 1, for example 0.5.");
  require(layout.passes >= 1, "passes is " + std::to_string(layout.passes) +
                                  "; the doses spread over so many unrolled passes, so it must be at least 1.");
  require(layout.uniform_pairs >= 0,
          "uniform_pairs is " + std::to_string(layout.uniform_pairs) + "; a design cannot have fewer than none.");
  const std::set<std::string> names(layout.components.begin(), layout.components.end());
  require(names.size() == layout.components.size(), "Two components have the same name; names must differ.");
  const auto& calls = layout.component_of_call;
  require(!layout.components.empty() &&
              std::any_of(calls.begin(), calls.end(), [](const auto& component) { return component.has_value(); }),
          "No call can be dosed, so there is nothing to weigh. Measure with method='partition' instead.");
  check_calls(layout);
  check_twins(layout);
  check_kinds(layout);
  check_weights(layout);
}

}  // namespace clear_native
