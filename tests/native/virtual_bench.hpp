#pragma once
// A device with a sensor on a virtual clock, whose lags, periods and looks are known.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/sensor/sensor_bench.hpp"
#include "normal_noise.hpp"

namespace clear_native::testing {

inline constexpr double virtual_idle_w = 120;
inline constexpr double virtual_load_w = 600;

/// What a test then wants to find again. Absent periods: there is no such thing.
struct KnownSensor {
  double counter_period_s = 0.1;
  double counter_gain = 1;
  double read_s = 0.0025;
  std::optional<double> sample_period_s = 0.02;
  std::optional<double> instant_period_s = 0.1;
  std::optional<double> usage_averaging_s = 1.0;
  std::optional<double> look_period_s = std::nullopt;
  double look_s = 0.0002;
  bool can_alternate = true;
  double noise = 0.002;  // of a sample
};

enum class VirtualPower { idle, load, alternating };

class VirtualBench : public SensorBench {
 public:
  explicit VirtualBench(KnownSensor known = {});

  EnergyReading read() override;
  std::vector<std::string> field_names() override { return {"instant", "usage"}; }
  std::optional<double> field_power_w(const std::string& name) override;
  std::vector<PowerSample> samples() override;
  double now_s() override { return clock_s_; }
  void sleep(double duration_s) override { clock_s_ += duration_s; }
  double start_load() override { return become(VirtualPower::load); }
  double stop_load() override { return become(VirtualPower::idle); }
  std::optional<Alternation> alternate(double period_s, double duration_s, const BenchWatch& watch) override;

  [[nodiscard]] VirtualPower power() const { return stretches_.back().power; }
  [[nodiscard]] double energy_j(double time_s) const;
  [[nodiscard]] double mean_w(double begin_s, double end_s) const;

 private:
  struct Stretch {
    double begin_s = 0;
    VirtualPower power = VirtualPower::idle;
    double period_s = 0;  // of alternating power
    double energy_j = 0;  // spent before it
  };

  double become(VirtualPower power, double period_s = 0);
  [[nodiscard]] static double within_j(const Stretch& stretch, double length_s);
  [[nodiscard]] double updated_s(double period_s) const;
  double sample_w(double end_s, double length_s);

  KnownSensor known_;
  double clock_s_ = 100;
  double handed_out_s_ = 100;
  std::vector<Stretch> stretches_ = {Stretch{}};
  NormalNoise noise_{7};
};

}  // namespace clear_native::testing
