#include "nvml_power_meter.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <thread>
#include <utility>

namespace clear_native {
namespace {

constexpr double power_quantum_w = 1e-3;
constexpr double usual_field_period_s = 0.1;
constexpr double watch_power_at_most_s = 0.5;
constexpr double between_polls_s = 0.005;       // of a field: a read takes microseconds
constexpr double between_sample_polls_s = 0.5;  // the driver keeps 2.4 s of them, a call takes 0.3 ms
constexpr double unknown_at_most_s = 0.5;       // longer without power is no integral any more
constexpr double sample_periods_at_most = 5;    // likewise, where samples are farther apart
constexpr double unchanged_periods = 1.5;       // a value that stands so long was updated to the same
constexpr double standing_tolerance = 0.02;
constexpr std::size_t samples_queued = 1U << 16U;  // 20 min of them, where nobody asks for them

void sleep_s(double time_s) {
  std::this_thread::sleep_for(std::chrono::duration<double>(time_s));
}

double median_gap_s(const std::vector<NvmlDevice::BufferedSample>& samples) {
  std::vector<double> gaps_s;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    gaps_s.push_back(static_cast<double>(samples[i].timestamp_us - samples[i - 1].timestamp_us) * 1e-6);
  }
  if (gaps_s.empty()) return power_sample_period_s;
  const auto middle = gaps_s.begin() + static_cast<std::ptrdiff_t>(gaps_s.size() / 2);
  std::nth_element(gaps_s.begin(), middle, gaps_s.end());
  return *middle;
}

}  // namespace

NvmlPowerMeter::NvmlPowerMeter(const std::string& uuid, PowerField field, NvmlPowerOptions options)
    : clock_(options.clock ? std::move(options.clock) : std::make_shared<const SteadyClock>()),
      device_(uuid),
      field_(field) {
  traits_.name = std::string("nvml_") + name_of(field);
  traits_.scope = "gpu";
  traits_.device = device_.uuid();
  traits_.integrates_power = true;
  traits_.has_power_samples = field == PowerField::samples;
  if (field == PowerField::usage) traits_.averaging_s = device_.usage_averaging_s();
  if (traits_.averaging_s) {
    traits_.note =
        "Power usage is the mean of the last second on this GPU. That is undone (docs/meters.md), as far as "
        "the driver averages just so.";
  }
  start();
  if (options.period_s) {
    traits_.period_s = *options.period_s;
  } else if (field != PowerField::samples) {
    traits_.period_s = watch_period_s();
  }
  traits_.quantum_j = power_quantum_w * traits_.period_s;
  if (traits_.averaging_s) wait_until_standing(*traits_.averaging_s, options.settle_at_most_s);
  if (field != PowerField::samples) start();  // from here, with nothing of the watching
  if (options.watch) {
    thread_ = std::make_unique<WatchThread>(field == PowerField::samples ? between_sample_polls_s : between_polls_s,
                                            [this] { poll_quietly(); });
  }
}

std::unique_ptr<PowerIntegral> NvmlPowerMeter::new_integral() const {
  if (field_ == PowerField::samples) return std::make_unique<MeanPowerIntegral>();
  if (traits_.averaging_s) return std::make_unique<TrailingMeanIntegral>(*traits_.averaging_s);
  return std::make_unique<InstantPowerIntegral>();
}

double NvmlPowerMeter::field_power_w() const {
  const std::optional<double> power_w =
      field_ == PowerField::instant ? device_.power_instant_w() : device_.power_usage_w();
  if (power_w) return *power_w;
  throw Error(ErrorKind::sensor_unsupported, "The driver has no power field '" + std::string(name_of(field_)) +
                                                 "' of " + device_.uuid() +
                                                 ". meter=\"auto\" takes the best that it has.");
}

void NvmlPowerMeter::start() {
  if (integral_) before_j_ += integral_->energy_j();
  integral_ = new_integral();
  if (field_ != PowerField::samples) {
    last_poll_begin_s_ = clock_->now_s();
    last_power_w_ = field_power_w();
    last_poll_end_s_ = clock_->now_s();
    update_s_ = (last_poll_begin_s_ + last_poll_end_s_) / 2;
    integral_->add(update_s_, last_power_w_);
    reading_ = {.begin_s = last_poll_begin_s_, .end_s = last_poll_end_s_, .energy_j = before_j_};
    return;
  }
  const std::vector<NvmlDevice::BufferedSample> buffered = device_.samples_after(0);
  if (buffered.empty()) {
    throw Error(ErrorKind::sensor_unsupported, "The driver buffers no power samples of " + device_.uuid() +
                                                   ". meter=\"auto\" takes the best that it has.");
  }
  if (traits_.period_s <= 0) traits_.period_s = median_gap_s(buffered);  // once: traits() is asked from any thread
  const double offset_s = steady_minus_realtime_s(*clock_);
  for (const NvmlDevice::BufferedSample& sample : buffered) {
    handed_out_next_.push_back(
        {.time_s = static_cast<double>(sample.timestamp_us) * 1e-6 + offset_s, .power_w = sample.power_w});
  }
  start_us_ = last_us_ = buffered.back().timestamp_us;
  last_new_s_ = clock_->now_s();
  integral_->add(0, buffered.back().power_w);
  const double time_s = handed_out_next_.back().time_s;
  reading_ = {.begin_s = time_s, .end_s = time_s, .energy_j = before_j_};
}

