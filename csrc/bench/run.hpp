#pragma once
// `clear-bench run BUNDLE`: the joules of each component of an exported model.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace clear_native::bench {

struct RunOptions {
  std::string bundle;
  std::vector<std::string> components;  // globs; empty: all
  std::string method = "in_situ";
  std::string execution;  // empty: as the bundle's device does best
  std::string meter = "auto";
  double precision = 0.01;
  double max_time_s = 60;
  std::optional<std::uint64_t> seed;
  std::string json;  // files to write; empty: none
  std::string csv;
  bool verify = false;
  bool quiet = false;
};

/// Writes files, prints the table, returns the exit code. Throws Error for what could not be measured at all; what was
/// finished before an error or Ctrl-C is written and printed before it is thrown.
int run_bundle(const RunOptions& options);

}  // namespace clear_native::bench
