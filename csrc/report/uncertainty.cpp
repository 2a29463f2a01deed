#include "uncertainty.hpp"

#include <algorithm>
#include <cmath>

namespace clear_native::report {
namespace {

constexpr double s_per_hour = 3600;
constexpr double carried_w = 100;

/// One step of the counter over the energy of the window with the least.
std::optional<double> quantisation(const Report& report) {
  std::optional<double> least_j;
  for (const Window& window : report.windows) {
    const double energy_j = window.energy_per_pass_j.value_or(0) * window.passes;
    if (energy_j != 0) least_j = std::min(least_j.value_or(energy_j), energy_j);
  }
  if (!least_j || report.meter.quantum_j == 0) return std::nullopt;
  return report.meter.quantum_j / *least_j;
}

void append_in_intervals(const Report& report, std::vector<Uncertainty>& found) {
  const ModelResult& model = report.whole();
  if (model.energy_j && *model.energy_j != 0 && model.energy_half_width_j) {
    found.push_back(
        {"repeatability", *model.energy_half_width_j / *model.energy_j, true, "95 % half-width of the model's energy"});
  }
  if (report.drift_per_hour) {
    found.push_back({"drift", std::abs(*report.drift_per_hour) * report.elapsed_s / s_per_hour, true,
                     "over the whole profile; fitted and taken out, what is left scatters"});
  }
  if (report.carry_over_per_w) {
    found.push_back({"carry-over", std::abs(*report.carry_over_per_w) * carried_w, true,
                     "per 100 W of what ran before a window; taken out"});
  }
  if (const auto quantum = quantisation(report)) {
    found.push_back({"quantisation", quantum, true, "one step of the counter over the energy of a window"});
  }
}

void append_sensor(const Report& report, std::vector<Uncertainty>& found) {
  if (report.meter.estimated) {
    found.push_back({"no sensor", std::nullopt, false, "energies are time multiplied by a stated power"});
    return;
  }
  if (report.sensors) {
    found.push_back({"two sensors", std::abs(report.sensors->ratio - 1), false,
                     "energy counter against the driver's power samples, over all windows"});
  }
  found.push_back({"gain of the sensor", std::nullopt, false,
                   "unknown per card; NVIDIA states 5 W for power readings of some boards and nothing for this "
                   "counter"});
}

void append_method(const Report& report, std::vector<Uncertainty>& found) {
  if (report.perturbation) {
    found.push_back({"kept buffers", report.perturbation->ratio, false, "the measured model over the plain one"});
  }
  if (report.weighing && report.weighing->homogeneity) {
    found.push_back({"homogeneity", report.weighing->homogeneity->ratio - 1, false,
                     "everything doubled over twice once: by so much the marginals need not sum to the whole"});
  }
  if (report.weighing && report.weighing->curvature) {
    found.push_back(
        {"curvature", report.weighing->curvature->ratio, false, "cancelled in foldover pairs to second order"});
  }
  if (report.energy_closure) {
    found.push_back({"closure", report.energy_closure->ratio - 1, false,
                     "sum of the components over the model, minus one; nothing is normalised"});
  }
}

}  // namespace

std::vector<Uncertainty> budget_of(const Report& report) {
  std::vector<Uncertainty> found;
  append_in_intervals(report, found);
  append_sensor(report, found);
  append_method(report, found);
  return found;
}

}  // namespace clear_native::report
