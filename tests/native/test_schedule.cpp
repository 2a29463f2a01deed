#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/rounds/schedule.hpp"

namespace clear_native {
namespace {

TEST(Random, IsSplitmix64) {
  Random random(1234567);  // the reference values published with the algorithm
  EXPECT_EQ(random.next(), 6457827717110365317ULL);
  EXPECT_EQ(random.next(), 3203168211198807973ULL);
}

TEST(Random, BelowIsUniform) {
  Random random(3);
  std::map<std::uint64_t, int> counts;
  for (int i = 0; i < 30000; ++i) ++counts[random.below(3)];
  ASSERT_EQ(counts.size(), 3U);
  for (const auto& [value, count] : counts) EXPECT_NEAR(count, 10000, 400) << value;
}

TEST(RoundOrder, HoldsEveryTargetOnce) {
  std::vector<std::size_t> order = round_order(5, 2, 9);
  std::sort(order.begin(), order.end());
  for (std::size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], i);
  EXPECT_TRUE(round_order(5, 2, 0).empty());
}

TEST(RoundOrder, IsGivenBySeedAndRoundAlone) {
  EXPECT_EQ(round_order(42, 3, 9), round_order(42, 3, 9));
  EXPECT_NE(round_order(42, 3, 9), round_order(42, 4, 9));
  EXPECT_NE(round_order(42, 3, 9), round_order(43, 3, 9));
}

TEST(RoundOrder, IsTheSameOnEveryPlatform) {
  EXPECT_EQ(round_order(1, 0, 5), (std::vector<std::size_t>{0, 4, 1, 2, 3}));
}

TEST(RoundOrder, PutsEveryTargetEverywhereEquallyOften) {
  std::map<std::pair<std::size_t, std::size_t>, int> counts;
  constexpr int rounds = 5000;
  for (int round = 0; round < rounds; ++round) {
    const std::vector<std::size_t> order = round_order(7, round, 5);
    for (std::size_t place = 0; place < order.size(); ++place) ++counts[{order[place], place}];
  }
  ASSERT_EQ(counts.size(), 25U);
  for (const auto& [pair, count] : counts) EXPECT_NEAR(count, rounds / 5, 150);
}

}  // namespace
}  // namespace clear_native
