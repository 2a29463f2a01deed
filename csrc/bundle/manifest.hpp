#pragma once
// What a bundle says of itself: components, module calls, costs, surroundings, and the files it consists of.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sha256.hpp"

namespace clear_native::bundle {

inline constexpr int kBundleVersion = 1;

/// Of one pass of the model; absent: not known.
struct Work {
  std::optional<double> flops = std::nullopt;
  std::optional<double> flops_dense = std::nullopt;  // as if no causal mask left anything out
  std::optional<double> bytes = std::nullopt;
};

struct Component {
  std::string name;
  std::uint64_t calls = 0;
  Work work;
};

/// One entry-to-exit of a component's module in one forward.
struct ModuleCall {
  std::size_t component = 0;
  std::string module;
  std::size_t kind = 0;  // equal: same component, operators and shapes
};

struct MadeFor {
  std::string type;  // "cpu" or "cuda"
  std::string name;
  std::optional<std::string> compute_capability;  // "9.0"; of cuda only
};

struct ListedFile {
  std::string name;
  std::uint64_t bytes = 0;
  Digest sha256{};
};

struct Tolerance {
  double rtol = 0;
  double atol = 0;
};

struct Manifest {
  std::string made_at;
  std::string model;
  std::string clear_native;  // its version
  std::string torch;         // likewise
  MadeFor device;
  std::optional<int> threads;    // of a CPU
  std::string environment_json;  // objects, as they stand in reports; empty: none
  std::string workload_json;
  std::optional<bool> synthetic_weights;
  Work full_model;
  std::vector<Component> components;  // in the order of the report
  std::vector<ModuleCall> calls;      // the first is the model itself
  std::optional<Tolerance> tolerance;
  std::vector<ListedFile> files;  // all but the manifest
};

/// Throws Error(bad_input) that names the place in `file`.
Manifest read_manifest(std::string_view json, const std::string& file);

}  // namespace clear_native::bundle
