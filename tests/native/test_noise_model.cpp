#include <gtest/gtest.h>

#include "core/windows/noise_model.hpp"

namespace clear_native {
namespace {

TEST(NoiseModel, DurationIsTheInverseOfInformation) {
  for (const double duration_s : {0.1, 0.37, 2.0}) {
    EXPECT_NEAR(duration_for(information(duration_s, 0.2), 0.2), duration_s, 1e-12);
  }
  EXPECT_DOUBLE_EQ(information(0.2, 0.2), 1);
}

TEST(NoiseModel, LongerWindowsTellMoreButNotAsMuchAsTwo) {
  EXPECT_GT(information(0.4, 0.2), 1.5);
  EXPECT_LT(information(0.4, 0.2), 2);
}

}  // namespace
}  // namespace clear_native
