#include <gtest/gtest.h>

#include "core/monitor/edge.hpp"

namespace clear_native {
namespace {

EdgeEnergy counted(double energy_j) {
  EdgeEnergy energy;
  energy.energy_j = energy_j;
  return energy;
}

TEST(Edge, IsKnownWhenEveryMeterToldIt) {
  Edge edge(2, 5.0, 5.0);
  EXPECT_EQ(edge.time_s(), 5.0);
  EXPECT_FALSE(edge.wait(0));
  edge.settle(1, counted(7));
  EXPECT_FALSE(edge.wait(0));
  edge.settle(0, counted(3));
  const auto found = edge.wait(0);
  ASSERT_TRUE(found);
  EXPECT_DOUBLE_EQ((*found)[0].energy_j, 3);
  EXPECT_DOUBLE_EQ((*found)[1].energy_j, 7);
}

TEST(Edge, WaitsForTheChangeThatItIsAlignedTo) {
  Edge edge(1, 5.0, std::nullopt);
  EXPECT_FALSE(edge.wait_for_time(0));
  EXPECT_FALSE(edge.time_s());
  edge.align(5.1, true);
  EXPECT_TRUE(edge.wait_for_time(0));
  EXPECT_EQ(edge.time_s(), 5.1);
  EXPECT_TRUE(edge.is_aligned());
  EXPECT_FALSE(Edge(1, 5.0, 5.0).is_aligned());
}

}  // namespace
}  // namespace clear_native
