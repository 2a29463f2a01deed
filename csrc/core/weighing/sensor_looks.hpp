#pragma once
// When the sensor looks, found from how samples scatter within windows whose work is known.

#include <optional>
#include <vector>

#include "beats.hpp"
#include "core/windows/window.hpp"

namespace clear_native {

/// A window, and what repeated in it: `passes` of its odometer are once the pattern.
struct PatternedWindow {
  const Window* window = nullptr;
  Pattern pattern;
  double passes = 1;
};

/// The period of looks that explains best, for every window with a phase of its own, what its samples do about their
/// mean. Looked for between 0.77 and 0.86 ms: on H200s it was 0.797 to 0.824 ms. Absent where too few windows have
/// samples, or where no period explains them clearly better than all others do.
std::optional<SensorLooks> find_looks(const std::vector<PatternedWindow>& windows);

}  // namespace clear_native
