#pragma once
// Replays of the same parts in every shape and size that calibration asks for.

#include <cstdint>
#include <memory>

#include "core/windows/calibrate.hpp"
#include "replay.hpp"

namespace clear_native::cuda {

class GraphReplayFactory final : public ReplayFactory {
 public:
  /// `base` gives all but shape and passes per launch. `stream` is a CUstream.
  GraphReplayFactory(std::uintptr_t stream, Parts parts, ReplayOptions base = {});

  [[nodiscard]] bool supports(ReplayShape shape) const override;
  /// What one replay learned about its parts' times, the next one begins with.
  std::unique_ptr<Workload> make(ReplayShape shape, int passes_per_launch) override;

 private:
  std::uintptr_t stream_;
  Parts parts_;
  ReplayOptions base_;
};

}  // namespace clear_native::cuda
