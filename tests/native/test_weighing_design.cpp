#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/weighing/weighing_design.hpp"

namespace clear_native {
namespace {

/// Calls of one pass: a b a - b a c, where - always runs once.
WeighingLayout layout_of_seven(int passes = 4) {
  return {.components = {"a", "b", "c"}, .component_of_call = {0, 1, 0, std::nullopt, 1, 0, 2}, .passes = passes};
}

TEST(DrawRows, TwoFoldoversForEveryHadamardRow) {
  const auto rows = draw_rows(layout_of_seven(), 0.5, 7, 0);
  ASSERT_EQ(rows.size(), 2 * pairs_per_design(layout_of_seven()));
  for (std::size_t i = 0; i < rows.size(); i += 2) {
    EXPECT_EQ(rows[i].pair, static_cast<int>(i / 2));
    EXPECT_EQ(rows[i + 1].pair, rows[i].pair);
    EXPECT_EQ(rows[i].sign, 1);
    EXPECT_EQ(rows[i + 1].sign, -1);
    ASSERT_EQ(rows[i].doses.size(), 28U);
    for (std::size_t cell = 0; cell < 28; ++cell) EXPECT_EQ(rows[i + 1].doses[cell], -rows[i].doses[cell]);
  }
}

TEST(DrawRows, DosesTheFractionOfEveryComponentWithOneSign) {
  for (const auto& row : draw_rows(layout_of_seven(), 0.25, 7, 3)) {
    std::vector<std::set<int>> signs(3);
    std::vector<int> dosed(3, 0);
    for (std::size_t cell = 0; cell < row.doses.size(); ++cell) {
      const auto component = layout_of_seven().component_of_call[cell % 7];
      if (!component) {
        EXPECT_EQ(row.doses[cell], 0) << "a call that always runs once";
        continue;
      }
      if (row.doses[cell] == 0) continue;
      ++dosed[*component];
      signs[*component].insert(row.doses[cell]);
    }
    EXPECT_EQ(dosed, (std::vector<int>{3, 2, 1}));  // of 12, 8 and 4 cells
    for (const auto& of_one : signs) EXPECT_EQ(of_one.size(), 1U);
    EXPECT_DOUBLE_EQ(std::abs(row.component_doses[0]), 0.25);
    EXPECT_DOUBLE_EQ(std::abs(row.component_doses[2]), 0.25);
  }
}

TEST(DrawRows, AllKindsOfAComponentTakeOneDose) {
  // As the two parts of a language model's head: each comes once in a pass, so that 8 passes have 8 cells of it.
  WeighingLayout layout{.components = {"head"}, .component_of_call = {0, 0}, .passes = 8};
  layout.kind_of_call = {0, 1};
  std::set<double> seen;
  bool other_cells = false;
  for (int design = 0; design < 20; ++design) {
    for (const auto& row : draw_rows(layout, 0.7, 3, design)) {
      double first = 0;
      double second = 0;
      for (std::size_t cell = 0; cell < row.doses.size(); ++cell) {
        (cell % 2 == 0 ? first : second) += row.doses[cell] / 8.0;
        other_cells = other_cells || (cell % 2 == 0 && row.doses[cell] != row.doses[cell + 1]);
      }
      EXPECT_DOUBLE_EQ(first, second);
      seen.insert(std::abs(first));
    }
  }
  EXPECT_TRUE(other_cells) << "the dose is one, the passes need not be";
  EXPECT_EQ(seen, (std::set<double>{0.625, 0.75}));
}

TEST(DrawRows, OtherDrawsTakeOtherCellsForTheSameSigns) {
  const WeighingLayout layout = layout_of_seven(8);
  const auto first = draw_rows(layout, 0.5, 7, 2);
  const auto again = draw_rows(layout, 0.5, 7, 2, 0);
  const auto other = draw_rows(layout, 0.5, 7, 2, 1);
  ASSERT_EQ(first.size(), other.size());
  bool differ = false;
  for (std::size_t row = 0; row < first.size(); ++row) {
    EXPECT_EQ(first[row].doses, again[row].doses);
    differ = differ || first[row].doses != other[row].doses;
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(first[row].component_doses[i] > 0, other[row].component_doses[i] > 0);
    }
  }
  EXPECT_TRUE(differ);
}

TEST(DrawRows, OddDrawsDoseNeighboursWithinAPass) {
  WeighingLayout layout{.components = {"layer"}, .component_of_call = {}, .passes = 3};
  layout.component_of_call.assign(20, 0);
  int changes_in_steps = 0;
  int changes_in_blocks = 0;
  for (int design = 0; design < 10; ++design) {
    for (const int draw : {0, 1}) {
      for (const auto& row : draw_rows(layout, 0.7, 3, design, draw)) {
        EXPECT_NEAR(std::abs(row.component_doses[0]), 0.7, 0.051);
        for (std::size_t cell = 0; cell < row.doses.size(); ++cell) {
          const std::size_t next = cell % 20 == 19 ? cell - 19 : cell + 1;  // around the pass
          (draw == 0 ? changes_in_steps : changes_in_blocks) += row.doses[cell] != row.doses[next];
        }
      }
    }
  }
  const int rows = 10 * static_cast<int>(draw_rows(layout, 0.7, 3, 0).size());
  EXPECT_EQ(changes_in_blocks, rows * 3 * 2) << "passes, and the ends of a block";
  EXPECT_GT(changes_in_steps, 4 * changes_in_blocks);
}

TEST(DrawRows, ComponentsAreOrthogonalOverARound) {
  const auto rows = draw_rows(layout_of_seven(), 0.5, 1, 0);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      double product = 0;
      for (const auto& row : rows) product += row.component_doses[i] * row.component_doses[j];
      EXPECT_NEAR(product, 0, 1e-12);
    }
  }
}

