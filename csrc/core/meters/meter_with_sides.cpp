#include "meter_with_sides.hpp"

#include <set>
#include <utility>

#include "core/errors.hpp"

namespace clear_native {

MeterWithSides::MeterWithSides(std::shared_ptr<EnergyMeter> driving, std::vector<std::shared_ptr<EnergyMeter>> sides)
    : driving_(std::move(driving)), sides_(std::move(sides)) {
  std::set<std::string> scopes = {driving_->traits().scope};
  for (const auto& side : sides_) {
    const MeterTraits traits = side->traits();
    if (scopes.insert(traits.scope).second) continue;
    throw Error(ErrorKind::bad_input, "Two meters read the " + traits.scope + " (one is " + traits.name +
                                          "); several meters at once must each read something else, as in "
                                          "\"auto+rapl\".");
  }
}

std::vector<SideReading> MeterWithSides::side_readings() {
  std::vector<SideReading> readings;
  for (const auto& side : sides_) {
    try {
      readings.push_back({.scope = side->traits().scope, .reading = side->read()});
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::sensor_fault) throw;
    }
  }
  return readings;
}

std::vector<MeterTraits> MeterWithSides::side_traits() const {
  std::vector<MeterTraits> traits;
  traits.reserve(sides_.size());
  for (const auto& side : sides_) traits.push_back(side->traits());
  return traits;
}

}  // namespace clear_native
