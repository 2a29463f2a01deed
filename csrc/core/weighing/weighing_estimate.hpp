#pragma once
// What every component adds to the running model, from the windows of a weighing.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/rounds/estimate.hpp"
#include "weighing_design.hpp"

namespace clear_native {

/// Of one call of a component in a pass.
struct LayerEstimate {
  std::string component;
  std::size_t layer = 0;  // the call's index within its component
  Interval energy_j;
  Interval time_s;
};

/// Means over windows; what the device does not tell is absent.
struct OperatingMeans {
  std::optional<double> sm_clock_mhz;
  std::optional<double> memory_clock_mhz;
  std::optional<double> temperature_c;
  std::optional<double> power_w;       // energy over time, as measured
  std::optional<double> capped_share;  // of windows with the clocks held down by a power limit
};

/// How many windows ran at another than the main speed, and how far that was from it.
struct OffSpeed {
  double share = 0;  // of the windows of the model and of dosed ones
  double step = 0;   // mean of their times over those at the main speed, minus one
};

struct WeighingEstimate {
  int pairs = 0;                                    // foldover pairs of a design
  std::optional<int> wild_pairs;                    // of all rounds: far off what the doses explain, and drawn in
  std::optional<ClosureEstimate> homogeneity;       // everything doubled over twice once, energy
  std::optional<ClosureEstimate> time_homogeneity;  // the same for time
  std::optional<ClosureEstimate> curvature;         // mean of the foldover means over the chain, minus one
  std::optional<double> interactions_rms;           // of the foldover means of different rows, relative to the model
  std::optional<double> time_scatter;               // of pairs about their doses' slopes, over the model's time
  std::optional<OffSpeed> off_speed;                // absent where all windows had one speed
  std::vector<LayerEstimate> layers;
  OperatingMeans dosed;
  OperatingMeans model;
};

struct WeighedRounds {
  RoundsEstimate rounds;  // targets: the references as given, then one per component of the layout
  WeighingEstimate weighing;
  std::vector<Interval> marginals_j;  // per component, resolved or not; empty: no round told them all apart
  double model_energy_j = 0;          // 0: not known
};

/// Per round the half-differences of foldover pairs, regressed on the doses, are the marginal energies and times of all
/// components; intervals come from between rounds. A round that lost windows counts as long as it still tells all
/// components apart. Targets of role `component` among the references join the closure as they were measured.
WeighedRounds estimate_weighing(const std::vector<Window>& windows, const std::vector<TargetInfo>& references,
                                const WeighingLayout& layout, const PrecisionRule& rule);

}  // namespace clear_native
