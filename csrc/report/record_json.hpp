#pragma once
// Records that several kinds of result hold, as JSON.

#include <nlohmann/json_fwd.hpp>

#include "record.hpp"

namespace clear_native::report {

nlohmann::ordered_json as_json(const Facts& facts);
nlohmann::ordered_json as_json(const MeterTraits& meter);

}  // namespace clear_native::report
