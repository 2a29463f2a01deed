#pragma once
// Windows in which the device ran faster or slower than at its main speed, though its clocks do not say so.
//
// An H200 was seen to take 630 us for a pass of BERT-base in some windows and 690 us in others of one profile, all
// kinds of windows alike, at 1980 MHz in both; it changes within seconds. The energies differ by as much as idle power
// costs in the time saved: what the work itself takes is the same.

#include <vector>

#include "core/rounds/observations.hpp"
#include "core/rounds/target_roles.hpp"
#include "weighing_estimate.hpp"

namespace clear_native {

/// Sets `off_speed` of those windows, and takes it from all others. What a dosed window takes at the speed of most is
/// known from its doses: a regression of all windows' times on them that up to half of the windows cannot pull away
/// (least trimmed squares, Rousseeuw 1984). Windows of the model are compared with the same. The main speed is that of
/// most windows; the slower one, where a fifth of the windows or more ran at it, so that profiles of one device are of
/// one speed although each sees another mixture of the two.
/// Windows whose clocks were held down tell nothing of the speeds, and are off the main one where they took as much
/// less or more as others that are. Nothing is marked where times scatter too much to tell, or where too many are held
/// down.
void mark_off_speed(std::vector<Window>& windows, const std::vector<TargetInfo>& references,
                    const WeighingLayout& layout);

/// What mark_off_speed() found.
std::optional<OffSpeed> off_speed_of(const std::vector<Window>& windows, const std::vector<TargetInfo>& references);

/// Refers energies and times of such windows to the main speed: in less (or more) time they cost less (or more) by the
/// device's idle power. Nothing is done where that is not known. `observations`: of the references, then of anything
/// else.
void refer_to_main_speed(std::vector<Observations>& observations, const std::vector<TargetInfo>& references);

}  // namespace clear_native
