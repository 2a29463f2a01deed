#include "progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "report/units.hpp"

namespace clear_native::bench {
namespace {

constexpr double shown_after_s = 2;
constexpr const char* clear_line = "\r\033[K";

}  // namespace

ProgressLine::ProgressLine(bool wanted) : begun_s_(clock_.now_s()), enabled_(wanted && isatty(STDERR_FILENO) != 0) {}

ProgressLine::~ProgressLine() {
  clear();
}

void ProgressLine::clear() {
  if (drawn_) std::cerr << clear_line << std::flush;
  drawn_ = false;
}

void ProgressLine::stage(const std::string& name) {
  if (enabled_) show(name);
}

void ProgressLine::update(const Progress& now) {
  std::string text = "measuring: " + std::to_string(now.windows_done);
  text += now.windows_planned == 0 ? " windows (pilot)" : " of " + std::to_string(now.windows_planned) + " windows";
  const double left_s = now.expected_s - now.elapsed_s;
  if (now.windows_planned > 0 && left_s > 0) {
    text += report::formatted(", %.0f s left", left_s);
  } else {
    text += report::formatted(", at most %.0f s left", std::max(0.0, now.max_time_s - now.elapsed_s));
  }
  draw(text);
}

void ProgressLine::draw(const std::string& text) {
  if (enabled_ && clock_.now_s() - begun_s_ >= shown_after_s) show(text);
}

void ProgressLine::show(const std::string& text) {
  std::cerr << clear_line << text << std::flush;
  drawn_ = true;
}

}  // namespace clear_native::bench
