#include "arguments.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <system_error>

#include "calibrate.hpp"
#include "core/errors.hpp"
#include "env.hpp"
#include "exit_codes.hpp"
#include "overhead.hpp"
#include "run.hpp"
#include "sensor.hpp"
#include "show_report.hpp"

namespace clear_native::bench {
namespace {

using Command = std::function<int()>;

void add_env(CLI::App& program, Command& asked) {
  CLI::App* command = program.add_subcommand("env", "This machine, its GPUs, and which meters can be read");
  const auto options = std::make_shared<EnvOptions>();
  command->add_flag("--json", options->as_json, "As JSON");
  command->footer("For example: clear-bench env --json");
  command->callback([&asked, options] { asked = [options] { return show_env(*options); }; });
}

void add_report(CLI::App& program, Command& asked) {
  CLI::App* command = program.add_subcommand("report", "The table of a saved report");
  const auto options = std::make_shared<ReportOptions>();
  command->add_option("FILE", options->file, "A report that clear-bench or clear-native wrote")->required();
  command->add_option("--csv", options->csv, "Write components and model here as CSV");
  command->footer("For example: clear-bench report bert.json --csv bert.csv");
  command->callback([&asked, options] { asked = [options] { return show_report(*options); }; });
}

/// Not left to CLI11, older ones of which take -1 for the largest number there is.
std::uint64_t seed_of(const std::string& text) {
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error == std::errc{} && end == text.data() + text.size()) return seed;
  throw CLI::ValidationError("--seed", "it must be a whole number from 0 to 2**64 - 1, got '" + text + "'");
}

void add_run(CLI::App& program, Command& asked) {
  CLI::App* command = program.add_subcommand("run", "The joules of each component of an exported model");
  const auto options = std::make_shared<RunOptions>();
  command->add_option("BUNDLE", options->bundle, "The folder that clear_native.export wrote")->required();
  command->add_option("--component", options->components, "Only components of this name or glob; may come again")
      ->allow_extra_args(false);
  command->add_option("--method", options->method, "in_situ (default), partition or isolated")
      ->check(CLI::IsMember({"in_situ", "partition", "isolated"}));
  command
      ->add_option("--execution", options->execution,
                   "graph, eager or compiled (code of the bundle, the model as a whole); default: graph on a GPU")
      ->check(CLI::IsMember({"graph", "eager", "compiled"}));
  command->add_option("--precision", options->precision, "95 % half-width to reach, relative; default 0.01");
  command->add_option("--max-time", options->max_time_s, "Seconds that measuring may take; default 60");
  command->add_option_function<std::string>(
      "--seed", [options](const std::string& text) { options->seed = seed_of(text); },
      "Of the order of windows; default: drawn, and recorded");
  command->add_option("--meter", options->meter,
                      "auto, nvml, nvml:counter (samples, instant, usage), rapl, estimate:WATTS, auto+rapl");
  command->add_option("--json", options->json, "Write the report here as JSON");
  command->add_option("--csv", options->csv, "Write components and model here as CSV");
  command->add_flag("--verify", options->verify,
                    "First compare the outputs with those of the model, bit for bit (compiled: within tolerance)");
  command->add_flag("-q,--quiet", options->quiet, "No table, no progress");
  command->footer("For example: clear-bench run bert.clear --verify --json bert.json");
  command->callback([&asked, options] { asked = [options] { return run_bundle(*options); }; });
}

void add_sensor(CLI::App& program, Command& asked) {
  CLI::App* command =
      program.add_subcommand("sensor", "What the energy sensor is and does: period, lag, shortest window");
  const auto options = std::make_shared<SensorOptions>();
  command->add_option("--device", options->device, "cpu, cuda or cuda:1; default: a GPU if there is one");
  command->add_option("--meter", options->meter, "auto, nvml, nvml:counter (samples, instant, usage) or rapl");
  command->add_option("--max-time", options->max_time_s, "Seconds that it may take, at least 4; default 30");
  command->add_option("--json", options->json, "Write the result here as JSON");
  command->add_flag("-q,--quiet", options->quiet, "No table, no progress");
  command->footer("For example: clear-bench sensor --device cuda:0 --json sensor.json");
  command->callback([&asked, options] { asked = [options] { return show_sensor(*options); }; });
}

void add_calibrate(CLI::App& program, Command& asked) {
  CLI::App* command = program.add_subcommand(
      "calibrate",
      "Static power, pJ per FLOP and byte, bandwidth and FLOP/s of this GPU, by kernels that do one thing");
  const auto options = std::make_shared<CalibrateOptions>();
  command->add_option("--device", options->device, "cuda or cuda:1; default: cuda");
  command->add_option("--meter", options->meter, "auto or nvml:counter (samples, instant, usage)");
  command->add_option("--kind", options->kinds, "Only loads of this name or glob, 'tensor_*'; may come again")
      ->allow_extra_args(false);
  command->add_option("--max-time", options->max_time_s, "Seconds that it may take; default 150");
  command->add_option("--rounds", options->rounds, "Windows of each load at each rate; default 8");
  command->add_option_function<std::string>(
      "--seed", [options](const std::string& text) { options->seed = seed_of(text); },
      "Of the order of windows; default: drawn, and recorded");
  command->add_option("--out", options->out, "Write the device file here, which reports take their limits from");
  command->add_flag("--json", options->as_json, "Print the device file in place of the table");
  command->add_flag("-q,--quiet", options->quiet, "No table, no progress");
  command->footer("For example: clear-bench calibrate --device cuda:0 --out h200.json");
  command->callback([&asked, options] { asked = [options] { return calibrate(*options); }; });
}

void add_overhead(CLI::App& program, Command& asked) {
  CLI::App* command = program.add_subcommand(
      "overhead", "Components of an exported model by what drives them: eager loop, graph launch, unrolled, WHILE");
  const auto options = std::make_shared<OverheadOptions>();
  command->add_option("BUNDLE", options->bundle, "The folder that clear_native.export wrote")->required();
  command->add_option("--component", options->components, "Only components of this name or glob; may come again")
      ->allow_extra_args(false);
  command->add_option("--meter", options->meter,
                      "auto, nvml, nvml:counter (samples, instant, usage), rapl, estimate:WATTS");
  command->add_option("--precision", options->precision, "95 % half-width to reach, relative; default 0.02");
  command->add_option("--max-time", options->max_time_s, "Seconds that measuring may take; default 60");
  command->add_option_function<std::string>(
      "--seed", [options](const std::string& text) { options->seed = seed_of(text); },
      "Of the order of windows; default: drawn, and recorded");
  command->add_option("--json", options->json, "Write the result here as JSON");
  command->add_flag("-q,--quiet", options->quiet, "No table, no progress");
  command->footer("For example: clear-bench overhead bert.clear --component 'attention*' --json overhead.json");
  command->callback([&asked, options] { asked = [options] { return show_overhead(*options); }; });
}

/// What CLI11 would print for --help or --version, as a command; an error of its own as ours.
Command ending_of(const CLI::App& program, const CLI::ParseError& stop) {
  std::ostringstream text;
  std::ostringstream errors;
  if (program.exit(stop, text, errors) != 0) {
    throw Error(ErrorKind::bad_input, std::string(stop.what()) + " (clear-bench --help tells what there is)");
  }
  return [shown = text.str()] {
    std::cout << shown;
    return done;
  };
}

}  // namespace

Command command_of(int argc, const char* const* argv) {
  CLI::App program("How many joules each part of a model costs, measured without Python.", "clear-bench");
  program.set_version_flag("--version", std::string("clear-bench ") + CLEAR_VERSION);
  program.set_help_flag("-h,--help", "Print this and exit");
  program.require_subcommand(1);
  program.footer(
      "For example: clear-bench env\n"
      "             clear-bench run bert.clear --json bert.json\n"
      "             clear-bench report bert.json\n"
      "             clear-bench sensor --max-time 30\n"
      "             clear-bench calibrate --out device.json\n"
      "             clear-bench overhead bert.clear\n"
      "Exit codes: 0 done; 1 done, but a status is not ok; 2 bad input; 3 no sensor; 130 interrupted.");
  Command asked;
  add_env(program, asked);
  add_report(program, asked);
  add_run(program, asked);
  add_sensor(program, asked);
  add_calibrate(program, asked);
  add_overhead(program, asked);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& stop) {
    return ending_of(program, stop);
  }
  return asked;
}

}  // namespace clear_native::bench
