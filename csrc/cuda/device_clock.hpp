#pragma once
// The GPU's %globaltimer told in seconds of the steady clock.

#include <algorithm>
#include <cstdint>

namespace clear_native::cuda {

/// A stamp is seen on the host after it was taken, never before: the least difference seen is the best estimate of the
/// offset between the clocks. It is let go slowly, so that two clocks that drift apart stay aligned.
class DeviceClock {
 public:
  /// A stamp was visible on the host at `host_ns` (steady clock).
  void observe(std::uint64_t stamp_ns, std::int64_t host_ns) {
    const std::int64_t difference = host_ns - static_cast<std::int64_t>(stamp_ns);
    if (!aligned_) {
      offset_ns_ = difference;
      aligned_ = true;
    } else {
      const std::int64_t elapsed_ns = std::max<std::int64_t>(host_ns - observed_ns_, 0);
      offset_ns_ = std::min(offset_ns_ + elapsed_ns / kDriftDivisor, difference);
    }
    observed_ns_ = host_ns;
  }

  /// Seconds of the steady clock. At least one stamp must have been observed.
  [[nodiscard]] double host_s(std::uint64_t stamp_ns) const {
    return static_cast<double>(static_cast<std::int64_t>(stamp_ns) + offset_ns_) * 1e-9;
  }

 private:
  static constexpr std::int64_t kDriftDivisor = 10'000;  // 100 ppm: more than two crystals differ

  bool aligned_ = false;
  std::int64_t offset_ns_ = 0;
  std::int64_t observed_ns_ = 0;
};

}  // namespace clear_native::cuda
