#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "core/meters/process_list.hpp"

namespace clear_native {
namespace {

TEST(CountOthers, LeavesThisProcessOut) {
  const std::array<unsigned, 3> pids = {10, 20, 30};
  EXPECT_EQ(count_others(pids, 20, true), 2);
  EXPECT_EQ(count_others(pids, 20, false), 2);
}

TEST(CountOthers, OnTheHostAnUnlistedProcessIsNotOnTheDevice) {
  const std::array<unsigned, 2> pids = {10, 20};
  EXPECT_EQ(count_others(pids, 99, true), 2);
}

TEST(CountOthers, InAContainerOneOfTheHostsNumbersIsThisProcess) {
  const std::array<unsigned, 2> pids = {10, 20};
  EXPECT_EQ(count_others(pids, 99, false), 1);
  EXPECT_EQ(count_others({}, 99, false), 0);
}

TEST(CountOthers, KnowsItsOwnNumber) {
  const std::array<unsigned, 1> pids = {static_cast<unsigned>(getpid())};
  EXPECT_EQ(count_others(pids), 0);
}

}  // namespace
}  // namespace clear_native
