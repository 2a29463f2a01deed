#pragma once
// Who else computes on the device.

#include <span>

namespace clear_native {

/// Processes of the driver's list besides this one. In a container the driver may list the host's numbers, in which
/// this process cannot find itself: one of the list is then taken to be it.
int count_others(std::span<const unsigned> pids);

/// The rule behind it, for this process being `own_pid`, in the host's own process namespace or not.
int count_others(std::span<const unsigned> pids, unsigned own_pid, bool in_host_namespace);

}  // namespace clear_native
