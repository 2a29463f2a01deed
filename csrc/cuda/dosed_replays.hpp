#pragma once
// Replays of the whole model in which some calls run twice and some not at all.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "buffer_sums.hpp"
#include "core/weighing/dosed_workloads.hpp"
#include "replay.hpp"
#include "replay_graph.hpp"

namespace clear_native::cuda {

/// What runs when a call is to run twice: the nodes of call `call`, after the call at place `after` of the pass.
struct SecondRun {
  std::size_t call = 0;
  std::size_t after = 0;
};

struct DosedReplaysOptions {
  int passes = 8;              // unrolled: the cells of one dose vector
  double min_launch_s = 2e-3;  // the unrolled passes are repeated in a launch until it takes so long
  double long_unit_s = 15e-3;  // where the unrolled passes take longer, the odometer counts inside them
  std::size_t max_nodes = 200'000;
};

/// Every call once, in order, is the chain: the model itself, cut at the borders of its calls.
class DosedReplays final : public DosedWorkloads {
 public:
  /// Times the chain. Throws Error(bad_input): no calls, a second run out of range, passes below 1, more nodes than
  /// `max_nodes` in the unrolled passes (says how many passes would fit).
  DosedReplays(std::uintptr_t stream, Parts calls, std::vector<SecondRun> second, DosedReplaysOptions options = {});

  /// Throws Error(bad_input) for doses of another length than passes times calls, or none that leaves work to do.
  std::unique_ptr<Workload> make(const Doses& doses) override;

  /// What must stay as it is whatever is dosed; the reference is what it is now. Buffers that two runs of the chain
  /// leave different (atomics, state that every pass moves on) cannot be judged: their indices are returned.
  std::vector<std::size_t> watch(const std::vector<DeviceBuffer>& buffers);

  /// How many watched buffers differ from the reference now. Waits for the stream.
  std::size_t changed() override;

  /// True: doses may change data for the rest of their pass, as long as the next pass of the chain brings it back;
  /// changed() then runs the chain once before it looks.
  void set_restores(bool restores) noexcept { restores_ = restores; }

  /// The unrolled passes of `doses`, once, and waits.
  void run_once(const Doses& doses);

  /// Times one call of each kind alone, some fifty times in a row, so that runs() can tell; numbers as of a layout.
  /// Calls in `skipped` (by call) keep what the chain tells of them. Data that calls change in place is left changed.
  /// Throws Error(bad_input) for another number of calls.
  void time_calls(const std::vector<std::size_t>& kind_of_call, const std::vector<bool>& skipped);

  [[nodiscard]] std::vector<CallRun> runs(const Doses& doses) const override;

  [[nodiscard]] int passes() const noexcept { return options_.passes; }
  [[nodiscard]] std::size_t calls() const noexcept { return calls_.size(); }
  /// Of the chain, measured.
  [[nodiscard]] double time_per_pass_s() const noexcept { return time_per_pass_s_; }

 private:
  struct Composition {
    Parts parts;
    std::vector<double> node_time_s;
  };
  [[nodiscard]] std::vector<std::size_t> order_of(const Doses& doses) const;
  [[nodiscard]] Composition compose(const Doses& doses) const;
  [[nodiscard]] std::size_t different();
  [[nodiscard]] std::unique_ptr<Replay> build(const Doses& doses, int units, bool calibrated) const;
  void check_size() const;

  std::uintptr_t stream_;
  Parts calls_;
  std::vector<SecondRun> second_;
  DosedReplaysOptions options_;
  std::vector<std::vector<double>> node_time_s_;  // per call
  std::vector<double> call_time_s_;               // empty: not timed
  double time_per_pass_s_ = 0;
  std::unique_ptr<BufferSums> sums_;
  std::vector<std::uint64_t> reference_;
  std::vector<bool> judged_;
  bool restores_ = false;
};

}  // namespace clear_native::cuda
