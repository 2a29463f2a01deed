#include "round_runner.hpp"

#include "schedule.hpp"

namespace clear_native {

RoundRunner::RoundRunner(TaskRunner& runner, EnergyMeter& meter, const std::vector<Target>& targets,
                         const RoundsOptions& options, const RoundsWatch& watch, RoundsResult& result)
    : targets_(targets), options_(options), windows_(runner, meter, options, watch, result, targets.size()) {}

double RoundRunner::overhead_s(std::size_t target) const {
  return windows_.overhead_s(target, (options_.window.lead_in_min_s + options_.window.lead_in_max_s) / 2);
}

double RoundRunner::expected_round_s(const std::vector<double>& durations_s) const {
  double expected_s = 0;
  for (std::size_t i = 0; i < targets_.size(); ++i) expected_s += overhead_s(i) + durations_s[i];
  return expected_s;
}

RoundRunner::End RoundRunner::run(int round, const std::vector<double>& durations_s) {
  std::vector<PlannedWindow> windows;
  for (const std::size_t target : round_order(options_.seed, round, targets_.size())) {
    WindowOptions options = options_.window;
    options.duration_s = durations_s[target];
    windows.push_back(
        {.target = targets_[target].name, .workload = targets_[target].workload, .options = options, .kind = target});
  }
  return windows_.run(round, windows);
}

}  // namespace clear_native