TEST(DrawRows, UniformPairsComeLastAndChangeNoOther) {
  WeighingLayout layout = layout_of_seven();
  const auto without = draw_rows(layout, 0.5, 7, 2);
  layout.uniform_pairs = 2;
  const auto rows = draw_rows(layout, 0.5, 7, 2);
  ASSERT_EQ(rows.size(), without.size() + 4);
  ASSERT_EQ(rows.size(), 2 * pairs_per_design(layout));
  for (std::size_t i = 0; i < without.size(); ++i) {
    EXPECT_EQ(rows[i].doses, without[i].doses);
    EXPECT_FALSE(is_uniform(layout, rows[i].pair));
  }
  for (std::size_t i = without.size(); i < rows.size(); ++i) {
    EXPECT_TRUE(is_uniform(layout, rows[i].pair));
    for (const double dose : rows[i].component_doses) EXPECT_DOUBLE_EQ(dose, 0.5 * rows[i].sign);
  }
  EXPECT_NE(rows[rows.size() - 1].doses, rows[rows.size() - 3].doses) << "cells are drawn for every pair";
}

TEST(DrawRows, AtLeastOneCellIsDosed) {
  const WeighingLayout layout{.components = {"a"}, .component_of_call = {0}, .passes = 1};
  for (const auto& row : draw_rows(layout, 0.01, 1, 0)) EXPECT_EQ(std::abs(row.component_doses[0]), 1);
}

TEST(DrawRows, AreTheSameForTheSameSeedAndRoundOnly) {
  const auto rows = draw_rows(layout_of_seven(), 0.5, 7, 2);
  const auto again = draw_rows(layout_of_seven(), 0.5, 7, 2);
  int same_in_next_round = 0;
  int same_with_next_seed = 0;
  int same_as_other_pair = 0;
  const auto next_round = draw_rows(layout_of_seven(), 0.5, 7, 3);
  const auto next_seed = draw_rows(layout_of_seven(), 0.5, 8, 2);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].doses, again[i].doses);
    if (rows[i].doses == next_round[i].doses) ++same_in_next_round;
    if (rows[i].doses == next_seed[i].doses) ++same_with_next_seed;
    if (i > 1 && rows[i].doses == rows[i - 2].doses) ++same_as_other_pair;
  }
  EXPECT_EQ(same_in_next_round, 0);
  EXPECT_EQ(same_with_next_seed, 0);
  EXPECT_EQ(same_as_other_pair, 0);
}

TEST(DrawRows, EveryCellIsAsLikelyAsAnyOther) {
  std::vector<int> drawn(12, 0);
  const WeighingLayout layout{.components = {"a"}, .component_of_call = {0, 0, 0}, .passes = 4};
  constexpr int rounds = 1000;
  for (int round = 0; round < rounds; ++round) {
    for (const auto& row : draw_rows(layout, 0.25, 5, round)) {
      for (std::size_t cell = 0; cell < 12; ++cell) drawn[cell] += row.doses[cell] != 0 ? 1 : 0;
    }
  }
  const double expected = rounds * 8 * 0.25;  // four pairs; both rows of a pair have the same cells
  for (const int count : drawn) EXPECT_NEAR(count, expected, 6 * std::sqrt(expected * 2));
}

