#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/weighing/weighing_design.hpp"
#include "thrown.hpp"

namespace clear_native {
namespace {

using testing::thrown_by;

/// Calls of one pass: a b a - b a c, where - always runs once.
WeighingLayout seven_calls(int passes = 4) {
  return {.components = {"a", "b", "c"}, .component_of_call = {0, 1, 0, std::nullopt, 1, 0, 2}, .passes = passes};
}

TEST(ComponentDoses, AreMeansByTheWeightsOfTheCalls) {
  WeighingLayout layout = seven_calls(1);  // a b a - b a c
  layout.weight_of_call = {3, 1, 1, 1, 1, 1, 1};
  const std::vector<double> doses = component_doses(layout, {1, -1, 0, 0, -1, 0, 0});
  EXPECT_DOUBLE_EQ(doses[0], 0.6);  // the call of weight 3, of 5
  EXPECT_DOUBLE_EQ(doses[1], -1);
  EXPECT_DOUBLE_EQ(doses[2], 0);
}

TEST(CheckLayout, WeightsMustFitTheCallsAndBePositive) {
  WeighingLayout layout = seven_calls();
  layout.weight_of_call = {1, 1};
  EXPECT_NE(thrown_by([&] { check_layout(layout, 0.5); }).message.find("2 weights for 7 calls"), std::string::npos);
  layout.weight_of_call = {1, 1, 0, 1, 1, 1, 1};
  EXPECT_NE(thrown_by([&] { check_layout(layout, 0.5); }).message.find("must be positive"), std::string::npos);
}

TEST(CheckLayout, RefusesWhatCannotBeWeighed) {
  const auto refused = [](const WeighingLayout& layout, double fraction, const std::string& word) {
    const auto thrown = thrown_by([&] { check_layout(layout, fraction); });
    EXPECT_EQ(thrown.kind, ErrorKind::bad_input) << word;
    EXPECT_NE(thrown.message.find(word), std::string::npos) << thrown.message;
  };
  const WeighingLayout good = seven_calls();
  EXPECT_NO_THROW(check_layout(good, 1));
  for (const double fraction : {0.0, -0.5, 1.01, std::numeric_limits<double>::quiet_NaN()}) {
    refused(good, fraction, "fraction");
  }
  refused(seven_calls(0), 0.5, "passes");
  WeighingLayout uniform = good;
  uniform.uniform_pairs = -1;
  refused(uniform, 0.5, "uniform_pairs");
  refused({.components = {}, .component_of_call = {std::nullopt}}, 0.5, "No call can be dosed");
  refused({.components = {"a"}, .component_of_call = {std::nullopt}}, 0.5, "No call can be dosed");
  refused({.components = {"a", "b"}, .component_of_call = {0}}, 0.5, "'b' has no call");
  refused({.components = {"a", "a"}, .component_of_call = {0, 1}}, 0.5, "same name");
  refused({.components = {"a"}, .component_of_call = {0, 3}}, 0.5, "component number 3");
  WeighingLayout twins = good;
  twins.twin_of_call = {0};
  refused(twins, 0.5, "twins");
  twins.twin_of_call = {1, 4, 0, 0, 1, 2, 6};
  refused(twins, 0.5, "twin of call 0");
  WeighingLayout kinds = good;
  kinds.kind_of_call = {0, 1};
  refused(kinds, 0.5, "2 kinds for 7 calls");
  twins.twin_of_call = {5, 4, 0, 99, 1, 2, 6};
  EXPECT_NO_THROW(check_layout(twins, 0.5)) << "nobody runs the twin of a call that runs once";
}

}  // namespace
}  // namespace clear_native
