#pragma once
// What statuses mean, and their marks in a table.

#include <string>
#include <utility>
#include <vector>

namespace clear_native::report {

/// (status, its mark), in the order of the statuses.
using Marks = std::vector<std::pair<std::string, std::string>>;

/// A superscript for each.
Marks marks_of(const std::vector<std::string>& statuses);

/// The marks of those among `statuses`, in their order.
std::string marks_in(const Marks& marks, const std::vector<std::string>& statuses);

/// "power_capped" is "the power cap held the clocks down"; one that is not known means itself.
std::string meaning_of(const std::string& status);

}  // namespace clear_native::report
