#pragma once
// A CUDA driver in host memory, as a real shared library: graphs are kept, copied and run in order on one worker
// thread, kernels are names that are logged. Tests load it through the same path as libcuda and steer it through this
// interface.

#include <cuda.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace fake_cuda {

struct LiveObjects {
  int graphs = 0;  // those of the caller, not the copies inside child nodes and instances
  int execs = 0;
  int events = 0;
  int allocations = 0;
  int modules = 0;
  int contexts = 0;  // retained

  bool operator==(const LiveObjects&) const = default;
};

class Control {
 public:
  virtual ~Control() = default;

  /// Forgets errors, costs, the log, hidden functions; waits for the worker. Objects stay.
  virtual void reset() = 0;

  /// The function returns `result`, from its call number `from_call` (0: the next) on, until reset().
  virtual void fail(const std::string& function, CUresult result, int from_call = 0) = 0;
  /// Executing the kernel breaks the context: every later call that can tell returns `result`, until reset().
  virtual void fail_kernel(const std::string& kernel, CUresult result) = 0;
  /// cuGetProcAddress finds no version of the function at or above `version`.
  virtual void hide(const std::string& function, int version = 0) = 0;
  virtual void set_driver_version(int version) = 0;
  virtual void set_device_count(int count) = 0;

  /// Kernels by name, taking so many arguments of 8 bytes each.
  virtual CUfunction function(const std::string& name, std::size_t arguments) = 0;
  virtual CUkernel kernel(const std::string& name, std::size_t arguments) = 0;
  /// Running the kernel takes this long.
  virtual void set_cost_s(const std::string& kernel, double cost_s) = 0;
  /// Running the kernel does this too, on the worker's thread; until reset().
  virtual void set_effect(const std::string& kernel, std::function<void()> effect) = 0;

  /// %globaltimer moves on by the kernels' costs alone, so that what is measured with it is exact; until reset().
  virtual void count_time_by_costs() = 0;

  /// The worker begins nothing new until release().
  virtual void hold() = 0;
  /// The mark that is written next stays half written until release().
  virtual void hold_in_mark() = 0;
  virtual bool is_in_mark() = 0;
  virtual void release() = 0;
  /// What ran so far: "name(arguments)", "memcpy(bytes)", "memset(value)", "empty", "event_record", "event_wait".
  /// The engine's own kernels are logged without arguments.
  virtual std::vector<std::string> log() = 0;
  virtual void clear_log() = 0;
  virtual int calls(const std::string& function) = 0;

  /// Lists of nodes and edges come in an order drawn from this seed; 0: as created.
  virtual void shuffle_lists(unsigned seed) = 0;
  /// What cuStreamGetCaptureInfo tells of the stream.
  virtual void set_capture(CUstreamCaptureStatus status, std::vector<CUgraphNode> nodes,
                           std::vector<CUgraphEdgeData> edges) = 0;
  /// A node of a type that has no function of its own here.
  virtual CUgraphNode add_raw_node(CUgraph graph, CUgraphNodeType type, std::vector<CUgraphNode> after) = 0;
  /// A number that cuGraphKernelNodeCopyAttributes copies, standing for clusters, priorities and the like.
  virtual void set_attribute(CUgraphNode kernel_node, int attribute) = 0;
  virtual int attribute(CUgraphNode kernel_node) = 0;

  virtual LiveObjects live_objects() = 0;
};

}  // namespace fake_cuda

/// Name of the function that returns the fake_cuda::Control of the loaded library.
#define FAKE_CUDA_CONTROL_SYMBOL "fake_cuda_control"
