#pragma once
// Progress on stderr: stages, and windows of what takes more than two seconds; silent where that is no terminal.

#include <string>

#include "core/rounds/rounds.hpp"
#include "core/windows/clock.hpp"

namespace clear_native::bench {

/// One line that is drawn over again, and is gone when this is.
class ProgressLine {
 public:
  /// `wanted`: not asked to be quiet.
  explicit ProgressLine(bool wanted);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ProgressLine(ProgressLine&&) = delete;
  ProgressLine& operator=(ProgressLine&&) = delete;

  /// What goes on from now. Shown at once: nobody knows how long it takes.
  void stage(const std::string& name);
  /// Between two windows.
  void update(const Progress& now);

  void draw(const std::string& text);
  void clear();

 private:
  void show(const std::string& text);

  SteadyClock clock_;
  double begun_s_;
  bool enabled_;
  bool drawn_ = false;
};

}  // namespace clear_native::bench
