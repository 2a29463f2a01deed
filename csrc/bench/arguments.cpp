#include "arguments.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "core/errors.hpp"
#include "env.hpp"
#include "exit_codes.hpp"
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

/// What CLI11 would print for --help or --version, as a command; an error of its own as ours.
Command command_of(const CLI::App& program, const CLI::ParseError& stop) {
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
      "             clear-bench report bert.json\n"
      "Exit codes: 0 done; 1 done, but a status is not ok; 2 bad input; 3 no sensor; 130 interrupted.");
  Command asked;
  add_env(program, asked);
  add_report(program, asked);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& stop) {
    return command_of(program, stop);
  }
  return asked;
}

}  // namespace clear_native::bench
