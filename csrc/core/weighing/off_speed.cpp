#include "off_speed.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>

#include "core/rounds/main_speed.hpp"
#include "core/rounds/schedule.hpp"
#include "core/rounds/target_status.hpp"
#include "core/statistics/center.hpp"
#include "core/statistics/least_squares.hpp"

namespace clear_native {
namespace {

// Doses that are large leave up to 3.6 % of a short window's time and 1 % of the model's unexplained; steps of 8 to 11
// % were seen.
constexpr double least_part_of_model = 0.015;  // of the model's
constexpr double most_scatter = 0.015;         // of the other windows; above, steps cannot be told from noise
constexpr double most_held_down = 0.1;         // of the windows
constexpr std::size_t least_spare = 3;         // windows of it, besides what they have to tell
constexpr int starts = 400;
constexpr int concentrations = 2;  // steps of least trimmed squares from each start
constexpr int refits = 3;
constexpr std::uint64_t start_seed = 0x0FF59EEDULL;  // any: the same windows are always judged alike

/// Times of windows whose doses are known, and the regression of these on one another.
struct Times {
  std::vector<std::size_t> windows;  // their places in the weighing
  Matrix doses{0, 0};                // 1, then the dose of each component
  std::vector<double> times_s;
};

Times times_of(const std::vector<Window>& windows, const std::string& model, const WeighingLayout& layout) {
  Times found;
  std::vector<std::vector<double>> rows;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const Window& window = windows[i];
    if (!window.time_per_pass_s || (!window.doses && window.target != model)) continue;
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

std::optional<std::vector<double>> fit(const Times& times, const std::vector<std::size_t>& rows) {
  Matrix doses(rows.size(), times.doses.columns());
  std::vector<double> times_s;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t column = 0; column < doses.columns(); ++column) {
      doses(row, column) = times.doses(rows[row], column);
    }
    times_s.push_back(times.times_s[rows[row]]);
  }
  return least_squares(doses, times_s);
}

/// How far each is from what its doses let expect, relative to that.
std::vector<double> steps_from(const Times& times, const std::vector<double>& slopes_s) {
  std::vector<double> steps = clear_native::times(times.doses, slopes_s);
  for (std::size_t row = 0; row < steps.size(); ++row) {
    steps[row] = steps[row] > 0 ? times.times_s[row] / steps[row] - 1 : std::numeric_limits<double>::infinity();
  }
  return steps;
}

bool is_off(double step, double time_s, double model_s) {
  return std::abs(step) > least_speed_step && std::abs(step) * time_s > least_part_of_model * model_s;
}

/// Rows by how far their times are off, in seconds, the nearest first.
std::vector<std::size_t> nearest(const Times& times, const std::vector<double>& slopes_s, std::size_t count,
                                 double& squares) {
  const std::vector<double> expected_s = clear_native::times(times.doses, slopes_s);
  std::vector<std::size_t> rows(times.times_s.size());
  std::iota(rows.begin(), rows.end(), 0);
  const auto off = [&](std::size_t row) { return std::abs(times.times_s[row] - expected_s[row]); };
  std::sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) { return off(a) < off(b); });
  rows.resize(count);
  squares = 0;
  for (const std::size_t row : rows) squares += off(row) * off(row);
  return rows;
}

