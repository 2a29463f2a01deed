#include "calibrate.hpp"

#include <iostream>

#include "core/errors.hpp"
#include "core/meters/nvml_choice.hpp"
#include "core/meters/nvml_listing.hpp"
#ifdef CLEAR_HAVE_CUDA
#include "cuda/gpu_calibration.hpp"
#endif
#include "exit_codes.hpp"
#include "files.hpp"
#include "glob.hpp"
#include "gpus.hpp"
#include "interrupt.hpp"
#include "progress.hpp"
#include "report/calibration_report.hpp"
#include "report/device_limits.hpp"
#include "report/joined.hpp"
#include "report/units.hpp"
#include "seeds.hpp"

namespace clear_native::bench {
namespace {

/// Of NVML, by the part after the colon. Throws Error(bad_input).
std::string sensor_named(const std::string& meter) {
  if (meter == "auto" || meter == "nvml") return "auto";
  const std::string prefix = "nvml:";
  if (meter.starts_with(prefix)) return meter.substr(prefix.size());
  throw Error(ErrorKind::bad_input, "meter '" + meter +
                                        "' is no sensor of a GPU, which is what is calibrated: use 'auto', "
                                        "'nvml:counter', 'nvml:samples', 'nvml:instant' or 'nvml:usage'");
}

bool shows_a_gpu() {
  try {
    return !list_gpus().gpus.empty();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::no_driver) return false;
    throw;
  }
}

/// The number of the GPU. Throws Error: bad_input for a processor, no_driver where there is no GPU at all.
int gpu_of(const CalibrateOptions& options) {
  const std::optional<int> gpu = gpu_in(options.device);
  if (!gpu) {
    throw Error(ErrorKind::bad_input, "calibrate runs CUDA kernels, which a CPU cannot: use --device cuda:0");
  }
  if (shows_a_gpu()) return *gpu;
  throw Error(ErrorKind::no_driver,
              "calibrate needs an NVIDIA GPU and its driver, and NVML shows none here: `clear-bench env` tells why; "
              "nvidia-smi -L must list it (in a container: --gpus all)");
}

void check(const CalibrateOptions& options) {
  if (options.max_time_s <= 0) {
    throw Error(ErrorKind::bad_input, "--max-time must be above 0 seconds, for instance 150");
  }
  if (options.rounds < 2) {
    throw Error(ErrorKind::bad_input,
                "--rounds must be at least 2, for instance 8: intervals come from between rounds");
  }
  if (!options.out.empty()) check_can_be_written("--out", options.out);
}

/// False if the file could not be written: why is told on stderr.
bool deliver(const Calibration& found, const report::CalibrationFacts& facts, const CalibrateOptions& options) {
  std::string problem;
  const std::string json = report::calibration_to_json(found, facts);
  try {
    if (!options.out.empty()) write_file(options.out, json);
  } catch (const Error& error) {
    problem = error.what();
    std::cerr << "clear-bench: " << problem << '\n';
  }
  if (options.as_json) {
    std::cout << json;
  } else if (!options.quiet || !problem.empty()) {
    std::cout << report::calibration_table(found, facts) << '\n';
  }
  if (options.as_json || options.quiet || !problem.empty()) return problem.empty();
  if (options.out.empty()) {
    std::cout << "not kept: --out device.json writes a device file\n";
  } else {
    std::cout << "written to " << options.out << "; reports take their limits from it by "
              << report::device_limits_variable << "=" << options.out << '\n';
  }
  return true;
}

bool is_ok(const Calibration& found) {
  bool ok = found.statuses.empty();
  for (const KindCost& kind : found.kinds) ok = ok && kind.statuses.empty();
  return ok;
}

int finish(const Calibration& found, const report::CalibrationFacts& facts, const CalibrateOptions& options) {
  const RoundsResult& run = found.rounds;
  const bool is_whole = run.windows.empty() || deliver(found, facts, options);
  if (run.failure_kind) throw Error(*run.failure_kind, run.failure_message);
  if (run.stop_reason == StopReason::interrupted) {
    if (run.windows.empty()) throw Error(ErrorKind::interrupted, "interrupted; no window is finished");
    return interrupted;
  }
  return is_whole && is_ok(found) ? done : not_ok;
}

#ifdef CLEAR_HAVE_CUDA

/// "occupancy" is always among them: what the warps themselves draw.
std::vector<cuda::CalibrationKind> wanted(const cuda::DeviceProperties& device, const CalibrateOptions& options) {
  std::vector<cuda::CalibrationKind> kinds = cuda::calibration_kinds(device);
  std::vector<std::string> known;
  known.reserve(kinds.size());
  for (const cuda::CalibrationKind& kind : kinds) known.push_back(kind.name);
  std::erase_if(kinds, [&options](const cuda::CalibrationKind& kind) {
    return !kind.unit.empty() && !matches(options.kinds, kind.name);
  });
  if (kinds.size() > 1) return kinds;
  throw Error(ErrorKind::bad_input, "no load of this device matches '" + report::joined(options.kinds, "', '") +
                                        "': there are " + report::joined(known, ", "));
}

int run(int gpu, const CalibrateOptions& options) {
  const SteadyClock clock;
  const double begun_s = clock.now_s();
  ProgressLine shown(!options.quiet);
  const InterruptFlag flag;
  RoundsWatch watch;
  watch.window.interrupted = InterruptFlag::interrupted;
  watch.progress = [&shown](const Progress& now) { shown.update(now); };
  const std::string uuid = cuda::device_uuid(gpu);
  const std::unique_ptr<EnergyMeter> meter = open_nvml_meter(uuid, sensor_named(options.meter));
  cuda::CalibrationLoad load(cuda::PrimaryContext::of_ordinal(gpu));
  ThreadedRunner runner;
  const std::vector<CalibrationSubject> subjects =
      cuda::calibration_subjects(load, runner, wanted(load.device(), options), watch.window,
                                 [&shown](const std::string& kind) { shown.stage("preparing " + kind); });
  const CalibrationOptions how{.rounds = options.rounds,
                               .max_time_s = std::max(1.0, options.max_time_s - (clock.now_s() - begun_s)),
                               .seed = seed_or_drawn(options.seed)};
  const auto warming = [&shown](double temperature_c) {
    shown.stage("warming up: " + report::formatted("%.1f", temperature_c) + " °C");
  };
  const Calibration found = run_calibration(runner, *meter, subjects, how, watch, warming);
  shown.clear();
  return finish(found, {.uuid = uuid, .meter = meter->traits(), .environment = environment_of_gpu(uuid)}, options);
}

#else

int run(int /*gpu*/, const CalibrateOptions& /*options*/) {
  throw Error(ErrorKind::no_driver,
              "this clear-bench was built without CUDA, so it has no loads to calibrate with: build it where a CUDA "
              "toolkit of 12.4 or newer is (nvcc)");
}

#endif

}  // namespace

int calibrate(const CalibrateOptions& options) {
  check(options);
  sensor_named(options.meter);
  return run(gpu_of(options), options);
}

}  // namespace clear_native::bench
