#pragma once
// Hadamard matrices: rows of signs in which every two columns are orthogonal.

#include <cstddef>
#include <vector>

namespace clear_native {

using Signs = std::vector<std::vector<int>>;  // [row][column], each +1 or -1

/// The smallest order of at least 4 that has more columns than `columns`, one of which is constant.
std::size_t hadamard_order(std::size_t columns);

/// By the constructions of Sylvester (doubling) and Paley (quadratic residues). Column 0 is all +1. `order` is one that
/// hadamard_order() gives.
Signs hadamard(std::size_t order);

}  // namespace clear_native
