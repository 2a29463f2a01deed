#pragma once
// `clear-bench calibrate`: what a byte and a FLOP cost on this GPU, and how many of them it reaches.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace clear_native::bench {

struct CalibrateOptions {
  std::string device = "cuda";
  std::string meter = "auto";      // "nvml:counter" (samples, instant, usage)
  std::vector<std::string> kinds;  // globs; empty: all that the device has
  double max_time_s = 150;
  int rounds = 8;
  std::optional<std::uint64_t> seed;
  std::string out;  // the device file to write; empty: none
  bool as_json = false;
  bool quiet = false;
};

/// Writes the device file, prints the table, returns the exit code. What was finished before an error or Ctrl-C is
/// written and printed before that is told.
int calibrate(const CalibrateOptions& options);

}  // namespace clear_native::bench
