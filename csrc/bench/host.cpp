#include "host.hpp"

#include <sched.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <thread>

namespace clear_native::bench {
namespace {

std::string stripped(const std::string& text, const char* what) {
  const std::size_t begin = text.find_first_not_of(what);
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(what) - begin + 1);
}

/// The value of a line "key SEPARATOR value" of a file; empty where there is none.
std::string value_in(const char* path, const std::string& key, char separator) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t at = line.find(separator);
    if (at != std::string::npos && stripped(line.substr(0, at), " \t") == key) {
      return stripped(line.substr(at + 1), " \t\"");
    }
  }
  return {};
}

void append(report::Facts& facts, const char* name, const std::string& text) {
  if (!text.empty()) facts.emplace_back(name, text);
}

}  // namespace

std::string cpu_name() {
  return value_in("/proc/cpuinfo", "model name", ':');
}

int usable_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0) return CPU_COUNT(&cores);
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));  // more than a cpu_set_t holds
}

std::string now_in_iso8601() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S+00:00", &utc);
  return text.data();
}

report::Facts host_facts() {
  report::Facts facts = {{"made_at", now_in_iso8601()}, {"clear_native", std::string(CLEAR_VERSION)}};
  append(facts, "cpu", cpu_name());
  facts.emplace_back("cores", std::int64_t{usable_cores()});
  append(facts, "os", value_in("/etc/os-release", "PRETTY_NAME", '='));
  utsname system{};
  if (uname(&system) == 0) {
    append(facts, "kernel", std::string(system.sysname) + " " + system.release);
    append(facts, "machine", system.machine);
  }
  return facts;
}

}  // namespace clear_native::bench
