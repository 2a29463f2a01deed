#pragma once
// What the handles of the fake driver point to.

#include <cuda.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// A kernel, whether it is asked for as CUfunction or as CUkernel.
struct FakeKernel {
  std::string name;
  std::vector<std::size_t> argument_bytes;
};

struct CUfunc_st : FakeKernel {};
struct CUkern_st : FakeKernel {};
struct CUctx_st {};
struct CUmod_st {};
struct CUstream_st {};
struct CUevent_st {
  std::uint64_t ticket = 0;  // done when the worker is
};

/// Launch parameters with copies of all arguments.
struct FakeLaunch {
  CUDA_KERNEL_NODE_PARAMS_v2 parameters{};  // with pointers into this object
  std::vector<std::vector<unsigned char>> arguments;
  std::vector<void*> argument_pointers;
  std::vector<unsigned char> buffer;  // where arguments came as `extra`
  std::size_t buffer_bytes = 0;
  std::vector<void*> extra;

  FakeLaunch() = default;
  explicit FakeLaunch(const CUDA_KERNEL_NODE_PARAMS_v2& given);
  FakeLaunch(const FakeLaunch& other) : FakeLaunch(other.parameters) {}
  FakeLaunch& operator=(const FakeLaunch&) = delete;

  [[nodiscard]] const FakeKernel* kernel() const;
  [[nodiscard]] std::uint64_t argument(std::size_t index) const;
};

struct CUgraph_st;

struct CUgraphNode_st {
  CUgraphNodeType type = CU_GRAPH_NODE_TYPE_EMPTY;
  CUgraph_st* owner = nullptr;
  std::unique_ptr<FakeLaunch> launch;
  int attribute = 0;
  CUDA_MEMCPY3D copy{};
  CUDA_MEMSET_NODE_PARAMS set{};
  CUevent event = nullptr;
  std::unique_ptr<CUgraph_st> child;  // of a child graph node; the body of a WHILE node
  CUgraphConditionalHandle handle = 0;
  CUgraph body_out[1] = {nullptr};
};

struct FakeEdge {
  CUgraphNode_st* from = nullptr;
  CUgraphNode_st* to = nullptr;
  CUgraphEdgeData data{};

  [[nodiscard]] bool has_data() const { return data.type != 0 || data.from_port != 0 || data.to_port != 0; }
};

struct CUgraph_st {
  std::vector<std::unique_ptr<CUgraphNode_st>> nodes;
  std::vector<FakeEdge> edges;

  CUgraphNode_st* add(CUgraphNodeType type);
  [[nodiscard]] bool holds(const CUgraphNode_st* node) const;
  [[nodiscard]] bool has_conditional() const;
  /// Deep, with conditional nodes and their handles: only the fake's instances copy those.
  [[nodiscard]] std::unique_ptr<CUgraph_st> clone() const;
  /// In order of execution; empty for a graph with a cycle.
  [[nodiscard]] std::vector<CUgraphNode_st*> ordered() const;
};

struct CUgraphExec_st {
  std::shared_ptr<const CUgraph_st> graph;  // a launch that still runs keeps it
};
