#pragma once
// Which calls run twice and which are skipped, so that every window informs every component. No device, no clock.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace clear_native {

/// What can be dosed. A cell is one call in one of the unrolled passes.
struct WeighingLayout {
  std::vector<std::string> components;
  std::vector<std::optional<std::size_t>> component_of_call;  // calls of one pass in order; absent: always runs once
  int passes = 1;                                             // unrolled ones that the cells spread over
  // NOLINTBEGIN(readability-redundant-member-init): GCC warns of aggregates that leave out what has no initializer.
  /// The call that runs as the second one where a call runs twice: one of the same component, so that its weights are
  /// cold. Empty: the call itself. Only the energies of single calls depend on it.
  std::vector<std::size_t> twin_of_call = {};
  /// Calls of one component that do different work (other kernels, other shapes) have different numbers here, and each
  /// kind takes the same dose. Empty: all calls of a component are alike.
  std::vector<std::size_t> kind_of_call = {};
  /// Seconds that each call takes, or what stands for it: where the calls of a component do different work, its dose is
  /// their mean by these. Empty: all calls weigh the same.
  std::vector<double> weight_of_call = {};
  /// Pairs of a design in which all components have one sign, besides those that tell them apart: they weigh the sum
  /// directly, for the closure.
  int uniform_pairs = 0;
  // NOLINTEND(readability-redundant-member-init)
};

/// Per cell (pass * calls + call): -1 skipped, 0 once, +1 twice.
using Doses = std::vector<std::int8_t>;

/// One dosed window. The two rows of a pair are foldovers: the same cells, all signs turned.
struct DosedRow {
  int pair = 0;
  int sign = 1;
  Doses doses;
  std::vector<double> component_doses;  // mean dose over the cells of each component, as drawn
};

/// Throws Error(bad_input) where the layout or the fraction cannot be weighed.
void check_layout(const WeighingLayout& layout, double fraction);

/// Foldover pairs of a whole design, the uniform ones last.
std::size_t pairs_per_design(const WeighingLayout& layout);

/// Whether all components have one sign in this pair of a design.
bool is_uniform(const WeighingLayout& layout, int pair);

/// The rows of one design, the two of a pair next to each other: a component's sign in a pair is that of a Hadamard
/// matrix whose columns are dealt anew in every design (in uniform pairs it is that of all others), the cells that take
/// it are drawn afresh for every pair. They are drawn in regular steps from a random start: a power sensor that looks
/// at moments sees a random pattern of bursts with the noise of a random sample, and a regular one evenly. A
/// component's dose is then near the fraction, not equal to it: `component_doses` has what was drawn. All kinds of its
/// calls take that dose as nearly as their cells allow. Depends on
/// nothing but the arguments; `draw` numbers draws of the cells for the same signs. Odd
/// ones take cells of a pass one after another, so that the power changes seldom, instead of in steps.
std::vector<DosedRow> draw_rows(const WeighingLayout& layout, double fraction, std::uint64_t seed, int design,
                                int draw = 0);

/// A design is dealt out, its pairs in random order, to so many rounds of at most `pairs_per_round` pairs each. Rounds
/// are what intervals come from, so many small ones tell more than few large ones.
int rounds_per_design(const WeighingLayout& layout, int pairs_per_round);

std::size_t pairs_of_round(const WeighingLayout& layout, int pairs_per_round, int round);

/// The rows of one round: its share of the design that it belongs to.
std::vector<DosedRow> rows_of_round(const WeighingLayout& layout, double fraction, int pairs_per_round,
                                    std::uint64_t seed, int round, int draw = 0);

/// Mean dose of every component, its calls by their weight.
std::vector<double> component_doses(const WeighingLayout& layout, const Doses& doses);

/// How often more (or less) than once per pass each call's own work ran: a skipped call runs less often, a doubled one
/// lets its twin run more often.
std::vector<double> call_doses(const WeighingLayout& layout, const Doses& doses);

/// "-0+" for -1, 0, +1; as windows keep it.
std::string doses_text(const Doses& doses);
Doses doses_from_text(const std::string& text);

/// The name of a row's windows: "dosed 3+".
std::string row_name(int pair, int sign);

}  // namespace clear_native
