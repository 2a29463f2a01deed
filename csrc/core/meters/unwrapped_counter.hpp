#pragma once
// A register of limited width, that starts again at 0, as a sum that only grows.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace clear_native {

class UnwrappedCounter {
 public:
  /// What a reading was: more than before or the same, more and past the register's end, less than before without
  /// having passed it, or more than can have been.
  enum class Seen { grew, wrapped, went_back, jumped };

  /// `moduli`: at which values the register may start again, where that is not known for sure the narrowest first; 0
  /// stands for 2^64.
  explicit UnwrappedCounter(std::span<const std::uint64_t> moduli) : moduli_(moduli.begin(), moduli.end()) {}

  /// `plausible`: by so much it may have grown since the last reading. Where it went back farther than a wrap explains,
  /// or jumped, the sum stands and goes on from this reading.
  Seen feed(std::uint64_t value, double plausible);

  /// Grown since the first reading, in the register's units.
  [[nodiscard]] std::uint64_t grown() const noexcept { return grown_; }
  [[nodiscard]] std::optional<std::uint64_t> last() const noexcept { return last_; }

 private:
  std::vector<std::uint64_t> moduli_;
  std::optional<std::uint64_t> last_;
  std::uint64_t grown_ = 0;
};

}  // namespace clear_native
