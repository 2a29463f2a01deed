// Damaged bundles: whatever is done to a file, reading gives a bundle or Error(bad_input) that names a file of it, and
// takes no memory out of proportion. Seeds are fixed: a failure comes again.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <new>
#include <random>

#include "bundle/bundle.hpp"
#include "made_bundle.hpp"
#include "thrown.hpp"

namespace {
std::atomic<std::size_t> largest_allocation{0};
}

// Every allocation of this program goes through here, so that none can be large unseen.
void* operator new(std::size_t bytes) {
  std::size_t largest = largest_allocation.load();
  while (bytes > largest && !largest_allocation.compare_exchange_weak(largest, bytes)) {
  }
  void* memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace clear_native::testing {
namespace {

using nlohmann::json;

constexpr std::size_t kMostBytes = 1 << 20;  // the files have 5 kB together

class BundleFuzz : public ::testing::Test {
 protected:
  /// Reads it. Returns whether it was refused.
  bool read(const MadeBundle& damaged) {
    damaged.write(path_);
    return read_as_it_lies();
  }
  bool read_as_it_lies() {
    ++read_;
    largest_allocation = 0;
    const Thrown thrown = thrown_by([&] { bundle::Bundle::open(path_); });
    EXPECT_LT(largest_allocation.load(), kMostBytes);
    if (!thrown.kind) return false;
    EXPECT_EQ(*thrown.kind, ErrorKind::bad_input) << thrown.message;
    EXPECT_NE(thrown.message.find("two.clear"), std::string::npos) << thrown.message;
    EXPECT_NE(thrown.message.find(", expected "), std::string::npos) << thrown.message;
    EXPECT_LT(thrown.message.size(), 1200U);
    return true;
  }
  void write_manifest(const std::string& text) const { write_file(path_ / "manifest.json", text); }

  MadeBundle made_;
  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "two.clear";
  int read_ = 0;
};

/// Steps that reach every part of a file: all offsets near its ends, then every eleventh.
std::vector<std::size_t> offsets_of(const std::string& text) {
  std::vector<std::size_t> offsets;
  for (std::size_t at = 0; at < text.size(); at += at < 24 || at + 24 > text.size() ? 1 : 11) offsets.push_back(at);
  return offsets;
}

TEST_F(BundleFuzz, CutAnywhere) {
  const auto original = made_;
  for (const auto& [name, text] : original.files) {
    for (const std::size_t at : offsets_of(text)) {
      made_.files[name] = text.substr(0, at);
      EXPECT_TRUE(read(made_)) << name << " cut at " << at;  // the checksum is that of what is left
    }
    made_ = original;
  }
  const std::string manifest = made_.with_checksums().dump();
  made_.write(path_);
  for (const std::size_t at : offsets_of(manifest)) {
    write_manifest(manifest.substr(0, at));
    EXPECT_TRUE(read_as_it_lies()) << "manifest cut at " << at;
  }
}

TEST_F(BundleFuzz, FlippedBytes) {
  std::mt19937 random(1);
  const auto original = made_;
  for (const auto& [name, text] : original.files) {
    for (const std::size_t at : offsets_of(text)) {
      made_.files[name][at] = static_cast<char>(text[at] ^ static_cast<char>(1U << random() % 8));
      read(made_);
      made_.files[name] = text;
    }
  }
  const std::string manifest = made_.with_checksums().dump();
  made_.write(path_);
  for (const std::size_t at : offsets_of(manifest)) {
    std::string flipped = manifest;
    flipped[at] = static_cast<char>(random());
    write_manifest(flipped);
    read_as_it_lies();
  }
}

TEST_F(BundleFuzz, FlippedWithoutAChecksumToMatch) {
  for (const auto& [name, text] : made_.files) {
    made_.write(path_);
    for (const std::size_t at : offsets_of(text)) {
      std::string flipped = text;
      flipped[at] = static_cast<char>(flipped[at] ^ 4);
      write_file(path_ / name, flipped);
      EXPECT_TRUE(read_as_it_lies()) << name << " at " << at;
    }
  }
}

std::vector<json> nasty() {
  json deep = 1;
  for (int i = 0; i < 100; ++i) deep = json::array({deep});
  return {nullptr,
          true,
          -1,
          0,
          1,
          7,
          1e308,
          -0.0,
          1.5,
          INT64_MAX,
          INT64_MIN,
          UINT64_MAX,
          std::int64_t{1} << 32,
          "",
          "x",
          "../../etc/passwd",
          std::string(300, 'A'),
          std::string("a\0b", 3),
          json::array(),
          json::object(),
          json::array({json::array()}),
          json{{"v", 1}},
          json{{"l", {1, 2}}},
          json{{"list", {3}}},
          json{{"f", "inf"}},
          deep};
}

/// Every place of a JSON text, as pointers.
void places(const json& value, const json::json_pointer& at, std::vector<json::json_pointer>& found) {
  found.push_back(at);
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) places(member, at / key, found);
  }
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) places(value[i], at / i, found);
  }
}

