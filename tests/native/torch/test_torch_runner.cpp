// The plug-in on a bundle made by hand, and on what must be refused once torch is asked.

#include <gtest/gtest.h>

#include <cstring>

#include "bundle/plan_engine.hpp"
#include "bundle/plug_in.hpp"
#include "made_bundle.hpp"
#include "refused.hpp"

namespace clear_native::testing {
namespace {

using bundle::Bundle;
using bundle::InSitu;
using bundle::PlanEngine;
using nlohmann::json;

class TorchRunnerTest : public ::testing::Test {
 protected:
  TorchRunnerTest() { made_.manifest["torch"] = bundle::load_plug_in().torch; }

  std::unique_ptr<PlanEngine> load() {
    made_.write(folder_.path());
    return bundle::load_plan_engine(Bundle::open(folder_.path()), {});
  }
  /// With one place of the plan replaced.
  void refuses(const char* pointer, const json& value, std::initializer_list<std::string> told) {
    const std::string before = made_.files["plan.json"];
    json plan = made_.plan();
    plan[json::json_pointer(pointer)] = value;
    made_.set_plan(plan);
    expect_refused([&] { load(); }, told);
    made_.files["plan.json"] = before;
  }
  json node(const json& op, const json& args, const json& outputs, int call) {
    return {{"op", op}, {"overload", ""}, {"args", args}, {"outputs", outputs}, {"call", call}};
  }

