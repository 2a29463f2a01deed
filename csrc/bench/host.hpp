#pragma once
// The machine that the program runs on.

#include <string>

#include "report/record.hpp"

namespace clear_native::bench {

/// The processor's name as /proc/cpuinfo has it; empty where that does not tell.
std::string cpu_name();

/// Logical cores that this process may run on.
int usable_cores();

/// Now, as "2026-11-20T18:00:00+00:00".
std::string now_in_iso8601();

/// Version of the program, processor, cores and operating system, as results record them.
report::Facts host_facts();

}  // namespace clear_native::bench
