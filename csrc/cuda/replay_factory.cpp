#include "replay_factory.hpp"

#include "core/errors.hpp"

namespace clear_native::cuda {

GraphReplayFactory::GraphReplayFactory(std::uintptr_t stream, Parts parts, ReplayOptions base)
    : stream_(stream), parts_(std::move(parts)), base_(std::move(base)) {
  if (parts_.empty()) {
    throw Error(ErrorKind::bad_input, "Replays without parts were asked for: there is no GPU work to run.");
  }
}

bool GraphReplayFactory::supports(ReplayShape shape) const {
  return shape == ReplayShape::chain || loop_possible(parts_);
}

std::unique_ptr<Workload> GraphReplayFactory::make(ReplayShape shape, int passes_per_launch) {
  ReplayOptions options = base_;
  options.shape = shape;
  options.passes_per_launch = passes_per_launch;
  std::unique_ptr<Replay> replay = Replay::create(stream_, parts_, std::move(options));
  base_.node_time_s = replay->node_time_s();
  return replay;
}

}  // namespace clear_native::cuda
