#include "sensor_bench.hpp"

#include <algorithm>

#include "core/errors.hpp"

namespace clear_native {
namespace {

constexpr double ask_every_s = 0.1;

}  // namespace

void stop_if_interrupted(const BenchWatch& watch) {
  if (watch.interrupted && watch.interrupted()) {
    throw Error(ErrorKind::interrupted, "interrupted while the sensor was watched");
  }
}

void rest(SensorBench& bench, double duration_s, const BenchWatch& watch) {
  double left_s = duration_s;
  while (left_s > 0) {
    stop_if_interrupted(watch);
    bench.sleep(std::min(left_s, ask_every_s));
    left_s -= ask_every_s;
  }
}

}  // namespace clear_native