/// Slopes that go by the half of the windows that agree best.
std::optional<std::vector<double>> least_trimmed_squares(const Times& times) {
  const std::size_t columns = times.doses.columns();
  const std::size_t all = times.times_s.size();
  const std::size_t half = std::min(all, (all + columns + 1) / 2);
  Random random(start_seed);
  std::vector<std::size_t> order(all);
  std::iota(order.begin(), order.end(), 0);
  std::optional<std::vector<double>> best;
  double least = std::numeric_limits<double>::infinity();
  for (int start = 0; start < starts; ++start) {
    for (std::size_t i = 0; i <= columns; ++i) std::swap(order[i], order[i + random.below(all - i)]);
    std::optional<std::vector<double>> slopes_s =
        fit(times, {order.begin(), order.begin() + static_cast<std::ptrdiff_t>(columns) + 1});
    double squares = 0;
    for (int step = 0; slopes_s && step < concentrations; ++step) {
      slopes_s = fit(times, nearest(times, *slopes_s, half, squares));
    }
    if (!slopes_s) continue;
    nearest(times, *slopes_s, half, squares);
    if (squares >= least) continue;
    least = squares;
    best = slopes_s;
  }
  return best;
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
    const std::optional<std::vector<double>> found = fit(times, rows);
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
  std::optional<std::vector<double>> slopes_s = fit(times, rows);
  if (!slopes_s || rows_at_main_speed(times, *slopes_s).size() == all) return std::nullopt;
  slopes_s = least_trimmed_squares(times);
  for (int refit = 0; slopes_s && refit < refits; ++refit) {
    rows = rows_at_main_speed(times, *slopes_s);
    if (2 * rows.size() <= all) return std::nullopt;
    slopes_s = fit(times, rows);
  }
  if (!slopes_s || !scatter_little(times, *slopes_s, rows)) return std::nullopt;
  return slopes_of_slower(times, *slopes_s);
}

/// Windows of one kind of work that the doses do not tell of exactly: about what most of them take.
void mark_kind(std::vector<Window>& windows, const std::string& target, double expected_s, double model_s) {
  std::vector<double> near;
  for (const Window& window : windows) {
    if (window.target != target || !window.time_per_pass_s) continue;
    const double ratio = *window.time_per_pass_s / expected_s;
    if (std::abs(ratio - 1) < least_speed_step) near.push_back(ratio);
  }
  if (!near.empty()) expected_s *= median(near);
  for (Window& window : windows) {
    if (window.target != target || !window.time_per_pass_s) continue;
    const double step = *window.time_per_pass_s / expected_s - 1;
    if (is_off(step, *window.time_per_pass_s, model_s)) window.off_speed = step;
  }
}

bool is_of_model(TargetRole role) {
  return role == TargetRole::plain || role == TargetRole::preserved || role == TargetRole::doubled;
}

bool held_down(const std::vector<Window>& windows, const Times& times) {
  const auto capped = std::count_if(times.windows.begin(), times.windows.end(),
                                    [&](std::size_t i) { return clocks_held_down(windows[i]); });
  return static_cast<double>(capped) > most_held_down * static_cast<double>(times.windows.size());
}

}  // namespace

void mark_off_speed(std::vector<Window>& windows, const std::vector<TargetInfo>& references,
                    const WeighingLayout& layout) {
  for (Window& window : windows) window.off_speed.reset();
  const std::optional<std::size_t> model = find_model(references);
  const Times times = times_of(windows, model ? references[*model].name : "", layout);
  if (held_down(windows, times)) return;
  const std::optional<std::vector<double>> slopes_s = slopes_at_main_speed(times);
  if (!slopes_s) return;
  const double model_s = slopes_s->front();
  const std::vector<double> steps = steps_from(times, *slopes_s);
  for (std::size_t row = 0; row < steps.size(); ++row) {
    Window& window = windows[times.windows[row]];
    if (window.doses && is_off(steps[row], times.times_s[row], model_s)) window.off_speed = steps[row];
  }
  const double doubled_s = std::accumulate(slopes_s->begin(), slopes_s->end(), 0.0);
  for (const TargetInfo& reference : references) {
    if (!is_of_model(reference.role)) continue;
    mark_kind(windows, reference.name, reference.role == TargetRole::doubled ? doubled_s : model_s, model_s);
  }
}

std::optional<OffSpeed> off_speed_of(const std::vector<Window>& windows, const std::vector<TargetInfo>& references) {
  double judged = 0;
  double off = 0;
  double step = 0;
  for (const Window& window : windows) {
    const auto reference = std::find_if(references.begin(), references.end(),
                                        [&](const TargetInfo& info) { return info.name == window.target; });
    const bool is_judged = window.doses || (reference != references.end() && is_of_model(reference->role));
    if (!is_judged || !window.time_per_pass_s) continue;
    ++judged;
    if (window.off_speed) step += (*window.off_speed - step) / ++off;
  }
  return off > 0 ? std::optional(OffSpeed{.share = off / judged, .step = step}) : std::nullopt;
}

}  // namespace clear_native
