#pragma once
// `clear-bench sensor`: what the energy sensor of this machine is and does.

#include <string>

namespace clear_native::bench {

struct SensorOptions {
  std::string device;          // "cpu", "cuda", "cuda:1"; empty: a GPU if there is one
  std::string meter = "auto";  // "nvml", "nvml:counter" (samples, instant, usage), "rapl"; never an estimate
  double max_time_s = 30;
  std::string json;  // file to write; empty: none
  bool quiet = false;
};

int show_sensor(const SensorOptions& options);

}  // namespace clear_native::bench
