#pragma once
// What a profile found, as clear_native/report/record.py has it. Joules, seconds and watts; per pass, over all layers;
// absent is what could not be known.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/meters/meter.hpp"
#include "core/weighing/weighing_estimate.hpp"
#include "core/windows/window.hpp"

namespace clear_native::report {

/// Of the JSON of a report, read and written.
constexpr int schema_version = 1;

/// A fact by name, in the order of the file.
using Fact = std::variant<bool, std::int64_t, double, std::string>;
using Facts = std::vector<std::pair<std::string, Fact>>;

/// The text of this name; absent where it is not there, is no text, or is empty.
std::optional<std::string> text_of(const Facts& facts, const std::string& name);

using Ratio = ClosureEstimate;

struct InputTensor {
  std::string path;  // "input_ids", "args[0]"
  std::vector<std::int64_t> shape;
  std::string dtype;  // "torch.int64"
};

struct Replay {
  std::string target;
  std::string shape;  // "chain", "while_loop", "eager_loop"
  std::int64_t passes_per_launch = 1;
  double time_per_pass_s = 0;
};

/// What was run.
struct Workload {
  std::vector<InputTensor> inputs;
  std::optional<std::string> weights_dtype;  // "torch.float16"
  std::optional<std::string> device;         // "cpu", "cuda:0"
  std::optional<std::int64_t> kept_bytes;
  std::vector<Replay> replays;
};

/// The whole model, or a component. Half-widths are of 95 % intervals from between rounds.
struct ModelResult {
  std::optional<double> energy_j;
  std::optional<double> energy_half_width_j;
  std::optional<double> energy_above_idle_j;
  std::optional<double> energy_above_idle_half_width_j;
  std::optional<double> time_s;
  std::optional<double> time_half_width_s;
  std::optional<double> power_w;
  std::optional<double> power_half_width_w;
  std::int64_t rounds = 0;
  std::optional<double> required_half_width_j;
  bool precision_reached = false;
  std::optional<double> counter_over_samples;
  std::optional<std::int64_t> flops;  // without what a causal mask leaves out
  std::optional<std::int64_t> flops_dense;
  std::optional<std::int64_t> bytes;  // compulsory: every operator's inputs and outputs once
  std::vector<std::string> statuses;

  /// Picojoules per FLOP, per byte; absent where there are none.
  [[nodiscard]] std::optional<double> pj_per_flop() const;
  [[nodiscard]] std::optional<double> pj_per_byte() const;
};

/// One call of a component in a pass.
struct LayerRow {
  std::int64_t layer = 0;
  std::optional<double> energy_j;
  std::optional<double> energy_half_width_j;
  std::optional<double> time_s;
  std::optional<double> time_half_width_s;
  std::optional<std::string> module = std::nullopt;  // whose call it is, by its name; empty: the model itself
};

/// All calls of a component in one pass of the model. `share` is of the energy of `Report::preserved`.
struct ComponentResult : ModelResult {
  std::string name;
  std::optional<double> share;
  std::optional<std::int64_t> calls;
  std::vector<LayerRow> details;
};

/// How the model was dosed, and whether the method's conditions held.
struct Weighing {
  double fraction = 0;
  std::int64_t passes = 0;
  std::int64_t pairs = 0;
  std::optional<std::int64_t> wild_pairs;
  std::optional<Ratio> homogeneity;
  std::optional<Ratio> time_homogeneity;
  std::optional<Ratio> curvature;
  std::optional<double> interactions_rms;
  std::optional<double> looks_period_s;
  std::optional<double> off_speed_share;
  std::optional<double> off_speed_step;
  std::optional<OperatingMeans> dosed;  // absent in files alone
  std::optional<OperatingMeans> model;
  Facts facts;  // cache, reuse_distance_bytes, ...
};

/// What a side meter read in the windows of one target; `together_j` adds what the driving meter read.
struct SideResult {
  std::string name;  // "model", "preserved", "idle", or a component
  double energy_j = 0;
  std::optional<double> energy_half_width_j;
  std::optional<double> power_w;
  std::optional<double> power_half_width_w;
  std::int64_t rounds = 0;
  std::optional<double> together_j;
  std::optional<double> together_half_width_j;
};

struct SideMeter {
  MeterTraits meter;
  std::vector<SideResult> results;
};

/// The most that a device can do, for the roofline.
struct DeviceLimits {
  double flops_per_s = 0;
  double bytes_per_s = 0;
  std::string dtype;
  std::string source;
  bool measured = false;
};

struct Failure {
  std::string kind;  // name of the Python class, "SensorFaultError"
  std::string message;
};

/// Energy of a component with second runs that find their data in the cache, or not.
struct Bound {
  double energy_j = 0;
  std::optional<double> half_width_j;
};
using Bounds = std::vector<std::pair<std::string, std::map<std::string, Bound>>>;

struct Report {
  std::string model;
  std::string method;
  std::string execution;
  MeterTraits meter;
  std::vector<ComponentResult> components;
  ModelResult full_model;
  std::optional<ModelResult> preserved;
  std::optional<Ratio> energy_closure;
  std::optional<Ratio> time_closure;
  std::optional<Ratio> perturbation;
  std::optional<double> idle_power_w;
  std::optional<double> idle_power_half_width_w;
  std::optional<bool> synthetic_weights;
  Workload workload;
  Facts environment;
  Facts options;
  std::uint64_t seed = 0;
  std::int64_t rounds = 0;
  std::optional<std::int64_t> planned_rounds;
  std::optional<double> begun_s;  // on the clock of the windows, when the first one began: a weighing's is a probe
  double elapsed_s = 0;           // from then on
  std::string stop_reason = "precision_planned";
  std::optional<double> drift_per_hour;
  std::optional<double> carry_over_per_w;
  std::optional<double> temperature_per_k;
  std::optional<Ratio> sensors;
  std::optional<Weighing> weighing;
  Bounds bounds;
  std::optional<std::int64_t> other_processes_peak;
  std::optional<Failure> failure;
  std::vector<std::string> statuses;
  std::vector<std::string> warnings;
  std::vector<Window> windows;  // of what was measured; a report from a file has none, since it is only shown
  std::vector<SideMeter> sides;
  std::optional<DeviceLimits> limits;
  std::optional<std::string> made_at;

  /// Of the report, the model and the components, each once.
  [[nodiscard]] std::vector<std::string> all_statuses() const;
  /// The model that components are parts of.
  [[nodiscard]] const ModelResult& whole() const { return preserved ? *preserved : full_model; }
};

}  // namespace clear_native::report
