#pragma once
// From what a window's two tasks saw to the record of the window.

#include "core/meters/meter.hpp"
#include "meter_task.hpp"
#include "window.hpp"

namespace clear_native {

/// `idle_fraction` and the name, round and position of the window are the caller's to fill in.
Window window_from_record(const MeterRecord& record, const MeterTraits& traits);

}  // namespace clear_native
