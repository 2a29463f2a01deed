#pragma once
// The device that a bundle runs on, for meters and for reports.

#include "bundle/plan_engine.hpp"
#include "core/meters/meter_choice.hpp"
#include "report/record.hpp"

namespace clear_native::bench {

/// Throws Error(no_driver) for a GPU whose UUID nobody tells.
MeteredDevice metered_device(const bundle::PlanEngine& engine);

/// This machine, not the one that the bundle was made on.
report::Facts environment_of(const bundle::PlanEngine& engine);

}  // namespace clear_native::bench
