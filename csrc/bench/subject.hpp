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

/// One component's own operators, all calls in order, to be driven in every way that its device has. Borrows the
/// engines.
struct DrivenComponent {
  std::string name;
  std::int64_t calls = 0;                  // in a pass
  bundle::MadeWorkload eager_loop;         // the C++ loop over its operators
  std::unique_ptr<ReplayFactory> replays;  // of its part of the captured model; null: there are none
};

/// Those that the globs match. `graphs`: an engine of the same bundle that replays; null: there is none. Throws as
/// subject_of does.
std::vector<DrivenComponent> driven_components(bundle::PlanEngine& loops, bundle::PlanEngine* graphs,
                                               const std::vector<std::string>& globs);

}  // namespace clear_native::bench
