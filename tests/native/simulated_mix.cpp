#include "simulated_mix.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace clear_native::testing {
namespace {

constexpr double step = 1e-4;  // of the numerical derivative
constexpr double launch_s = 0.002;

struct Work {
  double energy_j = 0;
  double time_s = 0;
};

Work sum_of(const std::vector<Work>& parts) {
  Work sum;
  for (const Work& part : parts) {
    sum.energy_j += part.energy_j;
    sum.time_s += part.time_s;
  }
  return sum;
}

std::vector<Work> work_of(const MixModel& model, const std::vector<double>& runs) {
  std::vector<Work> parts(model.components.size());
  for (std::size_t call = 0; call < runs.size(); ++call) {
    Work& part = parts[model.calls[call].component];
    part.energy_j += runs[call] * model.calls[call].energy_j;
    part.time_s += runs[call] * model.calls[call].time_s;
  }
  return parts;
}

/// The clock share at which power stays below the cap: what is above idle goes with its square.
double capped_clock(const MixModel& model, double power_w) {
  if (model.power_cap_w <= 0 || power_w <= model.power_cap_w) return 1;
  return std::sqrt((model.power_cap_w - model.idle_power_w) / (power_w - model.idle_power_w));
}

}  // namespace

Load MixModel::load_of(const std::vector<double>& runs) const {
  std::vector<Work> parts = work_of(*this, runs);
  const Work all = sum_of(parts);
  Work sum;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const double alone = 1 - cache * parts[i].energy_j / all.energy_j;
    sum.energy_j += parts[i].energy_j * alone;
    sum.time_s += parts[i].time_s * alone;
    const Work& next = parts[(i + 1) % parts.size()];
    sum.energy_j += interaction * std::sqrt(parts[i].energy_j * next.energy_j);
    sum.time_s += interaction * std::sqrt(parts[i].time_s * next.time_s);
  }
  const Work once = sum_of(work_of(*this, std::vector<double>(runs.size(), 1)));
  sum.energy_j += fixed * once.energy_j;
  sum.time_s += fixed * once.time_s;
  const double clock = capped_clock(*this, sum.energy_j / sum.time_s);
  if (clock < 1) sum = {.energy_j = power_cap_w * sum.time_s / clock, .time_s = sum.time_s / clock};
  return {.power_w = sum.energy_j / sum.time_s, .time_s = sum.time_s};
}

Load MixModel::load_of_doses(const Doses& doses) const {
  std::vector<double> runs = call_doses(layout(), doses);
  for (double& often : runs) often += 1;
  return load_of(runs);
}

WeighingLayout MixModel::layout() const {
  WeighingLayout made{.components = components, .component_of_call = {}, .passes = passes, .twin_of_call = twins};
  for (const MixCall& call : calls) made.component_of_call.emplace_back(call.component);
  return made;
}

std::vector<CallRun> MixModel::runs_of_doses(const Doses& doses) const {
  std::vector<CallRun> runs;
  for (std::size_t cell = 0; cell < doses.size(); ++cell) {
    const std::size_t call = cell % calls.size();
    if (doses[cell] >= 0) runs.push_back({.call = call, .time_s = calls[call].time_s});
    if (doses[cell] <= 0) continue;
    const std::size_t again = twins.empty() ? call : twins[call];
    runs.push_back({.call = again, .time_s = calls[again].time_s});
  }
  return runs;
}

PowerShape MixModel::shape_of_doses(const Doses& doses) const {
  Pattern pattern;
  for (const CallRun& run : runs_of_doses(doses)) {
    pattern.push_back({.time_s = run.time_s, .power_w = calls[run.call].energy_j / calls[run.call].time_s});
  }
  return {pattern, static_cast<double>(passes)};
}

