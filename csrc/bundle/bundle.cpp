#include "bundle.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include "bundle_paths.hpp"
#include "faults.hpp"
#include "strided.hpp"

namespace clear_native::bundle {
namespace {

constexpr std::size_t kLargestJson = std::size_t{1} << 28U;  // 256 MiB: no plan of a model comes near
constexpr std::size_t kHashers = 4;  // threads; mostly one file is larger than all others together

struct Folder {
  std::filesystem::path real;
  std::string called;  // as the caller wrote it

  [[nodiscard]] MappedFile map(const std::string& name) const {
    const std::string as_called = called + "/" + name;
    return {path_inside(real, name, as_called), as_called};
  }
};

Folder folder_of(const std::filesystem::path& path) {
  std::error_code failure;
  auto real = std::filesystem::canonical(path, failure);
  if (failure || !std::filesystem::is_directory(real, failure)) {
    refuse(path.string(), "", failure ? failure.message() : "a file", "the folder of a bundle",
           "Give the path of a folder that clear_native.export(model, inputs, path) wrote.");
  }
  auto called = path.string();
  while (called.size() > 1 && called.ends_with('/')) called.pop_back();
  return {std::move(real), std::move(called)};
}

const std::string& check_json_size(const MappedFile& file) {
  if (file.bytes().size() > kLargestJson) {
    refuse(file.name(), "", std::to_string(file.bytes().size()) + " bytes", "at most 256 MiB of JSON");
  }
  return file.name();
}

MappedFile listed_file(const Folder& folder, const ListedFile& listed) {
  MappedFile file = folder.map(listed.name);
  if (file.bytes().size() == listed.bytes) return file;
  refuse(file.name(), "", std::to_string(file.bytes().size()) + " bytes",
         "the " + std::to_string(listed.bytes) + " that the manifest says");
}

/// In the order of the files, while this thread does something else.
std::vector<Digest> digests_of(const std::vector<MappedFile>& files, const std::function<void()>& meanwhile) {
  std::vector<Digest> digests(files.size());
  std::atomic<std::size_t> next = 0;
  std::vector<std::future<void>> hashers;
  for (std::size_t i = 0; i < std::min(files.size(), kHashers); ++i) {
    // Where no thread is to be had, the wait for it hashes.
    hashers.push_back(std::async(std::launch::async | std::launch::deferred, [&] {
      for (std::size_t file = next++; file < files.size(); file = next++) digests[file] = sha256(files[file].bytes());
    }));
  }
  meanwhile();
  for (std::future<void>& hasher : hashers) hasher.get();
  return digests;
}

std::map<std::string, MappedFile> verified_files(const Folder& folder, const Manifest& manifest,
                                                 const std::function<void(const Manifest&)>& meanwhile) {
  std::vector<MappedFile> listed;
  listed.reserve(manifest.files.size());
  for (const ListedFile& file : manifest.files) listed.push_back(listed_file(folder, file));
  const std::vector<Digest> digests = digests_of(listed, [&] {
    if (meanwhile) meanwhile(manifest);
  });
  std::map<std::string, MappedFile> files;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    const Digest& expected = manifest.files[i].sha256;
    if (digests[i] != expected) {
      refuse(listed[i].name(), "", "SHA-256 " + to_hex(digests[i]), to_hex(expected) + ", which the manifest says");
    }
    files.emplace(manifest.files[i].name, std::move(listed[i]));
  }
  return files;
}

MappedFile take(std::map<std::string, MappedFile>& files, const std::string& name, const std::string& manifest) {
  const auto found = files.find(name);
  if (found == files.end()) refuse(manifest, "files", "no " + in_quotes(name), "one");
  return std::move(files.extract(found).mapped());
}

void check_given(const std::vector<GivenValue>& all, const Safetensors& tensors, const std::string& file,
                 const std::string& list) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string place = list + "[" + std::to_string(i) + "]";
    const TensorView* tensor = tensors.find(all[i].tensor);
    if (tensor == nullptr) refuse(file, place + ".tensor", in_quotes(all[i].tensor), "a tensor of " + tensors.name());
    const auto& strides = all[i].strides;
    if (strides && !strides_are_reasonable(*tensor, *strides)) {
      refuse(file, place + ".strides", "strides that do not fit the tensor's shape, or spread it over much more memory",
             "one for each dimension",
             "Export it again, with a contiguous tensor in this place (tensor.contiguous()).");
    }
  }
}

void check_outputs(const Plan& plan, const Safetensors& reference, const std::string& file) {
  for (std::size_t i = 0; i < plan.outputs.size(); ++i) {
    if (reference.find(plan.outputs[i].tensor) != nullptr) continue;
    refuse(file, "outputs[" + std::to_string(i) + "].tensor", in_quotes(plan.outputs[i].tensor),
           "a tensor of " + reference.name());
  }
}

/// Calls of one kind stand in for each other: they must be made of the same operators.
void check_kinds(const Manifest& manifest, const Plan& plan, const std::string& file) {
  std::vector<std::string> operators_of_call(manifest.calls.size());
  for (const Node& node : plan.nodes) operators_of_call[node.call].append(operator_name(node)).append(" ");
  std::map<std::size_t, std::size_t> first_of_kind;
  for (std::size_t call = 0; call < manifest.calls.size(); ++call) {
    const auto [first, is_new] = first_of_kind.emplace(manifest.calls[call].kind, call);
    if (is_new || operators_of_call[call] == operators_of_call[first->second]) continue;
    refuse(file, "calls[" + std::to_string(call) + "].kind",
           "the kind of call " + std::to_string(first->second) + ", which has other operators in the plan",
           "the same operators in all calls of a kind");
  }
}

}  // namespace

Bundle::Bundle(std::filesystem::path folder, Manifest manifest, Plan plan, Safetensors weights, Safetensors inputs,
               Safetensors reference)
    : folder_(std::move(folder)),
      manifest_(std::move(manifest)),
      plan_(std::move(plan)),
      weights_(std::move(weights)),
      inputs_(std::move(inputs)),
      reference_(std::move(reference)) {}

Bundle Bundle::open(const std::filesystem::path& path, const std::function<void(const Manifest&)>& meanwhile) {
  const Folder folder = folder_of(path);
  const MappedFile manifest_file = folder.map("manifest.json");
  Manifest manifest = read_manifest(manifest_file.text(), check_json_size(manifest_file));
  auto files = verified_files(folder, manifest, meanwhile);
  const MappedFile plan_file = take(files, "plan.json", manifest_file.name());
  Safetensors weights(take(files, "weights.safetensors", manifest_file.name()));
  Safetensors inputs(take(files, "inputs.safetensors", manifest_file.name()));
  Safetensors reference(take(files, "reference.safetensors", manifest_file.name()));
  Plan plan = read_plan(plan_file.text(), check_json_size(plan_file), manifest.calls.size());
  check_given(plan.inputs, inputs, plan_file.name(), "inputs");
  check_given(plan.constants, weights, plan_file.name(), "constants");
  check_outputs(plan, reference, plan_file.name());
  check_kinds(manifest, plan, manifest_file.name());
  return {folder.real,        std::move(manifest), std::move(plan),
          std::move(weights), std::move(inputs),   std::move(reference)};
}

}  // namespace clear_native::bundle
