#include "made_bundle.hpp"

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <span>
#include <stdexcept>

#include "bundle/sha256.hpp"

namespace clear_native::testing {
namespace {

using nlohmann::json;

json value(int id) {
  return {{"v", id}};
}

json linear_relu(int input, int layer, int first_value) {
  const int call = 1 + 2 * layer;
  const json shape = json::array({2, 2});
  return json::array({
      {{"op", "aten::view"},
       {"overload", ""},
       {"args", {value(input), {{"l", shape}}}},
       {"outputs", {first_value}},
       {"call", 0}},
      {{"op", "aten::addmm"},
       {"overload", ""},
       {"args", {value(2), value(first_value), value(1), 1, {{"f", 1.0}}}},
       {"outputs", {first_value + 1}},
       {"call", call}},
      {{"op", "aten::relu"},
       {"overload", ""},
       {"args", {value(first_value + 1)}},
       {"outputs", {first_value + 2}},
       {"call", call + 1}},
  });
}

json made_plan() {
  json plan = {{"plan_version", 1},
               {"values", 11},
               {"inputs", {{{"value", 0}, {"tensor", "i0"}}}},
               {"constants", {{{"value", 1}, {"tensor", "c0"}, {"strides", {1, 2}}}, {{"value", 2}, {"tensor", "c1"}}}},
               {"nodes", json::array()},
               {"outputs", {{{"value", 9}, {"tensor", "o0"}}}}};
  for (const auto& part : {linear_relu(0, 0, 3), linear_relu(5, 1, 6)}) {
    for (const auto& node : part) plan["nodes"].push_back(node);
  }
  plan["nodes"].push_back({{"op", "aten::sum"},
                           {"overload", "dim_IntList"},
                           {"args", {value(8), {{"l", {1}}}, false, {{"dtype", "float32"}}}},
                           {"outputs", {9}},
                           {"call", 0}});
  plan["nodes"].push_back({{"op", "aten::split"},
                           {"overload", "Tensor"},
                           {"args", {value(8), 1, 0}},
                           {"outputs", {{{"list", {10, nullptr}}}}},
                           {"call", 0}});
  return plan;
}

json made_manifest() {
  return {{"bundle_version", 1},
          {"made_at", "2026-01-01T00:00:00+00:00"},
          {"model", "two layers"},
          {"clear_native", "0.1.0"},
          {"torch", "2.13.0"},
          {"device", {{"type", "cpu"}, {"name", "a processor"}}},
          {"threads", 1},
          {"environment", {{"torch", "2.13.0"}}},
          {"workload", {{"device", "cpu"}}},
          {"synthetic_weights", true},
          {"full_model", {{"flops", 32}, {"flops_dense", 32}, {"bytes", 128}}},
          {"components",
           {{{"name", "layer"}, {"calls", 2}, {"flops", 32}, {"flops_dense", 32}, {"bytes", 96}},
            {{"name", "act"}, {"calls", 2}, {"flops", 0}, {"flops_dense", 0}, {"bytes", 64}},
            {{"name", "other"}, {"calls", 1}, {"flops", 0}, {"flops_dense", 0}, {"bytes", 32}}}},
          {"calls",
           {{{"component", 2}, {"module", ""}, {"kind", 0}},
            {{"component", 0}, {"module", "layer.0"}, {"kind", 1}},
            {{"component", 1}, {"module", "layer.0.act"}, {"kind", 2}},
            {{"component", 0}, {"module", "layer.1"}, {"kind", 1}},
            {{"component", 1}, {"module", "layer.1.act"}, {"kind", 2}}}}};
}

}  // namespace

MadeTensor float_tensor(std::vector<std::int64_t> shape, const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return {"F32", std::move(shape), std::move(bytes)};
}

std::string safetensors_text(const MadeTensors& tensors) {
  json header = {{"__metadata__", {{"format", "pt"}}}};
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    header[name] = {{"dtype", tensor.dtype},
                    {"shape", tensor.shape},
                    {"data_offsets", {data.size(), data.size() + tensor.bytes.size()}}};
    data += tensor.bytes;
  }
  const std::string text = header.dump();
  std::string length(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(text.size() >> (8 * i) & 0xffU);
  return length + text + data;
}

MadeBundle::MadeBundle() : manifest(made_manifest()) {
  files["plan.json"] = made_plan().dump();
  // x W + b of the input, the sum of each row after two layers: worked out by hand.
  files["weights.safetensors"] =
      safetensors_text({{"c0", float_tensor({2, 2}, {1, 2, 3, 4})}, {"c1", float_tensor({2}, {0.5F, -0.5F})}});
  files["inputs.safetensors"] = safetensors_text({{"i0", float_tensor({2, 2}, {1, 0, 0, 1})}});
  files["reference.safetensors"] = safetensors_text({{"o0", float_tensor({2}, {15.0F, 35.0F})}});
}

json MadeBundle::with_checksums() const {
  json result = manifest;
  result["files"] = json::object();
  for (const auto& [name, text] : files) {
    const auto digest = bundle::sha256(std::as_bytes(std::span(text)));
    result["files"][name] = {{"sha256", bundle::to_hex(digest)}, {"bytes", text.size()}};
  }
  return result;
}

void MadeBundle::write(const std::filesystem::path& folder) const {
  std::filesystem::create_directories(folder);
  for (const auto& [name, text] : files) write_file(folder / name, text);
  write_file(folder / "manifest.json", with_checksums().dump());
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "clear-bundle-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace clear_native::testing
