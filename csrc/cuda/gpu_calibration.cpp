#include "gpu_calibration.hpp"

#include <utility>

namespace clear_native::cuda {
namespace {

/// Ends far apart make the slope sure; what is between tells whether the line is straight. What one block leaves,
/// others take: two of a processor reach about 0.58, 0.29 and 0.1 of the full rate, four about 0.68 and 0.1. Tensor
/// cores run into the power cap at the full rate: 0.58 of it is well below, and with 0.29 the line has three rates
/// left.
const std::vector<double>& intensities_of(const CalibrationKind& kind) {
  static const std::vector<double> of_tensor_cores{1.0, 0.45, 0.25, 0.1};
  static const std::vector<double> of_others{1.0, 0.45, 0.1};
  return kind.name.starts_with("tensor_") ? of_tensor_cores : of_others;
}

}  // namespace

std::vector<CalibrationSubject> calibration_subjects(CalibrationLoad& load, TaskRunner& runner,
                                                     const std::vector<CalibrationKind>& kinds, const Watch& watch,
                                                     const std::function<void(const std::string&)>& progress) {
  std::vector<CalibrationSubject> subjects;
  for (const CalibrationKind& kind : kinds) {
    if (progress) progress(kind.name);
    CalibrationSubject subject{.name = kind.name, .unit = kind.unit, .rates = {}};
    for (CalibrationRun& run : load.runs(runner, kind, intensities_of(kind), watch)) {
      subject.rates.push_back({.workload = std::move(run.workload), .units_per_pass = run.units_per_pass});
    }
    subjects.push_back(std::move(subject));
  }
  return subjects;
}

}  // namespace clear_native::cuda
