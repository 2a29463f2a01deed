#include "weighing_design.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "core/rounds/schedule.hpp"
#include "hadamard.hpp"

namespace clear_native {
namespace {

/// Cells that are drawn from together: those of one kind of call of one component, in the order in which they run.
struct Stratum {
  std::size_t component = 0;
  std::vector<std::size_t> cells;
};

std::vector<Stratum> strata_of(const WeighingLayout& layout) {
  std::map<std::pair<std::size_t, std::size_t>, Stratum> strata;
  const std::size_t calls = layout.component_of_call.size();
  for (std::size_t cell = 0; cell < calls * static_cast<std::size_t>(layout.passes); ++cell) {
    const std::size_t call = cell % calls;
    const std::optional<std::size_t>& component = layout.component_of_call[call];
    if (!component) continue;
    const std::size_t kind = layout.kind_of_call.empty() ? 0 : layout.kind_of_call[call];
    Stratum& stratum = strata[{*component, kind}];
    stratum.component = *component;
    stratum.cells.push_back(cell);
  }
  std::vector<Stratum> listed;
  listed.reserve(strata.size());
  for (auto& [key, stratum] : strata) listed.push_back(std::move(stratum));
  return listed;
}

/// `part`: 0 for how columns are dealt, then one for every pair, and so on for further draws of the pairs.
Random random_of(std::uint64_t seed, int round, std::size_t part) {
  Random seeds(seed);
  Random rounds(seeds.next() ^ (static_cast<std::uint64_t>(round) * 0xD1342543DE82EF95ULL));
  return Random(rounds.next() ^ (static_cast<std::uint64_t>(part) * 0x2545F4914F6CDD1DULL));
}

/// Signs [row][component]: columns but the constant one in random order, each turned or not. What interactions of
/// three components add to a fourth one's column is then another one's in the next design, and of another sign: it
/// becomes scatter between designs instead of a bias.
Signs dealt_signs(std::size_t components, std::size_t order, Random random) {
  const Signs all = hadamard(order);
  std::vector<std::size_t> columns(order - 1);
  std::iota(columns.begin(), columns.end(), std::size_t{1});
  Signs signs(order, std::vector<int>(components));
  for (std::size_t i = 0; i < components; ++i) {
    std::swap(columns[i], columns[i + random.below(columns.size() - i)]);
    const int turned = random.below(2) == 1 ? -1 : 1;
    for (std::size_t row = 0; row < order; ++row) signs[row][i] = turned * all[row][columns[i]];
  }
  return signs;
}

double uniform(Random& random) {
  return static_cast<double>(random.below(1U << 20U)) / (1U << 20U);
}

/// Gives `sign` to every so many-th of the cells [begin, end), from a random one on. Where `shift`, half a step
/// is left out before one of them, any as likely as the others, so that neighbours do not always share their fate.
void dose_stretch(const std::vector<std::size_t>& cells, std::size_t begin, std::size_t end, double fraction,
                  bool shift, int sign, Random& random, Doses& doses) {
  double phase = uniform(random);
  const std::size_t shifted = shift ? begin + random.below(end - begin) : end;
  for (std::size_t i = begin; i < end; ++i) {
    if (i == shifted) phase += 0.5;
    if (std::floor(phase + fraction) > std::floor(phase)) doses[cells[i]] = static_cast<std::int8_t>(sign);
    phase += fraction;
  }
}

/// Gives `sign` to so many of the cells [begin, end) one after another, from a random one on; after the last one comes
/// the first.
void dose_block(const std::vector<std::size_t>& cells, std::size_t begin, std::size_t end, double fraction, int sign,
                Random& random, Doses& doses) {
  const std::size_t count = end - begin;
  const auto dosed = static_cast<std::size_t>(uniform(random) + fraction * static_cast<double>(count));
  const std::size_t first = random.below(count);
  for (std::size_t i = 0; i < std::min(dosed, count); ++i) {
    doses[cells[begin + (first + i) % count]] = static_cast<std::int8_t>(sign);
  }
}

/// Every pass for itself where it has several cells; else over all passes. At least one cell: a component that a pair
/// does not dose would be no part of it.
void dose_cells(const Stratum& stratum, int passes, double fraction, int sign, bool in_blocks, Random& random,
                Doses& doses) {
  const std::size_t count = stratum.cells.size();
  const std::size_t per_pass = count / static_cast<std::size_t>(passes);
  const bool several = static_cast<double>(per_pass) * fraction >= 2;
  const std::size_t step = several ? per_pass : count;
  for (std::size_t begin = 0; begin < count; begin += step) {
    if (several && in_blocks) {
      dose_block(stratum.cells, begin, begin + step, fraction, sign, random, doses);
    } else {
      dose_stretch(stratum.cells, begin, begin + step, fraction, several, sign, random, doses);
    }
  }
  const bool dosed =
      std::any_of(stratum.cells.begin(), stratum.cells.end(), [&](std::size_t cell) { return doses[cell] != 0; });
  if (!dosed) doses[stratum.cells[random.below(count)]] = static_cast<std::int8_t>(sign);
}

/// The fraction that the cells of each component can take: where it has several kinds of calls, what the kind with the
/// fewest cells takes of them, so that the others can take the same. Kinds of two or three cells leave no choice.
std::vector<double> fractions_to_take(const std::vector<Stratum>& strata, std::size_t components, double fraction,
                                      Random& random) {
  constexpr std::size_t fewest_cells = 4;
  std::vector<std::vector<std::size_t>> cells(components);
  for (const Stratum& stratum : strata) cells[stratum.component].push_back(stratum.cells.size());
  std::vector<double> fractions(components, fraction);
  for (std::size_t i = 0; i < components; ++i) {
    if (cells[i].size() < 2) continue;
    const std::size_t fewest = *std::min_element(cells[i].begin(), cells[i].end());
    if (fewest < fewest_cells) continue;
    const double taken = std::floor(uniform(random) + fraction * static_cast<double>(fewest));
    fractions[i] = std::max(1.0, taken) / static_cast<double>(fewest);
  }
  return fractions;
}

/// A foldover that skips everything would have nothing to run.
void leave_one_cell(const WeighingLayout& layout, Random& random, Doses& doses) {
  if (std::any_of(doses.begin(), doses.end(), [](std::int8_t dose) { return dose == 0; })) return;
  const bool one_sign = std::all_of(doses.begin(), doses.end(), [&](std::int8_t dose) { return dose == doses[0]; });
  if (one_sign && doses.size() > layout.components.size()) doses[random.below(doses.size())] = 0;
}

DosedRow row_of(const WeighingLayout& layout, std::size_t pair, int sign, const Doses& doses) {
  DosedRow row{.pair = static_cast<int>(pair), .sign = sign, .doses = doses, .component_doses = {}};
  for (std::int8_t& dose : row.doses) dose = static_cast<std::int8_t>(sign * dose);
  row.component_doses = component_doses(layout, row.doses);
  return row;
}

}  // namespace

std::size_t pairs_per_design(const WeighingLayout& layout) {
  return hadamard_order(layout.components.size()) + static_cast<std::size_t>(layout.uniform_pairs);
}

bool is_uniform(const WeighingLayout& layout, int pair) {
  return static_cast<std::size_t>(pair) >= hadamard_order(layout.components.size());
}

std::vector<DosedRow> draw_rows(const WeighingLayout& layout, double fraction, std::uint64_t seed, int design,
                                int draw) {
  check_layout(layout, fraction);
  const std::size_t components = layout.components.size();
  Signs signs = dealt_signs(components, hadamard_order(components), random_of(seed, design, 0));
  signs.resize(pairs_per_design(layout), std::vector<int>(components, 1));
  const std::vector<Stratum> strata = strata_of(layout);
  const std::size_t all_cells = layout.component_of_call.size() * static_cast<std::size_t>(layout.passes);
  std::vector<DosedRow> rows;
  for (std::size_t pair = 0; pair < signs.size(); ++pair) {
    Random random = random_of(seed, design, pair + 1 + static_cast<std::size_t>(draw) * signs.size());
    Doses doses(all_cells, 0);
    const std::vector<double> fractions = fractions_to_take(strata, components, fraction, random);
    for (const Stratum& stratum : strata) {
      dose_cells(stratum, layout.passes, fractions[stratum.component], signs[pair][stratum.component], draw % 2 == 1,
                 random, doses);
    }
    leave_one_cell(layout, random, doses);
    rows.push_back(row_of(layout, pair, 1, doses));
    rows.push_back(row_of(layout, pair, -1, doses));
  }
  return rows;
}

int rounds_per_design(const WeighingLayout& layout, int pairs_per_round) {
  const int pairs = static_cast<int>(pairs_per_design(layout));
  return (pairs + pairs_per_round - 1) / pairs_per_round;
}

std::size_t pairs_of_round(const WeighingLayout& layout, int pairs_per_round, int round) {
  const auto rounds = static_cast<std::size_t>(rounds_per_design(layout, pairs_per_round));
  const std::size_t part = static_cast<std::size_t>(round) % rounds;
  return (pairs_per_design(layout) - part + rounds - 1) / rounds;
}

std::vector<DosedRow> rows_of_round(const WeighingLayout& layout, double fraction, int pairs_per_round,
                                    std::uint64_t seed, int round, int draw) {
  const std::size_t pairs = pairs_per_design(layout);
  const int rounds = rounds_per_design(layout, pairs_per_round);
  const int design = round / rounds;
  const std::vector<DosedRow> all = draw_rows(layout, fraction, seed, design, draw);
  const std::vector<std::size_t> order = round_order(seed ^ 0xC2B2AE3D27D4EB4FULL, design, pairs);
  std::vector<DosedRow> rows;
  for (std::size_t i = static_cast<std::size_t>(round % rounds); i < pairs; i += static_cast<std::size_t>(rounds)) {
    rows.push_back(all[2 * order[i]]);
    rows.push_back(all[2 * order[i] + 1]);
  }
  return rows;
}

std::vector<double> component_doses(const WeighingLayout& layout, const Doses& doses) {
  std::vector<double> sums(layout.components.size(), 0);
  std::vector<double> weights(layout.components.size(), 0);
  const std::size_t calls = layout.component_of_call.size();
  for (std::size_t cell = 0; cell < doses.size(); ++cell) {
    const std::optional<std::size_t>& component = layout.component_of_call[cell % calls];
    if (!component) continue;
    const double weight = layout.weight_of_call.empty() ? 1 : layout.weight_of_call[cell % calls];
    sums[*component] += weight * doses[cell];
    weights[*component] += weight;
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (weights[i] > 0) sums[i] /= weights[i];
  }
  return sums;
}

std::vector<double> call_doses(const WeighingLayout& layout, const Doses& doses) {
  const std::size_t calls = layout.component_of_call.size();
  std::vector<double> sums(calls, 0);
  for (std::size_t cell = 0; cell < doses.size(); ++cell) {
    const std::size_t call = cell % calls;
    const bool twice = doses[cell] > 0 && !layout.twin_of_call.empty();
    sums[twice ? layout.twin_of_call[call] : call] += doses[cell];
  }
  for (double& sum : sums) sum /= layout.passes;
  return sums;
}

std::string doses_text(const Doses& doses) {
  std::string text;
  for (const std::int8_t dose : doses) text += dose < 0 ? '-' : dose > 0 ? '+' : '0';
  return text;
}

Doses doses_from_text(const std::string& text) {
  Doses doses;
  for (const char letter : text) doses.push_back(static_cast<std::int8_t>(letter == '-' ? -1 : letter == '+' ? 1 : 0));
  return doses;
}

std::string row_name(int pair, int sign) {
  return "dosed " + std::to_string(pair) + (sign > 0 ? "+" : "-");
}

}  // namespace clear_native
