#pragma once
// What the tests share: the fake driver, and a way to write graphs down.

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/errors.hpp"
#include "cuda/context.hpp"
#include "cuda/graph.hpp"
#include "cuda/model_graph.hpp"
#include "cuda/subgraph.hpp"
#include "fake_cuda.hpp"

namespace clear_native::cuda {

/// The fake is loaded as the driver of this process, and reset around every test.
class CudaTest : public ::testing::Test {
 protected:
  CudaTest();
  ~CudaTest() override;

  fake_cuda::Control& fake() { return fake_; }
  [[nodiscard]] static std::uintptr_t stream() { return 0; }

 private:
  fake_cuda::Control& fake_;

 protected:
  std::shared_ptr<const PrimaryContext> context_;
};

fake_cuda::Control& load_fake();

/// A graph written down by kernel names, as a capture would have made it.
class GraphBuilder {
 public:
  explicit GraphBuilder(fake_cuda::Control& fake) : fake_(fake) {}

  /// A kernel with one argument, its number among the kernels; `after` by name.
  GraphBuilder& kernel(const std::string& name, const std::vector<std::string>& after = {});
  /// A kernel of this name, which is called otherwise here.
  GraphBuilder& kernel_as(const std::string& called, const std::string& name, const std::vector<std::string>& after);
  /// Kernels one after another.
  GraphBuilder& chain(const std::vector<std::string>& names, const std::string& after = "");
  /// A programmatic dependency.
  GraphBuilder& programmatic_edge(const std::string& from, const std::string& to);
  GraphBuilder& add(const std::string& name, CUgraphNode node);

  [[nodiscard]] CUgraph handle() const { return graph_.handle(); }
  [[nodiscard]] CUgraphNode node(const std::string& name) const { return nodes_.at(name); }
  [[nodiscard]] std::vector<CUgraphNode> nodes(const std::vector<std::string>& names) const;
  [[nodiscard]] std::vector<std::uintptr_t> frontier(const std::vector<std::string>& names) const;
  std::shared_ptr<const ModelGraph> model(const std::shared_ptr<const PrimaryContext>& context,
                                          std::vector<Span> spans = {}, std::size_t max_nodes = 200'000) const;

 private:
  fake_cuda::Control& fake_;
  Graph graph_;
  std::map<std::string, CUgraphNode> nodes_;
  std::uint64_t kernels_ = 0;
};

/// Kernel names in the model's order.
std::vector<std::string> names_of(const ModelGraph& model);

/// Index of the node with this kernel name.
std::size_t index_of(const ModelGraph& model, const std::string& name);
std::vector<std::size_t> indices_of(const ModelGraph& model, const std::vector<std::string>& names);
std::shared_ptr<const Subgraph> part_of(const std::shared_ptr<const ModelGraph>& model,
                                        const std::vector<std::string>& names);

/// "a->b" for a full dependency, "a=>b" for a programmatic one; sorted.
std::vector<std::string> edge_names(CUgraph graph);

/// Runs what must throw; returns the error. The test fails where nothing is thrown.
Error error_of(const std::function<void()>& run);
void expect_error(ErrorKind kind, const std::vector<std::string>& parts_of_message, const std::function<void()>& run);

}  // namespace clear_native::cuda
