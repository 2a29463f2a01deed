#pragma once
// What captures the operators of a plan into a CUDA graph. The plug-in with torch for CUDA is one; tests have another.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "node_runner.hpp"

namespace clear_native::bundle {

/// Memory on the device.
struct DeviceRange {
  std::uintptr_t address = 0;
  std::size_t bytes = 0;
};

/// What becomes of the memory that the nodes of a captured forward make.
struct CaptureRequest {
  /// What a node took and freed inside itself is not handed out again either: no later value lies in it, so that nodes
  /// can run again at any time. Not so: memory is used again as the model does.
  bool keeps = false;
  // NOLINTBEGIN(readability-redundant-member-init): GCC warns of aggregates that leave out what has no initializer.
  /// By node: it allocates in memory that all of these share, apart from the others'. Empty: none does.
  std::vector<bool> scratch = {};
  /// By node: values that are let go after it. What is not, stays as long as the capture.
  std::vector<std::vector<std::size_t>> freed = {};
  // NOLINTEND(readability-redundant-member-init)
};

/// Told where a capture is; on the caller's thread. What it throws ends the capture.
class CaptureWatch {
 public:
  virtual ~CaptureWatch() = default;
  virtual void before(std::size_t node) = 0;
  virtual void at_end() = 0;
};

/// A captured forward, with everything that its graph reads and writes. Borrows the runner.
class CapturedForward {
 public:
  virtual ~CapturedForward() = default;

  [[nodiscard]] virtual std::uintptr_t graph() const = 0;  // a CUgraph
  /// One pass with torch's own prologue, so that random states and all buffers are real; returns when it is done.
  virtual void replay() = 0;
  /// A value that was not let go, as it is now.
  [[nodiscard]] virtual HostTensor value(std::size_t id) const = 0;
  /// Whether every value that was not let go is finite.
  [[nodiscard]] virtual bool all_finite() const = 0;

  /// Memory that the nodes made and that is theirs alone, each once.
  [[nodiscard]] virtual const std::vector<DeviceRange>& kept() const = 0;
  /// What lay in the shared memory; these may overlap.
  [[nodiscard]] virtual const std::vector<DeviceRange>& scratch() const = 0;
  /// Held only so that nothing else lies there.
  [[nodiscard]] virtual std::size_t withheld_bytes() const = 0;
  /// Why memory cannot be shared as it was asked for; empty: it can.
  [[nodiscard]] virtual const std::string& refused() const = 0;
};

class GraphCapturer {
 public:
  virtual ~GraphCapturer() = default;

  [[nodiscard]] virtual std::uintptr_t stream() const = 0;  // a CUstream, on which all runs

  /// On the runner's stream, after what is captured has run there. Throws Error(capture_failed) that names operator and
  /// module, Error(device_out_of_memory), and what the watch throws.
  virtual std::unique_ptr<CapturedForward> capture(const CaptureRequest& request, CaptureWatch& watch) = 0;

  /// On the device: what was there before the forward, each once.
  [[nodiscard]] virtual std::vector<DeviceRange> given_memory() const = 0;
};

}  // namespace clear_native::bundle
