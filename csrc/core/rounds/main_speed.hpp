#pragma once
// A device may run at two speeds that its clocks do not show. One of them is the main speed, that numbers are of.
//
// An H200 was seen to take 630 us for a pass of BERT-base in some windows and 690 us in others of one profile, all
// kinds of windows alike, at 1980 MHz in both; it changes within seconds. The energies differ by as much as idle power
// costs in the time saved: what the work itself takes is the same.

#include <vector>

#include "observations.hpp"
#include "target_roles.hpp"

namespace clear_native {

/// Times nearer than this, relative, are of one speed.
inline constexpr double least_speed_step = 0.045;
/// Of windows at two speeds, so many at the slower one make it the main speed: profiles of one device are then of one
/// speed, although each sees another mixture of the two.
inline constexpr double least_slow_share = 0.2;

/// Refers energies and times of such windows to the main speed: in less (or more) time they cost less (or more) by the
/// device's idle power. Nothing is done where that is not known. `observations`: of the targets, then of anything else.
void refer_to_main_speed(std::vector<Observations>& observations, const std::vector<TargetInfo>& targets);

}  // namespace clear_native
