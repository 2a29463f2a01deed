#pragma once
// K: how many passes one launch holds, and which shape of replay is faster.

#include <memory>
#include <string>
#include <vector>

#include "task_runner.hpp"
#include "window.hpp"
#include "workload.hpp"

namespace clear_native {

enum class ReplayShape { chain, while_loop };

/// Makes replays of one thing in the shapes it can take.
class ReplayFactory {
 public:
  virtual ~ReplayFactory() = default;
  [[nodiscard]] virtual bool supports(ReplayShape shape) const = 0;
  /// `passes_per_launch` is K. For a WHILE node, the body holds a few of them and turns around the rest.
  virtual std::unique_ptr<Workload> make(ReplayShape shape, int passes_per_launch) = 0;
};

struct ReplayTiming {
  ReplayShape shape = ReplayShape::chain;
  int passes_per_launch = 1;
  double time_per_pass_s = 0;
};

struct CalibratedReplay {
  std::unique_ptr<Workload> workload;
  ReplayTiming chosen;
  std::vector<ReplayTiming> tried;
};

/// Seconds per pass of `workload`, from at least `min_launches` launches and `min_s` seconds, after a warm-up launch.
double time_per_pass(TaskRunner& runner, Workload& workload, double min_s, int min_launches, const Watch& watch);

/// Smallest K with K * time_per_pass_s >= min_launch_s, at least 1, at most max_passes.
int passes_per_launch_for(double time_per_pass_s, double min_launch_s, int max_passes);

/// Times one pass, chooses K so that a launch takes at least `min_launch_s`, times each supported shape, keeps the
/// faster.
CalibratedReplay calibrate(TaskRunner& runner, ReplayFactory& factory, double min_launch_s, int max_passes,
                           const Watch& watch);

}  // namespace clear_native
