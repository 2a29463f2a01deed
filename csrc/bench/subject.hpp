#pragma once
// What is measured of a bundle: the targets of a method, and what a report says of them.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bundle/plan_engine.hpp"
#include "core/rounds/rounds.hpp"
#include "report/from_rounds.hpp"

namespace clear_native::bench {

struct SubjectOptions {
  std::string method = "in_situ";       // "in_situ", "partition", "isolated"
  std::vector<std::string> components;  // globs of those that are wanted; empty: all
  bool idle = false;                    // whether the meter sees the device idle
};

/// Borrows the engine that it was made of.
struct Subject {
  std::vector<Target> targets;
  std::vector<std::unique_ptr<clear_native::Workload>> workloads;  // of the targets
  std::optional<bundle::InSitu> in_situ;                           // with something to dose
  report::ReportFacts facts;                                       // roles, costs, calls, replays, statuses, warnings
  std::vector<std::string> left_out;                               // components that are not wanted
};

/// Throws Error(bad_input) for globs that match no component, and what the engine throws.
Subject subject_of(bundle::PlanEngine& engine, const SubjectOptions& options);

}  // namespace clear_native::bench
