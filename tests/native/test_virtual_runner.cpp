#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "virtual_runner.hpp"

namespace clear_native::testing {
namespace {

class LoggingTask final : public Task {
 public:
  LoggingTask(char name, std::vector<double> wakes_s, std::string& log) : name_(name), wakes_s_(wakes_s), log_(log) {}
  std::optional<double> step() override {
    log_ += name_;
    if (next_ == wakes_s_.size()) return std::nullopt;
    return wakes_s_[next_++];
  }

 private:
  char name_;
  std::vector<double> wakes_s_;
  std::string& log_;
  std::size_t next_ = 0;
};

TEST(VirtualRunner, StepsTheTaskThatIsDueFirst) {
  const auto clock = std::make_shared<VirtualClock>(0);
  VirtualRunner runner(clock);
  std::string log;
  LoggingTask foreground('f', {1, 4}, log);
  LoggingTask background('b', {2, 3}, log);
  runner.run(foreground, background);
  EXPECT_EQ(log, "fbfbbf");
  EXPECT_DOUBLE_EQ(clock->now_s(), 3) << "the end of the background woke the foreground";
}

TEST(VirtualRunner, ATimeInThePastMeansAtOnce) {
  const auto clock = std::make_shared<VirtualClock>(10);
  VirtualRunner runner(clock);
  std::string log;
  LoggingTask foreground('f', {0, 0}, log);
  LoggingTask background('b', {}, log);
  runner.run(foreground, background);
  EXPECT_DOUBLE_EQ(clock->now_s(), 10);
}

}  // namespace
}  // namespace clear_native::testing
