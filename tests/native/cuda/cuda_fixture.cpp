#include "cuda_fixture.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>

#include "cuda/driver.hpp"

namespace clear_native::cuda {

fake_cuda::Control& load_fake() {
  static fake_cuda::Control* const control = [] {
    setenv("CLEAR_CUDA_LIBRARY", FAKE_CUDA_LIBRARY, 1);
    void* library = dlopen(FAKE_CUDA_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    using GetControl = fake_cuda::Control* (*)();
    return reinterpret_cast<GetControl>(dlsym(library, FAKE_CUDA_CONTROL_SYMBOL))();
  }();
  return *control;
}

CudaTest::CudaTest() : fake_(load_fake()) {
  fake_.reset();
  context_ = PrimaryContext::of_ordinal(0);
}

CudaTest::~CudaTest() {
  context_.reset();
  fake_.reset();
}

GraphBuilder& GraphBuilder::kernel(const std::string& name, const std::vector<std::string>& after) {
  return kernel_as(name, name, after);
}

GraphBuilder& GraphBuilder::kernel_as(const std::string& called, const std::string& name,
                                      const std::vector<std::string>& after) {
  CUDA_KERNEL_NODE_PARAMS_v2 parameters{};
  parameters.func = fake_.function(name, 1);
  parameters.gridDimX = parameters.gridDimY = parameters.gridDimZ = 1;
  parameters.blockDimX = parameters.blockDimY = parameters.blockDimZ = 1;
  std::uint64_t argument = kernels_++;
  void* arguments[] = {&argument};
  parameters.kernelParams = arguments;
  const std::vector<CUgraphNode> before = nodes(after);
  CUgraphNode node = nullptr;
  check(driver().GraphAddKernelNode(&node, graph_.handle(), before.data(), before.size(), &parameters),
        "building a graph");
  return add(called, node);
}

GraphBuilder& GraphBuilder::chain(const std::vector<std::string>& names, const std::string& after) {
  std::string last = after;
  for (const std::string& name : names) {
    kernel(name, last.empty() ? std::vector<std::string>{} : std::vector<std::string>{last});
    last = name;
  }
  return *this;
}

GraphBuilder& GraphBuilder::programmatic_edge(const std::string& from, const std::string& to) {
  Edge edge{node(from), node(to), {}};
  edge.data.type = CU_GRAPH_DEPENDENCY_TYPE_PROGRAMMATIC;
  edge.data.from_port = CU_GRAPH_KERNEL_NODE_PORT_PROGRAMMATIC;
  add_edges(graph_.handle(), {edge});
  return *this;
}

GraphBuilder& GraphBuilder::add(const std::string& name, CUgraphNode node) {
  nodes_.emplace(name, node);
  return *this;
}

std::vector<CUgraphNode> GraphBuilder::nodes(const std::vector<std::string>& names) const {
  std::vector<CUgraphNode> found;
  for (const std::string& name : names) found.push_back(nodes_.at(name));
  return found;
}

std::vector<std::uintptr_t> GraphBuilder::frontier(const std::vector<std::string>& names) const {
  std::vector<std::uintptr_t> handles;
  for (CUgraphNode node : nodes(names)) handles.push_back(reinterpret_cast<std::uintptr_t>(node));
  return handles;
}

std::shared_ptr<const ModelGraph> GraphBuilder::model(const std::shared_ptr<const PrimaryContext>& context,
                                                      std::vector<Span> spans, std::size_t max_nodes) const {
  return ModelGraph::create(context, reinterpret_cast<std::uintptr_t>(graph_.handle()), std::move(spans), max_nodes);
}

std::vector<std::string> names_of(const ModelGraph& model) {
  std::vector<std::string> names;
  for (const NodeInfo& info : model.nodes()) names.push_back(info.kernel_name);
  return names;
}

std::size_t index_of(const ModelGraph& model, const std::string& name) {
  const std::vector<std::string> names = names_of(model);
  const auto found = std::find(names.begin(), names.end(), name);
  EXPECT_NE(found, names.end()) << "no kernel " << name;
  return static_cast<std::size_t>(found - names.begin());
}

std::vector<std::size_t> indices_of(const ModelGraph& model, const std::vector<std::string>& names) {
  std::vector<std::size_t> indices;
  for (const std::string& name : names) indices.push_back(index_of(model, name));
  return indices;
}

std::shared_ptr<const Subgraph> part_of(const std::shared_ptr<const ModelGraph>& model,
                                        const std::vector<std::string>& names) {
  return Subgraph::create(model, indices_of(*model, names));
}

std::vector<std::string> edge_names(CUgraph graph) {
  NodeReader reader;
  std::string refusal;
  std::vector<std::string> names;
  for (const Edge& edge : edges_of(graph)) {
    names.push_back(reader.read(edge.from, refusal).kernel_name + (edge.data.type != 0 ? "=>" : "->") +
                    reader.read(edge.to, refusal).kernel_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Error error_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {ErrorKind::bad_input, "nothing was thrown"};
}

void expect_error(ErrorKind kind, const std::vector<std::string>& parts_of_message, const std::function<void()>& run) {
  const Error error = error_of(run);
  EXPECT_EQ(error.kind(), kind) << error.what();
  for (const std::string& part : parts_of_message) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
        << "'" << part << "' is not in: " << error.what();
  }
}

}  // namespace clear_native::cuda
