#include "gpu_calibration.hpp"

#include <utility>

namespace clear_native::cuda {
namespace {

/// Ends far apart make the slope sure; the middle one tells whether the line is straight, and stands in for the first
/// where the power cap spoils that.
const std::vector<double>& intensities() {
  static const std::vector<double> shares{1.0, 0.6, 0.1};
  return shares;
}

}  // namespace

std::vector<CalibrationSubject> calibration_subjects(CalibrationLoad& load, TaskRunner& runner,
                                                     const std::vector<CalibrationKind>& kinds, const Watch& watch,
                                                     const std::function<void(const std::string&)>& progress) {
  std::vector<CalibrationSubject> subjects;
  for (const CalibrationKind& kind : kinds) {
    if (progress) progress(kind.name);
    CalibrationSubject subject{.name = kind.name, .unit = kind.unit, .rates = {}};
    for (CalibrationRun& run : load.runs(runner, kind, intensities(), watch)) {
      subject.rates.push_back({.workload = std::move(run.workload), .units_per_pass = run.units_per_pass});
    }
    subjects.push_back(std::move(subject));
  }
  return subjects;
}

}  // namespace clear_native::cuda
