#pragma once
// The processor: all its threads multiply matrices.

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "device_bench.hpp"
#include "looped_load.hpp"
#include "sensor_run.hpp"

namespace clear_native {

/// Square matrices of floats that fit a core's second cache, row by row.
class MatrixProduct {
 public:
  explicit MatrixProduct(unsigned seed);
  /// Multiplies once, in less than a millisecond.
  void run();
  [[nodiscard]] std::span<const float> left() const noexcept { return left_; }
  [[nodiscard]] std::span<const float> right() const noexcept { return right_; }
  [[nodiscard]] std::span<const float> product() const noexcept { return product_; }

  static constexpr std::size_t side = 128;  // three matrices of 64 KiB

 private:
  std::vector<float> left_;
  std::vector<float> right_;
  std::vector<float> product_;
};

class ProcessorBench final : public DeviceBench {
 public:
  /// `threads` 0: as many as this process may run on.
  explicit ProcessorBench(std::shared_ptr<EnergyMeter> meter, int threads = 0);

  double start_load() override { return load_.start(); }
  double stop_load() override { return load_.stop(); }

 private:
  std::vector<MatrixProduct> products_;  // one for each thread
  LoopedLoad load_;                      // last: it uses them
};

/// A processor and one of its meters. It has no deep idle: this program runs on it.
SensorSubject processor_subject(std::function<std::shared_ptr<EnergyMeter>()> open_meter);

}  // namespace clear_native
