#include <gtest/gtest.h>

#include <cmath>

#include "core/statistics/center.hpp"

namespace clear_native {
namespace {

TEST(Center, MeanAndMedian) {
  const std::vector<double> values = {5, 1, 2, 8};
  EXPECT_DOUBLE_EQ(mean(values), 4);
  EXPECT_DOUBLE_EQ(median(values), 3.5);
  EXPECT_DOUBLE_EQ(median({7, 1, 2}), 2);
  EXPECT_DOUBLE_EQ(median({4}), 4);
}

TEST(Center, DeviationIsOfTheseValuesAlone) {
  const std::vector<double> values = {1, 3, 5, 7};
  EXPECT_DOUBLE_EQ(population_deviation(values), std::sqrt(5));
  EXPECT_DOUBLE_EQ(population_deviation(std::vector<double>{3}), 0);
}

}  // namespace
}  // namespace clear_native