double NvmlPowerMeter::watch_period_s() const {
  const double begin_s = clock_->now_s();
  std::vector<double> changes_s;
  double power_w = field_power_w();
  while (clock_->now_s() < begin_s + watch_power_at_most_s) {
    sleep_s(1e-3);
    const double now_w = field_power_w();
    if (now_w != power_w) changes_s.push_back(clock_->now_s());
    power_w = now_w;
  }
  if (changes_s.size() < 3) return usual_field_period_s;
  return (changes_s.back() - changes_s.front()) / static_cast<double>(changes_s.size() - 1);
}

void NvmlPowerMeter::wait_until_standing(double for_s, double at_most_s) {
  StandingPower standing(for_s, standing_tolerance);
  const double until_s = clock_->now_s() + at_most_s;
  while (clock_->now_s() < until_s && !standing.feed(clock_->now_s(), field_power_w())) sleep_s(between_polls_s);
}

void NvmlPowerMeter::lose(double unknown_s) {
  start();
  throw Error(ErrorKind::sensor_fault, "The power of " + device_.uuid() + " was not known for " +
                                           std::to_string(unknown_s) +
                                           " s (the process slept, the clock was set, or the driver gave none), so the "
                                           "energy of that time is missing. Measure again.");
}

void NvmlPowerMeter::poll_samples() {
  const std::vector<NvmlDevice::BufferedSample> buffered = device_.samples_after(last_us_);
  const double now_s = clock_->now_s();
  const double longest_s = std::max(unknown_at_most_s, sample_periods_at_most * traits_.period_s);
  if (buffered.empty()) {
    if (now_s - last_new_s_ > 2 * longest_s) lose(now_s - last_new_s_);
    return;
  }
  last_new_s_ = now_s;
  const double offset_s = steady_minus_realtime_s(*clock_);
  for (const NvmlDevice::BufferedSample& sample : buffered) {
    const double gap_s = static_cast<double>(sample.timestamp_us - last_us_) * 1e-6;
    if (gap_s > longest_s) lose(gap_s);
    last_us_ = sample.timestamp_us;
    // Differences of the driver's own stamps: they know nothing of how the two clocks stand to each other.
    integral_->add(static_cast<double>(sample.timestamp_us - start_us_) * 1e-6, sample.power_w);
    const double time_s = static_cast<double>(sample.timestamp_us) * 1e-6 + offset_s;
    reading_ = {.begin_s = time_s, .end_s = time_s, .energy_j = before_j_ + integral_->energy_j()};
    handed_out_next_.push_back({.time_s = time_s, .power_w = sample.power_w});
  }
  if (handed_out_next_.size() > samples_queued) {
    handed_out_next_.erase(handed_out_next_.begin(), handed_out_next_.end() - samples_queued / 2);
  }
}

void NvmlPowerMeter::poll_field() {
  const double begin_s = clock_->now_s();
  if (begin_s - last_poll_end_s_ > unknown_at_most_s) lose(begin_s - last_poll_end_s_);
  const double power_w = field_power_w();
  const double end_s = clock_->now_s();
  const double changed_after_s = last_poll_begin_s_;
  last_poll_begin_s_ = begin_s;
  last_poll_end_s_ = end_s;
  if (power_w != last_power_w_) {
    update_s_ = (changed_after_s + end_s) / 2;
    reading_.begin_s = changed_after_s;
    reading_.end_s = end_s;
  } else if (end_s - update_s_ >= unchanged_periods * traits_.period_s) {
    update_s_ += traits_.period_s;
    reading_.begin_s = reading_.end_s = update_s_;
  } else {
    return;
  }
  last_power_w_ = power_w;
  integral_->add(update_s_, power_w);
  reading_.energy_j = before_j_ + integral_->energy_j();
}

void NvmlPowerMeter::poll() {
  if (field_ == PowerField::samples) {
    poll_samples();
  } else {
    poll_field();
  }
}

void NvmlPowerMeter::poll_quietly() {
  const std::lock_guard<std::mutex> lock(mutex_);
  fault_.keep_from([this] { poll(); });
}

EnergyReading NvmlPowerMeter::read() {
  const std::lock_guard<std::mutex> lock(mutex_);
  fault_.tell();
  poll();
  return reading_;
}

std::vector<PowerSample> NvmlPowerMeter::power_samples() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (field_ != PowerField::samples) return {};
  if (!fault_) poll();
  return std::exchange(handed_out_next_, {});
}

}  // namespace clear_native
