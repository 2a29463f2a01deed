#pragma once
// Memory that the odometer kernels and the host share. Included by nvcc and by C++: nothing but <cstdint>.

#include <cstdint>

namespace clear_native::cuda {

constexpr std::uint64_t kOdometerLogSize = 16384;  // a power of two

/// Device memory: what only kernels use. Zero to begin with.
struct OdometerState {
  std::uint64_t sequence;    // marks published
  std::uint64_t count;       // as published next
  std::uint64_t turns_left;  // of the WHILE loop that runs
  std::uint64_t turns_done;  // in the WHILE loop that runs
};

/// Pinned host memory that the device writes. A mark writes `begin`, then count and stamp, then `end`, a system-wide
/// fence between each: a reader that goes the other way and finds begin == end has a count and the stamp that belongs
/// to it.
struct OdometerCell {
  std::uint64_t begin;  // the mark's sequence number, from 1
  std::uint64_t count;
  std::uint64_t stamp_ns;  // %globaltimer
  std::uint64_t end;       // the mark's sequence number
  std::uint64_t stop;      // written by the host: a WHILE loop ends after the turn in which it sees this
  std::uint64_t reserved[3];
  std::uint64_t log_ns[kOdometerLogSize];  // stamp of the mark with sequence number s at s % kOdometerLogSize
};

/// What a WHILE loop needs to know, by value.
struct LoopParameters {
  std::uint64_t turns;
  std::uint64_t count_per_turn;
  std::uint64_t publish_every;  // turns; writing to the host takes longer than a short turn may cost
  std::uint64_t look_every;     // turns between looks at the stop flag, a read across the bus
};

}  // namespace clear_native::cuda
