#include "calibrate.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

#include "core/errors.hpp"
#include "drain.hpp"
#include "launcher_task.hpp"

namespace clear_native {
namespace {

constexpr double first_look_s = 0.01;  // of a single pass, to choose K by
constexpr double compare_s = 0.05;     // of each shape
constexpr int first_launches = 3;
constexpr int compare_launches = 5;
constexpr double look_at_odometer_every_s = 0.001;
constexpr double short_of_launch = 0.9;  // unrolled passes are faster than single ones: K is then chosen once more

/// Watches the odometer from the end of the first launch until enough launches and time have gone by.
class TimingTask final : public Task {
 public:
  TimingTask(const Clock& clock, const Workload& workload, double min_s, int min_launches, std::atomic<bool>& stop)
      : clock_(clock),
        workload_(workload),
        min_s_(min_s),
        min_passes_(min_launches * workload.passes_per_launch()),
        stop_(stop),
        warm_at_passes_(workload.odometer().passes + workload.passes_per_launch()) {}

  std::optional<double> step() override {
    const OdometerReading reading = workload_.odometer();
    if (!begun_) {
      if (reading.passes >= warm_at_passes_) {
        begun_ = true;
        begin_ = reading;
      }
    } else if (reading.passes - begin_.passes >= min_passes_ && reading.time_s - begin_.time_s >= min_s_) {
      end_ = reading;
      stop_.store(true, std::memory_order_release);
      return std::nullopt;
    }
    return clock_.now_s() + look_at_odometer_every_s;
  }

  [[nodiscard]] double time_per_pass_s() const { return (end_.time_s - begin_.time_s) / (end_.passes - begin_.passes); }

 private:
  const Clock& clock_;
  const Workload& workload_;
  double min_s_;
  double min_passes_;
  std::atomic<bool>& stop_;
  double warm_at_passes_;
  bool begun_ = false;
  OdometerReading begin_;
  OdometerReading end_;
};

struct Candidate {
  std::unique_ptr<Workload> workload;
  ReplayTiming timing;
};

Candidate make_and_time(TaskRunner& runner, ReplayFactory& factory, ReplayShape shape, int passes, double min_s,
                        int min_launches, const Watch& watch) {
  Candidate candidate;
  candidate.workload = factory.make(shape, passes);
  candidate.timing = {.shape = shape, .passes_per_launch = passes, .time_per_pass_s = 0};
  candidate.timing.time_per_pass_s = time_per_pass(runner, *candidate.workload, min_s, min_launches, watch);
  return candidate;
}

}  // namespace

double time_per_pass(TaskRunner& runner, Workload& workload, double min_s, int min_launches, const Watch& watch) {
  DrainOnUnwind guard(workload);
  std::atomic<bool> stop = false;
  LauncherTask launcher(runner.clock(), workload, watch, stop);
  TimingTask timing(runner.clock(), workload, min_s, std::max(1, min_launches), stop);
  runner.run(launcher, timing);
  guard.drain();
  return timing.time_per_pass_s();
}

int passes_per_launch_for(double time_per_pass_s, double min_launch_s, int max_passes) {
  if (!(time_per_pass_s > 0)) {
    throw Error(ErrorKind::bad_input, "A pass that takes " + std::to_string(time_per_pass_s) +
                                          " s cannot be repeated to fill a launch; its time must be positive.");
  }
  // The small allowance keeps a quotient like 2.0000000001 from costing a whole pass more.
  const double passes = std::ceil(min_launch_s / time_per_pass_s - 1e-9);
  return static_cast<int>(std::clamp(passes, 1.0, static_cast<double>(std::max(1, max_passes))));
}

CalibratedReplay calibrate(TaskRunner& runner, ReplayFactory& factory, double min_launch_s, int max_passes,
                           const Watch& watch) {
  std::vector<ReplayShape> shapes;
  for (const ReplayShape shape : {ReplayShape::chain, ReplayShape::while_loop}) {
    if (factory.supports(shape)) shapes.push_back(shape);
  }
  if (shapes.empty()) {
    throw Error(ErrorKind::bad_input,
                "A replay supports neither a chain of graphs nor a WHILE node; it must support at least one of them.");
  }
  Candidate best = make_and_time(runner, factory, shapes.front(), 1, first_look_s, first_launches, watch);
  CalibratedReplay result;
  result.tried.push_back(best.timing);
  int passes = passes_per_launch_for(best.timing.time_per_pass_s, min_launch_s, max_passes);
  if (passes > 1) {
    best = make_and_time(runner, factory, shapes.front(), passes, compare_s, compare_launches, watch);
    result.tried.push_back(best.timing);
    if (best.timing.time_per_pass_s * passes < short_of_launch * min_launch_s && passes < max_passes) {
      passes = passes_per_launch_for(best.timing.time_per_pass_s, min_launch_s, max_passes);
      best = make_and_time(runner, factory, shapes.front(), passes, compare_s, compare_launches, watch);
      result.tried.push_back(best.timing);
    }
    for (std::size_t i = 1; i < shapes.size(); ++i) {  // a WHILE node around a single pass costs and saves nothing
      try {
        Candidate other = make_and_time(runner, factory, shapes[i], passes, compare_s, compare_launches, watch);
        result.tried.push_back(other.timing);
        if (other.timing.time_per_pass_s < best.timing.time_per_pass_s) best = std::move(other);
      } catch (const Error& error) {
        // The driver refuses this shape for these nodes, or it does not fit beside the first: that one serves.
        if (error.kind() == ErrorKind::device_lost || error.kind() == ErrorKind::interrupted) throw;
      }
    }
  }
  result.workload = std::move(best.workload);
  result.chosen = best.timing;
  return result;
}

}  // namespace clear_native
