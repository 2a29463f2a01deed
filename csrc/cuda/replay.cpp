#include "replay.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "core/errors.hpp"
#include "driver.hpp"
#include "handles.hpp"

namespace clear_native::cuda {
namespace {

constexpr double kLongLaunchS = 5e-3;  // one running and one queued keep the GPU busy; more only delay an interrupt
constexpr double kMarkLimit_s = 2e-3;
constexpr double kLongestWait_s = 0.05;
constexpr double kLongLaunch_s = 0.05;  // such a launch is calibrated by one run, a shorter one by its second
constexpr int kBuilds = 5;
constexpr int kLoopDriver = 12040;

void check_parts(const Parts& parts) {
  if (parts.empty()) {
    throw Error(ErrorKind::bad_input, "A replay without parts was asked for: there is no GPU work to run.");
  }
  for (const auto& part : parts) {
    if (part->model()->context()->handle() != parts.front()->model()->context()->handle()) {
      throw Error(ErrorKind::bad_input,
                  "The parts of a replay are on several devices. Put the whole model on one GPU.");
    }
  }
}

void check_options(const ReplayOptions& options, const Parts& parts, std::size_t pass_nodes) {
  if (options.passes_per_launch < 1 || options.mark_interval_s <= 0) {
    throw Error(ErrorKind::bad_input, "A replay needs at least one pass per launch and a mark interval above 0, not " +
                                          std::to_string(options.passes_per_launch) + " and " +
                                          std::to_string(options.mark_interval_s) + " s.");
  }
  if (!options.node_time_s.empty() && options.node_time_s.size() != pass_nodes) {
    throw Error(ErrorKind::bad_input, "Node times of " + std::to_string(options.node_time_s.size()) +
                                          " nodes were given for a pass of " + std::to_string(pass_nodes) + ".");
  }
  if (options.shape == ReplayShape::while_loop && !loop_possible(parts)) {
    throw Error(ErrorKind::bad_input,
                "These parts cannot run in a WHILE node: it takes kernels, copies, memsets and child "
                "graphs only, and a driver of CUDA 12.4 or newer. Use the chain.");
  }
}

std::size_t count_nodes(const Parts& parts) {
  return std::accumulate(parts.begin(), parts.end(), std::size_t{0},
                         [](std::size_t sum, const auto& part) { return sum + part->nodes().size(); });
}

std::vector<std::size_t> sizes_of(const Parts& parts) {
  std::vector<std::size_t> sizes;
  for (const auto& part : parts) sizes.push_back(part->nodes().size());
  return sizes;
}

std::vector<double> initial_node_times(const ReplayOptions& options, std::size_t nodes) {
  if (!options.node_time_s.empty() || !options.time_per_pass_s) return options.node_time_s;
  return std::vector<double>(nodes, *options.time_per_pass_s / static_cast<double>(nodes));
}

}  // namespace

bool loop_possible(const Parts& parts) {
  return driver().version >= kLoopDriver && driver().GraphConditionalHandleCreate != nullptr &&
         driver().GraphAddNode != nullptr &&
         std::all_of(parts.begin(), parts.end(), [](const auto& part) { return part->allowed_in_loop(); });
}

std::unique_ptr<Replay> Replay::create(std::uintptr_t stream, Parts parts, ReplayOptions options) {
  check_parts(parts);
  check_options(options, parts, count_nodes(parts));
  std::unique_ptr<Replay> replay(new Replay(stream, std::move(parts), std::move(options)));
  if (replay->options_.calibrate) {
    replay->calibrate();
  } else {
    replay->build();
    replay->scale_ = PassScale(planned_intervals(replay->plan_, replay->node_time_s_));
  }
  replay->first_count_ = replay->odometer_.read().count;
  return replay;
}

Replay::Replay(std::uintptr_t stream, Parts parts, ReplayOptions options)
    : context_(parts.front()->model()->context()),
      stream_(handle_from<CUstream>(stream)),
      parts_(std::move(parts)),
      options_(std::move(options)),
      odometer_(context_, stream_),
      queue_(context_, stream_, options_.queue_depth),
      node_time_s_(initial_node_times(options_, count_nodes(parts_))) {}

Replay::~Replay() {
  abandon();
}

double Replay::pass_s() const {
  return std::accumulate(node_time_s_.begin(), node_time_s_.end(), 0.0);
}

std::optional<double> Replay::time_per_pass_s() const {
  return node_time_s_.empty() ? std::nullopt : std::optional<double>(pass_s());
}

void Replay::build() {
  const ContextScope scope(*context_);
  launch_ =
      shape_of_launch(options_.shape, options_.passes_per_launch, parts_, pass_s(), options_.max_nodes_per_launch);
  plan_ = plan_pass(sizes_of(parts_), node_time_s_, options_.mark_interval_s, launch_.passes);
  graph_ = build_replay(parts_, plan_, launch_, odometer_, pass_s(), options_.mark_interval_s);
  check(driver().GraphUpload(graph_.exec.handle(), stream_), "uploading a replay");
  if (pass_s() * launch_.passes > kLongLaunchS) queue_.narrow(2);
}

/// Builds, measures, and builds again while the marks turn out to be at the wrong places.
void Replay::calibrate() {
  for (int attempt = 0; attempt < kBuilds; ++attempt) {
    build();
    if (learn()) return;
  }
}

/// Returns whether the plan fits what was measured under it.
bool Replay::learn() {
  const std::vector<double> interval_s = measure_intervals();
  scale_ = PassScale(interval_s);
  if (node_time_s_.empty()) node_time_s_.assign(count_nodes(parts_), 0.0);
  const LaunchShape had = launch_;
  fit_node_times(plan_, interval_s, node_time_s_);
  const PassPlan better = plan_pass(sizes_of(parts_), node_time_s_, options_.mark_interval_s, launch_.passes);
  const LaunchShape shape =
      shape_of_launch(options_.shape, options_.passes_per_launch, parts_, pass_s(), options_.max_nodes_per_launch);
  const double ratio = static_cast<double>(better.passes_per_mark) / plan_.passes_per_mark;
  const bool marks_fit = better.marks_per_pass <= plan_.marks_per_pass * 2 &&
                         plan_.marks_per_pass <= better.marks_per_pass * 2 && ratio < 1.3 && ratio > 0.7;
  const bool body_fits = shape.turns <= had.turns * 2 && had.turns <= shape.turns * 2;
  return marks_fit && body_fits && keeps_limit(plan_, interval_s, kMarkLimit_s);
}

/// Seconds from mark to mark of one pass, at the launch's own pace.
std::vector<double> Replay::measure_intervals() {
  const int launches = pass_s() * launch_.passes_per_launch() > kLongLaunch_s ? 1 : 2;
  const std::uint64_t before = odometer_.read().sequence + 1;
  odometer_.mark_now();
  for (int i = 0; i < launches; ++i) launch();
  drain();
  const std::uint64_t last = odometer_.read().sequence;
  const auto seconds_since = [&](std::uint64_t earlier, std::uint64_t later) {
    return static_cast<double>(odometer_.stamp_ns(later) - odometer_.stamp_ns(earlier)) * 1e-9;
  };
  const auto per_pass = static_cast<std::uint64_t>(plan_.marks_per_pass);
  std::vector<double> interval_s;
  if (per_pass > 1 && per_pass + 1 < kOdometerLogSize) {
    for (std::uint64_t mark = last - per_pass; mark < last; ++mark) interval_s.push_back(seconds_since(mark, mark + 1));
    return interval_s;
  }
  // From the end of the launch before to the end of the last one, or as far back as the log reaches.
  const std::uint64_t marks = (last - before) / static_cast<std::uint64_t>(launches);
  const bool logged = marks + 1 < kOdometerLogSize;
  const std::uint64_t back = logged ? marks : kOdometerLogSize - 2;
  const double passes =
      logged ? launch_.passes_per_launch() : static_cast<double>(back) * plan_.passes_per_mark / plan_.marks_per_pass;
  return std::vector<double>(per_pass, seconds_since(last - back, last) / passes / plan_.marks_per_pass);
}

void Replay::launch() {
  try {
    queue_.launch(graph_.exec.handle());
  } catch (...) {
    abandon();
    throw;
  }
}

bool Replay::wait_for_room(double& look_again_s) {
  // Reading often keeps the device's clock aligned: a mark seen soon after it was made tells the offset best.
  const bool room = queue_.wait_for_room(kLongestWait_s, [this] { static_cast<void>(odometer_.read()); });
  look_again_s = 0;  // long ago: it has waited itself
  return room;
}

OdometerReading Replay::odometer() const {
  const Odometer::Reading reading = odometer_.read();
  return OdometerReading{reading.time_s, scale_.passes(reading.count - first_count_)};
}

void Replay::drain() {
  try {
    queue_.drain();
  } catch (...) {
    odometer_.set_stop(false);
    throw;
  }
  odometer_.set_stop(false);
}

void Replay::abandon() noexcept {
  // What the work failed with, if it did, is told where it is launched or drained.
  request_stop();
  queue_.abandon();
  odometer_.set_stop(false);
}

}  // namespace clear_native::cuda
