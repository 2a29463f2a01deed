#pragma once
// The engine's records as plain dicts with the field names of the headers; what is absent becomes None.

#include <pybind11/pybind11.h>

#include "core/meters/meter.hpp"
#include "core/rounds/rounds.hpp"
#include "core/rounds/side_estimate.hpp"
#include "core/weighing/weighing.hpp"
#include "core/windows/calibrate.hpp"

namespace clear_native::bindings {

pybind11::dict to_dict(const Interval& interval);
pybind11::dict to_dict(const ClosureEstimate& closure);
pybind11::dict to_dict(const TargetEstimate& target);
pybind11::dict to_dict(const SideEnergy& side);
pybind11::dict to_dict(const SideEstimate& side);
pybind11::dict to_dict(const MeterTraits& traits);
pybind11::dict to_dict(const OperatingPoint& point);
pybind11::dict to_dict(const Window& window);
pybind11::dict to_dict(const Progress& progress);
pybind11::dict to_dict(const ReplayTiming& timing);
pybind11::dict to_dict(const RoundsResult& result);
pybind11::dict to_dict(const OperatingMeans& means);
pybind11::dict to_dict(const LayerEstimate& layer);
/// That of its rounds, and what only a weighing has under the key "weighing".
pybind11::dict to_dict(const WeighingResult& result);

}  // namespace clear_native::bindings
