#pragma once
// How late and how blurred a power field follows its device: from steps of a load.

#include <optional>
#include <span>

#include "sensor_trace.hpp"

namespace clear_native {

/// `lag_s`: until half of the step is seen. `averaging_s`: the length of a boxcar mean that blurs as much, beside the
/// blur of a value that changes every period; absent where it cannot be told from that.
struct StepResponse {
  double lag_s = 0;
  std::optional<double> averaging_s = std::nullopt;
};

/// From a value that holds from each of its times to the next; absent where no step can be seen, or its end was not.
/// All edges are laid over each other, up and down alike, since the sensor's phase differs at each. A boxcar of length
/// W rises from a quarter to three quarters in W / 2; the hold of a value that changes every p adds its own boxcar of
/// p, and variances of blurs add: W^2 = (2 (t75 - t25))^2 - p^2.
std::optional<StepResponse> step_response(std::span<const PowerSample> held, std::span<const LoadEdge> edges,
                                          std::optional<double> period_s);

}  // namespace clear_native
