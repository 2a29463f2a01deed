#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "core/meters/unwrapped_counter.hpp"

namespace clear_native {
namespace {

using Seen = UnwrappedCounter::Seen;

constexpr std::array<std::uint64_t, 2> moduli = {1ULL << 32U, 0};

TEST(UnwrappedCounterTest, Grows) {
  UnwrappedCounter counter(moduli);
  EXPECT_EQ(counter.feed(1000, 0), Seen::grew);
  EXPECT_EQ(counter.grown(), 0U) << "since the first reading";
  EXPECT_EQ(counter.feed(1700, 700), Seen::grew);
  EXPECT_EQ(counter.grown(), 700U);
  EXPECT_EQ(counter.feed(1700, 100), Seen::grew);
  EXPECT_EQ(counter.grown(), 700U);
}

TEST(UnwrappedCounterTest, JumpsFartherThanIsPlausible) {
  UnwrappedCounter counter(moduli);
  counter.feed(1000, 0);
  EXPECT_EQ(counter.feed(1101, 100), Seen::jumped);
  EXPECT_EQ(counter.grown(), 0U) << "none of it is energy";
  EXPECT_EQ(counter.feed(1150, 100), Seen::grew) << "goes on from where it jumped to";
  EXPECT_EQ(counter.grown(), 49U);
}

TEST(UnwrappedCounterTest, WrapsAt32Bits) {
  UnwrappedCounter counter(moduli);
  counter.feed((1ULL << 32U) - 10, 0);
  EXPECT_EQ(counter.feed(5, 100), Seen::wrapped);
  EXPECT_EQ(counter.grown(), 15U);
  EXPECT_EQ(counter.feed(25, 100), Seen::grew);
  EXPECT_EQ(counter.grown(), 35U);
}

TEST(UnwrappedCounterTest, WrapsAt64Bits) {
  UnwrappedCounter counter(moduli);
  counter.feed(std::numeric_limits<std::uint64_t>::max() - 9, 0);
  EXPECT_EQ(counter.feed(5, 100), Seen::wrapped);
  EXPECT_EQ(counter.grown(), 15U);
}

TEST(UnwrappedCounterTest, MoreThanIsPlausibleIsNoWrap) {
  UnwrappedCounter counter(moduli);
  counter.feed((1ULL << 32U) - 10, 0);
  EXPECT_EQ(counter.feed(95, 100), Seen::went_back) << "105 to the wrap";
  EXPECT_EQ(counter.grown(), 0U);
  EXPECT_EQ(counter.feed(100, 100), Seen::grew) << "goes on from where it fell to";
  EXPECT_EQ(counter.grown(), 5U);
}

TEST(UnwrappedCounterTest, AWiderRegisterDoesNotWrapAtTheNarrowWidth) {
  UnwrappedCounter counter(moduli);
  counter.feed((1ULL << 32U) + 50, 0);
  EXPECT_EQ(counter.feed(10, 1e12), Seen::went_back) << "it was past 32 bits, and 64 are far";
}

TEST(UnwrappedCounterTest, AnyRange) {
  const std::array<std::uint64_t, 1> range = {262'143'328'850};
  UnwrappedCounter counter(range);
  counter.feed(262'143'328'000, 0);
  EXPECT_EQ(counter.feed(150, 1e6), Seen::wrapped);
  EXPECT_EQ(counter.grown(), 1000U);
}

}  // namespace
}  // namespace clear_native
