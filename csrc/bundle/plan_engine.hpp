#pragma once
// A bundle loaded on a device: the workloads that every method measures. Without torch; that is in a plug-in.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bundle.hpp"
#include "core/weighing/dosed_workloads.hpp"
#include "core/weighing/weighing_design.hpp"
#include "core/windows/calibrate.hpp"
#include "core/windows/workload.hpp"
#include "node_runner.hpp"

namespace clear_native::bundle {

enum class Execution { eager, graph, compiled };

/// As reports have it.
const char* name_of(Execution execution) noexcept;

/// What a component alone finds in the caches: one call again and again, or all of its calls in order.
enum class IsolatedCache { warm, cycling };

struct RunnerOptions {
  std::string device = "cpu";                                    // or "cuda:0"
  std::optional<std::string> compute_capability = std::nullopt;  // of a CUDA device: "9.0"
  std::optional<int> threads = std::nullopt;                     // absent: as many as the bundle was exported with
};

/// A bundle and what runs it. The bundle must stay where it is.
struct LoadedBundle {
  std::unique_ptr<Bundle> bundle;
  std::unique_ptr<NodeRunner> runner;
};

/// A workload, how it runs, and what is to be said of it.
struct MadeWorkload {
  std::unique_ptr<Workload> workload;
  int passes_per_launch = 1;
  double time_per_pass_s = 0;  // 0: not measured
  std::string shape = "eager_loop";
  // NOLINTBEGIN(readability-redundant-member-init): GCC warns of aggregates that leave out what has no initializer.
  std::vector<std::string> statuses = {};
  std::vector<std::string> warnings = {};
  // NOLINTEND(readability-redundant-member-init)
};

/// A component that cannot be dosed, by itself on kept values.
struct AloneComponent {
  std::size_t component = 0;  // of the manifest
  std::string reason;         // empty: told for all at once
  MadeWorkload made;
};

/// Whether second runs find their weights in the cache, and what that was judged by.
struct SecondRunsCache {
  bool cold = true;  // they are foreign calls of the same kind
  bool judged = false;
  std::optional<std::size_t> reuse_distance_bytes = std::nullopt;  // between two uses of the same weights
  std::optional<std::size_t> l2_bytes = std::nullopt;
};

/// All that a weighing needs (run_weighing). The references have as many passes in a launch as dosed workloads have.
struct InSitu {
  WeighingLayout layout;  // no components: nothing can be dosed, measure by partition
  std::unique_ptr<DosedWorkloads> dosed;
  MadeWorkload plain;
  MadeWorkload preserved;  // every call once
  MadeWorkload doubled;    // every call of the layout's components twice
  std::vector<AloneComponent> alone;
  std::string no_doses_because;  // of the whole; empty: the reasons are those of the components
  SecondRunsCache cache;
  std::optional<std::size_t> unjudged_buffers;  // watched, but every pass leaves them different
};

/// What there is to say of an engine besides its workloads.
struct EngineNotes {
  std::vector<std::string> warnings;
  std::optional<std::size_t> kept_bytes;  // of buffers that are kept
};

/// An output that is not what the model gave when it was exported.
struct WrongOutput {
  std::string tensor;
  std::string difference;  // for people, with the place of the first one
};

/// Everything made by an engine borrows it: keep it as long.
class PlanEngine {
 public:
  virtual ~PlanEngine() = default;

  [[nodiscard]] virtual const Bundle& bundle() const = 0;
  [[nodiscard]] virtual RunnerDevice device() const = 0;
  [[nodiscard]] virtual Execution execution() const = 0;
  [[nodiscard]] virtual EngineNotes notes() const { return {}; }
  /// Components that have no operator of their own: nothing to measure.
  [[nodiscard]] virtual std::vector<std::size_t> components_without_work() const = 0;

  /// Outputs of one run that are not bit for bit what the model gave. Empty: verified.
  virtual std::vector<WrongOutput> verify() = 0;

  /// The whole model, with values freed as early as possible.
  virtual MadeWorkload plain() = 0;
  /// The whole model, every value kept.
  virtual MadeWorkload preserved() = 0;
  /// The whole model with everything twice.
  virtual MadeWorkload doubled() = 0;
  /// One component: its own operators, all calls in order, on kept values. Throws Error(bad_input) for one without
  /// work.
  virtual MadeWorkload partition(std::size_t component) = 0;
  /// One component as often as in the model: a call of each kind again and again, or all calls in turn.
  virtual MadeWorkload isolated(std::size_t component, IsolatedCache cache) = 0;
  /// `cold`: whether second runs find the caches cold. Absent: judged where that can be, else cold.
  virtual InSitu in_situ(std::optional<bool> cold) = 0;
  /// The replays that partition() chooses from, to be driven in every way. Null: the engine replays nothing, or the
  /// component launches nothing.
  virtual std::unique_ptr<ReplayFactory> replays_of(std::size_t /*component*/) { return nullptr; }
};

/// Loads the plug-in and the bundle in it. Throws Error(bad_input) where the bundle is of another torch, device or
/// compute capability, or the plug-in is missing.
LoadedBundle load_bundle(Bundle bundle, const RunnerOptions& options);

/// Runs the model once, operator by operator. On a CPU, with its plug-in loaded: load_plan_engine(bundle).
std::unique_ptr<PlanEngine> make_eager_engine(LoadedBundle loaded);
std::unique_ptr<PlanEngine> load_plan_engine(Bundle bundle, const RunnerOptions& options = {});

}  // namespace clear_native::bundle
