// The engine of eager execution: the caller's thread runs the operators of every pass.

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/errors.hpp"
#include "core/windows/calibrate.hpp"
#include "output_check.hpp"
#include "plan_calls.hpp"
#include "plan_engine.hpp"
#include "plan_safety.hpp"
#include "plan_workload.hpp"

namespace clear_native::bundle {
namespace {

/// Times passes until that says something.
double timed(NodeRunner& runner, const Pass& pass) {
  std::vector<std::unique_ptr<Routine>> routines;
  routines.push_back(runner.prepare(pass));
  PlanWorkload once(runner, std::move(routines), 1);
  ThreadedRunner tasks;
  return time_per_pass(tasks, once, 0.01, 2, {});
}

MadeWorkload looped(NodeRunner& runner, const std::vector<Pass>& passes, int passes_per_launch, double time_s) {
  std::vector<std::unique_ptr<Routine>> routines;
  routines.reserve(passes.size());
  for (const Pass& pass : passes) routines.push_back(runner.prepare(pass));
  return {std::make_unique<PlanWorkload>(runner, std::move(routines), passes_per_launch), passes_per_launch, time_s};
}

MadeWorkload looped(NodeRunner& runner, const Pass& pass) {
  const double time_s = timed(runner, pass);
  return looped(runner, {pass}, std::max(1, static_cast<int>(std::lround(kMinLaunchS / time_s))), time_s);
}

class DosedPlans final : public DosedWorkloads {
 public:
  DosedPlans(NodeRunner& runner, const PlanCalls& calls, std::vector<CallAgain> second, int passes_per_launch)
      : runner_(runner), calls_(calls), second_(std::move(second)), passes_per_launch_(passes_per_launch) {}

  std::unique_ptr<Workload> make(const Doses& doses) override {
    const std::size_t of_one = calls_.size();
    if (doses.empty() || doses.size() % of_one != 0) {
      throw Error(ErrorKind::bad_input, "Got " + std::to_string(doses.size()) + " doses for " + std::to_string(of_one) +
                                            " calls in a pass: give one for each call of each pass.");
    }
    std::vector<Pass> passes;
    for (auto begin = doses.begin(); begin != doses.end(); begin += static_cast<std::ptrdiff_t>(of_one)) {
      passes.push_back(calls_.dosed(Doses(begin, begin + static_cast<std::ptrdiff_t>(of_one)), second_));
    }
    if (std::ranges::all_of(passes, &Pass::empty)) {
      throw Error(ErrorKind::bad_input, "These doses leave nothing to run: skip fewer calls.");
    }
    return looped(runner_, passes, passes_per_launch_, 0).workload;
  }

 private:
  NodeRunner& runner_;
  const PlanCalls& calls_;
  std::vector<CallAgain> second_;
  int passes_per_launch_;
};

class EagerEngine final : public PlanEngine {
 public:
  explicit EagerEngine(LoadedBundle loaded)
      : bundle_(std::move(loaded.bundle)),
        runner_(std::move(loaded.runner)),
        calls_(bundle_->manifest(), bundle_->plan()) {
    run_once(calls_.preserved());
    unsafe_ =
        writers_in_place(bundle_->manifest(), bundle_->plan(), runner_->written_values(), runner_->memory_of_values());
  }

  [[nodiscard]] const Bundle& bundle() const override { return *bundle_; }
  [[nodiscard]] RunnerDevice device() const override { return runner_->device(); }
  [[nodiscard]] Execution execution() const override { return Execution::eager; }

  [[nodiscard]] std::vector<std::size_t> components_without_work() const override {
    std::vector<std::size_t> found;
    for (std::size_t component = 0; component < bundle_->manifest().components.size(); ++component) {
      if (calls_.calls_with_work(component).empty()) found.push_back(component);
    }
    return found;
  }

