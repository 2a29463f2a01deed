#include <gtest/gtest.h>

#include <numeric>

#include "core/weighing/hadamard.hpp"

namespace clear_native {
namespace {

TEST(HadamardOrder, IsTheSmallestWithMoreColumns) {
  const std::pair<std::size_t, std::size_t> expected[] = {{1, 4},   {3, 4},   {4, 8},   {7, 8},   {8, 12},  {11, 12},
                                                          {12, 16}, {15, 16}, {16, 20}, {20, 24}, {24, 32}, {40, 44}};
  for (const auto& [columns, order] : expected) EXPECT_EQ(hadamard_order(columns), order) << columns;
}

TEST(Hadamard, ColumnsAreOrthogonalAndTheFirstIsConstant) {
  for (std::size_t columns = 1; columns < 60; columns += 3) {
    const std::size_t order = hadamard_order(columns);
    const Signs signs = hadamard(order);
    ASSERT_EQ(signs.size(), order);
    for (std::size_t i = 0; i < order; ++i) {
      EXPECT_EQ(signs[i][0], 1);
      for (std::size_t j = 0; j < order; ++j) {
        int product = 0;
        for (const std::vector<int>& row : signs) {
          ASSERT_EQ(row.size(), order);
          ASSERT_EQ(row[i] * row[i], 1);
          product += row[i] * row[j];
        }
        EXPECT_EQ(product, i == j ? static_cast<int>(order) : 0) << "order " << order << ": " << i << ", " << j;
      }
    }
  }
}

}  // namespace
}  // namespace clear_native
