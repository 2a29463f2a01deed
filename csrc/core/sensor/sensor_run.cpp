#include "sensor_run.hpp"

#include <string>
#include <utility>
#include <vector>

#include "core/errors.hpp"
#include "core/windows/clock.hpp"
#include "deep_idle.hpp"

namespace clear_native {
namespace {

DeepIdle at_rest(const SensorSubject& subject, double duration_s, const Clock& clock, const BenchWatch& watch) {
  if (!subject.open_at_rest) return {};
  std::shared_ptr<EnergyMeter> meter;
  try {
    meter = subject.open_at_rest();
  } catch (const Error& error) {  // opening it again, with a load, says so too
    DeepIdle found;
    found.notes.push_back(std::string("Deep idle power was not measured: ") + error.what());
    return found;
  }
  return deep_idle(*meter, duration_s, clock, watch);
}

}  // namespace

SensorResult run_sensor(const SensorSubject& subject, double max_time_s, const SensorWatch& watch) {
  check_characterization_time(max_time_s);
  const SteadyClock clock;
  const double begin_s = clock.now_s();
  const auto tell = [&](SensorStage stage) {
    if (watch.progress) watch.progress({stage, clock.now_s() - begin_s, max_time_s});
  };
  SensorResult result;
  DeepIdle resting;
  tell(SensorStage::deep_idle);
  try {
    resting = at_rest(subject, deep_idle_share * max_time_s, clock, {.interrupted = watch.interrupted, .between = {}});
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::interrupted) throw;
    result.interrupted = true;
  }
  if (!result.interrupted) {
    tell(SensorStage::opening);
    const std::shared_ptr<EnergyMeter> meter = subject.open_meter();
    const std::unique_ptr<SensorBench> bench = subject.open_bench(meter);
    const double opened_s = clock.now_s() - begin_s;
    SensorWatch later{.interrupted = watch.interrupted, .progress = {}};
    if (watch.progress) {
      later.progress = [&](SensorProgress now) {
        now.elapsed_s += opened_s;
        watch.progress(now);
      };
    }
    result = characterize(*bench, meter->traits(), max_time_s, later);
  }
  result.deep_idle_w = resting.power_w;
  result.notes.insert(result.notes.begin(), resting.notes.begin(), resting.notes.end());
  result.elapsed_s = clock.now_s() - begin_s;
  return result;
}

}  // namespace clear_native
