#pragma once
// Makes a report from what the core measured: the same as clear_native/report/from_rounds.py, which
// tests/test_clear_bench_parity.py compares with it field by field.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/rounds/rounds.hpp"
#include "core/weighing/weighing.hpp"
#include "record.hpp"

namespace clear_native::report {

/// FLOPs and bytes of one pass.
struct Cost {
  std::int64_t flops = 0;
  std::int64_t flops_dense = 0;
  std::int64_t bytes = 0;
};

/// What a report says besides what was measured.
struct ReportFacts {
  std::string model;
  std::string method;     // "in_situ", "partition", "isolated"
  std::string execution;  // "graph", "eager"
  MeterTraits meter;
  std::vector<MeterTraits> sides;           // of the meters that were read beside it
  std::map<std::string, TargetRole> roles;  // of targets; one that is not named here is a component
  std::map<std::string, Cost> costs;        // by component
  std::map<std::string, std::int64_t> calls;
  std::optional<bool> synthetic_weights;
  Workload workload;
  Facts environment;
  Facts options;
  Facts dosing;                                                     // about the doses: cache, reuse_distance_bytes, ...
  std::map<std::string, std::vector<std::string>> target_statuses;  // added to those that the core found
  std::vector<std::string> statuses;                                // of the whole, likewise
  std::vector<std::string> warnings;
  std::optional<DeviceLimits> limits;
};

/// A component whose status is `below_resolution` keeps its status and its raw windows, and has no energy.
Report report_from(const RoundsResult& result, const ReportFacts& facts);
Report report_from(const WeighingResult& result, const ReportFacts& facts);

}  // namespace clear_native::report
