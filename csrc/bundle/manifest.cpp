#include "manifest.hpp"

#include <set>

#include "bundle_paths.hpp"
#include "json_view.hpp"

namespace clear_native::bundle {
namespace {

constexpr std::uint64_t kMostThreads = 4096;

std::string text_or_empty(const JsonView& view, std::string_view key) {
  const auto found = view.find(key);
  return found ? found->text() : std::string();
}

std::optional<double> amount_if_there(const JsonView& view, std::string_view key) {
  const auto found = view.find(key);
  return found ? std::optional(found->amount()) : std::nullopt;
}

Work work_of(const JsonView& view) {
  return {.flops = amount_if_there(view, "flops"),
          .flops_dense = amount_if_there(view, "flops_dense"),
          .bytes = amount_if_there(view, "bytes")};
}

MadeFor device_of(const JsonView& view) {
  MadeFor device{.type = view.at("type").text(), .name = text_or_empty(view, "name"), .compute_capability = {}};
  if (device.type != "cpu" && device.type != "cuda") view.at("type").refuse("'cpu' or 'cuda'");
  if (device.type == "cuda") device.compute_capability = view.at("compute_capability").text();
  return device;
}

std::string object_json(const JsonView& view, std::string_view key) {
  const auto found = view.find(key);
  if (!found) return {};
  if (!found->value().is_object()) found->refuse("an object");
  return found->value().dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::vector<Component> components_of(const JsonView& view) {
  std::vector<Component> components;
  std::set<std::string> names;
  for (std::size_t i = 0; i < view.size(); ++i) {
    const JsonView one = view[i];
    components.push_back({one.at("name").text(), one.at("calls").count(INT64_MAX), work_of(one)});
    if (components.back().name.empty()) one.at("name").refuse("a name");
    if (!names.insert(components.back().name).second) one.at("name").refuse("every name once");
  }
  if (components.empty()) view.refuse("at least one component");
  return components;
}

std::vector<ModuleCall> calls_of(const JsonView& view, const std::vector<Component>& components) {
  std::vector<ModuleCall> calls;
  std::vector<std::optional<std::size_t>> component_of_kind(view.size());
  for (std::size_t i = 0; i < view.size(); ++i) {
    const JsonView one = view[i];
    calls.push_back({.component = one.at("component").index(components.size(), "components"),
                     .module = one.at("module").text(),
                     .kind = one.at("kind").index(view.size(), "kinds that so many calls can be of")});
    auto& component = component_of_kind[calls.back().kind];
    if (component && *component != calls.back().component) {
      one.at("kind").refuse("a kind of calls of component " + std::to_string(*component));
    }
    component = calls.back().component;
  }
  if (calls.empty()) view.refuse("at least one call, that of the model");
  return calls;
}

std::vector<ListedFile> files_of(const JsonView& view) {
  std::vector<ListedFile> files;
  view.each_member([&](const std::string& name, const JsonView& one) {
    check_file_name(name, one.file(), one.place());
    const auto digest = digest_from_hex(one.at("sha256").text());
    if (!digest) one.at("sha256").refuse("64 digits of 0-9 and a-f");
    files.push_back({name, one.at("bytes").count(INT64_MAX), *digest});
  });
  return files;
}

std::optional<Tolerance> tolerance_of(const JsonView& root) {
  const auto view = root.find("tolerance");
  if (!view) return std::nullopt;
  return Tolerance{.rtol = view->at("rtol").amount(), .atol = view->at("atol").amount()};
}

}  // namespace

Manifest read_manifest(std::string_view json, const std::string& file) {
  const auto parsed = parse_json(json, file);
  const JsonView root(parsed, file);
  const JsonView version = root.at("bundle_version");
  if (version.integer() != kBundleVersion) {
    version.refuse("version " + std::to_string(kBundleVersion) + ", the only one that this program reads");
  }
  Manifest manifest;
  manifest.made_at = root.at("made_at").text();
  manifest.model = root.at("model").text();
  manifest.clear_native = root.at("clear_native").text();
  manifest.torch = root.at("torch").text();
  manifest.device = device_of(root.at("device"));
  if (const auto threads = root.find("threads")) {
    manifest.threads = static_cast<int>(threads->count(kMostThreads));
    if (*manifest.threads == 0) threads->refuse("at least 1");
  }
  manifest.environment_json = object_json(root, "environment");
  manifest.workload_json = object_json(root, "workload");
  if (const auto synthetic = root.find("synthetic_weights")) manifest.synthetic_weights = synthetic->boolean();
  if (const auto whole = root.find("full_model")) manifest.full_model = work_of(*whole);
  manifest.components = components_of(root.at("components"));
  manifest.calls = calls_of(root.at("calls"), manifest.components);
  manifest.tolerance = tolerance_of(root);
  manifest.files = files_of(root.at("files"));
  return manifest;
}

}  // namespace clear_native::bundle
