#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "core/weighing/quiet_rows.hpp"
#include "looked_windows.hpp"

namespace clear_native {
namespace {

using testing::looked_window;

constexpr SensorLooks looks{.period_s = 808.5e-6};
constexpr double window_s = 0.3;

/// 24 layers of a long weak and a short strong call, and a strong one that comes once.
WeighingLayout layout() {
  WeighingLayout made{.components = {"weak", "strong", "head"}, .component_of_call = {}, .passes = 2};
  for (std::size_t layer = 0; layer < 24; ++layer) {
    made.component_of_call.emplace_back(0);
    made.component_of_call.emplace_back(1);
  }
  made.component_of_call.emplace_back(2);
  return made;
}

const std::vector<double> time_s = {90e-6, 60e-6, 200e-6};
const std::vector<double> power_w = {200, 600, 900};

/// Tells times that are all the same share too short: only their proportion within a component counts.
class Told final : public DosedWorkloads {
 public:
  explicit Told(bool tells = true) : tells_(tells) {}
  std::unique_ptr<Workload> make(const Doses& /*doses*/) override { return nullptr; }
  [[nodiscard]] std::vector<CallRun> runs(const Doses& doses) const override {
    std::vector<CallRun> runs;
    const std::size_t calls = layout().component_of_call.size();
    for (std::size_t cell = 0; tells_ && cell < doses.size(); ++cell) {
      const std::size_t call = cell % calls;
      for (int i = 0; i < 1 + doses[cell]; ++i) {
        runs.push_back({.call = call, .time_s = 0.7 * time_s[*layout().component_of_call[call]]});
      }
    }
    return runs;
  }

