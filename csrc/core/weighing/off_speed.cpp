#include "off_speed.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "core/rounds/target_status.hpp"
#include "core/statistics/center.hpp"
#include "core/statistics/least_squares.hpp"
#include "trimmed_squares.hpp"

namespace clear_native {
namespace {

// Times nearer than this, relative, are of one speed.
constexpr double least_speed_step = 0.045;
// Of windows at two speeds, so many at the slower one make it the main speed: profiles of one device are then of one
// speed, although each sees another mixture of the two.
constexpr double least_slow_share = 0.2;

// Doses that are large leave up to 3.6 % of a short window's time and 1 % of the model's unexplained; steps of 8 to 11
// % were seen.
constexpr double least_part_of_model = 0.015;  // of the model's
constexpr double most_scatter = 0.015;         // of the other windows; above, steps cannot be told from noise
constexpr double most_held_down = 0.4;         // of the windows
constexpr std::size_t least_spare = 3;         // windows of it, besides what they have to tell
// Steps are of a speed where so many agree; else they are outliers.
constexpr double largest_step = 0.25;
constexpr double steps_agree = 0.025;
constexpr std::size_t fewest_agreeing = 3;
constexpr int refits = 3;

/// Times of windows whose doses are known, and the regression of these on one another.
struct Times {
  std::vector<std::size_t> windows;  // their places in the weighing
  Matrix doses{0, 0};                // 1, then the dose of each component
  std::vector<double> times_s;
};

/// Of the windows in which the clocks were held down, or of all others.
Times times_of(const std::vector<Window>& windows, const std::string& model, const WeighingLayout& layout,
               bool held_down) {
  Times found;
  std::vector<std::vector<double>> rows;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const Window& window = windows[i];
    if (!window.time_per_pass_s || (!window.doses && window.target != model)) continue;
    if (clocks_held_down(window) != held_down) continue;
    std::vector<double> row(layout.components.size(), 0);
    if (window.doses) row = component_doses(layout, doses_from_text(*window.doses));
    row.insert(row.begin(), 1);
    rows.push_back(std::move(row));
    found.windows.push_back(i);
    found.times_s.push_back(*window.time_per_pass_s);
  }
  found.doses = Matrix(rows.size(), layout.components.size() + 1);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t column = 0; column < rows[row].size(); ++column) found.doses(row, column) = rows[row][column];
  }
  return found;
}

/// How far each is from what its doses let expect, relative to that.
std::vector<double> steps_from(const Times& times, const std::vector<double>& slopes_s) {
  std::vector<double> steps = clear_native::times(times.doses, slopes_s);
  for (std::size_t row = 0; row < steps.size(); ++row) {
    steps[row] = steps[row] > 0 ? times.times_s[row] / steps[row] - 1 : 0;  // doses that leave nothing tell nothing
  }
  return steps;
}

bool is_off(double step, double time_s, double model_s) {
  return std::abs(step) > least_speed_step && std::abs(step) * time_s > least_part_of_model * model_s;
}

std::vector<std::size_t> rows_at_main_speed(const Times& times, const std::vector<double>& slopes_s) {
  const std::vector<double> steps = steps_from(times, slopes_s);
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < steps.size(); ++row) {
    if (!is_off(steps[row], times.times_s[row], slopes_s.front())) rows.push_back(row);
  }
  return rows;
}

bool scatter_little(const Times& times, const std::vector<double>& slopes_s, const std::vector<std::size_t>& rows) {
  const std::vector<double> steps = steps_from(times, slopes_s);
  std::vector<double> distances;
  distances.reserve(rows.size());
  for (const std::size_t row : rows) distances.push_back(std::abs(steps[row]));
  return !distances.empty() && deviation_over_median * median(distances) <= most_scatter;
}

