#include "main_speed.hpp"

#include <cstddef>
#include <optional>

namespace clear_native {

void refer_to_main_speed(std::vector<Observations>& observations, const std::vector<TargetInfo>& targets) {
  const std::optional<std::size_t> idle = find_role(targets, TargetRole::idle);
  if (!idle || observations[*idle].empty()) return;
  double idle_w = 0;
  const double n = static_cast<double>(observations[*idle].size());
  for (const Observation& observation : observations[*idle]) idle_w += observation.energy_j / observation.time_s / n;
  for (Observations& target : observations) {
    for (Observation& observation : target) {
      if (!observation.off_speed) continue;
      const double main_s = observation.time_s / (1 + *observation.off_speed);
      observation.energy_j -= idle_w * (observation.time_s - main_s);
      observation.time_s = main_s;
    }
  }
}

}  // namespace clear_native
