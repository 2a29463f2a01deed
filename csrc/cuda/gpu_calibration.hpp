#pragma once
// The loads of a calibration on a GPU: each kind at several rates.

#include <functional>
#include <string>
#include <vector>

#include "calibration_load.hpp"
#include "core/calibration/calibration_run.hpp"

namespace clear_native::cuda {

/// All runs that `kinds` need. They must go before `load`. `progress` gets the kind that is prepared now. Throws what
/// CalibrationLoad::runs throws, Error(interrupted) among it.
std::vector<CalibrationSubject> calibration_subjects(CalibrationLoad& load, TaskRunner& runner,
                                                     const std::vector<CalibrationKind>& kinds, const Watch& watch,
                                                     const std::function<void(const std::string&)>& progress);

}  // namespace clear_native::cuda
