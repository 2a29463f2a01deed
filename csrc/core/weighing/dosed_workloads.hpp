#pragma once
// Where the workloads of a weighing come from: graphs, a Python callable, a simulated device.

#include <cstddef>
#include <memory>
#include <vector>

#include "core/windows/workload.hpp"
#include "weighing_design.hpp"

namespace clear_native {

/// A call that runs, and for how long.
struct CallRun {
  std::size_t call = 0;
  double time_s = 0;
};

class DosedWorkloads {
 public:
  virtual ~DosedWorkloads() = default;

  /// Caller's thread. The model with its calls dosed like this. A pass of the made workload is one pass of the MODEL: a
  /// launch holds as many of them as the layout has passes, or a multiple. Throws Error.
  virtual std::unique_ptr<Workload> make(const Doses& doses) = 0;

  /// What runs in the unrolled passes of these doses, in order; empty where that is not known. The times need not be
  /// those inside the running model, but those of the calls of one component must be in proportion. Throws Error.
  [[nodiscard]] virtual std::vector<CallRun> runs(const Doses& /*doses*/) const { return {}; }

  /// Caller's thread, after every dosed window, when nothing runs. How many of the buffers that no dose may change have
  /// changed; 0 where none is watched. Throws Error.
  virtual std::size_t changed() { return 0; }
};

}  // namespace clear_native
