#include "step_response.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "core/statistics/center.hpp"

namespace clear_native {
namespace {

constexpr double step_grid_s = 0.005;
constexpr double plateau_share = 0.25;  // of a phase: its end, where the field has settled
constexpr double smallest_step = 0.1;   // of the power: less says nothing
constexpr double tellable = 1.0;  // of a period: less blur than that may be the period's own, seen at a few phases

std::optional<double> plateau_w(std::span<const PowerSample> held, double begin_s, double end_s) {
  const double from_s = end_s - plateau_share * (end_s - begin_s);
  std::vector<double> inside_w;
  for (const PowerSample& value : held) {
    if (from_s <= value.time_s && value.time_s < end_s) inside_w.push_back(value.power_w);
  }
  if (inside_w.empty()) return std::nullopt;
  return median(std::move(inside_w));
}

/// 0 before the edge, 1 when settled, on a grid from the edge on; empty where that cannot be seen.
std::vector<double> normalised(std::span<const PowerSample> held, std::span<const LoadEdge> edges, std::size_t index) {
  if (held.empty()) return {};
  const double edge_s = edges[index].time_s;
  const double begin_s = index > 0 ? edges[index - 1].time_s : held.front().time_s;
  const double end_s = index + 1 < edges.size() ? edges[index + 1].time_s : held.back().time_s;
  const std::optional<double> before_w = plateau_w(held, begin_s, edge_s);
  const std::optional<double> after_w = plateau_w(held, edge_s, end_s);
  if (!before_w || !after_w) return {};
  const double step_w = *after_w - *before_w;
  if (step_w == 0 || std::abs(step_w) < smallest_step * std::max(*after_w, *before_w)) return {};
  std::vector<double> found;
  const int points = static_cast<int>((end_s - edge_s) / step_grid_s);
  for (int point = 0; point < points; ++point) {
    const auto next = std::upper_bound(held.begin(), held.end(), edge_s + point * step_grid_s,
                                       [](double time_s, const PowerSample& value) { return time_s < value.time_s; });
    if (next == held.begin()) return {};
    found.push_back(((next - 1)->power_w - *before_w) / step_w);
  }
  return found;
}

/// As long as the shortest.
std::vector<double> mean_of(const std::vector<std::vector<double>>& responses) {
  std::size_t length = responses.front().size();
  for (const auto& response : responses) length = std::min(length, response.size());
  std::vector<double> means(length, 0);
  for (std::size_t i = 0; i < length; ++i) {
    for (const auto& response : responses) means[i] += response[i];
    means[i] /= static_cast<double>(responses.size());
  }
  return means;
}

/// When it first reaches that share, straight between two points of the grid.
std::optional<double> first_above_s(std::span<const double> values, double share) {
  if (!values.empty() && values.front() >= share) return 0.0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    const double before = values[i - 1];
    if (before < share && share <= values[i]) {
      return (static_cast<double>(i - 1) + (share - before) / (values[i] - before)) * step_grid_s;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<StepResponse> step_response(std::span<const PowerSample> held, std::span<const LoadEdge> edges,
                                          std::optional<double> period_s) {
  std::vector<std::vector<double>> responses;
  for (std::size_t index = 0; index < edges.size(); ++index) {
    std::vector<double> found = normalised(held, edges, index);
    if (!found.empty()) responses.push_back(std::move(found));
  }
  if (responses.empty()) return std::nullopt;
  const std::vector<double> response = mean_of(responses);
  const std::optional<double> quarter_s = first_above_s(response, 0.25);
  const std::optional<double> half_s = first_above_s(response, 0.5);
  const std::optional<double> three_s = first_above_s(response, 0.75);
  if (!quarter_s || !half_s || !three_s) return std::nullopt;
  const double width_s = 2 * (*three_s - *quarter_s);
  // It was still on its way in what was its plateau.
  if (*half_s + width_s / 2 > (1 - plateau_share) * static_cast<double>(response.size()) * step_grid_s)
    return std::nullopt;
  const double hold_s = period_s.value_or(0);
  const double blur_s2 = width_s * width_s - hold_s * hold_s;
  const double tellable_s = tellable * std::max(hold_s, 2 * step_grid_s);
  StepResponse found{.lag_s = *half_s};
  if (blur_s2 > tellable_s * tellable_s) found.averaging_s = std::sqrt(blur_s2);
  return found;
}

}  // namespace clear_native
