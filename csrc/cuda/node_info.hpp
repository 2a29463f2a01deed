#pragma once
// What one node of a captured graph does, and whether the engine can replay it.

#include <cuda.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace clear_native::cuda {

/// The types that can be replayed; a graph with any other is refused.
enum class NodeType { kernel, memcpy, memset, child_graph, empty, event_wait, event_record };

const char* node_type_name(NodeType type) noexcept;

struct Dim3 {
  unsigned x = 0;
  unsigned y = 0;
  unsigned z = 0;
};

struct NodeInfo {
  NodeType type = NodeType::empty;
  std::string kernel_name;  // as the driver tells it (mangled); empty where it does not, and for other nodes
  Dim3 grid;                // of a kernel
  Dim3 block;
  std::optional<std::size_t> span;  // innermost
  std::size_t inner_nodes = 1;      // of a child graph: all nodes in it, at any depth
  bool allowed_in_loop = true;      // may stand in the body of a WHILE node
};

/// Reads nodes; remembers the names of kernels.
class NodeReader {
 public:
  /// Of a node that cannot be replayed, `refusal` becomes what it does and what to do about it; else it stays as it is.
  NodeInfo read(CUgraphNode node, std::string& refusal);

 private:
  void read_kernel(CUgraphNode node, NodeInfo& info);
  void read_child(CUgraphNode node, std::string& refusal, NodeInfo& info);
  const std::string& name_of(CUfunction function, CUkernel kernel);

  std::map<const void*, std::string> names_;
};

/// Equal for nodes that do the same kind of work: type, kernel, launch dimensions. Not their arguments, which differ
/// from run to run.
std::uint64_t likeness_key(const NodeInfo& info);

}  // namespace clear_native::cuda