TEST(DrawRows, EveryKindOfCallTakesTheSameDose) {
  const WeighingLayout layout{
      .components = {"a"}, .component_of_call = {0, 0, 0, 0, 0, 0}, .passes = 8, .kind_of_call = {0, 1, 0, 1, 1, 1}};
  double sums[] = {0, 0};
  double rows = 0;
  for (int round = 0; round < 20; ++round) {
    for (const auto& row : draw_rows(layout, 0.5, 3, round)) {
      double dosed[] = {0, 0};
      for (std::size_t cell = 0; cell < row.doses.size(); ++cell) {
        dosed[layout.kind_of_call[cell % 6]] += std::abs(row.doses[cell]);
      }
      sums[0] += dosed[0] / 16;
      sums[1] += dosed[1] / 32;
      rows += 1;
      EXPECT_EQ(dosed[0], 8) << "two in a pass: every second of all";
      EXPECT_NEAR(dosed[1] / 32, 0.5, 0.26) << "four in a pass: two of them, more or less";
    }
  }
  EXPECT_NEAR(sums[0] / rows, 0.5, 1e-12);
  EXPECT_NEAR(sums[1] / rows, 0.5, 0.03);
}

TEST(DrawRows, DosedCellsAreSpreadEvenly) {
  const WeighingLayout layout{
      .components = {"a"}, .component_of_call = std::vector<std::optional<std::size_t>>(12, 0), .passes = 2};
  for (const auto& row : draw_rows(layout, 0.25, 3, 0)) {
    for (std::size_t begin = 0; begin < 24; begin += 12) {
      int in_pass = 0;
      for (std::size_t cell = begin; cell < begin + 12; ++cell) in_pass += std::abs(row.doses[cell]);
      EXPECT_GE(in_pass, 2);
      EXPECT_LE(in_pass, 4);
    }
  }
}

TEST(CallDoses, ADoubledCallLetsItsTwinRunOnceMore) {
  WeighingLayout layout = layout_of_seven(2);
  Doses doses(14, 0);
  doses[0] = 1;      // a's first call, first pass
  doses[2] = -1;     // a's second call, first pass
  doses[7 + 6] = 1;  // c's only call, second pass
  EXPECT_EQ(call_doses(layout, doses), (std::vector<double>{0.5, 0, -0.5, 0, 0, 0, 0.5}));
  layout.twin_of_call = {5, 4, 0, 0, 1, 2, 6};
  EXPECT_EQ(call_doses(layout, doses), (std::vector<double>{0, 0, -0.5, 0, 0, 0.5, 0.5}));
  const std::vector<double> of_components = component_doses(layout, doses);
  EXPECT_DOUBLE_EQ(of_components[0], 0);
  EXPECT_DOUBLE_EQ(of_components[2], 0.5);
}

TEST(DosesText, GoesThereAndBack) {
  const Doses doses = {-1, 0, 1, 1, 0};
  EXPECT_EQ(doses_text(doses), "-0++0");
  EXPECT_EQ(doses_from_text("-0++0"), doses);
  EXPECT_EQ(row_name(3, 1), "dosed 3+");
  EXPECT_EQ(row_name(11, -1), "dosed 11-");
}

TEST(RowsOfRound, DealOutWholeDesigns) {
  WeighingLayout layout = layout_of_seven();
  layout.uniform_pairs = 1;
  ASSERT_EQ(pairs_per_design(layout), 5U);
  ASSERT_EQ(rounds_per_design(layout, 2), 3);
  for (int design = 0; design < 3; ++design) {
    std::set<std::string> dealt;
    for (int round = 3 * design; round < 3 * design + 3; ++round) {
      const auto rows = rows_of_round(layout, 0.5, 2, 7, round);
      EXPECT_LE(rows.size(), 4U);
      EXPECT_EQ(rows.size(), 2 * pairs_of_round(layout, 2, round));
      for (std::size_t i = 0; i < rows.size(); i += 2) {
        EXPECT_EQ(rows[i].pair, rows[i + 1].pair);
        for (const std::size_t row : {i, i + 1}) {
          dealt.insert(row_name(rows[row].pair, rows[row].sign) + doses_text(rows[row].doses));
        }
      }
    }
    std::set<std::string> drawn;
    for (const auto& row : draw_rows(layout, 0.5, 7, design)) {
      drawn.insert(row_name(row.pair, row.sign) + doses_text(row.doses));
    }
    EXPECT_EQ(dealt, drawn) << design;
  }
}

TEST(RowsOfRound, AreInAnotherOrderInEveryDesign) {
  std::set<int> firsts;
  for (int design = 0; design < 20; ++design) {
    firsts.insert(rows_of_round(layout_of_seven(), 0.5, 2, 7, 2 * design)[0].pair);
  }
  EXPECT_EQ(firsts.size(), 4U);
}

TEST(DrawRows, AFoldoverNeverSkipsEverything) {
  const WeighingLayout layout{.components = {"all"}, .component_of_call = {0}, .passes = 4};
  for (int design = 0; design < 20; ++design) {
    for (const auto& row : draw_rows(layout, 1, 3, design)) {
      EXPECT_EQ(std::count(row.doses.begin(), row.doses.end(), 0), 1);
    }
  }
}

}  // namespace
}  // namespace clear_native
