// Functions of the fake that make and read single nodes.

#include <algorithm>
#include <memory>
#include <set>

#include "fake_state.hpp"

namespace {

/// Adds a node behind `after`; null for dependencies that the driver would refuse.
CUgraphNode add_node(CUgraph graph, CUgraphNodeType type, const CUgraphNode* after, std::size_t count) {
  const std::set<CUgraphNode> different(after, after + count);
  if (different.size() != count) return nullptr;
  if (!std::all_of(different.begin(), different.end(), [&](CUgraphNode node) { return graph->holds(node); }))
    return nullptr;
  CUgraphNode node = graph->add(type);
  for (CUgraphNode dependency : different) graph->edges.push_back(FakeEdge{dependency, node, {}});
  return node;
}

CUresult node_get_type(CUgraphNode node, CUgraphNodeType* type) {
  FAKE_ENTER("cuGraphNodeGetType");
  *type = node->type;
  return CUDA_SUCCESS;
}

CUresult add_kernel_node(CUgraphNode* node, CUgraph graph, const CUgraphNode* after, std::size_t count,
                         const CUDA_KERNEL_NODE_PARAMS_v2* parameters) {
  FAKE_ENTER("cuGraphAddKernelNode");
  FAKE_NEED(parameters->kernelParams == nullptr || parameters->extra == nullptr);
  FAKE_NEED(parameters->func != nullptr || parameters->kern != nullptr);
  FAKE_NEED(parameters->gridDimX > 0 && parameters->blockDimX > 0);
  *node = add_node(graph, CU_GRAPH_NODE_TYPE_KERNEL, after, count);
  FAKE_NEED(*node != nullptr);
  (*node)->launch = std::make_unique<FakeLaunch>(*parameters);
  return CUDA_SUCCESS;
}

CUresult kernel_node_get_params(CUgraphNode node, CUDA_KERNEL_NODE_PARAMS_v2* parameters) {
  FAKE_ENTER("cuGraphKernelNodeGetParams");
  FAKE_NEED(node->type == CU_GRAPH_NODE_TYPE_KERNEL);
  *parameters = node->launch->parameters;
  return CUDA_SUCCESS;
}

CUresult kernel_node_copy_attributes(CUgraphNode to, CUgraphNode from) {
  FAKE_ENTER("cuGraphKernelNodeCopyAttributes");
  FAKE_NEED(to->type == CU_GRAPH_NODE_TYPE_KERNEL && from->type == CU_GRAPH_NODE_TYPE_KERNEL);
  to->attribute = from->attribute;
  return CUDA_SUCCESS;
}

CUresult add_memcpy_node(CUgraphNode* node, CUgraph graph, const CUgraphNode* after, std::size_t count,
                         const CUDA_MEMCPY3D* parameters, CUcontext context) {
  FAKE_ENTER("cuGraphAddMemcpyNode");
  FAKE_NEED(fake_state().knows(context));
  *node = add_node(graph, CU_GRAPH_NODE_TYPE_MEMCPY, after, count);
  FAKE_NEED(*node != nullptr);
  (*node)->copy = *parameters;
  return CUDA_SUCCESS;
}

CUresult memcpy_node_get_params(CUgraphNode node, CUDA_MEMCPY3D* parameters) {
  FAKE_ENTER("cuGraphMemcpyNodeGetParams");
  FAKE_NEED(node->type == CU_GRAPH_NODE_TYPE_MEMCPY);
  *parameters = node->copy;
  return CUDA_SUCCESS;
}

CUresult add_memset_node(CUgraphNode* node, CUgraph graph, const CUgraphNode* after, std::size_t count,
                         const CUDA_MEMSET_NODE_PARAMS* parameters, CUcontext context) {
  FAKE_ENTER("cuGraphAddMemsetNode");
  FAKE_NEED(fake_state().knows(context));
  *node = add_node(graph, CU_GRAPH_NODE_TYPE_MEMSET, after, count);
  FAKE_NEED(*node != nullptr);
  (*node)->set = *parameters;
  return CUDA_SUCCESS;
}

CUresult memset_node_get_params(CUgraphNode node, CUDA_MEMSET_NODE_PARAMS* parameters) {
  FAKE_ENTER("cuGraphMemsetNodeGetParams");
  FAKE_NEED(node->type == CU_GRAPH_NODE_TYPE_MEMSET);
  *parameters = node->set;
  return CUDA_SUCCESS;
}

CUresult add_child_graph_node(CUgraphNode* node, CUgraph graph, const CUgraphNode* after, std::size_t count,
                              CUgraph child) {
  FAKE_ENTER("cuGraphAddChildGraphNode");
  FAKE_NEED(!child->has_conditional());
  *node = add_node(graph, CU_GRAPH_NODE_TYPE_GRAPH, after, count);
  FAKE_NEED(*node != nullptr);
  (*node)->child = child->clone();
  return CUDA_SUCCESS;
}

CUresult child_graph_node_get_graph(CUgraphNode node, CUgraph* graph) {
  FAKE_ENTER("cuGraphChildGraphNodeGetGraph");
  FAKE_NEED(node->type == CU_GRAPH_NODE_TYPE_GRAPH);
  *graph = node->child.get();
  return CUDA_SUCCESS;
}

CUresult add_empty_node(CUgraphNode* node, CUgraph graph, const CUgraphNode* after, std::size_t count) {
  FAKE_ENTER("cuGraphAddEmptyNode");
  *node = add_node(graph, CU_GRAPH_NODE_TYPE_EMPTY, after, count);
  FAKE_NEED(*node != nullptr);
  return CUDA_SUCCESS;
}

CUresult add_event_node(CUgraphNode* node, CUgraph graph, CUgraphNodeType type, const CUgraphNode* after,
                        std::size_t count, CUevent event) {
  *node = add_node(graph, type, after, count);
  FAKE_NEED(*node != nullptr);
  (*node)->event = event;
  return CUDA_SUCCESS;
}

CUresult add_event_record_node(CUgraphNode* node, CUgraph graph, const CUgraphNode* after, std::size_t count,
                               CUevent event) {
  FAKE_ENTER("cuGraphAddEventRecordNode");
  return add_event_node(node, graph, CU_GRAPH_NODE_TYPE_EVENT_RECORD, after, count, event);
}

CUresult add_event_wait_node(CUgraphNode* node, CUgraph graph, const CUgraphNode* after, std::size_t count,
                             CUevent event) {
  FAKE_ENTER("cuGraphAddEventWaitNode");
  return add_event_node(node, graph, CU_GRAPH_NODE_TYPE_WAIT_EVENT, after, count, event);
}

CUresult event_record_node_get_event(CUgraphNode node, CUevent* event) {
  FAKE_ENTER("cuGraphEventRecordNodeGetEvent");
  FAKE_NEED(node->type == CU_GRAPH_NODE_TYPE_EVENT_RECORD);
  *event = node->event;
  return CUDA_SUCCESS;
}

CUresult event_wait_node_get_event(CUgraphNode node, CUevent* event) {
  FAKE_ENTER("cuGraphEventWaitNodeGetEvent");
  FAKE_NEED(node->type == CU_GRAPH_NODE_TYPE_WAIT_EVENT);
  *event = node->event;
  return CUDA_SUCCESS;
}

CUresult conditional_handle_create(CUgraphConditionalHandle* handle, CUgraph, CUcontext context, unsigned value,
                                   unsigned flags) {
  FAKE_ENTER("cuGraphConditionalHandleCreate");
  FAKE_NEED(fake_state().knows(context) && value == 1 && flags == CU_GRAPH_COND_ASSIGN_DEFAULT);
  const std::lock_guard lock(fake_state().mutex);
  *handle = fake_state().next_handle++;
  return CUDA_SUCCESS;
}

/// Of conditional nodes, WHILE alone.
CUresult add_any_node(CUgraphNode* node, CUgraph graph, const CUgraphNode* after, const CUgraphEdgeData*,
                      std::size_t count, CUgraphNodeParams* parameters) {
  FAKE_ENTER("cuGraphAddNode");
  FAKE_NEED(parameters->type == CU_GRAPH_NODE_TYPE_CONDITIONAL);
  CUDA_CONDITIONAL_NODE_PARAMS& conditional = parameters->conditional;
  FAKE_NEED(conditional.type == CU_GRAPH_COND_TYPE_WHILE && conditional.size == 1 && conditional.handle != 0);
  FAKE_NEED(fake_state().knows(conditional.ctx));
  *node = add_node(graph, CU_GRAPH_NODE_TYPE_CONDITIONAL, after, count);
  FAKE_NEED(*node != nullptr);
  (*node)->handle = conditional.handle;
  (*node)->child = std::make_unique<CUgraph_st>();
  (*node)->body_out[0] = (*node)->child.get();
  conditional.phGraph_out = (*node)->body_out;
  return CUDA_SUCCESS;
}

}  // namespace

