#include "sensor.hpp"

#include <iostream>
#include <optional>

#include "core/errors.hpp"
#include "core/meters/meter_choice.hpp"
#include "core/sensor/processor_bench.hpp"
#include "core/sensor/sensor_run.hpp"
#ifdef CLEAR_HAVE_CUDA
#include "cuda/gpu_bench.hpp"
#endif
#include "exit_codes.hpp"
#include "files.hpp"
#include "gpus.hpp"
#include "host.hpp"
#include "interrupt.hpp"
#include "progress.hpp"
#include "report/sensor_report.hpp"
#include "report/units.hpp"

namespace clear_native::bench {
namespace {

SensorSubject subject_of(const std::string& device, const std::string& meter) {
  const std::optional<int> gpu = gpu_in(device);
  if (meter.rfind("estimate", 0) == 0 || meter.find('+') != std::string::npos) {
    throw Error(ErrorKind::bad_input,
                "meter '" + meter +
                    "' is not one sensor: use 'auto', 'nvml', 'nvml:counter' (samples, instant, usage) or 'rapl'");
  }
  MeteredDevice on{.is_gpu = gpu.has_value(), .uuid = {}, .cpu = cpu_name(), .called = device, .cores = usable_cores()};
  const std::string chosen = meter != "auto" ? meter : on.is_gpu ? "nvml" : "rapl";
  check_meters({chosen}, on);
  if (!gpu) return processor_subject([chosen, on] { return open_meters({chosen}, on); });
#ifdef CLEAR_HAVE_CUDA
  const std::size_t colon = chosen.find(':');
  return cuda::gpu_subject(*gpu, colon == std::string::npos ? "auto" : chosen.substr(colon + 1));
#else
  throw Error(ErrorKind::no_driver,
              "this clear-bench was built without CUDA, so it has no load for a GPU: build it where "
              "a CUDA toolkit is, or look at the sensor with `clear-native sensor`");
#endif
}

SensorWatch watch_by(ProgressLine& shown) {
  return {.interrupted = InterruptFlag::interrupted, .progress = [&shown](const SensorProgress& now) {
            shown.draw(std::string(words_of(now.stage)) +
                       report::formatted(", %.0f s left", std::max(0.0, now.expected_s - now.elapsed_s)));
          }};
}

report::Facts environment_of(const SensorResult& found) {
  return found.meter.scope == "gpu" ? environment_of_gpu(found.meter.device) : host_facts();
}

}  // namespace

int show_sensor(const SensorOptions& options) {
  check_characterization_time(options.max_time_s);
  if (!options.json.empty()) check_can_be_written("--json", options.json);
  const SensorSubject subject = subject_of(options.device.empty() ? default_device() : options.device, options.meter);
  const InterruptFlag flag;
  ProgressLine shown(!options.quiet);
  const SensorResult found = run_sensor(subject, options.max_time_s, watch_by(shown));
  shown.clear();
  if (found.interrupted) throw Error(ErrorKind::interrupted, "interrupted; nothing is known of the sensor yet");
  const report::Facts environment = environment_of(found);
  if (!options.json.empty()) write_file(options.json, report::sensor_to_json(found, environment));
  if (options.quiet) return done;
  std::cout << report::sensor_table(found, environment) << '\n';
  if (!options.json.empty()) std::cout << "written to " << options.json << '\n';
  return done;
}

}  // namespace clear_native::bench
