#pragma once
// A counter that the GPU moves on in mapped host memory as it goes: how far it is, without a synchronize.

#include <cuda.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "context.hpp"
#include "device_clock.hpp"
#include "module.hpp"
#include "odometer_layout.hpp"

namespace clear_native::cuda {

class Odometer {
 public:
  struct Reading {
    std::uint64_t sequence = 0;  // marks since construction
    std::uint64_t count = 0;     // sum of the marks' increments
    double time_s = 0;           // of the last mark, steady clock
  };

  /// Allocates, and aligns the clocks by a few marks on `stream`. Not during a capture.
  Odometer(std::shared_ptr<const PrimaryContext> context, CUstream stream);
  /// Waits for the stream: what is queued there may still count.
  ~Odometer();
  Odometer(const Odometer&) = delete;
  Odometer& operator=(const Odometer&) = delete;

  /// Any thread. Count and time belong together and never go back.
  [[nodiscard]] Reading read() const;

  /// %globaltimer of a mark, for the last kOdometerLogSize - 1 marks; only after the work that made it is done.
  [[nodiscard]] std::uint64_t stamp_ns(std::uint64_t sequence) const;

  /// Enqueues a mark that counts nothing.
  void mark_now();

  /// Any thread. A WHILE loop ends after the turn in which it sees this.
  void set_stop(bool stop);

  /// For the kernels' first two arguments.
  [[nodiscard]] CUdeviceptr state() const noexcept { return state_; }
  [[nodiscard]] CUdeviceptr cell() const noexcept { return device_cell_; }
  [[nodiscard]] const KernelModule& kernels() const noexcept { return *kernels_; }

 private:
  struct Mark {
    std::uint64_t sequence = 0;
    std::uint64_t count = 0;
    std::uint64_t stamp_ns = 0;
  };
  void allocate();
  void release() noexcept;
  void align_clocks();
  /// Absent while a mark is being written.
  [[nodiscard]] std::optional<Mark> read_mark() const;

  std::shared_ptr<const PrimaryContext> context_;
  std::shared_ptr<const KernelModule> kernels_;
  CUstream stream_;
  CUdeviceptr state_ = 0;
  CUdeviceptr device_cell_ = 0;
  OdometerCell* cell_ = nullptr;

  // Held for a few nanoseconds, by readers alone.
  mutable std::mutex mutex_;
  mutable DeviceClock clock_;
  mutable Reading last_;
};

}  // namespace clear_native::cuda
