#include "launcher_task.hpp"

#include <algorithm>

#include "core/errors.hpp"

namespace clear_native {
namespace {

constexpr double look_for_interruption_every_s = 0.1;

}  // namespace

LauncherTask::LauncherTask(const Clock& clock, Workload& workload, const Watch& watch, const std::atomic<bool>& stop)
    : clock_(clock),
      workload_(workload),
      watch_(watch),
      stop_(stop),
      passes_expected_(workload.odometer().passes),
      last_launched_s_(clock.now_s()),
      next_look_s_(last_launched_s_) {}

std::optional<double> LauncherTask::step() {
  if (stop_.load(std::memory_order_acquire)) return std::nullopt;
  look_for_interruption(clock_.now_s());
  double look_again_s = 0;
  const bool room = workload_.wait_for_room(look_again_s);
  const double now_s = clock_.now_s();
  if (!room) return std::min(look_again_s, std::max(now_s, next_look_s_));
  if (launched_any_) note_idle(now_s);
  workload_.launch();
  launched_any_ = true;
  passes_expected_ += workload_.passes_per_launch();
  last_launched_s_ = clock_.now_s();
  return last_launched_s_;
}

void LauncherTask::look_for_interruption(double now_s) {
  if (now_s < next_look_s_) return;
  next_look_s_ = now_s + look_for_interruption_every_s;
  if (watch_.interrupted && watch_.interrupted()) {
    throw Error(ErrorKind::interrupted, "The measurement was interrupted. Windows finished before are kept.");
  }
}

void LauncherTask::note_idle(double now_s) {
  const OdometerReading reading = workload_.odometer();
  if (reading.passes < passes_expected_ - 1e-6 * workload_.passes_per_launch()) return;
  const double idle_since_s = std::max(reading.time_s, last_launched_s_);
  if (idle_since_s < now_s) idle_spans_s_.emplace_back(idle_since_s, now_s);
}

double LauncherTask::idle_fraction(double begin_s, double end_s) const {
  if (end_s <= begin_s) return 0;
  double idle_s = 0;
  for (const auto& [from_s, to_s] : idle_spans_s_) {
    idle_s += std::max(0.0, std::min(to_s, end_s) - std::max(from_s, begin_s));
  }
  return idle_s / (end_s - begin_s);
}

}  // namespace clear_native
