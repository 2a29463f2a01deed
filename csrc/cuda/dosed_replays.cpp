#include "dosed_replays.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "core/errors.hpp"

namespace clear_native::cuda {
namespace {

constexpr int timed_repeats = 16;

/// The unrolled passes of a dose vector are one pass to the replay, and several of the model.
class UnrolledReplay final : public Workload {
 public:
  UnrolledReplay(std::unique_ptr<Replay> replay, int passes) : replay_(std::move(replay)), passes_(passes) {}

  [[nodiscard]] double passes_per_launch() const override { return passes_ * replay_->passes_per_launch(); }
  void launch() override { replay_->launch(); }
  bool wait_for_room(double& look_again_s) override { return replay_->wait_for_room(look_again_s); }
  [[nodiscard]] OdometerReading odometer() const override {
    const OdometerReading reading = replay_->odometer();
    return {.time_s = reading.time_s, .passes = passes_ * reading.passes};
  }
  void drain() override { replay_->drain(); }

 private:
  std::unique_ptr<Replay> replay_;
  int passes_;
};

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

DosedReplays::DosedReplays(std::uintptr_t stream, Parts calls, std::vector<SecondRun> second,
                           DosedReplaysOptions options)
    : stream_(stream), calls_(std::move(calls)), second_(std::move(second)), options_(options) {
  const bool in_range =
      second_.size() == calls_.size() && std::all_of(second_.begin(), second_.end(), [&](const SecondRun& run) {
        return run.call < calls_.size() && run.after < calls_.size();
      });
  if (calls_.empty() || !in_range || options_.passes < 1) {
    throw Error(ErrorKind::bad_input,
                "Dosed replays need at least one call, a second run within the pass for each, and at least one pass; "
                "seen " +
                    std::to_string(calls_.size()) + " calls, " + std::to_string(second_.size()) + " second runs, " +
                    std::to_string(options_.passes) + " passes.");
  }
  check_size();
  // Several passes in a launch, so that the time of one is that between its kind.
  ReplayOptions several;
  several.passes_per_launch = options_.passes;
  several.max_nodes_per_launch = options_.max_nodes;
  const std::unique_ptr<Replay> chain = Replay::create(stream_, calls_, several);
  auto node = chain->node_time_s().begin();
  for (const auto& call : calls_) {
    const auto next = node + static_cast<std::ptrdiff_t>(call->nodes().size());
    node_time_s_.emplace_back(node, next);
    node = next;
  }
  time_per_pass_s_ = sum(chain->node_time_s());
}

void DosedReplays::check_size() const {
  const std::size_t nodes = 2 * nodes_per_pass(calls_);  // everything doubled is the largest
  if (nodes * static_cast<std::size_t>(options_.passes) <= options_.max_nodes) return;
  throw Error(ErrorKind::bad_input, "Doses over " + std::to_string(options_.passes) + " unrolled passes need up to " +
                                        std::to_string(nodes * static_cast<std::size_t>(options_.passes)) +
                                        " graph nodes, more than " + std::to_string(options_.max_nodes) + ". " +
                                        std::to_string(options_.max_nodes / nodes) + " passes would fit.");
}

std::vector<std::size_t> DosedReplays::order_of(const Doses& doses) const {
  const std::size_t count = calls_.size();
  if (doses.size() != count * static_cast<std::size_t>(options_.passes)) {
    throw Error(ErrorKind::bad_input, "Doses for " + std::to_string(doses.size()) + " cells were given; " +
                                          std::to_string(options_.passes) + " passes of " + std::to_string(count) +
                                          " calls are expected.");
  }
  std::vector<std::size_t> order;
  for (std::size_t first = 0; first < doses.size(); first += count) {
    std::vector<std::vector<std::size_t>> extra(count);  // second runs, by the place after which they come
    for (std::size_t call = 0; call < count; ++call) {
      if (doses[first + call] > 0) extra[second_[call].after].push_back(second_[call].call);
    }
    for (std::size_t call = 0; call < count; ++call) {
      if (doses[first + call] >= 0) order.push_back(call);
      order.insert(order.end(), extra[call].begin(), extra[call].end());
    }
  }
  return order;
}

DosedReplays::Composition DosedReplays::compose(const Doses& doses) const {
  Composition composed;
  for (const std::size_t call : order_of(doses)) {
    composed.parts.push_back(calls_[call]);
    composed.node_time_s.insert(composed.node_time_s.end(), node_time_s_[call].begin(), node_time_s_[call].end());
  }
  if (composed.parts.empty()) {
    throw Error(ErrorKind::bad_input, "These doses skip every call: there is no GPU work left to run.");
  }
  return composed;
}

void DosedReplays::time_calls(const std::vector<std::size_t>& kind_of_call, const std::vector<bool>& skipped) {
  if (kind_of_call.size() != calls_.size() || skipped.size() != calls_.size()) {
    throw Error(ErrorKind::bad_input, "Kinds of " + std::to_string(kind_of_call.size()) + " and skips of " +
                                          std::to_string(skipped.size()) + " calls were given; there are " +
                                          std::to_string(calls_.size()) + ".");
  }
  std::map<std::size_t, double> time_of_kind_s;
  std::vector<double> time_s;
  for (std::size_t call = 0; call < calls_.size(); ++call) {
    if (skipped[call]) {
      time_s.push_back(sum(node_time_s_[call]));
      continue;
    }
    const auto [kind, is_new] = time_of_kind_s.try_emplace(kind_of_call[call], 0.0);
    if (is_new) {
      ReplayOptions several;
      several.passes_per_launch = timed_repeats;
      several.max_nodes_per_launch = options_.max_nodes;
      kind->second = sum(Replay::create(stream_, {calls_[call]}, several)->node_time_s());
    }
    time_s.push_back(kind->second);
  }
  const double scale = time_per_pass_s_ / sum(time_s);
  for (double& one_s : time_s) one_s *= scale;
  call_time_s_ = std::move(time_s);
}

std::vector<CallRun> DosedReplays::runs(const Doses& doses) const {
  std::vector<CallRun> runs;
  if (call_time_s_.empty()) return runs;
  for (const std::size_t call : order_of(doses)) runs.push_back({.call = call, .time_s = call_time_s_[call]});
  return runs;
}

std::unique_ptr<Replay> DosedReplays::build(const Doses& doses, int units, bool calibrated) const {
  Composition composed = compose(doses);
  const double unit_s = sum(composed.node_time_s);
  const bool long_unit = unit_s > options_.long_unit_s;
  ReplayOptions options;
  options.passes_per_launch = units;
  options.node_time_s = std::move(composed.node_time_s);
  options.max_nodes_per_launch = options_.max_nodes;
  options.calibrate = calibrated && long_unit;
  // Where within a unit the marks stand is known only if it is measured. Between whole units they need not be.
  if (!long_unit) options.mark_interval_s = std::max(options.mark_interval_s, 1.5 * unit_s);
  return Replay::create(stream_, std::move(composed.parts), std::move(options));
}

std::unique_ptr<Workload> DosedReplays::make(const Doses& doses) {
  const double unit_s = sum(compose(doses).node_time_s);
  const double units = unit_s > 0 ? std::ceil(options_.min_launch_s / unit_s) : 1;
  return std::make_unique<UnrolledReplay>(build(doses, static_cast<int>(std::clamp(units, 1.0, 4096.0)), true),
                                          options_.passes);
}

void DosedReplays::run_once(const Doses& doses) {
  const std::unique_ptr<Replay> replay = build(doses, 1, false);
  replay->launch();
  replay->drain();
}

std::vector<std::size_t> DosedReplays::watch(const std::vector<DeviceBuffer>& buffers) {
  sums_ = std::make_unique<BufferSums>(calls_.front()->model()->context(), stream_, buffers);
  const Doses once(calls_.size() * static_cast<std::size_t>(options_.passes), 0);
  run_once(once);
  reference_ = sums_->read();
  run_once(once);
  const std::vector<std::uint64_t> again = sums_->read();
  judged_.assign(buffers.size(), true);
  std::vector<std::size_t> unsteady;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    if (again[i] == reference_[i]) continue;
    judged_[i] = false;
    unsteady.push_back(i);
  }
  return unsteady;
}

std::size_t DosedReplays::different() {
  const std::vector<std::uint64_t> now = sums_->read();
  std::size_t different = 0;
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (judged_[i] && now[i] != reference_[i]) ++different;
  }
  return different;
}

std::size_t DosedReplays::changed() {
  if (sums_ == nullptr) return 0;
  if (restores_) run_once(Doses(calls_.size() * static_cast<std::size_t>(options_.passes), 0));
  return different();
}

}  // namespace clear_native::cuda
