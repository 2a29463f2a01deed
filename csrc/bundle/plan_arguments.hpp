#pragma once
// Arguments of a plan's operators as they stand in its file.

#include <functional>

#include "json_view.hpp"
#include "plan.hpp"

namespace clear_native::bundle {

/// `read_value` gives the number of a value, or refuses it. Throws Error(bad_input).
Argument read_argument(const JsonView& view, const std::function<std::size_t(const JsonView&)>& read_value);

}  // namespace clear_native::bundle