void each_change(const json& value, const std::function<void(const json&)>& use) {
  std::vector<json::json_pointer> found;
  places(value, json::json_pointer(), found);
  const auto replacements = nasty();
  std::mt19937 random(2);
  for (const auto& place : found) {
    for (std::size_t turn = 0; turn < 2; ++turn) {  // of the replacements, others in every place
      json changed = value;
      changed[place] = replacements[random() % replacements.size()];
      use(changed);
    }
    if (place.empty()) continue;
    json changed = value;
    json& parent = changed[place.parent_pointer()];
    if (parent.is_object()) parent.erase(place.back());
    if (parent.is_array()) parent.erase(std::stoul(place.back()));
    use(changed);
    changed = value;
    json& grown = changed[place.parent_pointer()];
    if (grown.is_array()) grown.push_back(value[place]);  // twice
    use(changed);
  }
}

TEST_F(BundleFuzz, OtherValuesInThePlan) {
  each_change(made_.plan(), [&](const json& plan) {
    MadeBundle damaged = made_;
    damaged.set_plan(plan);
    read(damaged);
  });
  EXPECT_GT(read_, 500);
}

TEST_F(BundleFuzz, OtherValuesInTheManifest) {
  made_.write(path_);
  each_change(made_.with_checksums(), [&](const json& manifest) {
    write_manifest(manifest.dump());
    read_as_it_lies();
  });
  EXPECT_GT(read_, 150);
}

TEST_F(BundleFuzz, OtherValuesInTheHeaderOfTensors) {
  const std::string text = made_.files["weights.safetensors"];
  const std::size_t length = static_cast<unsigned char>(text[0]) + 256U * static_cast<unsigned char>(text[1]);
  const std::string data = text.substr(8 + length);
  each_change(json::parse(text.substr(8, length)), [&](const json& header) {
    const std::string changed = header.dump();
    std::string prefix(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) prefix[i] = static_cast<char>(changed.size() >> (8 * i) & 0xffU);
    MadeBundle damaged = made_;
    damaged.files["weights.safetensors"] = prefix + changed + data;
    read(damaged);
  });
  EXPECT_GT(read_, 50);
}

TEST_F(BundleFuzz, HeadersOfAnyLength) {
  const std::string text = made_.files["weights.safetensors"];
  for (std::size_t byte = 0; byte < 8; ++byte) {
    for (const int value : {0, 1, 0x7f, 0x80, 0xff}) {
      made_.files["weights.safetensors"] = text;
      made_.files["weights.safetensors"][byte] = static_cast<char>(value);
      read(made_);
    }
  }
}

TEST_F(BundleFuzz, SplicedFiles) {
  std::mt19937 random(3);
  const auto original = made_;
  for (int turn = 0; turn < 300; ++turn) {
    auto& text = std::next(made_.files.begin(), static_cast<std::ptrdiff_t>(random() % made_.files.size()))->second;
    const auto& from = std::next(original.files.begin(), static_cast<std::ptrdiff_t>(random() % 4))->second;
    const std::size_t begin = random() % from.size();
    text.insert(random() % text.size(), from.substr(begin, random() % 64));
    read(made_);
    made_ = original;
  }
}

}  // namespace
}  // namespace clear_native::testing
