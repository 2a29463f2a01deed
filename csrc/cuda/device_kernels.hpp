#pragma once
// Kernels of known cost, for tests and for what an empty kernel edge takes.

#include <cstdint>
#include <memory>

#include "context.hpp"

namespace clear_native::cuda {

/// Enqueues a kernel that keeps its threads busy for a time; may be captured.
void launch_spin(const std::shared_ptr<const PrimaryContext>& context, std::uintptr_t stream, double duration_s,
                 int blocks = 1, int threads = 32);

/// Enqueues a kernel that does nothing; may be captured.
void launch_empty(const std::shared_ptr<const PrimaryContext>& context, std::uintptr_t stream);

/// Seconds that one more empty kernel adds to a chain of them: the cost of a kernel node that does nothing and of the
/// edge to it. Median over `repeats` graphs of 3 * `nodes` kernels.
double empty_edge_s(const std::shared_ptr<const PrimaryContext>& context, std::uintptr_t stream, int nodes = 1000,
                    int repeats = 20);

}  // namespace clear_native::cuda
