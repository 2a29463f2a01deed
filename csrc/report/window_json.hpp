#pragma once
// Raw windows as JSON.

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "core/windows/window.hpp"

namespace clear_native::report {

/// Throws Error(bad_input) for numbers in lists that are not finite.
nlohmann::ordered_json windows_as_json(const std::vector<Window>& windows);

}  // namespace clear_native::report
