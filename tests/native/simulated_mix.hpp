#pragma once
// A model whose calls cost what the mix around them makes them cost, and the truth of it: derivatives.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/weighing/dosed_workloads.hpp"
#include "simulated_device.hpp"

namespace clear_native::testing {

/// One call of a pass, by itself.
struct MixCall {
  std::size_t component = 0;
  double energy_j = 0;
  double time_s = 0;
};

struct MixModel {
  std::vector<std::string> components;
  std::vector<MixCall> calls;
  std::vector<std::size_t> twins;  // empty: none
  int passes = 8;
  // What makes a pass more than the sum of its calls. All but the last leave it homogeneous of degree one.
  double cache = 0;  // a component costs so much less, relative, where it is all of the work than where it is none
  double interaction = 0;   // of every two neighbouring components: share of their geometric mean's energy and time
  double power_cap_w = 0;   // 0: none; else clocks go down smoothly so that power stays below
  double idle_power_w = 0;  // what the clocks do not change
  double fixed = 0;         // energy and time that a pass costs whatever runs in it, relative
  bool tells_runs = true;   // where the sensor looks part of the time: what runs when

  /// Joules and seconds per pass when each call runs so often (1: once) in a pass, without noise.
  [[nodiscard]] Load load_of(const std::vector<double>& runs) const;
  [[nodiscard]] Load load_of_doses(const Doses& doses) const;
  [[nodiscard]] WeighingLayout layout() const;
  /// What runs in the unrolled passes, each call as it is by itself; a doubled one is followed by its twin.
  [[nodiscard]] std::vector<CallRun> runs_of_doses(const Doses& doses) const;
  [[nodiscard]] PowerShape shape_of_doses(const Doses& doses) const;
  /// Energy (as power times time) and time: by how much a pass grows per additional run of all calls of a component,
  /// or of one call.
  [[nodiscard]] Load marginal_of_component(std::size_t component) const;
  [[nodiscard]] Load marginal_of_call(std::size_t call) const;

 private:
  [[nodiscard]] Load marginal_of(const std::vector<std::size_t>& varied) const;
};

/// Six components like those of BERT-base, fp16, 1x128 on an H200; layers differ by a few per cent.
MixModel bert_like_mix();

/// The calls of each component spread over the pass, as layers are; twins stay twins.
MixModel in_layers(const MixModel& model);

/// A pass that takes so much more time, and as much more energy.
MixModel slowed(MixModel model, double factor);

/// All doses at once: 0 the chain, 1 everything doubled.
Doses uniform_doses(const MixModel& model, int dose);

class SimulatedDosed final : public DosedWorkloads {
 public:
  SimulatedDosed(SimulatedDevice& device, const MixModel& model) : device_(device), model_(model) {}
  std::unique_ptr<Workload> make(const Doses& doses) override;
  [[nodiscard]] std::vector<CallRun> runs(const Doses& doses) const override;

 private:
  SimulatedDevice& device_;
  const MixModel& model_;
};

}  // namespace clear_native::testing
