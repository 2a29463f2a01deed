#include "graph_engine.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "bundle/output_check.hpp"
#include "bundle/plan_calls.hpp"
#include "core/errors.hpp"
#include "cuda/replay_factory.hpp"
#include "graph_doses.hpp"
#include "graph_workloads.hpp"

namespace clear_native::plan_graphs {
namespace {

using bundle::Bundle;
using bundle::LoadedBundle;
using bundle::MadeWorkload;

constexpr int kWarmUps = 2;  // after the pass that learns: lazy loading of modules, plans of cuBLAS, its workspace

bundle::GraphCapturer& capturer_of(const LoadedBundle& loaded) {
  if (bundle::GraphCapturer* capturer = loaded.runner->graphs()) return *capturer;
  throw Error(ErrorKind::bad_input,
              "The plug-in with torch cannot capture graphs: it was built with a torch for the CPU, or without a CUDA "
              "toolkit. Build it where both are (pip install clear_native), or use --execution eager.");
}

void run_once(bundle::NodeRunner& runner, const bundle::Pass& pass) {
  runner.prepare(pass)->run();
  runner.synchronize();
}

/// Shared memory where that proves right, else everything kept and why.
CapturedModel preserved_model(const LoadedBundle& loaded, const std::shared_ptr<const cuda::PrimaryContext>& context,
                              const bundle::MemoryOfValues& memory, std::string& all_kept_because) {
  const Bundle& bundle = *loaded.bundle;
  const auto captured = [&](const bundle::CaptureRequest& request) {
    return captured_model(capturer_of(loaded), context, bundle.manifest(), bundle.plan(), request);
  };
  CapturedModel model = captured(keeping_what_crosses(bundle.manifest(), bundle.plan(), memory));
  if (model.forward->refused().empty()) return model;
  all_kept_because = model.forward->refused();
  model = {};  // its memory first
  return captured(keeping_all(bundle.plan()));
}

Captures captured(const LoadedBundle& loaded) {
  const Bundle& bundle = *loaded.bundle;
  bundle::NodeRunner& runner = *loaded.runner;
  bundle::GraphCapturer& capturer = capturer_of(loaded);
  const auto context = cuda::PrimaryContext::of_ordinal(runner.device().index);
  const bundle::PlanCalls calls(bundle.manifest(), bundle.plan());
  run_once(runner, calls.preserved());
  const auto memory = runner.memory_of_values();
  runner.forget();
  for (int i = 0; i < kWarmUps; ++i) run_once(runner, calls.plain());
  Captures made{.bundle = bundle, .stream = capturer.stream(), .given_memory = capturer.given_memory()};
  made.mutations = mutations(bundle.manifest(), bundle.plan(), runner.written_values(), memory);
  made.preserved = preserved_model(loaded, context, memory, made.all_kept_because);
  made.plain = captured_model(capturer, context, bundle.manifest(), bundle.plan(), as_the_model(bundle.plan()));
  made.calls = component_calls(made.preserved, bundle.manifest());
  made.kinds = kinds_of(made.calls, made.preserved.graph->nodes());
  return made;
}

class GraphEngine final : public bundle::PlanEngine {
 public:
  explicit GraphEngine(LoadedBundle& loaded) : captures_(captured(loaded)) { loaded_ = std::move(loaded); }

  [[nodiscard]] const Bundle& bundle() const override { return *loaded_.bundle; }
  [[nodiscard]] bundle::RunnerDevice device() const override { return loaded_.runner->device(); }
  [[nodiscard]] bundle::Execution execution() const override { return bundle::Execution::graph; }

  [[nodiscard]] bundle::EngineNotes notes() const override {
    const auto& forward = *captures_.preserved.forward;
    bundle::EngineNotes notes;
    notes.kept_bytes = covered_bytes(forward.kept(), forward.scratch()) + forward.withheld_bytes();
    if (!captures_.all_kept_because.empty()) {
      notes.warnings.push_back("All buffers are kept, which adds to the perturbation: " + captures_.all_kept_because +
                               ".");
    }
    return notes;
  }

