// How tests steer the fake, and the one symbol that the engine looks up in it.

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "fake_device.hpp"
#include "fake_state.hpp"

namespace {

using fake_cuda::LiveObjects;

class FakeControl final : public fake_cuda::Control {
 public:
  void reset() override {
    release();
    fake_device().wait_idle();
    {
      const std::lock_guard lock(fake_device().mutex);
      fake_device().sticky = CUDA_SUCCESS;
      fake_device().counted_ns = 0;
      fake_device().cost_s.clear();
      fake_device().effects.clear();
      fake_device().failing_kernels.clear();
      fake_device().log.clear();
    }
    const std::lock_guard lock(state_.mutex);
    state_.calls.clear();
    state_.failures.clear();
    state_.hidden.clear();
    state_.driver_version = fake_default_version();
    state_.device_count = 1;
    state_.shuffle_seed = 0;
    state_.capture_status = CU_STREAM_CAPTURE_STATUS_NONE;
  }

  void fail(const std::string& function, CUresult result, int from_call) override {
    const std::lock_guard lock(state_.mutex);
    state_.failures[function] = {result, state_.calls[function] + from_call};
  }

  void fail_kernel(const std::string& kernel, CUresult result) override {
    const std::lock_guard lock(fake_device().mutex);
    fake_device().failing_kernels[kernel] = result;
  }

  void hide(const std::string& function, int version) override {
    const std::lock_guard lock(state_.mutex);
    state_.hidden[function] = version;
  }

  void set_driver_version(int version) override { state_.driver_version = version; }
  void set_device_count(int count) override { state_.device_count = count; }

  CUfunction function(const std::string& name, std::size_t arguments) override {
    const std::lock_guard lock(state_.mutex);
    auto& made = state_.functions[name];
    if (made == nullptr) made.reset(new CUfunc_st{{name, std::vector<std::size_t>(arguments, 8)}});
    return made.get();
  }

  CUkernel kernel(const std::string& name, std::size_t arguments) override {
    const std::lock_guard lock(state_.mutex);
    auto& made = state_.kernels[name];
    if (made == nullptr) made.reset(new CUkern_st{{name, std::vector<std::size_t>(arguments, 8)}});
    return made.get();
  }

  void set_cost_s(const std::string& kernel, double cost_s) override {
    const std::lock_guard lock(fake_device().mutex);
    fake_device().cost_s[kernel] = cost_s;
  }

  void set_effect(const std::string& kernel, std::function<void()> effect) override {
    const std::lock_guard lock(fake_device().mutex);
    fake_device().effects[kernel] = std::move(effect);
  }

  void count_time_by_costs() override {
    const std::lock_guard lock(fake_device().mutex);
    fake_device().counted_ns = real_time_ns();
  }

  void hold() override { set_held(true); }
  void hold_in_mark() override {
    const std::lock_guard lock(fake_device().mutex);
    fake_device().held_in_mark = true;
  }
  bool is_in_mark() override {
    const std::lock_guard lock(fake_device().mutex);
    return fake_device().in_mark;
  }
  void release() override { set_held(false); }

  std::vector<std::string> log() override {
    const std::lock_guard lock(fake_device().mutex);
    return fake_device().log;
  }

  void clear_log() override {
    const std::lock_guard lock(fake_device().mutex);
    fake_device().log.clear();
  }

  int calls(const std::string& function) override {
    const std::lock_guard lock(state_.mutex);
    return state_.calls[function];
  }

  void shuffle_lists(unsigned seed) override { state_.shuffle_seed = seed; }

  void set_capture(CUstreamCaptureStatus status, std::vector<CUgraphNode> nodes,
                   std::vector<CUgraphEdgeData> edges) override {
    state_.capture_status = status;
    state_.capture_nodes = std::move(nodes);
    state_.capture_edges = std::move(edges);
  }

  CUgraphNode add_raw_node(CUgraph graph, CUgraphNodeType type, std::vector<CUgraphNode> after) override {
    CUgraphNode node = graph->add(type);
    for (CUgraphNode dependency : after) graph->edges.push_back(FakeEdge{dependency, node, {}});
    return node;
  }

  void set_attribute(CUgraphNode node, int attribute) override { node->attribute = attribute; }
  int attribute(CUgraphNode node) override { return node->attribute; }

  LiveObjects live_objects() override {
    const std::lock_guard lock(state_.mutex);
    return state_.live;
  }

 private:
  static void set_held(bool held) {
    {
      const std::lock_guard lock(fake_device().mutex);
      fake_device().held = held;
      if (!held) fake_device().held_in_mark = false;
    }
    fake_device().wake();
  }

  FakeState& state_ = fake_state();
};

}  // namespace

int fake_default_version() {
  const char* chosen = std::getenv("FAKE_CUDA_VERSION");
  return chosen != nullptr ? std::atoi(chosen) : 13000;
}

FakeState& fake_state() {
  static FakeState state;
  return state;
}

CUresult fake_enter(const char* function) {
  FakeState& state = fake_state();
  const std::lock_guard lock(state.mutex);
  const int call = state.calls[function]++;
  const auto failure = state.failures.find(function);
  if (failure == state.failures.end() || call < failure->second.second) return CUDA_SUCCESS;
  return failure->second.first;
}

void* fake_find(const std::string& function, int version) {
  const std::lock_guard lock(fake_state().mutex);
  const auto hidden = fake_state().hidden.find(function);
  const FakeFunction* best = nullptr;
  for (const auto* functions :
       {&fake_device_functions(), &fake_graph_functions(), &fake_node_functions(), &fake_stream_functions()}) {
    for (const FakeFunction& candidate : *functions) {
      if (candidate.name != function || candidate.version > version) continue;
      if (hidden != fake_state().hidden.end() && candidate.version >= hidden->second) continue;
      if (best == nullptr || candidate.version > best->version) best = &candidate;
    }
  }
  return best != nullptr ? best->address : nullptr;
}

#define FAKE_EXPORT extern "C" __attribute__((visibility("default")))

FAKE_EXPORT fake_cuda::Control* fake_cuda_control() {
  static FakeControl control;
  return &control;
}

#undef cuGetProcAddress_v2

FAKE_EXPORT CUresult cuGetProcAddress_v2(const char* symbol, void** address, int version, cuuint64_t flags,
                                         CUdriverProcAddressQueryResult* status) {
  FAKE_NEED(flags == CU_GET_PROC_ADDRESS_LEGACY_STREAM && version <= fake_state().driver_version);
  *address = fake_find(symbol, version);
  *status = *address != nullptr ? CU_GET_PROC_ADDRESS_SUCCESS : CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
  return CUDA_SUCCESS;
}
