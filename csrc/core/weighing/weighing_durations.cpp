#include "weighing_durations.hpp"

#include <algorithm>
#include <array>

namespace clear_native {
namespace {

// Of a meter that follows at once.
constexpr double immediate_lead_in_s = 0.002;
constexpr double immediate_dosed_s = 0.03;
constexpr double immediate_reference_s = 0.05;
constexpr double immediate_warm_up_s = 0.05;
constexpr int immediate_launches = 3;

constexpr int launches = 6;  // fewer, and the ends of a window weigh in its slope
constexpr double probe_lead_in_s = 0.6;
constexpr double probe_s = 0.3;
constexpr double capped_lead_in_s = 0.25;
constexpr double capped_s = 0.5;

bool is_immediate(const MeterTraits& traits) {
  return traits.estimated || (traits.period_s <= 0 && !traits.has_power_samples);
}

WindowOptions reference_window(const Target& reference, const RoundsOptions& options, const MeterTraits& traits) {
  WindowOptions window = options.window;
  double duration_s = std::max(options.reference_duration_s, shortest_window_s(traits));
  if (is_immediate(traits)) {
    duration_s = std::min(duration_s, immediate_reference_s);
    window.lead_in_max_s = std::min(options.dosed_lead_in_s, immediate_lead_in_s);
    window.lead_in_min_s = window.lead_in_max_s;
  } else if (is_near_model(reference.role)) {
    window.lead_in_min_s = options.dosed_lead_in_s;
    window.lead_in_max_s = std::max(options.dosed_lead_in_s, options.near_lead_in_max_s);
  }
  window.duration_s = reference.duration_s.value_or(duration_s);
  return window;
}

WindowOptions dosed_window(const RoundsOptions& options, const MeterTraits& traits) {
  WindowOptions window = options.window;
  window.duration_s = std::max(options.dosed_duration_s, shortest_window_s(traits));
  window.lead_in_min_s = options.dosed_lead_in_s;
  if (is_immediate(traits)) {
    window.duration_s = std::min(window.duration_s, immediate_dosed_s);
    window.lead_in_min_s = std::min(window.lead_in_min_s, immediate_lead_in_s);
  }
  window.lead_in_max_s = window.lead_in_min_s;
  return window;
}

WindowOptions probe_window(const RoundsOptions& options, const MeterTraits& traits) {
  WindowOptions window = options.window;
  const bool immediate = is_immediate(traits);
  window.duration_s = immediate ? immediate_reference_s : std::max(probe_s, shortest_window_s(traits));
  window.lead_in_max_s = immediate ? immediate_warm_up_s : probe_lead_in_s;
  window.lead_in_min_s = std::min(immediate ? immediate_warm_up_s : window.lead_in_min_s, window.lead_in_max_s);
  return window;
}

bool takes_turns(TargetRole role) {
  return role == TargetRole::doubled || role == TargetRole::idle;
}

void lengthen(WindowOptions& window, double duration_s) {
  window.duration_s = std::max(window.duration_s, duration_s);
}

/// Windows of dosed rows and of what is like them; those whose length was given keep it.
std::vector<WindowOptions*> windows_near_model(WeighingDurations& durations, const std::vector<Target>& references) {
  std::vector<WindowOptions*> windows = {&durations.dosed};
  for (std::size_t i = 0; i < references.size(); ++i) {
    if (is_near_model(references[i].role) && !references[i].duration_s) windows.push_back(&durations.references[i]);
  }
  return windows;
}

void settle_longer(WindowOptions& window) {
  window.lead_in_min_s = std::max(window.lead_in_min_s, capped_lead_in_s);
  window.lead_in_max_s = std::max(window.lead_in_max_s, capped_lead_in_s);
}

}  // namespace

bool has_reference(const WeighingDurations& durations, const std::vector<Target>& references, std::size_t reference,
                   int round) {
  const int first = references[reference].role == TargetRole::idle ? 1 : 0;
  return durations.every[reference] == 1 || round % durations.every[reference] == first;
}

bool is_near_model(TargetRole role) {
  constexpr std::array near = {TargetRole::plain, TargetRole::preserved, TargetRole::doubled};
  return std::find(near.begin(), near.end(), role) != near.end();
}

WeighingDurations weighing_durations(const std::vector<Target>& references, const RoundsOptions& options,
                                     const MeterTraits& traits) {
  WeighingDurations durations;
  durations.dosed = dosed_window(options, traits);
  durations.probe = probe_window(options, traits);
  for (const Target& reference : references) {
    durations.references.push_back(reference_window(reference, options, traits));
    durations.repeats.push_back(reference.role == TargetRole::preserved ? options.chain_windows : 1);
    durations.every.push_back(takes_turns(reference.role) ? 2 : 1);
  }
  if (!is_immediate(traits)) {
    durations.after_other_min_s = options.window.lead_in_min_s;
    durations.after_other_max_s = options.window.lead_in_max_s;
  }
  return durations;
}

WeighingDurations probed_durations(WeighingDurations durations, const std::vector<Target>& references,
                                   const RoundsOptions& options, const MeterTraits& traits, const Probed& probed,
                                   std::size_t rows, double left_s) {
  const double least_launches = is_immediate(traits) ? immediate_launches : launches;
  for (WindowOptions* window : windows_near_model(durations, references)) {
    lengthen(*window, least_launches * probed.launch_s.value_or(0));
    if (probed.power_capped) settle_longer(*window);
  }
  if (!probed.power_capped) return durations;
  WeighingDurations longer = durations;
  for (WindowOptions* window : windows_near_model(longer, references)) lengthen(*window, capped_s);
  const double short_s = shortest_round_s(durations, rows);
  const double more_s = shortest_round_s(longer, rows) - short_s;
  if (more_s <= 0) return durations;
  const double share = std::clamp((left_s / options.min_rounds - short_s) / more_s, 0.0, 1.0);
  for (WindowOptions* window : windows_near_model(durations, references)) {
    window->duration_s += share * std::max(0.0, capped_s - window->duration_s);
  }
  return durations;
}

double shortest_round_s(const WeighingDurations& durations, std::size_t rows) {
  double least_s = static_cast<double>(rows) * (durations.dosed.duration_s + durations.dosed.lead_in_min_s);
  for (std::size_t i = 0; i < durations.references.size(); ++i) {
    const WindowOptions& window = durations.references[i];
    least_s += durations.repeats[i] * (window.duration_s + window.lead_in_min_s) / durations.every[i];
  }
  return least_s;
}

}  // namespace clear_native
