#pragma once
// The half of a window that watches: meter, odometer, power samples, operating point. Runs on the meter thread.

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "clock.hpp"
#include "core/meters/meter.hpp"
#include "odometer_track.hpp"
#include "steady.hpp"
#include "task_runner.hpp"
#include "ticks.hpp"
#include "window.hpp"
#include "workload.hpp"

namespace clear_native {

/// What the meter task saw. Valid after the run.
struct MeterRecord {
  explicit MeterRecord(double period_s) : ticks(period_s) {}

  TickFinder ticks;
  OdometerTrack odometer;
  std::vector<PowerSample> power_samples;
  std::vector<SideReading> sides_at_begin;
  std::vector<SideReading> sides_at_end;
  std::optional<OperatingPoint> operating_point;
  std::optional<int> other_processes;
  double start_s = 0;  // of the lead-in
  double begin_s = 0;  // of the measured stretch
  double end_s = 0;
  Steadiness steadiness = Steadiness::unknown;
  bool went_back = false;
  bool stalled = false;
};

class MeterTask final : public Task {
 public:
  /// Sets `stop` when the window is over, or has gone wrong.
  MeterTask(const Clock& clock, EnergyMeter& meter, const Workload& workload, const WindowOptions& options,
            std::atomic<bool>& stop);

  std::optional<double> step() override;

  [[nodiscard]] const MeterRecord& record() const noexcept { return record_; }

 private:
  enum class Stage { lead_in, measuring, closing };
  enum class Due { start, look, read_meter, read_odometer };

  double start(double now_s);
  double after_reading();
  std::optional<double> look(double now_s);
  void drain_samples(double now_s);
  bool lead_in_is_over(double now_s);
  [[nodiscard]] bool is_measured(double now_s) const;
  [[nodiscard]] bool odometer_covers_ticks(double now_s) const;
  [[nodiscard]] bool samples_cover_stretch(double now_s) const;
  [[nodiscard]] int ticks_measured() const;
  /// A driver may offer samples and then give none.
  [[nodiscard]] bool has_samples() const;
  [[nodiscard]] double next_reading_s(double now_s) const;
  std::optional<double> finish(double now_s);

  const Clock& clock_;
  EnergyMeter& meter_;
  const Workload& workload_;
  WindowOptions options_;
  std::atomic<bool>& stop_;
  MeterTraits traits_;
  double tick_period_s_;
  MeterRecord record_;
  EnergyReading reading_;
  Stage stage_ = Stage::lead_in;
  Due due_ = Due::start;
  double next_reading_s_ = 0;
  double next_drain_s_ = 0;
  bool asked_operating_point_ = false;  // a meter may have none to tell
};

}  // namespace clear_native
