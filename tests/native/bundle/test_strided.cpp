#include <gtest/gtest.h>

#include <cstring>

#include "bundle/strided.hpp"

namespace clear_native::bundle {
namespace {

std::vector<float> floats(const std::vector<std::byte>& bytes) {
  std::vector<float> result(bytes.size() / sizeof(float));
  if (!bytes.empty()) std::memcpy(result.data(), bytes.data(), bytes.size());
  return result;
}

TensorView view_of(const std::vector<float>& values, std::vector<std::int64_t> shape) {
  return {DType::float32, std::move(shape), std::as_bytes(std::span(values))};
}

TEST(Strided, TransposedTensorsLieInTheirOwnOrder) {
  const std::vector<float> values{1, 2, 3, 4, 5, 6};  // two rows of three
  EXPECT_EQ(floats(laid_out(view_of(values, {2, 3}), {1, 2})), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(floats(laid_out(view_of(values, {2, 3}), {3, 1})), values);
}

TEST(Strided, SlicesLeaveRoomAndExpandedTensorsShare) {
  const std::vector<float> values{1, 2};
  EXPECT_EQ(floats(laid_out(view_of(values, {2}), {3})), (std::vector<float>{1, 0, 0, 2}));
  const std::vector<float> same{7, 7, 7};
  EXPECT_EQ(floats(laid_out(view_of(same, {3}), {0})), (std::vector<float>{7}));
  EXPECT_EQ(floats(laid_out(view_of({}, {0, 3}), {3, 1})), std::vector<float>{});
  EXPECT_EQ(floats(laid_out(view_of({5}, {}), {})), std::vector<float>{5});
}

TEST(Strided, SpansUpToTheLastElement) {
  EXPECT_EQ(spanned_elements({2, 3}, {1, 2}), 6U);
  EXPECT_EQ(spanned_elements({2, 3}, {100, 1}), 103U);
  EXPECT_EQ(spanned_elements({0, 3}, {INT64_MAX, 1}), 0U);
  EXPECT_EQ(spanned_elements({}, {}), 1U);
  EXPECT_FALSE(spanned_elements({3, 3}, {INT64_MAX, INT64_MAX}));
}

TEST(Strided, MemoryOutOfProportionIsUnreasonable) {
  const std::vector<float> values{1, 2};
  EXPECT_TRUE(strides_are_reasonable(view_of(values, {2}), {1000}));
  EXPECT_FALSE(strides_are_reasonable(view_of(values, {2}), {INT64_MAX}));
  EXPECT_FALSE(strides_are_reasonable(view_of(values, {2}), {1 << 30}));
  EXPECT_FALSE(strides_are_reasonable(view_of(values, {2}), {1, 1}));
}

}  // namespace
}  // namespace clear_native::bundle
