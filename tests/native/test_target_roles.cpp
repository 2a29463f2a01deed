#include <gtest/gtest.h>

#include "core/rounds/target_roles.hpp"

namespace clear_native {
namespace {

TEST(FindModel, IsThePreservedOneElseThePlainOne) {
  std::vector<TargetInfo> targets = {{.name = "a", .role = TargetRole::component},
                                     {.name = "plain", .role = TargetRole::plain}};
  EXPECT_EQ(find_model(targets), 1U);
  targets.push_back({.name = "chain", .role = TargetRole::preserved});
  EXPECT_EQ(find_model(targets), 2U);
  EXPECT_FALSE(find_model({}));
}

TEST(FindRole, TakesTheFirst) {
  const std::vector<TargetInfo> targets = {{.name = "a", .role = TargetRole::component},
                                           {.name = "b", .role = TargetRole::component}};
  EXPECT_EQ(find_role(targets, TargetRole::component), 0U);
  EXPECT_FALSE(find_role(targets, TargetRole::idle));
}

}  // namespace
}  // namespace clear_native