 private:
  bool tells_;
};

Pattern true_pattern(const Doses& doses) {
  Pattern pattern;
  for (const CallRun& run : Told().runs(doses)) {
    const std::size_t component = *layout().component_of_call[run.call];
    pattern.push_back({.time_s = time_s[component], .power_w = power_w[component]});
  }
  return pattern;
}

TargetEstimate estimate_of(std::size_t component, double calls) {
  TargetEstimate estimate;
  estimate.name = layout().components[component];
  estimate.time_per_pass_s = Interval{.mean = calls * time_s[component]};
  estimate.energy_per_pass_j = Interval{.mean = calls * time_s[component] * power_w[component]};
  return estimate;
}

WeighedRounds estimate() {
  WeighedRounds made;
  for (const std::size_t component : {0, 1, 2}) {
    made.rounds.targets.push_back(estimate_of(component, component == 2 ? 1 : 24));
  }
  made.weighing.model.power_w = 350;
  return made;
}

std::vector<Window> windows_of_designs(int designs) {
  Random random(9);
  std::vector<Window> windows;
  for (int design = 0; design < designs; ++design) {
    for (const DosedRow& row : draw_rows(layout(), 0.7, 5, design)) {
      windows.push_back(looked_window(true_pattern(row.doses), layout().passes, looks, 3, random));
      windows.back().doses = doses_text(row.doses);
    }
  }
  return windows;
}

/// Root mean square of what windows of these rows are expected to be off.
double beats_of(const std::vector<DosedRow>& rows) {
  double squares = 0;
  for (const DosedRow& row : rows) {
    squares +=
        std::pow(look_error(true_pattern(row.doses), looks, window_s).beat, 2) / static_cast<double>(rows.size());
  }
  return std::sqrt(squares);
}

TEST(QuietRows, BeatAFractionOfWhatRandomOnesDo) {
  const Told told;
  const WeighingLayout of = layout();
  QuietRows quiet(of, told);
  quiet.learn(windows_of_designs(2), estimate());
  ASSERT_TRUE(quiet.looks());
  EXPECT_NEAR(quiet.looks()->period_s, looks.period_s, 0.6e-6);
  std::vector<DosedRow> random;
  std::vector<DosedRow> chosen;
  for (int round = 2; round < 10; ++round) {
    for (const DosedRow& row : rows_of_round(of, 0.7, 3, 5, round)) random.push_back(row);
    for (const DosedRow& row : quiet.rows(0.7, 3, 5, round, window_s)) chosen.push_back(row);
  }
  EXPECT_LT(beats_of(chosen), 0.4 * beats_of(random));
}

TEST(QuietRows, WindowsAreMarkedWithWhatTheyAreExpectedToBeOff) {
  const Told told;
  const WeighingLayout of = layout();
  QuietRows quiet(of, told);
  std::vector<Window> windows = windows_of_designs(2);
  const std::vector<TargetInfo> references = {{"chain", TargetRole::preserved}, {"idle", TargetRole::idle}};
  quiet.mark(windows, references);
  EXPECT_FALSE(windows.front().expected_beat) << "nothing is learnt yet";
  quiet.learn(windows, estimate());
  Window other;
  other.end_s = window_s;
  other.time_per_pass_s = 4 * looks.period_s;
  for (const char* target : {"chain", "idle", "chain"}) {
    other.target = target;
    windows.push_back(other);
    other.time_per_pass_s = 4.31 * looks.period_s;
  }
  quiet.mark(windows, references);
  const double in_step = windows[windows.size() - 3].expected_beat.value_or(0);
  const double out_of_step = windows.back().expected_beat.value_or(1);
  EXPECT_GT(in_step, 0.01) << "it sees the same part of every pass";
  EXPECT_LT(out_of_step, 0.1 * in_step);
  EXPECT_FALSE(windows[windows.size() - 2].expected_beat) << "idling";
  windows.resize(windows.size() - 3);
  for (const Window& window : windows) {
    const double length_s = window.end_s - window.begin_s;
    const double expected = look_error(true_pattern(doses_from_text(*window.doses)), looks, length_s).beat;
    ASSERT_TRUE(window.expected_beat);
    EXPECT_NEAR(*window.expected_beat, expected, 0.2 * expected + 1e-3);
  }
}

TEST(QuietRows, KeepSignsAndFoldovers) {
  const Told told;
  const WeighingLayout of = layout();
  QuietRows quiet(of, told);
  quiet.learn(windows_of_designs(2), estimate());
  ASSERT_TRUE(quiet.looks());
  const std::vector<DosedRow> random = rows_of_round(of, 0.7, 3, 5, 4);
  const std::vector<DosedRow> chosen = quiet.rows(0.7, 3, 5, 4, window_s);
  ASSERT_EQ(chosen.size(), random.size());
  bool other_cells = false;
  for (std::size_t row = 0; row < chosen.size(); ++row) {
    EXPECT_EQ(chosen[row].pair, random[row].pair);
    EXPECT_EQ(chosen[row].sign, random[row].sign);
    other_cells = other_cells || chosen[row].doses != random[row].doses;
    for (std::size_t component = 0; component < 3; ++component) {
      EXPECT_EQ(chosen[row].component_doses[component] > 0, random[row].component_doses[component] > 0);
    }
    if (row % 2 == 0) continue;
    for (std::size_t cell = 0; cell < chosen[row].doses.size(); ++cell) {
      EXPECT_EQ(chosen[row].doses[cell], -chosen[row - 1].doses[cell]);
    }
  }
  EXPECT_TRUE(other_cells);
}

TEST(QuietRows, TellHowLongWindowsOfTheChainShouldBe) {
  const Told told;
  const WeighingLayout of = layout();
  QuietRows quiet(of, told);
  EXPECT_EQ(quiet.quietest_chain_s(3.8e-3, 0.2, 0.4), 0.2) << "nothing is learnt yet";
  quiet.learn(windows_of_designs(2), estimate());
  // At so many looks and a bit a pass beats by 3 Hz with them, which 0.2 s do not average out.
  const double pass_s = 5 / (1 / looks.period_s + 3);
  Pattern pass = true_pattern(Doses(2 * of.component_of_call.size(), 0));  // two of them, which is the same
  const double told_s = testing::period_of(pass) / 2;
  for (Stretch& stretch : pass) stretch.time_s *= pass_s / told_s;
  const double length_s = quiet.quietest_chain_s(pass_s, 0.2, 0.4);
  EXPECT_GT(look_error(pass, looks, 0.2).beat, 0.005);
  EXPECT_LT(look_error(pass, looks, length_s).beat, 0.3 * look_error(pass, looks, 0.2).beat);
  EXPECT_GE(length_s, 0.2);
  EXPECT_LE(length_s, 0.4);
}

/// As Told, but each call takes so many times as long.
class Slow final : public DosedWorkloads {
 public:
  std::unique_ptr<Workload> make(const Doses& /*doses*/) override { return nullptr; }
  [[nodiscard]] std::vector<CallRun> runs(const Doses& doses) const override {
    std::vector<CallRun> runs = Told().runs(doses);
    for (CallRun& run : runs) run.time_s *= 20;
    return runs;
  }
};

TEST(QuietRows, AreNotSoughtWherePassesTakeLong) {
  const WeighingLayout of = layout();
  const Told told;
  EXPECT_TRUE(QuietRows(of, told).wants_to_learn());
  const Slow slow;
  EXPECT_FALSE(QuietRows(of, slow).wants_to_learn());
}

TEST(QuietRows, AreThoseOfTheRoundWhereNothingWasLearnt) {
  const WeighingLayout of = layout();
  const Told silent(false);
  QuietRows quiet(of, silent);
  quiet.learn(windows_of_designs(1), estimate());
  EXPECT_FALSE(quiet.looks()) << "it is not told what runs when";
  const Told told;
  QuietRows unlearnt(of, told);
  const std::vector<DosedRow> expected = rows_of_round(of, 0.7, 3, 5, 1);
  const std::vector<DosedRow> rows = unlearnt.rows(0.7, 3, 5, 1, window_s);
  ASSERT_EQ(rows.size(), expected.size());
  for (std::size_t row = 0; row < rows.size(); ++row) EXPECT_EQ(rows[row].doses, expected[row].doses);
}

}  // namespace
}  // namespace clear_native
