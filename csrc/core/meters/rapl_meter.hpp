#pragma once
// The energy counters of the processor: all packages and their memory, added up.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/windows/clock.hpp"
#include "kept_fault.hpp"
#include "meter.hpp"
#include "rapl_domains.hpp"
#include "unwrapped_counter.hpp"
#include "watch_thread.hpp"

namespace clear_native {

struct RaplOptions {
  std::string root = rapl_root();
  std::shared_ptr<const Clock> clock = nullptr;           // absent: the steady clock
  bool watch = true;                                      // reads now and then, so that no start anew is missed
  std::function<int(const std::string&)> open = nullptr;  // a file for reading, as open(2); absent: that
};

class RaplMeter final : public EnergyMeter {
 public:
  /// `device`: the processor's name, for the traits. Throws Error: sensor_unsupported where there is no such counter,
  /// sensor_permission, naming the file and what to do, where one may not be read.
  explicit RaplMeter(std::string device, RaplOptions options = {});
  ~RaplMeter() override;
  RaplMeter(const RaplMeter&) = delete;
  RaplMeter& operator=(const RaplMeter&) = delete;
  RaplMeter(RaplMeter&&) = delete;
  RaplMeter& operator=(RaplMeter&&) = delete;

  [[nodiscard]] MeterTraits traits() const override { return traits_; }
  /// Joules since the meter was opened. Throws Error(sensor_fault) where a register went back, or was not read for so
  /// long that it may have started again more than once; readings after that say nothing across it.
  EnergyReading read() override;

 private:
  struct Register;

  /// Reads every register. Throws Error.
  EnergyReading poll();
  void read_quietly();

  std::shared_ptr<const Clock> clock_;
  MeterTraits traits_;
  std::mutex mutex_;  // of all below
  std::vector<Register> registers_;
  double last_read_s_ = 0;
  double longest_unread_s_ = 0;
  KeptFault fault_;
  std::unique_ptr<WatchThread> thread_;  // last: it uses all above
};

}  // namespace clear_native
