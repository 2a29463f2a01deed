#include "hadamard.hpp"

#include <algorithm>

namespace clear_native {
namespace {

constexpr std::size_t smallest_order = 4;

bool is_prime(std::size_t number) {
  if (number < 2) return false;
  for (std::size_t divisor = 2; divisor * divisor <= number; ++divisor) {
    if (number % divisor == 0) return false;
  }
  return true;
}

/// Paley's first construction needs a prime that leaves 3 when divided by 4.
bool is_paley(std::size_t order) {
  return order >= 4 && order % 4 == 0 && is_prime(order - 1);
}

bool exists(std::size_t order) {
  return order == 1 || order == 2 || is_paley(order) || (order % 2 == 0 && exists(order / 2));
}

Signs doubled(const Signs& half) {
  const std::size_t n = half.size();
  Signs signs(2 * n, std::vector<int>(2 * n));
  for (std::size_t row = 0; row < 2 * n; ++row) {
    for (std::size_t column = 0; column < 2 * n; ++column) {
      const int sign = half[row % n][column % n];
      signs[row][column] = row >= n && column >= n ? -sign : sign;
    }
  }
  return signs;
}

Signs paley(std::size_t order) {
  const std::size_t prime = order - 1;
  std::vector<int> character(prime, -1);
  character[0] = 0;
  for (std::size_t number = 1; number < prime; ++number) character[number * number % prime] = 1;
  Signs signs(order, std::vector<int>(order, 1));
  for (std::size_t row = 0; row < prime; ++row) {
    for (std::size_t column = 0; column < prime; ++column) {
      const int residue = character[(column + prime - row) % prime];
      signs[row + 1][column + 1] = row == column ? -1 : residue;
    }
  }
  return signs;
}

}  // namespace

std::size_t hadamard_order(std::size_t columns) {
  std::size_t order = std::max(smallest_order, columns / 4 * 4);
  while (order <= columns || !exists(order)) order += 4;
  return order;
}

Signs hadamard(std::size_t order) {
  if (order == 1) return {{1}};
  if (order % 2 == 0 && (order == 2 || exists(order / 2))) return doubled(hadamard(order / 2));
  return paley(order);
}

}  // namespace clear_native
