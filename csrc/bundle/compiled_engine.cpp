// The engine of a compiled model: the caller's thread runs it again and again.

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "compatibility.hpp"
#include "compiled_model.hpp"
#include "core/errors.hpp"
#include "core/windows/calibrate.hpp"
#include "core/windows/host_odometer.hpp"
#include "output_check.hpp"
#include "plan_workload.hpp"
#include "plug_in.hpp"

namespace clear_native::bundle {
namespace {

class CompiledWorkload final : public Workload {
 public:
  CompiledWorkload(CompiledModel& model, int passes_per_launch)
      : model_(model), passes_per_launch_(passes_per_launch) {}

  [[nodiscard]] double passes_per_launch() const override { return passes_per_launch_; }
  void launch() override {
    for (int pass = 0; pass < passes_per_launch_; ++pass) model_.run();
    model_.synchronize();
    odometer_.add(passes_per_launch_);
  }
  bool wait_for_room(double& /*look_again_s*/) override { return true; }
  [[nodiscard]] OdometerReading odometer() const override { return odometer_.read(); }
  void drain() override { model_.synchronize(); }

 private:
  CompiledModel& model_;
  int passes_per_launch_;
  HostOdometer odometer_;
};

[[noreturn]] void refuse_parts() {
  throw Error(
      ErrorKind::bad_input,
      "A compiled model has no components, since its kernels are fused: measure it whole, or its components with "
      "execution graph or eager.");
}

class CompiledEngine final : public PlanEngine {
 public:
  CompiledEngine(std::unique_ptr<Bundle> bundle, std::unique_ptr<CompiledModel> model)
      : bundle_(std::move(bundle)), model_(std::move(model)) {
    model_->run();
    model_->synchronize();
  }

  [[nodiscard]] const Bundle& bundle() const override { return *bundle_; }
  [[nodiscard]] RunnerDevice device() const override { return model_->device(); }
  [[nodiscard]] Execution execution() const override { return Execution::compiled; }

  [[nodiscard]] std::vector<std::size_t> components_without_work() const override {
    std::vector<std::size_t> all(bundle_->manifest().components.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
  }

  std::vector<WrongOutput> verify() override {
    model_->run();
    model_->synchronize();
    const std::vector<HostTensor> outputs = model_->outputs();
    const Tolerance tolerance = bundle_->manifest().tolerance.value_or(Tolerance{});
    const auto& planned = bundle_->plan().outputs;
    std::vector<WrongOutput> wrong;
    for (std::size_t i = 0; i < planned.size(); ++i) {
      auto difference = i < outputs.size() ? first_beyond(outputs[i], bundle_->reference(planned[i]), tolerance)
                                           : std::optional<std::string>("there is no such output");
      if (difference) wrong.push_back({planned[i].tensor, std::move(*difference)});
    }
    return wrong;
  }

  MadeWorkload plain() override {
    CompiledWorkload once(*model_, 1);
    ThreadedRunner tasks;
    const double time_s = time_per_pass(tasks, once, 0.01, 2, {});
    const int passes = std::max(1, static_cast<int>(std::lround(kMinLaunchS / time_s)));
    return {.workload = std::make_unique<CompiledWorkload>(*model_, passes),
            .passes_per_launch = passes,
            .time_per_pass_s = time_s};
  }
  MadeWorkload preserved() override { refuse_parts(); }
  MadeWorkload doubled() override { refuse_parts(); }
  MadeWorkload partition(std::size_t /*component*/) override { refuse_parts(); }
  MadeWorkload isolated(std::size_t /*component*/, IsolatedCache /*cache*/) override { refuse_parts(); }
  InSitu in_situ(std::optional<bool> /*cold*/) override { refuse_parts(); }

 private:
  std::unique_ptr<Bundle> bundle_;
  std::unique_ptr<CompiledModel> model_;
};

}  // namespace

std::unique_ptr<PlanEngine> make_compiled_engine(std::unique_ptr<Bundle> bundle, std::unique_ptr<CompiledModel> model) {
  return std::make_unique<CompiledEngine>(std::move(bundle), std::move(model));
}

void check_compiled(const Bundle& bundle) {
  const auto& files = bundle.manifest().files;
  if (std::ranges::find(files, kCompiledFile, &ListedFile::name) != files.end()) return;
  throw Error(ErrorKind::bad_input, (bundle.folder() / kCompiledFile).string() +
                                        " is not there: export the model with "
                                        "clear_native.export(model, inputs, path, compiled=True).");
}

std::unique_ptr<PlanEngine> load_compiled_engine(Bundle bundle, const RunnerOptions& options) {
  check_compiled(bundle);
  const PlugIn& plug_in = checked_plug_in(bundle, options);
  auto kept = std::make_unique<Bundle>(std::move(bundle));
  const std::string path = (kept->folder() / kCompiledFile).string();
  const int threads = options.threads.value_or(kept->manifest().threads.value_or(1));
  std::unique_ptr<CompiledModel> model(plug_in.make_compiled(*kept, path.c_str(), options.device.c_str(), threads));
  return make_compiled_engine(std::move(kept), std::move(model));
}

}  // namespace clear_native::bundle
