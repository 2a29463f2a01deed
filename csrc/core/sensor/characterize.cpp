#include "characterize.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "core/errors.hpp"
#include "part_time.hpp"
#include "reading_facts.hpp"
#include "sensor_watch.hpp"
#include "shortest_stretch.hpp"

namespace clear_native {
namespace {

// Of the time in all; there are seven phases of the load.
constexpr double idle_share = 0.06;
constexpr double phase_share = 0.06;
constexpr double steady_share = 0.12;
constexpr double part_time_share = 0.24;
constexpr int cycles = 3;
constexpr double after_load_s = 0.3;      // power falls for so long when a load ends
constexpr double shortest_phase_s = 1.5;  // the rise of a trailing mean of a second ends before the last quarter of it

std::string text_of(const char* format, double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::vector<std::string> too_short(double phase_s, double part_time_s) {
  std::vector<std::string> notes;
  if (phase_s < shortest_phase_s) {
    notes.push_back("Phases of the load were " + text_of("%.1f", phase_s) +
                    " s long: a field that averages over a second is not seen in less than " +
                    text_of("%.0f", shortest_phase_s / phase_share) + " s in all.");
  }
  if (part_time_s < least_part_time_s) {
    notes.push_back("Whether the sensor looks part of the time is not seen in less than " +
                    text_of("%.0f", least_part_time_s / part_time_share) + " s in all.");
  }
  return notes;
}

/// The stages over one bench.
class Characterization {
 public:
  Characterization(SensorBench& bench, const MeterTraits& traits, double max_time_s, const SensorWatch& watch)
      : bench_(bench), watch_(watch), max_time_s_(max_time_s), begin_s_(bench.now_s()) {
    result_.meter = traits;
    bench_watch_.interrupted = watch.interrupted;
    bench_watch_.between = [this] { tell(); };
  }
  Characterization(const Characterization&) = delete;
  Characterization& operator=(const Characterization&) = delete;

  SensorResult run() {
    const bool has_fields = !bench_.field_names().empty();
    if (!result_.meter.note.empty()) result_.notes.push_back(result_.meter.note);
    if (has_fields) {
      for (std::string& note : too_short(phase_share * max_time_s_, part_time_share * max_time_s_)) {
        result_.notes.push_back(std::move(note));
      }
    }
    try {
      wake();
      watch_idle();
      step();
      look_for_part_time();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::interrupted) throw;
      result_.interrupted = true;
    }
    result_.elapsed_s = bench_.now_s() - begin_s_;
    return std::move(result_);
  }

 private:
  void tell() {
    if (watch_.progress) watch_.progress({stage_, bench_.now_s() - begin_s_, max_time_s_});
  }

  void begin(SensorStage stage) {
    stage_ = stage;
    stop_if_interrupted(bench_watch_);
  }

  /// So that idling is idling after work.
  void wake() {
    begin(SensorStage::waking);
    tell();
    bench_.start_load();
    try {
      rest(bench_, after_load_s, bench_watch_);
    } catch (...) {
      bench_.stop_load();
      throw;
    }
    bench_.stop_load();
    rest(bench_, after_load_s, bench_watch_);
  }

  void watch_idle() {
    begin(SensorStage::idle);
    const SensorTrace idle = watch_sensor(bench_, idle_share * max_time_s_, bench_watch_);
    result_.active_idle_w = idle.mean_power_w(idle.begin_s, idle.end_s);
  }

  void step() {
    begin(SensorStage::steps);
    const bool is_counter = !result_.meter.integrates_power;
    const StepPlan plan{.cycles = cycles, .phase_s = phase_share * max_time_s_, .steady_s = steady_share * max_time_s_};
    const auto [trace, steady_begin_s, steady_end_s] = watch_steps(bench_, plan, bench_watch_);
    const ReadingFacts reading = reading_facts(trace, is_counter);
    result_.period_s = reading.period_s;
    result_.period_jitter_s = reading.period_jitter_s;
    result_.quantum_j = reading.quantum_j;
    result_.read_median_s = reading.read_median_s;
    result_.read_p99_s = reading.read_p99_s;
    result_.fields = field_facts(trace, is_counter);
    result_.load_w = trace.mean_power_w(steady_begin_s, steady_end_s);
    result_.shortest_window_s = shortest_stretch_s(trace.energy(steady_begin_s, steady_end_s));
  }

  void look_for_part_time() {
    const double duration_s = part_time_share * max_time_s_;
    if (duration_s < least_part_time_s) return;
    begin(SensorStage::part_time);
    if (const auto looks = find_part_time(bench_, duration_s, bench_watch_)) {
      result_.look_period_s = looks->look_period_s;
      result_.look_s = looks->look_s;
    }
  }

  SensorBench& bench_;
  const SensorWatch& watch_;
  BenchWatch bench_watch_;
  double max_time_s_;
  double begin_s_;
  SensorStage stage_ = SensorStage::waking;
  SensorResult result_;
};

}  // namespace

const char* words_of(SensorStage stage) noexcept {
  switch (stage) {
    case SensorStage::deep_idle:
      return "watching the device at rest";
    case SensorStage::opening:
      return "opening the sensor";
    case SensorStage::waking:
      return "waking the device";
    case SensorStage::idle:
      return "watching it idle after work";
    case SensorStage::steps:
      return "a load goes on and off";
    case SensorStage::part_time:
      return "a load alternates fast";
  }
  return "";
}

void check_characterization_time(double max_time_s) {
  if (std::isfinite(max_time_s) && max_time_s >= shortest_characterization_s) return;
  throw Error(ErrorKind::bad_input, "The time for the sensor is " + text_of("%g", max_time_s) +
                                        " s: a load that goes on and off needs at least " +
                                        text_of("%g", shortest_characterization_s) + ".");
}

SensorResult characterize(SensorBench& bench, const MeterTraits& traits, double max_time_s, const SensorWatch& watch) {
  check_characterization_time(max_time_s);
  return Characterization(bench, traits, max_time_s, watch).run();
}

}  // namespace clear_native
