#include "odometer_track.hpp"

#include <algorithm>
#include <iterator>

#include "core/statistics/statistics.hpp"

namespace clear_native {
namespace {

double rate_between(const OdometerReading& from, const OdometerReading& to) {
  return (to.passes - from.passes) / (to.time_s - from.time_s);
}

}  // namespace

void OdometerTrack::add(const OdometerReading& reading) {
  if (!readings_.empty()) {
    const OdometerReading& last = readings_.back();
    if (reading.time_s <= last.time_s || reading.passes <= last.passes) return;
  }
  readings_.push_back(reading);
}

std::optional<double> OdometerTrack::passes_at(double time_s) const {
  if (readings_.size() < 2) return std::nullopt;
  const OdometerReading& first = readings_.front();
  const OdometerReading& middle = readings_[readings_.size() / 2];
  const OdometerReading& last = readings_.back();
  if (time_s < first.time_s) return first.passes + rate_between(first, middle) * (time_s - first.time_s);
  if (time_s > last.time_s) {
    const OdometerReading& from = readings_[(readings_.size() - 1) / 2];
    return last.passes + rate_between(from, last) * (time_s - last.time_s);
  }
  const auto after = std::lower_bound(std::next(readings_.begin()), std::prev(readings_.end()), time_s,
                                      [](const OdometerReading& r, double t) { return r.time_s < t; });
  const OdometerReading& before = *std::prev(after);
  const double share = (time_s - before.time_s) / (after->time_s - before.time_s);
  return before.passes + share * (after->passes - before.passes);
}

std::vector<OdometerReading> OdometerTrack::readings_within(double begin_s, double end_s) const {
  std::vector<OdometerReading> inside;
  std::copy_if(readings_.begin(), readings_.end(), std::back_inserter(inside),
               [&](const OdometerReading& r) { return r.time_s >= begin_s && r.time_s <= end_s; });
  return inside;
}

std::optional<double> OdometerTrack::time_per_pass_s(double begin_s, double end_s) const {
  std::vector<double> times_s;
  std::vector<double> passes;
  for (const OdometerReading& reading : readings_within(begin_s, end_s)) {
    times_s.push_back(reading.time_s);
    passes.push_back(reading.passes);
  }
  const std::optional<Line> line = fit_line(passes, times_s);
  if (!line) return std::nullopt;
  return line->slope;
}

}  // namespace clear_native