const std::vector<FakeFunction>& fake_node_functions() {
  static const std::vector<FakeFunction> functions{
      entry("cuGraphNodeGetType", 10000, node_get_type),
      entry("cuGraphAddKernelNode", 12000, add_kernel_node),
      entry("cuGraphKernelNodeGetParams", 12000, kernel_node_get_params),
      entry("cuGraphKernelNodeCopyAttributes", 11000, kernel_node_copy_attributes),
      entry("cuGraphAddMemcpyNode", 10000, add_memcpy_node),
      entry("cuGraphMemcpyNodeGetParams", 10000, memcpy_node_get_params),
      entry("cuGraphAddMemsetNode", 10000, add_memset_node),
      entry("cuGraphMemsetNodeGetParams", 10000, memset_node_get_params),
      entry("cuGraphAddChildGraphNode", 10000, add_child_graph_node),
      entry("cuGraphChildGraphNodeGetGraph", 10000, child_graph_node_get_graph),
      entry("cuGraphAddEmptyNode", 10000, add_empty_node),
      entry("cuGraphAddEventRecordNode", 11010, add_event_record_node),
      entry("cuGraphAddEventWaitNode", 11010, add_event_wait_node),
      entry("cuGraphEventRecordNodeGetEvent", 11010, event_record_node_get_event),
      entry("cuGraphEventWaitNodeGetEvent", 11010, event_wait_node_get_event),
      entry("cuGraphConditionalHandleCreate", 12030, conditional_handle_create),
      entry("cuGraphAddNode", 12030, add_any_node),
  };
  return functions;
}