  MadeBundle made_;
  TemporaryFolder folder_;
};

TEST_F(TorchRunnerTest, GivesWhatWasWorkedOutByHand) {
  const auto engine = load();
  EXPECT_TRUE(engine->verify().empty());
  EXPECT_EQ(engine->device().type, "cpu");
}

TEST_F(TorchRunnerTest, LetsNumbersDecideNoTypes) {
  json plan = made_.plan();
  plan["nodes"][6]["args"][1] = {{"l", {0, 1}}};  // of no dimension: beside it, a tensor of float64 would decide
  plan["nodes"][7] = node("aten::mul", {{{"v", 9}}, {{"f", 0.5}}}, {10}, 0);
  plan["nodes"][7]["overload"] = "Tensor";
  plan["outputs"][0]["value"] = 10;
  made_.set_plan(plan);
  made_.files["reference.safetensors"] = safetensors_text({{"o0", float_tensor({}, {25.0F})}});
  for (const auto& wrong : load()->verify()) ADD_FAILURE() << wrong.difference;
}

TEST_F(TorchRunnerTest, TellsAnOutputThatIsAnother) {
  made_.files["reference.safetensors"] = safetensors_text({{"o0", float_tensor({2}, {15.0F, 35.5F})}});
  const auto wrong = load()->verify();
  ASSERT_EQ(wrong.size(), 1U);
  EXPECT_EQ(wrong[0].difference, "at [1]: 35, expected 35.5; 1 of 2 elements differ");
}

TEST_F(TorchRunnerTest, MeasuresItsWorkInEveryArrangement) {
  const auto engine = load();
  InSitu made = engine->in_situ(true);
  EXPECT_TRUE(made.alone.empty());
  for (const auto* reference : {&made.plain, &made.preserved, &made.doubled}) reference->workload->launch();
  const std::size_t cells = 5 * static_cast<std::size_t>(made.layout.passes);
  for (const std::int8_t dose : {std::int8_t{1}, std::int8_t{0}}) made.dosed->make(Doses(cells, dose))->launch();
  Doses without_layers(cells, 0);
  for (std::size_t cell = 0; cell < cells; ++cell) without_layers[cell] = cell % 5 == 1 ? -1 : 0;
  made.dosed->make(without_layers)->launch();
  EXPECT_TRUE(engine->verify().empty());
}

TEST_F(TorchRunnerTest, SeesWritesInPlaceBySchemaAndMemory) {
  json plan = made_.plan();
  plan["nodes"][5]["op"] = "aten::relu_";  // writes to the value of layer.1 ...
  plan["nodes"][2]["op"] = "aten::relu_";  // ... and layer.0
  made_.set_plan(plan);
  InSitu made = load()->in_situ(true);
  ASSERT_EQ(made.alone.size(), 2U);
  EXPECT_NE(made.alone[0].reason.find("'layer.0.act' writes in place (aten::relu_) to a value that 'layer.0' made"),
            std::string::npos)
      << made.alone[0].reason;
  EXPECT_EQ(made.layout.components, (std::vector<std::string>{"other"}));
}

TEST_F(TorchRunnerTest, SeesWritesThroughViewsOfConstants) {
  json plan = made_.plan();
  plan["nodes"][0]["args"][0] = {{"v", 1}};  // a view of the weights ...
  plan["nodes"][1]["op"] = "aten::relu_";    // ... that layer.0 writes to
  plan["nodes"][1]["args"] = {{{"v", 3}}};
  plan["nodes"][4]["op"] = "aten::relu";
  plan["nodes"][4]["args"] = {{{"v", 6}}};
  plan["constants"][0].erase("strides");
  made_.set_plan(plan);
  made_.manifest["calls"][3]["kind"] = 3;
  InSitu made = load()->in_situ(true);
  ASSERT_FALSE(made.alone.empty());
  EXPECT_NE(made.alone[0].reason.find("what was there before the forward"), std::string::npos) << made.alone[0].reason;
}

TEST_F(TorchRunnerTest, RefusesWhatThisTorchHasNot) {
  refuses("/nodes/6/op", "aten::no_such_sum",
          {"nodes[6]", "no operator aten::no_such_sum.dim_IntList", "the model itself"});
  refuses("/nodes/3/overload", "x", {"nodes[3]", "no operator aten::view.x"});
  refuses("/nodes/6", node("aten::from_file", json::array(), {9}, 0), {"nodes[6]", "reads files"});
  made_.manifest["torch"] = "1.0.0";
  expect_refused([&] { load(); }, {"torch: got '1.0.0'", "export the model again with torch"});
}

TEST_F(TorchRunnerTest, RefusesArgumentsThatTheSchemaDoesNotTake) {
  refuses("/nodes/6/args", {{{"v", 8}}}, {"got 1 arguments, expected the 4"});
  refuses("/nodes/6/args/0", 3.5, {"nodes[6].args[0]"});
  refuses("/nodes/6/args/0", nullptr, {"got nothing for 'self'"});
  refuses("/nodes/6/args/1", {{"l", {{{"s", "x"}}}}}, {"another type of argument, expected int"});
  refuses("/nodes/6/args/2", {{"v", 8}}, {"got a tensor for 'keepdim', expected bool"});
  refuses("/nodes/6/args/2", {{"l", {1}}}, {"got a list for 'keepdim'"});
  refuses("/nodes/6/args/3", {{"s", "float"}}, {"another type of argument"});
  refuses("/nodes/6/args/0", {{"l", {{{"v", 8}}}}}, {"got a list for 'self'"});
}

TEST_F(TorchRunnerTest, RefusesOutputsThatTheOperatorDoesNotGive) {
  refuses("/nodes/6/outputs", {9, nullptr}, {"got 2 outputs, expected the 1"});
  refuses("/nodes/7/outputs/0", 10, {"output 0 is"});
  refuses("/nodes/6/outputs/0", {{"list", {9}}}, {"output 0 is"});
  refuses("/nodes/7/outputs/0/list", {10}, {"a list of 2, expected 1"});
}

TEST_F(TorchRunnerTest, TellsWhichOperatorFails) {
  json plan = made_.plan();
  plan["nodes"][6]["args"][1] = {{"l", {7}}};  // no such dimension
  made_.set_plan(plan);
  const Thrown thrown = thrown_by([&] { load(); });
  EXPECT_EQ(thrown.kind, ErrorKind::workload_failed);
  EXPECT_NE(
      thrown.message.find("nodes[6] (aten::sum.dim_IntList), in the model itself, failed: Dimension out of range"),
      std::string::npos)
      << thrown.message;
}

TEST_F(TorchRunnerTest, TellsLackOfMemory) {
  json plan = made_.plan();
  plan["nodes"][7] =
      node("aten::ones", {{{"l", {std::int64_t{1} << 50}}}, {{"dtype", "float32"}}, nullptr, nullptr, false}, {10}, 0);
  made_.set_plan(plan);
  EXPECT_EQ(thrown_by([&] { load(); }).kind, ErrorKind::device_out_of_memory);
}

TEST_F(TorchRunnerTest, ReadsNoElementsBeyondATensor) {
  // as_strided checks its reach against the memory that there is.
  json plan = made_.plan();
  plan["nodes"][7] = node("aten::as_strided", {{{"v", 0}}, {{"l", {1 << 20}}}, {{"l", {1}}}, 0}, {10}, 0);
  made_.set_plan(plan);
  EXPECT_EQ(thrown_by([&] { load(); }).kind, ErrorKind::workload_failed);
}

}  // namespace
}  // namespace clear_native::testing
