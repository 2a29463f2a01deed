#pragma once
// A small bundle made by hand, as the exporter would write it, to be read or to be damaged.

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace clear_native::testing {

/// A tensor of a safetensors file, its bytes as they are to stand there.
struct MadeTensor {
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::string bytes;
};
using MadeTensors = std::map<std::string, MadeTensor>;

MadeTensor float_tensor(std::vector<std::int64_t> shape, const std::vector<float>& values);
std::string safetensors_text(const MadeTensors& tensors);

/// Two layers of (x W + b, then relu) with a view before each, and a sum at the end. Components: layer (two calls of
/// one kind), act (relu, inside a layer's call), other.
struct MadeBundle {
  MadeBundle();

  nlohmann::json manifest;                   // without its files
  std::map<std::string, std::string> files;  // all others, by name

  [[nodiscard]] nlohmann::json plan() const { return nlohmann::json::parse(files.at("plan.json")); }
  void set_plan(const nlohmann::json& plan) { files["plan.json"] = plan.dump(); }
  /// The manifest with sizes and checksums of the files as they are now.
  [[nodiscard]] nlohmann::json with_checksums() const;
  void write(const std::filesystem::path& folder) const;
};

/// A folder that is removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void write_file(const std::filesystem::path& path, const std::string& text);

}  // namespace clear_native::testing