/// Those of the slower windows where most were faster and enough of the slower ones agree.
std::vector<double> slopes_of_slower(const Times& times, const std::vector<double>& slopes_of_most_s) {
  const std::vector<double> steps = steps_from(times, slopes_of_most_s);
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < steps.size(); ++row) {
    if (steps[row] > 0 && is_off(steps[row], times.times_s[row], slopes_of_most_s.front())) rows.push_back(row);
  }
  const double least = least_slow_share * static_cast<double>(steps.size());
  if (static_cast<double>(rows.size()) < least) return slopes_of_most_s;
  std::vector<double> slopes_s = slopes_of_most_s;
  for (int refit = 0; refit < refits; ++refit) {
    if (rows.size() < times.doses.columns() + least_spare) return slopes_of_most_s;
    const std::optional<std::vector<double>> found = least_squares_of(times.doses, times.times_s, rows);
    if (!found || found->front() <= slopes_of_most_s.front()) return slopes_of_most_s;
    slopes_s = *found;
    rows = rows_at_main_speed(times, slopes_s);
  }
  return scatter_little(times, slopes_s, rows) ? slopes_s : slopes_of_most_s;
}

/// Seconds of the model, then of each component, at the main speed; absent where all windows have one speed, or where
/// that cannot be told.
std::optional<std::vector<double>> slopes_at_main_speed(const Times& times) {
  const std::size_t all = times.times_s.size();
  if (all < 2 * times.doses.columns()) return std::nullopt;
  std::vector<std::size_t> rows(all);
  std::iota(rows.begin(), rows.end(), 0);
  std::optional<std::vector<double>> slopes_s = least_squares_of(times.doses, times.times_s, rows);
  if (!slopes_s || rows_at_main_speed(times, *slopes_s).size() == all) return std::nullopt;
  slopes_s = least_trimmed_squares(times.doses, times.times_s);
  for (int refit = 0; slopes_s && refit < refits; ++refit) {
    rows = rows_at_main_speed(times, *slopes_s);
    if (2 * rows.size() <= all) return std::nullopt;
    slopes_s = least_squares_of(times.doses, times.times_s, rows);
  }
  if (!slopes_s || !scatter_little(times, *slopes_s, rows)) return std::nullopt;
  return slopes_of_slower(times, *slopes_s);
}

/// The step that most windows off the main speed agree on; absent where they are single outliers.
std::optional<double> agreed_step(const std::vector<double>& steps, const std::vector<std::size_t>& at_main) {
  std::vector<bool> is_at_main(steps.size(), false);
  for (const std::size_t row : at_main) is_at_main[row] = true;
  std::vector<double> off;
  for (std::size_t row = 0; row < steps.size(); ++row) {
    if (!is_at_main[row]) off.push_back(steps[row]);
  }
  if (off.size() < fewest_agreeing) return std::nullopt;
  const double step = median(off);
  const auto agree =
      std::count_if(off.begin(), off.end(), [&](double one) { return std::abs(one - step) < steps_agree; });
  const bool most = 2 * static_cast<std::size_t>(agree) >= off.size();
  const bool enough = static_cast<std::size_t>(agree) >= fewest_agreeing;
  return most && enough && std::abs(step) < largest_step ? std::optional(step) : std::nullopt;
}

/// Windows of one kind of work that the doses do not tell of: against what those take whose neighbours, before and
/// after, ran at the main speed. `judged`: of windows whose speed is known, whether they are off.
void mark_kind(std::vector<Window>& windows, const std::string& target, const std::vector<std::optional<bool>>& judged,
               double step) {
  std::vector<double> times_s;  // at the main speed
  std::optional<bool> before;
  std::vector<std::size_t> waiting;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    if (windows[i].target == target && windows[i].time_per_pass_s) waiting.push_back(i);
    if (!judged[i]) continue;
    const double factor = judged[i] == true ? 1 / (1 + step) : 1;
    for (const std::size_t between : waiting) {
      if (before == judged[i]) times_s.push_back(factor * windows[between].time_per_pass_s.value_or(0));
    }
    waiting.clear();
    before = judged[i];
  }
  if (times_s.empty()) return;
  const double main_s = median(times_s);
  for (Window& window : windows) {
    const double time_s = window.time_per_pass_s.value_or(0);
    if (window.target != target || time_s <= 0 || main_s <= 0) continue;
    if (std::abs(time_s / main_s - 1) > least_speed_step) window.off_speed = time_s / main_s - 1;
  }
}

