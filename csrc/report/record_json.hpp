#pragma once
// Records that several kinds of result hold, as JSON.

#include <nlohmann/json_fwd.hpp>

#include "core/rounds/rounds.hpp"
#include "record.hpp"

namespace clear_native::report {

nlohmann::ordered_json as_json(const Facts& facts);
nlohmann::ordered_json as_json(const MeterTraits& meter);

/// By what, where and how it was measured, and its windows: what results of rounds other than reports end with.
void put_run(nlohmann::ordered_json& into, const RoundsResult& run, const MeterTraits& meter, const Facts& environment);

}  // namespace clear_native::report
