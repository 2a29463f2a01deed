#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "bundle/safetensors.hpp"
#include "made_bundle.hpp"
#include "refused.hpp"

namespace clear_native::testing {
namespace {

using bundle::DType;
using bundle::MappedFile;
using bundle::Safetensors;
using nlohmann::json;

class SafetensorsTest : public ::testing::Test {
 protected:
  Safetensors read(const std::string& text) const {
    write_file(folder_.path() / "t.safetensors", text);
    return Safetensors(MappedFile(folder_.path() / "t.safetensors", "b.clear/t.safetensors"));
  }
  Safetensors read(const json& header, const std::string& data) const {
    std::string length(8, '\0');
    const std::string text = header.dump();
    for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(text.size() >> (8 * i) & 0xffU);
    return read(length + text + data);
  }
  void refuses(const json& header, const std::string& data, const std::string& told) const {
    expect_refused([&] { read(header, data); }, {"b.clear/t.safetensors", told, "export it again"});
  }

 private:
  TemporaryFolder folder_;
};

json tensor(const json& dtype, const json& shape, const json& offsets) {
  return {{"dtype", dtype}, {"shape", shape}, {"data_offsets", offsets}};
}

TEST_F(SafetensorsTest, GivesTensorsWithTheirBytes) {
  const auto file =
      read(safetensors_text({{"a", float_tensor({2, 1}, {1.5F, -2.0F})}, {"b", {"BOOL", {3}, {0, 1, 0}}}}));
  ASSERT_NE(file.find("a"), nullptr);
  EXPECT_EQ(file.find("a")->dtype, DType::float32);
  EXPECT_EQ(file.find("a")->shape, (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(file.find("a")->bytes.size(), 8U);
  EXPECT_EQ(file.find("b")->bytes[1], std::byte{1});
  EXPECT_EQ(file.find("c"), nullptr);
  EXPECT_EQ(file.tensors().size(), 2U);
}

TEST_F(SafetensorsTest, KnowsScalarsAndEmptyTensors) {
  const auto file = read(json{{"a", tensor("I64", json::array(), {0, 8})}, {"b", tensor("F16", {0, 5}, {8, 8})}},
                         std::string(8, 'x'));
  EXPECT_TRUE(file.find("a")->shape.empty());
  EXPECT_TRUE(file.find("b")->bytes.empty());
  EXPECT_TRUE(read(json::object(), "").tensors().empty());
}

TEST_F(SafetensorsTest, RefusesHeadersThatAreNone) {
  expect_refused([&] { read("short"); }, {"5 bytes", "at least the 8"});
  expect_refused([&] { read(""); }, {"0 bytes"});
  expect_refused([&] { read(std::string(8, '\xff') + "{}"); }, {"length of the header", "18446744073709551615"});
  expect_refused([&] { read(std::string("\x03\0\0\0\0\0\0\0{]}", 11)); }, {"what is no JSON", "byte 2"});
  refuses(json::array(), "", "expected an object");
}

TEST_F(SafetensorsTest, RefusesWhatDoesNotFitTheData) {
  const std::string data(8, 'x');
  refuses({{"a", tensor("F32", {3}, {0, 8})}}, data, "8 bytes, expected the 12 of its shape");
  refuses({{"a", tensor("F32", {2}, {0, 12})}}, data, "from 0 to 8");
  refuses({{"a", tensor("F32", {2}, {8, 0})}}, data, "begin 8 behind end 0");
  refuses({{"a", tensor("F32", {1}, {0, 4})}}, data, "bytes of no tensor");
  refuses({{"a", tensor("F32", {1}, {4, 8})}}, data, "overlap or leave a hole");
  refuses({{"a", tensor("F32", {2}, {0, 8})}, {"b", tensor("F32", {1}, {4, 8})}}, data, "overlap");
  refuses({{"a", tensor("F32", {2}, {0, 8, 8})}}, data, "begin and end");
  refuses({{"a", tensor("BOOL", {8}, {0, 8})}}, data, "beyond 1");
}

TEST_F(SafetensorsTest, RefusesShapesThatOverflow) {
  const std::int64_t large = std::int64_t{1} << 62;
  refuses({{"a", tensor("F32", {large, 4}, {0, 0})}}, "", "a shape that a memory can hold");
  refuses({{"a", tensor("U8", {std::numeric_limits<std::int64_t>::max(), 3}, {0, 0})}}, "", "a memory can hold");
  refuses({{"a", tensor("F32", {-1}, {0, 0})}}, "", "integer from 0");
  refuses({{"a", tensor("F32", {1e300}, {0, 0})}}, "", "integer from 0");
  refuses({{"a", tensor("F32", std::vector<int>(65, 1), {0, 4})}}, "abcd", "at most 64 dimensions");
}

TEST_F(SafetensorsTest, RefusesOtherTypes) {
  refuses({{"a", tensor("F4", {1}, {0, 4})}}, "abcd", "'F4'");
  refuses({{"a", tensor(7, {1}, {0, 4})}}, "abcd", "expected a string");
  refuses({{"a", 3}}, "", "expected an object");
  refuses({{"a", {{"dtype", "F32"}}}}, "", "no member 'shape'");
}

}  // namespace
}  // namespace clear_native::testing
