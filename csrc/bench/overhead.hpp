#pragma once
// `clear-bench overhead BUNDLE`: what drives a component matters. A loop over its operators, a graph launch for every
// pass, passes unrolled in a launch, a WHILE node.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace clear_native::bench {

struct OverheadOptions {
  std::string bundle;
  std::vector<std::string> components;  // globs; empty: all
  std::string meter = "auto";
  double precision = 0.02;
  double max_time_s = 60;
  std::optional<std::uint64_t> seed;
  std::string json;  // file to write; empty: none
  bool quiet = false;
};

/// Writes the file, prints the table, returns the exit code. What was finished before an error or Ctrl-C is written and
/// printed before that is told.
int show_overhead(const OverheadOptions& options);

}  // namespace clear_native::bench
