#pragma once
// When a meter is to be read next, so that changes of its counter are seen closely and reads are few.

#include <optional>

namespace clear_native {

class ReadingPlan {
 public:
  /// `change_period_s`: of the counter; 0: there are no changes to look for.
  explicit ReadingPlan(double change_period_s) : change_period_s_(change_period_s) {}

  [[nodiscard]] bool finds_changes() const noexcept { return change_period_s_ > 0; }

  /// After a rest there is something to watch: the next change is wanted.
  void wake(double now_s);
  /// A reading that ended at `now_s` showed a change; `moment_s` where that is known to less than half a period.
  void note_change(double now_s, std::optional<double> moment_s, bool busy);
  /// The counter begins anew.
  void forget();

  /// `busy`: every change is wanted, else about one a second.
  [[nodiscard]] double next_s(double now_s, bool busy) const;

 private:
  double change_period_s_;
  std::optional<double> phase_s_;  // a change that is well known
  std::optional<double> due_s_;    // the change that is looked for next; absent: whichever comes
};

}  // namespace clear_native
