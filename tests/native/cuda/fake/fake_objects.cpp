#include "fake_objects.hpp"

#include <algorithm>
#include <cstring>
#include <map>

FakeLaunch::FakeLaunch(const CUDA_KERNEL_NODE_PARAMS_v2& given) : parameters(given) {
  if (given.kernelParams != nullptr) {
    for (std::size_t i = 0; i < kernel()->argument_bytes.size(); ++i) {
      const auto* bytes = static_cast<const unsigned char*>(given.kernelParams[i]);
      arguments.emplace_back(bytes, bytes + kernel()->argument_bytes[i]);
    }
    for (auto& argument : arguments) argument_pointers.push_back(argument.data());
    parameters.kernelParams = argument_pointers.data();
  }
  if (given.extra != nullptr) {
    const void* from = nullptr;
    for (void** item = given.extra; *item != CU_LAUNCH_PARAM_END; item += 2) {
      if (*item == CU_LAUNCH_PARAM_BUFFER_POINTER) from = item[1];
      if (*item == CU_LAUNCH_PARAM_BUFFER_SIZE) buffer_bytes = *static_cast<std::size_t*>(item[1]);
    }
    const auto* bytes = static_cast<const unsigned char*>(from);
    buffer.assign(bytes, bytes + buffer_bytes);
    extra = {CU_LAUNCH_PARAM_BUFFER_POINTER, buffer.data(), CU_LAUNCH_PARAM_BUFFER_SIZE, &buffer_bytes,
             CU_LAUNCH_PARAM_END};
    parameters.extra = extra.data();
  }
}

const FakeKernel* FakeLaunch::kernel() const {
  return parameters.func != nullptr ? static_cast<const FakeKernel*>(parameters.func)
                                    : static_cast<const FakeKernel*>(parameters.kern);
}

std::uint64_t FakeLaunch::argument(std::size_t index) const {
  std::uint64_t value = 0;
  if (!arguments.empty()) {
    std::memcpy(&value, arguments.at(index).data(), sizeof value);
  } else {
    std::memcpy(&value, buffer.data() + index * sizeof value, sizeof value);
  }
  return value;
}

CUgraphNode_st* CUgraph_st::add(CUgraphNodeType type) {
  nodes.push_back(std::make_unique<CUgraphNode_st>());
  nodes.back()->type = type;
  nodes.back()->owner = this;
  return nodes.back().get();
}

bool CUgraph_st::holds(const CUgraphNode_st* node) const {
  return node != nullptr && node->owner == this;
}

bool CUgraph_st::has_conditional() const {
  return std::any_of(nodes.begin(), nodes.end(), [](const auto& node) {
    return node->type == CU_GRAPH_NODE_TYPE_CONDITIONAL || (node->child != nullptr && node->child->has_conditional());
  });
}

std::unique_ptr<CUgraph_st> CUgraph_st::clone() const {
  auto copy = std::make_unique<CUgraph_st>();
  std::map<const CUgraphNode_st*, CUgraphNode_st*> copies;
  for (const auto& node : nodes) {
    CUgraphNode_st* other = copy->add(node->type);
    copies[node.get()] = other;
    if (node->launch != nullptr) other->launch = std::make_unique<FakeLaunch>(*node->launch);
    other->attribute = node->attribute;
    other->copy = node->copy;
    other->set = node->set;
    other->event = node->event;
    other->handle = node->handle;
    if (node->child != nullptr) other->child = node->child->clone();
  }
  for (const FakeEdge& edge : edges) copy->edges.push_back(FakeEdge{copies[edge.from], copies[edge.to], edge.data});
  return copy;
}

std::vector<CUgraphNode_st*> CUgraph_st::ordered() const {
  std::map<const CUgraphNode_st*, int> waiting;
  std::multimap<const CUgraphNode_st*, CUgraphNode_st*> after;
  for (const FakeEdge& edge : edges) {
    ++waiting[edge.to];
    after.emplace(edge.from, edge.to);
  }
  std::vector<CUgraphNode_st*> order;
  for (const auto& node : nodes) {
    if (waiting[node.get()] == 0) order.push_back(node.get());
  }
  for (std::size_t done = 0; done < order.size(); ++done) {
    const auto [first, last] = after.equal_range(order[done]);
    for (auto next = first; next != last; ++next) {
      if (--waiting[next->second] == 0) order.push_back(next->second);
    }
  }
  if (order.size() != nodes.size()) order.clear();
  return order;
}
