#pragma once
// Passes over parts of a model graph, again and again, driven from C++.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/windows/calibrate.hpp"
#include "core/windows/workload.hpp"
#include "launch_queue.hpp"
#include "odometer.hpp"
#include "pass_plan.hpp"
#include "replay_graph.hpp"

namespace clear_native::cuda {

struct ReplayOptions {
  ReplayShape shape = ReplayShape::chain;
  int passes_per_launch = 1;
  std::optional<double> time_per_pass_s;  // where it is known already
  std::vector<double> node_time_s;  // of every node of a pass, where known: of an earlier Replay of the same parts
  double mark_interval_s = 1.6e-3;  // the odometer counts about this often, at most 2 ms apart
  int queue_depth = 4;
  std::size_t max_nodes_per_launch = 60'000;
  bool calibrate = true;  // false: nothing runs before the first launch(), the marks' places are not measured
};

/// A pass runs all parts in order; the same part may come several times.
class Replay final : public Workload {
 public:
  /// Builds, and runs a few launches to learn where the marks stand. `stream` is a CUstream; all work runs on it.
  /// Throws Error(bad_input) for no parts, parts of several devices, a loop that cannot be.
  static std::unique_ptr<Replay> create(std::uintptr_t stream, Parts parts, ReplayOptions options = {});

  /// Stops a loop, waits for what is queued.
  ~Replay() override;
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  [[nodiscard]] double passes_per_launch() const override { return launch_.passes_per_launch(); }
  void launch() override;
  bool wait_for_room(double& look_again_s) override;
  [[nodiscard]] OdometerReading odometer() const override;
  void drain() override;

  /// Any thread. A loop ends after the turn it is in, also in every launch that is queued; drain() takes it back.
  void request_stop() { odometer_.set_stop(true); }

  [[nodiscard]] std::size_t nodes_per_launch() const noexcept { return graph_.nodes; }
  [[nodiscard]] int marks_per_pass() const noexcept { return plan_.marks_per_pass; }
  [[nodiscard]] int passes_per_mark() const noexcept { return plan_.passes_per_mark; }
  /// Measured while building; absent where `calibrate` was off and nothing was given.
  [[nodiscard]] std::optional<double> time_per_pass_s() const;
  [[nodiscard]] const std::vector<double>& node_time_s() const noexcept { return node_time_s_; }

 private:
  Replay(std::uintptr_t stream, Parts parts, ReplayOptions options);
  void build();
  void calibrate();
  bool learn();
  std::vector<double> measure_intervals();
  void abandon() noexcept;
  [[nodiscard]] double pass_s() const;

  std::shared_ptr<const PrimaryContext> context_;
  CUstream stream_;
  Parts parts_;
  ReplayOptions options_;
  Odometer odometer_;
  LaunchQueue queue_;
  LaunchShape launch_;
  std::vector<double> node_time_s_;  // empty: not known
  PassPlan plan_;
  PassScale scale_;
  ReplayGraph graph_;
  std::uint64_t first_count_ = 0;  // of the odometer when this was ready
};

/// True where all parts may stand in a loop and the driver has loops (CUDA 12.4).
bool loop_possible(const Parts& parts);

}  // namespace clear_native::cuda