  [[nodiscard]] std::vector<std::size_t> components_without_work() const override {
    std::vector<std::size_t> found;
    for (std::size_t component = 0; component < bundle().manifest().components.size(); ++component) {
      if (!has_work(component)) found.push_back(component);
    }
    return found;
  }

  std::vector<bundle::WrongOutput> verify() override {
    std::vector<bundle::WrongOutput> wrong;
    for (const CapturedModel* model : {&captures_.preserved, &captures_.plain}) {
      model->forward->replay();
      for (const bundle::PlanOutput& output : bundle().plan().outputs) {
        auto difference = first_difference(model->forward->value(output.value), bundle().reference(output));
        if (difference) wrong.push_back({output.tensor, std::move(*difference)});
      }
      if (!wrong.empty()) break;
    }
    return wrong;
  }

  MadeWorkload plain() override { return calibrated_replay(captures_.stream, {captures_.plain.whole()}); }
  MadeWorkload preserved() override { return calibrated_replay(captures_.stream, {captures_.preserved.whole()}); }
  MadeWorkload doubled() override {
    cuda::Parts twice;
    for (const ComponentCall& call : captures_.calls) twice.insert(twice.end(), 2, part_of(captures_.preserved, call));
    return calibrated_replay(captures_.stream, std::move(twice));
  }

  MadeWorkload partition(std::size_t component) override {
    check_work(component);
    MadeWorkload made = calibrated_replay(captures_.stream, {part_of(captures_.preserved, captures_.calls, component)});
    made.warnings = drifts(component);
    if (!made.warnings.empty()) made.statuses.emplace_back("not_repeatable");
    return made;
  }

  MadeWorkload isolated(std::size_t component, bundle::IsolatedCache cache) override {
    if (cache == bundle::IsolatedCache::cycling) return partition(component);
    check_work(component);
    return calibrated_replay(captures_.stream,
                             repeated_calls(captures_.preserved, captures_.calls, captures_.kinds, component));
  }

  bundle::InSitu in_situ(std::optional<bool> cold) override { return graph_in_situ(captures_, cold); }

  std::unique_ptr<ReplayFactory> replays_of(std::size_t component) override {
    if (!has_work(component)) return nullptr;
    return std::make_unique<cuda::GraphReplayFactory>(
        captures_.stream, cuda::Parts{part_of(captures_.preserved, captures_.calls, component)});
  }

 private:
  [[nodiscard]] bool has_work(std::size_t component) const {
    return std::ranges::any_of(captures_.calls,
                               [component](const ComponentCall& call) { return call.component == component; });
  }

  void check_work(std::size_t component) const {
    if (has_work(component)) return;
    throw Error(ErrorKind::bad_input, "Component " + std::to_string(component) +
                                          " launches nothing on the GPU, so there is nothing to measure: choose other "
                                          "components when exporting.");
  }

  /// What a component updates in place that others made: replayed alone, its data drifts.
  [[nodiscard]] std::vector<std::string> drifts(std::size_t component) const {
    const auto& components = bundle().manifest().components;
    std::set<std::string> told;
    for (const bundle::Mutation& mutation : captures_.mutations) {
      if (mutation.writer != component) continue;
      const std::string owner = mutation.owner ? components[*mutation.owner].name : "was there before the forward";
      told.insert(components[component].name + " updates in place (" +
                  operator_name(bundle().plan().nodes[mutation.node]) + ") what " + owner +
                  " made: replayed alone, its data drifts");
    }
    return {told.begin(), told.end()};
  }

  LoadedBundle loaded_;
  Captures captures_;
};

}  // namespace

std::unique_ptr<bundle::PlanEngine> make_graph_engine(LoadedBundle& loaded) {
  return std::make_unique<GraphEngine>(loaded);
}

}  // namespace clear_native::plan_graphs
