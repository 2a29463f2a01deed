#pragma once
// Why the components may not sum to the model: what the operating points of the windows show.

#include <string>
#include <vector>

#include "from_rounds.hpp"

namespace clear_native::report {

/// One sentence if the energy closure, all of its 95 % interval, is outside 95 to 105 %; else empty. It gives the
/// reasons that the windows show, if there is an interval: without one, noise may be the reason.
std::string closure_warning(const RoundsResult& result, const ReportFacts& facts);

}  // namespace clear_native::report
