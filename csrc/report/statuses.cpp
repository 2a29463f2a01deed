#include "statuses.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

namespace clear_native::report {
namespace {

constexpr std::array signs = {"¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};

struct Meaning {
  const char* status;
  const char* meaning;
};

// As clear_native/report/terminal.py has them; tests/test_clear_bench_report.py compares the two.
constexpr Meaning meanings[] = {
    {"below_resolution", "too little energy to tell it from noise: no number"},
    {"buffers_changed", "a dose changed data that must stay: do not trust it"},
    {"clocks_apart", "it ran at another clock alone than inside the model"},
    {"contended", "another process used the device"},
    {"eager_loop", "could not be captured alone: measured by a loop of Python"},
    {"failed", "ended early by an error"},
    {"interrupted", "ended early by Ctrl-C"},
    {"kernels_differ", "captured and eager execution launch different kernels"},
    {"kernels_unchecked", "eager's and the captured kernels could not be compared"},
    {"line_power_capped", "the line of power over rate has rates at the power cap: costs are of lower clocks too"},
    {"measured_alone", "cannot be dosed by its modules: its calls were replayed alone"},
    {"measured_by_partition", "cannot be dosed safely: its nodes were replayed alone"},
    {"not_called", "the forward did not call its modules"},
    {"not_capturable", "could not be held in a CUDA graph"},
    {"not_covered", "no module of its own, so there is nothing to replay alone"},
    {"not_measured", "the measurement ended before its first window"},
    {"not_repeatable", "it updates in place what others made, so its data drifts when replayed alone"},
    {"power_capped", "the power cap held the clocks down"},
    {"precision_not_reached", "the interval is wider than asked for"},
    {"sensors_disagree", "the energy counter and the power samples differ by more than their noise"},
    {"throttled", "the device slowed its clocks down"},
    {"throttled_at_times", "the device slowed its clocks down in some of the windows: a mean of two states"},
    {"too_few_ticks", "the meter changed too rarely in its windows"},
    {"two_speeds", "the device ran at two speeds that its clocks do not show: numbers are of one of them"},
    {"unsteady", "power did not get steady before its windows"},
};

}  // namespace

Marks marks_of(const std::vector<std::string>& statuses) {
  Marks marks;
  for (const std::string& status : statuses) {
    const std::size_t number = marks.size();
    marks.emplace_back(status, number < signs.size() ? signs.at(number) : "(" + std::to_string(number + 1) + ")");
  }
  return marks;
}

std::string marks_in(const Marks& marks, const std::vector<std::string>& statuses) {
  std::string text;
  for (const std::string& status : statuses) {
    const auto found =
        std::find_if(marks.begin(), marks.end(), [&status](const auto& mark) { return mark.first == status; });
    if (found != marks.end()) text += found->second;
  }
  return text;
}

std::string meaning_of(const std::string& status) {
  const auto* found = std::find_if(std::begin(meanings), std::end(meanings),
                                   [&status](const Meaning& known) { return status == known.status; });
  return found == std::end(meanings) ? status : found->meaning;
}

}  // namespace clear_native::report
