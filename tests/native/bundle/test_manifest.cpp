#include <gtest/gtest.h>

#include "bundle/manifest.hpp"
#include "made_bundle.hpp"
#include "refused.hpp"

namespace clear_native::testing {
namespace {

using bundle::Manifest;
using nlohmann::json;

Manifest read(const json& manifest) {
  return bundle::read_manifest(manifest.dump(), "b.clear/manifest.json");
}

json good() {
  return MadeBundle().with_checksums();
}

/// With the value at a JSON pointer replaced.
void refuses(const char* pointer, const json& value, const std::string& place, const std::string& told) {
  json manifest = good();
  manifest[json::json_pointer(pointer)] = value;
  expect_refused([&] { read(manifest); }, {"b.clear/manifest.json: " + place + ": got", told, "export it again"});
}

TEST(Manifest, MayLeaveOutWhatIsNotKnown) {
  json manifest = good();
  for (const char* key : {"threads", "environment", "workload", "synthetic_weights", "full_model"}) manifest.erase(key);
  manifest["components"][0].erase("flops");
  manifest["components"][1]["bytes"] = nullptr;
  const Manifest got = read(manifest);
  EXPECT_FALSE(got.threads || got.synthetic_weights || got.full_model.flops || got.tolerance);
  EXPECT_FALSE(got.components[0].work.flops || got.components[1].work.bytes);
  EXPECT_TRUE(got.environment_json.empty());
}

TEST(Manifest, TellsComputeCapabilityAndTolerance) {
  json manifest = good();
  manifest["device"] = {{"type", "cuda"}, {"name", "a GPU"}, {"compute_capability", "9.0"}};
  manifest["tolerance"] = {{"rtol", 0.01}, {"atol", 1e-5}};
  const Manifest got = read(manifest);
  EXPECT_EQ(got.device.compute_capability, "9.0");
  ASSERT_TRUE(got.tolerance);
  EXPECT_EQ(got.tolerance->rtol, 0.01);
}

TEST(Manifest, RefusesOtherVersions) {
  refuses("/bundle_version", 2, "bundle_version", "expected version 1");
  refuses("/bundle_version", "1", "bundle_version", "the string");
}

TEST(Manifest, RefusesWrongTypesWithTheirPlace) {
  refuses("/model", 3, "model", "expected a string");
  refuses("/device/type", "tpu", "device.type", "'cpu' or 'cuda'");
  refuses("/device", {{"type", "cuda"}, {"name", "a GPU"}}, "device", "no member 'compute_capability'");
  refuses("/threads", 0, "threads", "at least 1");
  refuses("/threads", 1e9, "threads", "integer from 0 to 4096");
  refuses("/environment", 1, "environment", "an object");
  refuses("/synthetic_weights", "yes", "synthetic_weights", "true or false");
  refuses("/components", json::array(), "components", "at least one");
  refuses("/components/1/name", "layer", "components[1].name", "every name once");
  refuses("/components/1/flops", -1, "components[1].flops", "at least 0");
  refuses("/components/0/calls", 2.5, "components[0].calls", "integer");
  refuses("/calls", json::array(), "calls", "that of the model");
  refuses("/calls/1/component", 3, "calls[1].component", "one of the 3 components");
  refuses("/calls/1/component", -1, "calls[1].component", "one of the 3 components");
  refuses("/calls/2/kind", 5, "calls[2].kind", "kinds that so many calls");
  refuses("/calls/2/kind", 1, "calls[2].kind", "a kind of calls of component 0");
  refuses("/files/plan.json/sha256", "abc", "files.'plan.json'.sha256", "64 digits");
  refuses("/files/plan.json/bytes", -4, "files.'plan.json'.bytes", "integer from 0");
}

TEST(Manifest, RefusesTextThatIsNoJson) {
  const auto read_text = [](const std::string& text) {
    return [text] { bundle::read_manifest(text, "b.clear/manifest.json"); };
  };
  expect_refused(read_text(""), {"what is no JSON"});
  expect_refused(read_text("{\"a\": \"\xff\"}"), {"what is no JSON"});
  expect_refused(read_text("{\"a\": 1e999}"), {"b.clear/manifest.json"});
  expect_refused(read_text("{\"a\": 1, \"a\": 2}"), {"'a'", "twice"});
  expect_refused(read_text(std::string(100'000, '[')), {"nested"});
  expect_refused(read_text("[]"), {"expected an object"});
}

}  // namespace
}  // namespace clear_native::testing
