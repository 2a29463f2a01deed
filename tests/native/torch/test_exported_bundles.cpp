// Bundles that Python exported: the same bits as the model, whatever ran before.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "bundle/plan_engine.hpp"

namespace clear_native::bundle {
namespace {

class ExportedBundle : public ::testing::TestWithParam<const char*> {
 protected:
  static std::unique_ptr<PlanEngine> engine() {
    const auto path = std::filesystem::path(CLEAR_EXPORTED_BUNDLES) / (std::string(GetParam()) + ".clear");
    return load_plan_engine(Bundle::open(path), {});
  }
  static void expect_verified(PlanEngine& engine) {
    for (const WrongOutput& wrong : engine.verify()) ADD_FAILURE() << wrong.tensor << " " << wrong.difference;
  }
};

TEST_P(ExportedBundle, GivesTheModelsOutputBitForBit) {
  const auto loaded = engine();
  expect_verified(*loaded);
  EXPECT_FALSE(loaded->bundle().plan().outputs.empty());
}

TEST_P(ExportedBundle, RunsEveryComponentAlone) {
  const auto loaded = engine();
  const auto without = loaded->components_without_work();
  for (std::size_t component = 0; component < loaded->bundle().manifest().components.size(); ++component) {
    if (std::find(without.begin(), without.end(), component) != without.end()) continue;
    for (const auto& made : {loaded->partition(component), loaded->isolated(component, IsolatedCache::warm)}) {
      made.workload->launch();
      EXPECT_EQ(made.workload->odometer().passes, made.passes_per_launch);
      EXPECT_GT(made.time_per_pass_s, 0);
    }
  }
  for (MadeWorkload (PlanEngine::*make)() : {&PlanEngine::plain, &PlanEngine::preserved, &PlanEngine::doubled}) {
    ((*loaded).*make)().workload->launch();
  }
  expect_verified(*loaded);
}

TEST_P(ExportedBundle, CanBeDosed) {
  const auto loaded = engine();
  InSitu made = loaded->in_situ(true);
  for (const auto& one : made.alone) {
    ADD_FAILURE() << loaded->bundle().manifest().components[one.component].name << ": " << one.reason;
  }
  ASSERT_FALSE(made.layout.components.empty());
  check_layout(made.layout, 0.6);
  for (const DosedRow& row : rows_of_round(made.layout, 0.6, 1, 7, 0)) {
    const auto workload = made.dosed->make(row.doses);
    workload->launch();
    EXPECT_EQ(workload->odometer().passes, made.preserved.passes_per_launch);
  }
  expect_verified(*loaded);
}

INSTANTIATE_TEST_SUITE_P(Families, ExportedBundle,
                         ::testing::Values("bert", "gpt2", "llama", "qwen2", "t5", "albert", "olmoe"),
                         [](const auto& family) { return std::string(family.param); });

}  // namespace
}  // namespace clear_native::bundle
