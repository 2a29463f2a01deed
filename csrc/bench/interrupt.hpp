#pragma once
// Ctrl-C, told instead of ending the program, so that what is finished is kept.

namespace clear_native::bench {

/// While it lives, the first SIGINT or SIGTERM is told by interrupted(), a second one ends the program. Where SIGINT
/// was ignored (a job in the background), it stays ignored.
class InterruptFlag {
 public:
  InterruptFlag();
  ~InterruptFlag();
  InterruptFlag(const InterruptFlag&) = delete;
  InterruptFlag& operator=(const InterruptFlag&) = delete;
  InterruptFlag(InterruptFlag&&) = delete;
  InterruptFlag& operator=(InterruptFlag&&) = delete;

  [[nodiscard]] static bool interrupted() noexcept;
};

}  // namespace clear_native::bench
