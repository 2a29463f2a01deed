#pragma once
// The plan of a model: its operators in order, on numbered values. Read and checked, not yet resolved in torch.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dtype.hpp"

namespace clear_native::bundle {

inline constexpr int kPlanVersion = 1;

struct ValueId {
  std::size_t id = 0;
  bool operator==(const ValueId&) const = default;
};
struct Nothing {
  bool operator==(const Nothing&) const = default;
};
enum class Layout { strided };
enum class MemoryFormat { contiguous, preserve, channels_last, channels_last_3d };
enum class DeviceOf { cpu, cuda };  // which cuda device is for the runner to say

/// An element of an argument that is a list, or a whole argument that is none.
using Atom =
    std::variant<Nothing, ValueId, bool, std::int64_t, double, std::string, DType, Layout, MemoryFormat, DeviceOf>;
using AtomList = std::vector<Atom>;
using Argument = std::variant<Atom, AtomList>;

using OptionalValue = std::optional<std::size_t>;  // absent: an output that nothing reads
using Output = std::variant<OptionalValue, std::vector<OptionalValue>>;

struct Node {
  std::string op;  // "aten::addmm"
  std::string overload;
  std::vector<Argument> arguments;  // all of the schema, in order
  std::vector<Output> outputs;
  std::size_t call = 0;  // the innermost module call it belongs to, of the manifest
};

/// A value that is there before the first node: a tensor of a file.
struct GivenValue {
  std::size_t value = 0;
  std::string tensor;
  std::optional<std::vector<std::int64_t>> strides;  // absent: contiguous
  bool requires_grad = false;  // kernels that torch chooses may depend on it, whether or not gradients are on
};

struct PlanOutput {
  std::size_t value = 0;
  std::string tensor;
};

struct Plan {
  std::size_t values = 0;  // numbered from 0, each defined exactly once, before it is used
  std::vector<GivenValue> inputs;
  std::vector<GivenValue> constants;
  std::vector<Node> nodes;
  std::vector<PlanOutput> outputs;
};

/// Throws Error(bad_input) that names the place in `file`. `calls`: how many the manifest lists.
Plan read_plan(std::string_view json, const std::string& file, std::size_t calls);

/// "aten::addmm" or "aten::add.Tensor".
std::string operator_name(const Node& node);

/// Of the values that a node reads, in order, with repeats; and of those that it defines.
std::vector<std::size_t> values_read(const Node& node);
std::vector<std::size_t> values_defined(const Node& node);

}  // namespace clear_native::bundle
