#include <gtest/gtest.h>
#include <sys/stat.h>

#include "bundle/bundle.hpp"
#include "made_bundle.hpp"
#include "refused.hpp"

namespace clear_native::testing {
namespace {

using bundle::Bundle;
using nlohmann::json;

class BundleTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "two.clear"; }
  [[nodiscard]] Bundle open() const { return Bundle::open(path()); }
  void refuses(std::initializer_list<std::string> told) const {
    expect_refused([&] { Bundle::open(path()); }, told);
  }
  /// Writes the bundle as it is, but for the manifest, which is `manifest`.
  void write_with(const json& manifest) const {
    made.write(path());
    write_file(path() / "manifest.json", manifest.dump());
  }

  MadeBundle made;

 private:
  TemporaryFolder folder_;
};

TEST_F(BundleTest, IsReadWhole) {
  made.write(path());
  const Bundle bundle = open();
  EXPECT_EQ(bundle.manifest().model, "two layers");
  EXPECT_EQ(bundle.manifest().threads, 1);
  EXPECT_EQ(bundle.manifest().components.size(), 3U);
  EXPECT_EQ(bundle.manifest().components[0].work.flops, 32);
  EXPECT_EQ(bundle.manifest().calls[3].module, "layer.1");
  EXPECT_EQ(bundle.manifest().synthetic_weights, true);
  EXPECT_EQ(json::parse(bundle.manifest().environment_json)["torch"], "2.13.0");
  EXPECT_EQ(bundle.plan().nodes.size(), 8U);
  EXPECT_EQ(bundle.input(bundle.plan().inputs[0]).shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(bundle.constant(bundle.plan().constants[1]).bytes.size(), 8U);
  EXPECT_EQ(bundle.reference(bundle.plan().outputs[0]).bytes.size(), 8U);
}

TEST_F(BundleTest, WhileItsFilesAreHashedTheCallerDoesSomethingElse) {
  made.write(path());
  std::vector<std::string> told;
  const auto note = [&told](const bundle::Manifest& manifest) { told.push_back(manifest.device.type); };
  EXPECT_EQ(Bundle::open(path(), note).manifest().model, "two layers");
  EXPECT_EQ(told, std::vector<std::string>{"cpu"});
  write_file(path() / "weights.safetensors", made.files.at("weights.safetensors") + "x");
  expect_refused([&] { Bundle::open(path(), note); }, {"weights.safetensors", "bytes"});
  EXPECT_EQ(told.size(), 1U);
  std::string other = made.files.at("weights.safetensors");
  other.back() = static_cast<char>(other.back() ^ 1);
  write_file(path() / "weights.safetensors", other);
  expect_refused([&] { Bundle::open(path(), note); }, {"weights.safetensors", "SHA-256"});
  EXPECT_EQ(told.size(), 2U);
}

TEST_F(BundleTest, WhatTheCallerThrowsMeanwhilePassesThrough) {
  made.write(path());
  const auto fails = [](const bundle::Manifest&) { throw Error(ErrorKind::no_driver, "none"); };
  EXPECT_THROW(Bundle::open(path(), fails), Error);
}

TEST_F(BundleTest, SaysWhatIsNoBundle) {
  refuses({"two.clear", "No such file", "folder that clear_native.export"});
  write_file(path(), "a file");
  refuses({"a file", "the folder of a bundle"});
  std::filesystem::remove(path());
  std::filesystem::create_directories(path());
  refuses({"two.clear/manifest.json", "No such file"});
}

TEST_F(BundleTest, VerifiesEveryFile) {
  for (const auto& [name, text] : made.files) {
    made.write(path());
    std::string changed = text;
    changed.back() = static_cast<char>(changed.back() ^ 1);
    write_file(path() / name, changed);
    refuses({"two.clear/" + name, "SHA-256", "which the manifest says", "export it again"});
    write_file(path() / name, text.substr(0, text.size() - 1));
    refuses({"two.clear/" + name, "bytes", std::to_string(text.size())});
    std::filesystem::remove(path() / name);
    refuses({"two.clear/" + name, "No such file"});
  }
}

TEST_F(BundleTest, VerifiesFilesThatThePlanDoesNotUse) {
  made.files["compiled.pt2"] = "code";
  made.write(path());
  EXPECT_NO_THROW(open());
  write_file(path() / "compiled.pt2", "cope");
  refuses({"compiled.pt2", "SHA-256"});
}

TEST_F(BundleTest, NeedsEveryFileListed) {
  for (const char* name : {"plan.json", "weights.safetensors", "inputs.safetensors", "reference.safetensors"}) {
    json manifest = made.with_checksums();
    manifest["files"].erase(name);
    write_with(manifest);
    refuses({"manifest.json", "no '" + std::string(name) + "'"});
  }
}

TEST_F(BundleTest, RefusesNamesThatLeadOutside) {
  for (const char* name : {"../plan.json", "/etc/passwd", "a/../../plan.json", "a//b", "a/", "./plan.json", "", "..",
                           "a\\b", "a\nb", "manifest.json", "a b"}) {
    json manifest = made.with_checksums();
    manifest["files"][name] = manifest["files"]["plan.json"];
    write_with(manifest);
    refuses({"manifest.json", "the name of a file inside the bundle"});
  }
}

TEST_F(BundleTest, RefusesLinksThatLeadOutside) {
  made.write(path());
  const auto outside = path().parent_path() / "weights";
  std::filesystem::rename(path() / "weights.safetensors", outside);
  std::filesystem::create_symlink(outside, path() / "weights.safetensors");
  refuses({"weights.safetensors", "a link to", "a file inside the bundle"});
  // A folder beside it whose name begins like its own is outside, too.
  std::filesystem::remove(path() / "weights.safetensors");
  std::filesystem::create_directories(path().string() + "er");
  std::filesystem::rename(outside, path().string() + "er/weights");
  std::filesystem::create_symlink(path().string() + "er/weights", path() / "weights.safetensors");
  refuses({"a link to"});
}

TEST_F(BundleTest, ReadsThroughLinksThatStayInside) {
  made.write(path());
  std::filesystem::rename(path() / "weights.safetensors", path() / "w");
  std::filesystem::create_symlink("w", path() / "weights.safetensors");
  EXPECT_NO_THROW(open());
  std::filesystem::create_symlink(path(), path().parent_path() / "link.clear");
  EXPECT_NO_THROW(Bundle::open(path().parent_path() / "link.clear"));
}

TEST_F(BundleTest, RefusesWhatIsNoPlainFile) {
  made.write(path());
  std::filesystem::remove(path() / "plan.json");
  ASSERT_EQ(mkfifo((path() / "plan.json").c_str(), 0600), 0);
  refuses({"plan.json", "a folder, pipe or device"});
  std::filesystem::remove(path() / "plan.json");
  std::filesystem::create_directory(path() / "plan.json");
  refuses({"plan.json", "a folder, pipe or device"});
  std::filesystem::remove(path() / "plan.json");
  std::filesystem::create_symlink("plan.json", path() / "plan.json");  // to itself
  refuses({"plan.json"});
}

TEST_F(BundleTest, ChecksThatTensorsAreThere) {
  for (const char* list : {"inputs", "constants", "outputs"}) {
    json plan = made.plan();
    plan[list][0]["tensor"] = "c9";
    MadeBundle other = made;
    other.set_plan(plan);
    other.write(path());
    refuses({"plan.json: " + std::string(list) + "[0].tensor", "'c9'", "a tensor of "});
  }
}

TEST_F(BundleTest, ChecksStrides) {
  for (const json& strides : {json{1}, json{1, 2, 3}, json{1, std::int64_t{1} << 62}, json{1, 1 << 30}}) {
    json plan = made.plan();
    plan["constants"][0]["strides"] = strides;
    MadeBundle other = made;
    other.set_plan(plan);
    other.write(path());
    refuses({"plan.json: constants[0].strides", "contiguous"});
  }
}

TEST_F(BundleTest, ChecksThatCallsOfAKindAreAlike) {
  json plan = made.plan();
  plan["nodes"][4]["call"] = 0;  // the second layer's addmm
  made.set_plan(plan);
  made.write(path());
  refuses({"manifest.json: calls[3].kind", "call 1, which has other operators"});
}

}  // namespace
}  // namespace clear_native::testing