  std::vector<WrongOutput> verify() override {
    run_once(calls_.preserved());
    std::vector<WrongOutput> wrong;
    for (const PlanOutput& output : bundle_->plan().outputs) {
      auto difference = first_difference(runner_->value(output.value), bundle_->reference(output));
      if (difference) wrong.push_back({output.tensor, std::move(*difference)});
    }
    return wrong;
  }

  MadeWorkload plain() override { return looped(*runner_, calls_.plain()); }
  MadeWorkload preserved() override { return looped(*runner_, calls_.preserved()); }
  MadeWorkload doubled() override {
    return looped(*runner_, calls_.dosed(Doses(calls_.size(), 1), second_runs(calls_.kinds(), true)));
  }
  MadeWorkload partition(std::size_t component) override {
    check_work(component);
    return looped(*runner_, calls_.partition(component));
  }
  MadeWorkload isolated(std::size_t component, IsolatedCache cache) override {
    check_work(component);
    return looped(*runner_, cache == IsolatedCache::warm ? calls_.repeated(component) : calls_.partition(component));
  }

  InSitu in_situ(std::optional<bool> asked) override {
    const bool cold = asked.value_or(true);
    const Manifest& manifest = bundle_->manifest();
    const auto second = second_runs(calls_.kinds(), cold);
    Unsafe unsafe = unsafe_;
    add_by_trial(*runner_, calls_, manifest, bundle_->plan(), second, unsafe);
    InSitu made;
    made.cache.cold = cold;
    made.layout = layout(unsafe, second);
    const double time_s = timed(*runner_, calls_.preserved());
    made.layout.passes = passes_for(time_s);
    const int units = std::max(1, static_cast<int>(std::lround(kMinLaunchS / (made.layout.passes * time_s))));
    const int of_a_launch = made.layout.passes * units;
    const auto looped_alike = [&](const Pass& pass) { return looped(*runner_, {pass}, of_a_launch, time_s); };
    made.plain = looped_alike(calls_.plain());
    made.preserved = looped_alike(calls_.preserved());
    Doses twice;
    for (const auto& component : made.layout.component_of_call) twice.push_back(component ? 1 : 0);
    made.doubled = looped_alike(calls_.dosed(twice, second));
    made.dosed = std::make_unique<DosedPlans>(*runner_, calls_, second, of_a_launch);
    for (const auto& [component, reason] : unsafe) {
      if (!calls_.calls_with_work(component).empty()) made.alone.push_back({component, reason, partition(component)});
    }
    return made;
  }

 private:
  void run_once(const Pass& pass) {
    runner_->prepare(pass)->run();
    runner_->synchronize();
  }

  void check_work(std::size_t component) const {
    if (component < bundle_->manifest().components.size() && !calls_.calls_with_work(component).empty()) return;
    throw Error(ErrorKind::bad_input, "Component " + std::to_string(component) +
                                          " has no operator of its own in the plan, so there is nothing to measure: "
                                          "choose other components when exporting.");
  }

  [[nodiscard]] WeighingLayout layout(const Unsafe& unsafe, const std::vector<CallAgain>& second) const {
    const Manifest& manifest = bundle_->manifest();
    WeighingLayout made;
    made.component_of_call.resize(calls_.size());
    for (std::size_t component = 0; component < manifest.components.size(); ++component) {
      const auto calls = calls_.calls_with_work(component);
      if (unsafe.contains(component) || calls.empty()) continue;
      for (const std::size_t call : calls) made.component_of_call[call] = made.components.size();
      made.components.push_back(manifest.components[component].name);
    }
    for (const CallAgain& again : second) made.twin_of_call.push_back(again.call);
    made.kind_of_call = calls_.kinds();
    return made;
  }

  std::unique_ptr<Bundle> bundle_;
  std::unique_ptr<NodeRunner> runner_;
  PlanCalls calls_;
  Unsafe unsafe_;
};

}  // namespace

std::unique_ptr<PlanEngine> make_eager_engine(LoadedBundle loaded) {
  return std::make_unique<EagerEngine>(std::move(loaded));
}

}  // namespace clear_native::bundle
