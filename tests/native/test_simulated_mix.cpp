#include <gtest/gtest.h>

#include <cmath>

#include "simulated_mix.hpp"

namespace clear_native::testing {
namespace {

double energy_of(const Load& load) {
  return load.power_w * load.time_s;
}

Load chain_of(const MixModel& model) {
  return model.load_of_doses(uniform_doses(model, 0));
}

double sum_of_marginals_j(const MixModel& model) {
  double sum_j = 0;
  for (std::size_t i = 0; i < model.components.size(); ++i) sum_j += energy_of(model.marginal_of_component(i));
  return sum_j;
}

TEST(SimulatedMix, WithoutEffectsAPassIsTheSumOfItsCalls) {
  const MixModel model = bert_like_mix();
  double sum_j = 0;
  for (const MixCall& call : model.calls) sum_j += call.energy_j;
  EXPECT_NEAR(energy_of(chain_of(model)), sum_j, 1e-12);
  EXPECT_NEAR(energy_of(model.marginal_of_component(3)), 24e-3, 1e-9);
  EXPECT_NEAR(energy_of(model.marginal_of_call(0)), model.calls[0].energy_j, 1e-9);
}

TEST(SimulatedMix, MixEffectsMoveMarginalsButNotTheirSum) {
  for (const int effect : {0, 1, 2}) {
    MixModel model = bert_like_mix();
    if (effect == 0) model.cache = 0.1;
    if (effect == 1) model.interaction = 0.04;
    if (effect == 2) {
      model.power_cap_w = 200;
      model.idle_power_w = 124;
    }
    EXPECT_NEAR(sum_of_marginals_j(model) / energy_of(chain_of(model)), 1, 1e-6) << "Euler, effect " << effect;
    EXPECT_NEAR(energy_of(model.load_of_doses(uniform_doses(model, 1))) / energy_of(chain_of(model)), 2, 1e-9);
    EXPECT_GT(std::abs(energy_of(model.marginal_of_component(3)) - 24e-3), 1e-4) << "effect " << effect;
  }
}

TEST(SimulatedMix, ThePowerCapHoldsPowerAndCostsTime) {
  MixModel model = bert_like_mix();
  const Load free = chain_of(model);
  model.power_cap_w = 200;
  model.idle_power_w = 124;
  EXPECT_NEAR(chain_of(model).power_w, 200, 1e-9);
  EXPECT_GT(chain_of(model).time_s, 1.1 * free.time_s);
}

TEST(SimulatedMix, AFixedCostIsInNoMarginal) {
  MixModel model = bert_like_mix();
  model.fixed = 0.02;
  EXPECT_NEAR(sum_of_marginals_j(model) / energy_of(chain_of(model)), 1 / 1.02, 1e-6);
  EXPECT_NEAR(energy_of(model.load_of_doses(uniform_doses(model, 1))) / energy_of(chain_of(model)), 2.02 / 1.02, 1e-9);
}

TEST(SimulatedMix, DosesRunTwinsAndSkipCalls) {
  const MixModel model = bert_like_mix();
  Doses doses = uniform_doses(model, 0);
  const std::size_t head = model.calls.size() - 8;  // the only call of lm_head
  ASSERT_EQ(model.components[model.calls[head].component], "lm_head");
  doses[head] = 1;
  EXPECT_NEAR(energy_of(model.load_of_doses(doses)) - energy_of(chain_of(model)), 24e-3 / 8, 1e-9);
  doses[head] = 0;
  doses[0] = 1;
  EXPECT_NEAR(energy_of(model.load_of_doses(doses)) - energy_of(chain_of(model)),
              model.calls[model.twins[0]].energy_j / 8, 1e-9);
}

}  // namespace
}  // namespace clear_native::testing
