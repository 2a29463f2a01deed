#pragma once
// Energy of any stretch of a running program: edges cost microseconds, threads of its own follow the meters.

#include <memory>
#include <optional>
#include <vector>

#include "core/meters/meter.hpp"
#include "edge.hpp"
#include "window_energy.hpp"

namespace clear_native {

/// One thread for each meter; they never call Python. From any thread.
class EnergyMonitor {
 public:
  /// Watches for about two periods of the slowest meter first. Throws Error(bad_input) without meters, or with the same
  /// one twice.
  explicit EnergyMonitor(std::vector<std::shared_ptr<EnergyMeter>> meters);
  EnergyMonitor(const EnergyMonitor&) = delete;
  EnergyMonitor& operator=(const EnergyMonitor&) = delete;
  /// Ends at once. In a process that was forked off it only forgets: threads do not come along.
  ~EnergyMonitor();

  /// This moment, or (`aligned`) the next change of the first meter, which wait_for_time of the edge waits for.
  /// Throws Error(bad_input) after close, and in a process that was forked off.
  std::shared_ptr<Edge> mark(bool aligned = false);

  /// Of every meter, in their order; absent where a meter does not know yet after `timeout_s`.
  [[nodiscard]] std::optional<std::vector<WindowEnergy>> energies(const Edge& begin, const Edge& end,
                                                                  double timeout_s) const;

  /// No more edges. Threads end as soon as they know those there are.
  void close();
  /// No more edges, and the threads end at once: edges that are not known yet stay unknown. For the end of a process.
  void stop();

  [[nodiscard]] const std::vector<MeterTraits>& traits() const noexcept { return traits_; }

 private:
  struct Threads;

  void refuse_fork() const;

  std::vector<MeterTraits> traits_;
  int process_;
  std::unique_ptr<Threads> threads_;
};

}  // namespace clear_native
