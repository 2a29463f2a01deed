#pragma once
// What the API functions of the fake share: injected results, call counts, live objects, current contexts.

#include <cuda.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "fake_cuda.hpp"
#include "fake_objects.hpp"

/// 13000, or what $FAKE_CUDA_VERSION says: whole test programs run against an older driver.
int fake_default_version();

struct FakeState {
  std::mutex mutex;  // guards all below
  std::map<std::string, int> calls;
  std::map<std::string, std::pair<CUresult, int>> failures;  // result, from call number
  std::map<std::string, int> hidden;                         // from version
  int driver_version = fake_default_version();
  int device_count = 1;
  unsigned shuffle_seed = 0;
  fake_cuda::LiveObjects live;
  CUstreamCaptureStatus capture_status = CU_STREAM_CAPTURE_STATUS_NONE;
  std::vector<CUgraphNode> capture_nodes;
  std::vector<CUgraphEdgeData> capture_edges;
  std::map<std::string, std::unique_ptr<CUfunc_st>> functions;
  std::map<std::string, std::unique_ptr<CUkern_st>> kernels;
  CUgraphConditionalHandle next_handle = 1;

  CUctx_st contexts[8];  // one per device

  [[nodiscard]] bool knows(CUcontext context) const { return context >= contexts && context < contexts + 8; }
};

FakeState& fake_state();

/// Counts a call and tells the result that a test wants of it.
CUresult fake_enter(const char* function);

/// The context on top of this thread's stack, else null.
CUcontext fake_current_context();

/// Address of the best version of a function at or below `version`; null: none.
void* fake_find(const std::string& function, int version);

#define FAKE_ENTER(function) \
  if (const CUresult wanted = fake_enter(function); wanted != CUDA_SUCCESS) return wanted

#define FAKE_NEED_CONTEXT() \
  if (fake_current_context() == nullptr) return CUDA_ERROR_INVALID_CONTEXT

#define FAKE_NEED(condition) \
  if (!(condition)) return CUDA_ERROR_INVALID_VALUE

/// One version of one function of the fake.
struct FakeFunction {
  const char* name;
  int version;
  void* address;
};

template <typename Function>
FakeFunction entry(const char* name, int version, Function* function) {
  return FakeFunction{name, version, reinterpret_cast<void*>(function)};
}

const std::vector<FakeFunction>& fake_device_functions();
const std::vector<FakeFunction>& fake_graph_functions();
const std::vector<FakeFunction>& fake_node_functions();
const std::vector<FakeFunction>& fake_stream_functions();