Load MixModel::marginal_of(const std::vector<std::size_t>& varied) const {
  std::vector<double> more(calls.size(), 1);
  std::vector<double> less(calls.size(), 1);
  for (const std::size_t call : varied) {
    more[call] += step;
    less[call] -= step;
  }
  const Load above = load_of(more);
  const Load below = load_of(less);
  const double energy_j = (above.power_w * above.time_s - below.power_w * below.time_s) / (2 * step);
  const double time_s = (above.time_s - below.time_s) / (2 * step);
  return {.power_w = energy_j / time_s, .time_s = time_s};
}

Load MixModel::marginal_of_component(std::size_t component) const {
  std::vector<std::size_t> own;
  for (std::size_t call = 0; call < calls.size(); ++call) {
    if (calls[call].component == component) own.push_back(call);
  }
  return marginal_of(own);
}

Load MixModel::marginal_of_call(std::size_t call) const {
  return marginal_of({call});
}

namespace {

/// So many calls further on is the twin: about half of them, such that going from twin to twin closes after an odd
/// number. After an even number the doses of neighbours in that ring could not be told apart.
int twin_distance(int calls) {
  for (int distance = std::max(1, calls / 2); distance > 1; --distance) {
    if (calls / std::gcd(calls, distance) % 2 == 1) return distance;
  }
  return std::max(1, calls / 2);
}

}  // namespace

MixModel bert_like_mix() {
  struct Part {
    const char* name;
    int calls;
    double energy_j;
    double power_w;
  };
  const Part parts[] = {{"attention", 12, 83e-3, 235}, {"mlp", 12, 75e-3, 270},       {"norm", 25, 16.6e-3, 150},
                        {"lm_head", 1, 24e-3, 300},    {"embedding", 1, 2.6e-3, 140}, {"other", 6, 3e-3, 130}};
  MixModel model;
  for (const Part& part : parts) {
    const std::size_t component = model.components.size();
    const std::size_t first = model.calls.size();
    model.components.emplace_back(part.name);
    for (int call = 0; call < part.calls; ++call) {
      const double share = (1 + 0.06 * std::sin(1.3 * call)) / part.calls;
      model.calls.push_back({component, part.energy_j * share, part.energy_j * share / part.power_w});
      model.twins.push_back(first + static_cast<std::size_t>((call + twin_distance(part.calls)) % part.calls));
    }
  }
  return model;
}

MixModel in_layers(const MixModel& model) {
  std::vector<int> counts(model.components.size(), 0);
  std::vector<double> places;
  places.reserve(model.calls.size());
  for (const MixCall& call : model.calls) places.push_back(counts[call.component]++ + 0.5);
  for (std::size_t call = 0; call < places.size(); ++call) places[call] /= counts[model.calls[call].component];
  std::vector<std::size_t> order(model.calls.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return places[a] < places[b]; });
  std::vector<std::size_t> moved_to(order.size());
  for (std::size_t at = 0; at < order.size(); ++at) moved_to[order[at]] = at;
  MixModel made = model;
  for (std::size_t at = 0; at < order.size(); ++at) {
    made.calls[at] = model.calls[order[at]];
    if (!model.twins.empty()) made.twins[at] = moved_to[model.twins[order[at]]];
  }
  return made;
}

MixModel slowed(MixModel model, double factor) {
  for (MixCall& call : model.calls) {
    call.energy_j *= factor;
    call.time_s *= factor;
  }
  return model;
}

Doses uniform_doses(const MixModel& model, int dose) {
  return Doses(model.calls.size() * static_cast<std::size_t>(model.passes), static_cast<std::int8_t>(dose));
}

std::unique_ptr<Workload> SimulatedDosed::make(const Doses& doses) {
  const Load load = model_.load_of_doses(doses);
  const double units = std::ceil(launch_s / (load.time_s * model_.passes));
  auto workload = std::make_unique<SimulatedWorkload>(device_, load, units * model_.passes);
  if (device_.looks_part_time()) workload->set_shape(model_.shape_of_doses(doses));
  return workload;
}

std::vector<CallRun> SimulatedDosed::runs(const Doses& doses) const {
  if (!device_.looks_part_time() || !model_.tells_runs) return {};
  return model_.runs_of_doses(doses);
}

}  // namespace clear_native::testing
