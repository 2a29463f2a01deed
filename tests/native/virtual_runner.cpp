#include "virtual_runner.hpp"

namespace clear_native::testing {

void VirtualRunner::run(Task& foreground, Task& background) {
  // When both are due the launches come first, as they do when a thread of their own serves them.
  std::optional<double> foreground_due_s = clock_->now_s();
  std::optional<double> background_due_s = clock_->now_s();
  while (foreground_due_s || background_due_s) {
    const bool step_foreground = foreground_due_s && (!background_due_s || *foreground_due_s <= *background_due_s);
    std::optional<double>& due_s = step_foreground ? foreground_due_s : background_due_s;
    std::optional<double>& other_due_s = step_foreground ? background_due_s : foreground_due_s;
    clock_->advance_to(*due_s);
    due_s = (step_foreground ? foreground : background).step();
    if (due_s && *due_s < clock_->now_s()) due_s = clock_->now_s();
    if (!due_s && other_due_s) other_due_s = clock_->now_s();  // woken by the end of the other
  }
}

}  // namespace clear_native::testing