/// Lower clocks make a window slower by what is not known, so that it is off the main speed where its step is that of
/// the others that are.
void judge_held_down(std::vector<Window>& windows, const Times& held_down, const std::vector<double>& slopes_s,
                     double step, std::vector<std::optional<bool>>& judged) {
  const std::vector<double> steps = steps_from(held_down, slopes_s);
  for (std::size_t row = 0; row < steps.size(); ++row) {
    const bool off = std::abs(steps[row] - step) < steps_agree;
    judged[held_down.windows[row]] = off;
    if (off) windows[held_down.windows[row]].off_speed = steps[row];
  }
}

}  // namespace

void mark_off_speed(std::vector<Window>& windows, const std::vector<TargetInfo>& references,
                    const WeighingLayout& layout) {
  for (Window& window : windows) window.off_speed.reset();
  const std::optional<std::size_t> model = find_model(references);
  const std::string name = model ? references[*model].name : "";
  const Times times = times_of(windows, name, layout, false);
  const Times held_down = times_of(windows, name, layout, true);
  const std::size_t all = times.windows.size() + held_down.windows.size();
  if (static_cast<double>(held_down.windows.size()) > most_held_down * static_cast<double>(all)) return;
  const std::optional<std::vector<double>> slopes_s = slopes_at_main_speed(times);
  if (!slopes_s) return;
  const std::vector<double> steps = steps_from(times, *slopes_s);
  const std::optional<double> step = agreed_step(steps, rows_at_main_speed(times, *slopes_s));
  if (!step) return;
  std::vector<std::optional<bool>> judged(windows.size());
  for (std::size_t row = 0; row < steps.size(); ++row) {
    const bool off = is_off(steps[row], times.times_s[row], slopes_s->front());
    judged[times.windows[row]] = off;
    if (off) windows[times.windows[row]].off_speed = steps[row];
  }
  judge_held_down(windows, held_down, *slopes_s, *step, judged);
  for (std::size_t i = 0; i < references.size(); ++i) {
    if (i == model || references[i].role == TargetRole::idle) continue;
    mark_kind(windows, references[i].name, judged, *step);
  }
}

std::optional<OffSpeed> off_speed_of(const std::vector<Window>& windows, const std::vector<TargetInfo>& references) {
  double judged = 0;
  double off = 0;
  double step = 0;
  for (const Window& window : windows) {
    const auto reference = std::find_if(references.begin(), references.end(),
                                        [&](const TargetInfo& info) { return info.name == window.target; });
    const bool is_judged = window.doses || (reference != references.end() && reference->role != TargetRole::idle);
    if (!is_judged || !window.time_per_pass_s) continue;
    ++judged;
    if (window.off_speed) step += (*window.off_speed - step) / ++off;
  }
  return off > 0 ? std::optional(OffSpeed{.share = off / judged, .step = step}) : std::nullopt;
}

void refer_to_main_speed(std::vector<Observations>& observations, const std::vector<TargetInfo>& references) {
  const std::optional<std::size_t> idle = find_role(references, TargetRole::idle);
  if (!idle || observations[*idle].empty()) return;
  double idle_w = 0;
  const double n = static_cast<double>(observations[*idle].size());
  for (const Observation& observation : observations[*idle]) idle_w += observation.energy_j / observation.time_s / n;
  for (Observations& target : observations) {
    for (Observation& observation : target) {
      if (!observation.off_speed) continue;
      const double main_s = observation.time_s / (1 + *observation.off_speed);
      observation.energy_j -= idle_w * (observation.time_s - main_s);
      observation.time_s = main_s;
    }
  }
}

}  // namespace clear_native
