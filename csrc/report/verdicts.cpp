#include "verdicts.hpp"

#include <algorithm>

#include "closure_reasons.hpp"
#include "joined.hpp"
#include "units.hpp"

namespace clear_native::report {
namespace {

/// What did not reach the precision asked for. Nobody asks for a precision of idling or of the doubled model.
std::vector<std::string> missed(const RoundsResult& result, const ReportFacts& facts) {
  std::vector<std::string> names;
  for (const TargetEstimate& target : result.targets) {
    const TargetRole role = role_of(facts, target.name);
    const bool asked = role == TargetRole::plain || role == TargetRole::preserved || role == TargetRole::component;
    if (asked && !target.precision_reached) names.push_back(target.name);
  }
  return names;
}

const char* stopped_at(StopReason reason) {
  switch (reason) {
    case StopReason::max_time:
      return "time budget";
    case StopReason::max_rounds:
      return "largest number of rounds";
    case StopReason::precision_planned:
      return "number of rounds that the pilot called for";
    default:
      return nullptr;
  }
}

void append_meter(const MeterTraits& meter, std::vector<std::string>& found) {
  if (meter.estimated) {
    const std::string power =
        meter.stated_power_w ? "a stated " + formatted("%g", *meter.stated_power_w) + " W" : "a stated power";
    found.push_back("Energies are ESTIMATED: time multiplied by " + power + ". No energy sensor was read.");
  }
  if (!meter.note.empty()) found.push_back(meter.note);
}

}  // namespace

TargetRole role_of(const ReportFacts& facts, const std::string& target) {
  const auto found = facts.roles.find(target);
  return found == facts.roles.end() ? TargetRole::component : found->second;
}

std::vector<std::string> statuses_of(const RoundsResult& result, const ReportFacts& facts) {
  std::vector<std::string> all = facts.statuses;
  all.insert(all.end(), result.statuses.begin(), result.statuses.end());
  if (result.stop_reason == StopReason::interrupted || result.stop_reason == StopReason::failed) {
    all.emplace_back(name_of(result.stop_reason));
  } else if (!missed(result, facts).empty()) {
    all.emplace_back("precision_not_reached");
  }
  if (result.other_processes_peak.value_or(0) != 0) all.emplace_back("contended");
  std::vector<std::string> once;
  for (std::string& status : all) {
    if (std::find(once.begin(), once.end(), status) == once.end()) once.push_back(std::move(status));
  }
  return once;
}

std::vector<std::string> warnings_of(const RoundsResult& result, const ReportFacts& facts) {
  std::vector<std::string> found = facts.warnings;
  append_meter(facts.meter, found);
  const std::vector<std::string> names = missed(result, facts);
  if (const char* where = stopped_at(result.stop_reason); where != nullptr && !names.empty()) {
    found.push_back(std::string("Stopped at the ") + where +
                    " before the precision asked for was reached: " + joined(names, ", ") + ".");
  }
  if (result.stop_reason == StopReason::interrupted) {
    found.push_back("Interrupted after " + std::to_string(result.rounds) +
                    " complete rounds; what was finished is kept.");
  }
  if (result.failure_kind) found.push_back("Ended early: " + result.failure_message);
  if (std::string closure = closure_warning(result, facts); !closure.empty()) found.push_back(std::move(closure));
  for (const MeterTraits& side : facts.sides) {
    if (!side.note.empty()) found.push_back(side.note);
  }
  return found;
}

}  // namespace clear_native::report
