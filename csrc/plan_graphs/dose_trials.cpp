#include "dose_trials.hpp"

#include <set>

namespace clear_native::plan_graphs {
namespace {

/// Each address once, in their order.
std::vector<cuda::DeviceBuffer> watched_buffers(const std::vector<bundle::DeviceRange>& kept,
                                                const std::vector<bundle::DeviceRange>& given) {
  std::map<std::uintptr_t, std::size_t> bytes_at;
  for (const auto* list : {&kept, &given}) {
    for (const bundle::DeviceRange& range : *list) bytes_at[range.address] = range.bytes;
  }
  std::vector<cuda::DeviceBuffer> buffers;
  buffers.reserve(bytes_at.size());
  for (const auto& [address, bytes] : bytes_at) buffers.push_back({.address = address, .bytes = bytes});
  return buffers;
}

/// Components that write to what was there before the forward, where every pass leaves that different: counters,
/// caches that grow. With more or fewer calls they would be at another state.
std::map<std::size_t, std::string> writers_of_state(const bundle::Plan& plan,
                                                    const std::vector<bundle::Mutation>& mutations,
                                                    const std::vector<bundle::DeviceRange>& given,
                                                    const std::set<std::uintptr_t>& unjudged) {
  std::map<std::size_t, std::string> unsafe;
  bool moves_on = false;
  for (const bundle::DeviceRange& range : given) moves_on = moves_on || unjudged.contains(range.address);
  for (const bundle::Mutation& mutation : mutations) {
    if (!moves_on || mutation.owner) continue;
    unsafe[mutation.writer] =
        "it updates in place (" + operator_name(plan.nodes[mutation.node]) + ") what was there before the forward";
  }
  return unsafe;
}

class Trial {
 public:
  Trial(cuda::DosedReplays& dosed, const CapturedModel& model, const std::vector<ComponentCall>& calls)
      : dosed_(dosed), model_(model), calls_(calls) {}

  /// Why the component cannot be dosed; empty: it can.
  std::string refusal(std::size_t component) {
    for (const std::int8_t dose : {std::int8_t{1}, std::int8_t{-1}}) {
      dosed_.run_once(cells(component, dose));
      const std::size_t changed = dosed_.changed();
      if (changed == 0) continue;
      const bool is_finite = model_.forward->all_finite();
      dosed_.run_once(Doses(calls_.size() * passes(), 0));
      const std::string what = dose == 1 ? "doubling" : "skipping";
      std::string reason;
      if (dosed_.changed() != 0) {
        reason = what + " its calls changes " + std::to_string(changed) +
                 " buffers for good (it updates something in place)";
      } else if (!is_finite) {
        reason = what + " its calls makes " + std::to_string(changed) + " buffers overflow";
      }
      if (!reason.empty()) {
        model_.forward->replay();
        return reason;
      }
      restores_ = true;
    }
    return {};
  }
  [[nodiscard]] bool restores() const { return restores_; }

 private:
  [[nodiscard]] std::size_t passes() const { return static_cast<std::size_t>(dosed_.passes()); }

  /// Every other pass and the last one, so that nothing brings back what it changed, and a component which is the whole
  /// model leaves something to run.
  [[nodiscard]] Doses cells(std::size_t component, std::int8_t dose) const {
    Doses doses;
    for (std::size_t pass = 0; pass < passes(); ++pass) {
      const bool is_dosed = (passes() - pass) % 2 == 1;
      for (const ComponentCall& call : calls_) {
        doses.push_back(is_dosed && call.component == component ? dose : std::int8_t{0});
      }
    }
    return doses;
  }

  cuda::DosedReplays& dosed_;
  const CapturedModel& model_;
  const std::vector<ComponentCall>& calls_;
  bool restores_ = false;
};

}  // namespace

DoseTrials tried_doses(cuda::DosedReplays& dosed, const CapturedModel& model, const std::vector<ComponentCall>& calls,
                       const std::vector<std::size_t>& components, const bundle::Plan& plan,
                       const std::vector<bundle::Mutation>& mutations,
                       const std::vector<bundle::DeviceRange>& given_memory) {
  const auto watched = watched_buffers(model.forward->kept(), given_memory);
  std::set<std::uintptr_t> unjudged;
  for (const std::size_t index : dosed.watch(watched)) unjudged.insert(watched[index].address);
  DoseTrials found{.unsafe = writers_of_state(plan, mutations, given_memory, unjudged),
                   .unjudged_buffers = unjudged.size()};
  Trial trial(dosed, model, calls);
  for (const std::size_t component : components) {
    if (found.unsafe.contains(component)) continue;
    const std::string refusal = trial.refusal(component);
    if (!refusal.empty()) found.unsafe.emplace(component, refusal);
  }
  dosed.set_restores(trial.restores());
  return found;
}

}  // namespace clear_native::plan_graphs
