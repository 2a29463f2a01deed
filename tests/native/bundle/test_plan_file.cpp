#include <gtest/gtest.h>

#include <cmath>

#include "bundle/plan.hpp"
#include "made_bundle.hpp"
#include "refused.hpp"

namespace clear_native::testing {
namespace {

using namespace clear_native::bundle;  // NOLINT(google-build-using-namespace): its many small types
using nlohmann::json;

constexpr std::size_t kCalls = 5;

Plan plan_in(const json& plan) {
  return read_plan(plan.dump(), "b.clear/plan.json", kCalls);
}

json with(const char* pointer, const json& value) {
  json plan = MadeBundle().plan();
  plan[json::json_pointer(pointer)] = value;
  return plan;
}

void refuses_plan(const char* pointer, const json& value, const std::string& place, const std::string& told) {
  expect_refused([&] { plan_in(with(pointer, value)); }, {"b.clear/plan.json: " + place + ": got", told, "again"});
}

/// The sixth argument of the first addmm.
Argument argument(const json& value) {
  return plan_in(with("/nodes/1/args/5", value)).nodes[1].arguments[5];
}

TEST(PlanFile, IsReadIntoTypes) {
  const Plan plan = plan_in(MadeBundle().plan());
  EXPECT_EQ(plan.values, 11U);
  EXPECT_EQ(plan.constants[0].strides, (std::vector<std::int64_t>{1, 2}));
  EXPECT_FALSE(plan.constants[1].strides);
  EXPECT_EQ(operator_name(plan.nodes[0]), "aten::view");
  EXPECT_EQ(operator_name(plan.nodes[6]), "aten::sum.dim_IntList");
  EXPECT_EQ(plan.nodes[1].call, 1U);
  EXPECT_EQ(values_read(plan.nodes[1]), (std::vector<std::size_t>{2, 3, 1}));
  EXPECT_EQ(values_defined(plan.nodes[7]), (std::vector<std::size_t>{10}));
  EXPECT_EQ(plan.outputs[0].tensor, "o0");
}

TEST(PlanFile, KnowsEveryKindOfArgument) {
  EXPECT_EQ(argument(nullptr), Argument(Nothing{}));
  EXPECT_EQ(argument(true), Argument(Atom(true)));
  EXPECT_EQ(argument(-3), Argument(Atom(std::int64_t{-3})));
  EXPECT_EQ(argument({{"f", 0.5}}), Argument(0.5));
  EXPECT_EQ(argument({{"f", 2}}), Argument(2.0));
  EXPECT_EQ(argument({{"f", "-inf"}}), Argument(-INFINITY));
  EXPECT_TRUE(std::isnan(std::get<double>(std::get<Atom>(argument({{"f", "nan"}})))));
  EXPECT_EQ(argument({{"s", "none"}}), Argument(std::string("none")));
  EXPECT_EQ(argument({{"dtype", "bfloat16"}}), Argument(DType::bfloat16));
  EXPECT_EQ(argument({{"layout", "strided"}}), Argument(Layout::strided));
  EXPECT_EQ(argument({{"memory_format", "channels_last"}}), Argument(MemoryFormat::channels_last));
  EXPECT_EQ(argument({{"device", "cuda:3"}}), Argument(DeviceOf::cuda));
  EXPECT_EQ(argument({{"device", "cpu"}}), Argument(DeviceOf::cpu));
  EXPECT_EQ(argument({{"v", 0}}), Argument(ValueId{0}));
  EXPECT_EQ(argument({{"l", {1, nullptr, {{"v", 0}}}}}), Argument(AtomList{std::int64_t{1}, Nothing{}, ValueId{0}}));
  EXPECT_EQ(argument({{"l", json::array()}}), Argument(AtomList{}));
}

TEST(PlanFile, RefusesOtherArguments) {
  for (const json& wrong :
       {json("text"), json(1.5), json::array({1}), json::object(), json{{"x", 1}}, json{{"v", 0}, {"f", 1}},
        json{{"l", {{{"l", {1}}}}}}, json{{"l", 3}}, json{{"v", -1}}, json{{"v", 1.0}}, json{{"f", "one"}},
        json{{"s", 1}}, json{{"dtype", "float4"}}, json{{"layout", "sparse"}}, json{{"memory_format", "x"}},
        json{{"device", "tpu"}}, json{{"device", "cuda:"}}, json{{"device", "cuda:1x"}}, json(18446744073709551615U)}) {
    expect_refused([&] { argument(wrong); }, {"b.clear/plan.json: nodes[1].args[5]"});
  }
}

TEST(PlanFile, DefinesEveryValueOnceBeforeItsUse) {
  refuses_plan("/nodes/1/outputs/0", 3, "nodes[1].outputs[0]", "defined already");
  refuses_plan("/inputs/0/value", 1, "constants[0].value", "defined already");
  refuses_plan("/nodes/0/args/0", {{"v", 4}}, "nodes[0].args[0].v", "value 4 before it is defined");
  refuses_plan("/nodes/0/args/0", {{"v", 3}}, "nodes[0].args[0].v", "value 3 before");  // its own output
  refuses_plan("/nodes/7/outputs/0/list/0", nullptr, "values", "value 10 defined nowhere");
  refuses_plan("/nodes/7/outputs/0/list/1", 10, "nodes[7].outputs[0].list[1]", "defined already");
  refuses_plan("/nodes/7/outputs/0/list/1", 11, "nodes[7].outputs[0].list[1]", "one of the 11 values");
  refuses_plan("/outputs/0/value", 11, "outputs[0].value", "one of the 11 values");
}

TEST(PlanFile, RefusesMoreValuesThanItDefines) {
  refuses_plan("/values", 12, "values", "value 11 defined nowhere");
  refuses_plan("/values", 1'000'000'000'000, "values", "than the file defines");
  refuses_plan("/values", -1, "values", "integer from 0");
  refuses_plan("/values", 3, "nodes[0].outputs[0]", "one of the 3 values");
}

TEST(PlanFile, RefusesOperatorsOfOthers) {
  refuses_plan("/nodes/0/op", "mylib::view", "nodes[0].op", "aten::");
  refuses_plan("/nodes/0/op", "prim::Print", "nodes[0].op", "aten::");
  refuses_plan("/nodes/0/overload", nullptr, "nodes[0].overload", "a string");
  refuses_plan("/nodes/0/call", 5, "nodes[0].call", "one of the 5 calls");
  refuses_plan("/plan_version", 2, "plan_version", "version 1");
}

TEST(PlanFile, RefusesStridesThatAreNone) {
  refuses_plan("/constants/0/strides", {1, -2}, "constants[0].strides[1]", "integer from 0");
  refuses_plan("/constants/0/strides", 1, "constants[0].strides", "an array");
  refuses_plan("/constants/0/strides", std::vector<int>(65, 1), "constants[0].strides", "64 dimensions");
}

}  // namespace
}  // namespace clear_native::testing
