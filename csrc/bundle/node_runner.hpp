#pragma once
// What runs the operators of a plan. The plug-in with torch is one; tests have another.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dtype.hpp"

namespace clear_native::bundle {

/// Nodes of the plan that run one after another.
struct Stretch {
  std::vector<std::size_t> nodes;
  /// Kept: what they give becomes the value that all others see. Else it is theirs alone, freed as early as possible:
  /// they read each other's, and kept values for all that none of them defines before.
  bool kept = true;
  bool operator==(const Stretch&) const = default;
};

/// One pass of what is measured.
using Pass = std::vector<Stretch>;

/// A pass that was made ready to run.
class Routine {
 public:
  virtual ~Routine() = default;
  /// Runs it, or enqueues it on a device. Throws Error(workload_failed or device_out_of_memory).
  virtual void run() = 0;
};

/// A tensor on the host, contiguous.
struct HostTensor {
  DType dtype = DType::float32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;
  bool operator==(const HostTensor&) const = default;
};

/// Where it runs.
struct RunnerDevice {
  std::string type;  // "cpu" or "cuda"
  int index = 0;
};

class GraphCapturer;

class NodeRunner {
 public:
  virtual ~NodeRunner() = default;

  [[nodiscard]] virtual RunnerDevice device() const = 0;

  /// The pass must not outlive the runner. Throws Error.
  virtual std::unique_ptr<Routine> prepare(const Pass& pass) = 0;

  /// Returns when everything that was enqueued is done.
  virtual void synchronize() = 0;

  /// A kept value, as it is now. Throws Error(bad_input) for one that no kept node has given yet.
  [[nodiscard]] virtual HostTensor value(std::size_t id) const = 0;

  /// By node: the values that it writes to in place.
  [[nodiscard]] virtual std::vector<std::vector<std::size_t>> written_values() const = 0;

  /// By value, once all are kept: equal numbers lie in the same memory. Absent: never defined as a tensor.
  [[nodiscard]] virtual std::vector<std::optional<std::size_t>> memory_of_values() const = 0;

  /// Lets go of all kept values that nodes gave.
  virtual void forget() = 0;

  /// Of the runner, which it needs; nullptr: the device has no graphs, or the plug-in was built without them.
  virtual GraphCapturer* graphs() { return nullptr; }
};

}  // namespace clear_native::bundle
