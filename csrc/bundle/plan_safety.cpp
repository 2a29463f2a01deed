#include "plan_safety.hpp"

#include <set>

#include "core/errors.hpp"

namespace clear_native::bundle {
namespace {

std::string called(const Manifest& manifest, std::size_t call) {
  return call == 0 ? "the model itself" : "'" + manifest.calls[call].module + "'";
}

/// The call that first defined something in each piece of memory; absent: it was there before.
std::map<std::size_t, std::size_t> makers_of_memory(const Plan& plan,
                                                    const std::vector<std::optional<std::size_t>>& memory_of_values) {
  std::set<std::size_t> given;
  for (const auto* list : {&plan.inputs, &plan.constants}) {
    for (const GivenValue& one : *list) {
      if (const auto memory = memory_of_values[one.value]) given.insert(*memory);
    }
  }
  std::map<std::size_t, std::size_t> makers;
  for (const Node& node : plan.nodes) {
    for (const std::size_t id : values_defined(node)) {
      const auto memory = memory_of_values[id];
      if (memory && !given.contains(*memory)) makers.emplace(*memory, node.call);
    }
  }
  return makers;
}

/// Passes with doses beside the model's own.
class Trial {
 public:
  Trial(NodeRunner& runner, const PlanCalls& calls, const Plan& plan, const std::vector<CallAgain>& second)
      : runner_(runner),
        calls_(calls),
        plan_(plan),
        second_(second),
        preserved_(runner.prepare(calls.preserved())),
        expected_(outputs_of_model()),
        repeats_(still_repeats()) {}

  /// What goes wrong when these calls are all doubled, or all skipped; empty: nothing.
  std::string difference(const std::vector<bool>& chosen) {
    for (const std::int8_t dose : {std::int8_t{1}, std::int8_t{-1}}) {
      Doses doses(calls_.size(), 0);
      for (std::size_t call = 0; call < doses.size(); ++call) doses[call] = chosen[call] ? dose : std::int8_t{0};
      const std::string reason = difference_with(doses);
      if (!reason.empty()) return "with its calls " + std::string(dose == 1 ? "doubled" : "skipped") + ", " + reason;
    }
    return {};
  }

 private:
  std::vector<HostTensor> outputs() const {
    std::vector<HostTensor> all;
    all.reserve(plan_.outputs.size());
    for (const PlanOutput& output : plan_.outputs) all.push_back(runner_.value(output.value));
    return all;
  }
  std::vector<HostTensor> outputs_of_model() {
    preserved_->run();
    runner_.synchronize();
    return outputs();
  }
  /// Whether the model gives the same outputs every time: not with dropout, nor with atomic additions.
  bool still_repeats() { return outputs_of_model() == expected_ && outputs_of_model() == expected_; }

  std::string difference_with(const Doses& doses) {
    std::string reason;
    try {
      runner_.prepare(calls_.dosed(doses, second_))->run();
      runner_.synchronize();
      if (repeats_ && outputs() != expected_) {
        repeats_ = still_repeats();
        if (repeats_) reason = "the model's outputs are others: something that it leaves behind is read later";
      }
    } catch (const Error& error) {
      reason = std::string("it fails: ") + error.what();
    }
    outputs_of_model();
    return reason;
  }

  NodeRunner& runner_;
  const PlanCalls& calls_;
  const Plan& plan_;
  const std::vector<CallAgain>& second_;
  std::unique_ptr<Routine> preserved_;
  std::vector<HostTensor> expected_;
  bool repeats_;
};

std::vector<bool> calls_of(const PlanCalls& calls, const std::vector<std::size_t>& components) {
  std::vector<bool> chosen(calls.size(), false);
  for (const std::size_t component : components) {
    for (const std::size_t call : calls.calls_with_work(component)) chosen[call] = true;
  }
  return chosen;
}

}  // namespace

Unsafe writers_in_place(const Manifest& manifest, const Plan& plan,
                        const std::vector<std::vector<std::size_t>>& written_values,
                        const std::vector<std::optional<std::size_t>>& memory_of_values) {
  const auto makers = makers_of_memory(plan, memory_of_values);
  Unsafe unsafe;
  for (std::size_t node = 0; node < plan.nodes.size(); ++node) {
    const std::size_t writer = plan.nodes[node].call;
    const std::string writes =
        called(manifest, writer) + " writes in place (" + operator_name(plan.nodes[node]) + ") to ";
    for (const std::size_t id : written_values[node]) {
      const auto memory = memory_of_values[id];
      const auto maker = memory ? makers.find(*memory) : makers.end();
      if (maker == makers.end()) {
        unsafe.try_emplace(manifest.calls[writer].component, writes + "what was there before the forward");
      } else if (maker->second != writer) {
        const std::string reason = writes + "a value that " + called(manifest, maker->second) + " made";
        unsafe.try_emplace(manifest.calls[writer].component, reason);
        unsafe.try_emplace(manifest.calls[maker->second].component, reason);
      }
    }
  }
  return unsafe;
}

void add_by_trial(NodeRunner& runner, const PlanCalls& calls, const Manifest& manifest, const Plan& plan,
                  const std::vector<CallAgain>& second, Unsafe& unsafe) {
  Trial trial(runner, calls, plan, second);
  std::vector<std::size_t> borne;
  for (std::size_t component = 0; component < manifest.components.size(); ++component) {
    if (unsafe.contains(component)) continue;
    const std::string reason = trial.difference(calls_of(calls, {component}));
    if (reason.empty()) {
      borne.push_back(component);
    } else {
      unsafe.emplace(component, reason);
    }
  }
  const std::string reason = trial.difference(calls_of(calls, borne));
  if (reason.empty()) return;
  for (const std::size_t component : borne) unsafe.emplace(component, reason);
}

}  // namespace clear_native::bundle
