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
#include "core/windows/workload.hpp"
#include "node_runner.hpp"

namespace clear_native::bundle {

enum class Execution { eager, graph };

/// What a component alone finds in the caches: one call again and again, or all of its calls in order.
enum class IsolatedCache { warm, cycling };

struct EngineOptions {
  Execution execution = Execution::eager;
  std::string device = "cpu";
  std::optional<int> threads = std::nullopt;  // absent: as many as the bundle was exported with
};

/// A workload, and how it runs.
struct MadeWorkload {
  std::unique_ptr<Workload> workload;
  int passes_per_launch = 1;
  double time_per_pass_s = 0;
};

/// A component that cannot be dosed, by itself on kept values.
struct AloneComponent {
  std::size_t component = 0;  // of the manifest
  std::string reason;
  MadeWorkload made;
};

/// All that a weighing needs (run_weighing). The references have as many passes in a launch as dosed workloads have.
struct InSitu {
  WeighingLayout layout;  // no components: nothing can be dosed, measure by partition
  std::unique_ptr<DosedWorkloads> dosed;
  MadeWorkload plain;
  MadeWorkload preserved;  // every call once
  MadeWorkload doubled;    // every call of the layout's components twice
  std::vector<AloneComponent> alone;
  bool cold = true;  // second runs are foreign calls of the same kind
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
  virtual InSitu in_situ(bool cold) = 0;
};

/// Loads the plug-in and the bundle in it, and runs the model once. Throws Error(bad_input) where the bundle is of
/// another torch, device or compute capability, or the plug-in is missing.
std::unique_ptr<PlanEngine> load_plan_engine(Bundle bundle, const EngineOptions& options);

/// With a runner of one's own for the bundle, which must stay where it is.
std::unique_ptr<PlanEngine> make_eager_engine(std::unique_ptr<Bundle> bundle, std::unique_ptr<NodeRunner> runner);

}  // namespace clear_native::bundle
