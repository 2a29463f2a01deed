#include "reading_plan.hpp"

#include <algorithm>
#include <cmath>

namespace clear_native {
namespace {

constexpr double poll_margin_s = 0.004;  // polling begins so long before a change is due
constexpr double between_polls_s = 0.0005;
constexpr double between_late_polls_s = 0.005;
constexpr double late_share = 0.5;           // of a period: a change so late is polled for more seldom
constexpr double between_readings_s = 0.01;  // of a meter without changes to look for, near an edge
constexpr double seldom_s = 1.0;             // away from edges
constexpr double phase_holds_s = 5.0;        // periods are not that exact

}  // namespace

void ReadingPlan::wake(double now_s) {
  due_s_.reset();
  if (!phase_s_ || now_s - *phase_s_ > phase_holds_s) return;
  due_s_ = *phase_s_ + std::ceil((now_s - *phase_s_) / change_period_s_) * change_period_s_;
}

void ReadingPlan::note_change(double now_s, std::optional<double> moment_s, bool busy) {
  if (!finds_changes()) return;
  if (moment_s) {
    phase_s_ = moment_s;
    due_s_ = *moment_s + (busy ? 1.0 : std::max(1.0, std::round(seldom_s / change_period_s_))) * change_period_s_;
    return;
  }
  // Nobody looked for a while: this tells what there is to compare with, and the change that is due is still to come.
  if (due_s_ && now_s < *due_s_) return;
  phase_s_.reset();  // it came earlier than thought
  due_s_.reset();
  if (!busy) due_s_ = now_s + seldom_s;
}

void ReadingPlan::forget() {
  phase_s_.reset();
  due_s_.reset();
}

double ReadingPlan::next_s(double now_s, bool busy) const {
  if (!finds_changes()) return now_s + (busy ? between_readings_s : seldom_s);
  if (!due_s_) return now_s + between_polls_s;
  if (now_s > *due_s_ + late_share * change_period_s_) return now_s + between_late_polls_s;
  return std::max(now_s + between_polls_s, *due_s_ - poll_margin_s);
}

}  // namespace clear_native
