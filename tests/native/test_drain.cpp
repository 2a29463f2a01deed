#include <gtest/gtest.h>

#include "core/errors.hpp"
#include "core/windows/drain.hpp"

namespace clear_native {
namespace {

class CountingWorkload final : public Workload {
 public:
  [[nodiscard]] double passes_per_launch() const override { return 1; }
  void launch() override {}
  bool wait_for_room(double&) override { return true; }
  [[nodiscard]] OdometerReading odometer() const override { return {}; }
  void drain() override {
    ++drains;
    if (fails) throw Error(ErrorKind::cuda_error, "cannot drain");
  }

  int drains = 0;
  bool fails = false;
};

TEST(DrainOnUnwind, DrainsOnceOnTheRegularWay) {
  CountingWorkload workload;
  {
    DrainOnUnwind guard(workload);
    guard.drain();
  }
  EXPECT_EQ(workload.drains, 1);
}

TEST(DrainOnUnwind, DrainsWhenSomethingIsThrown) {
  CountingWorkload workload;
  const auto throws = [&] {
    const DrainOnUnwind guard(workload);
    throw Error(ErrorKind::interrupted, "Ctrl-C");
  };
  EXPECT_THROW(throws(), Error);
  EXPECT_EQ(workload.drains, 1);
}

TEST(DrainOnUnwind, AFailureToDrainDoesNotHideTheCause) {
  CountingWorkload workload;
  workload.fails = true;
  try {
    const DrainOnUnwind guard(workload);
    throw Error(ErrorKind::device_lost, "gone");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::device_lost);
  }
  EXPECT_EQ(workload.drains, 1);
}

TEST(DrainOnUnwind, AFailureOnTheRegularWayIsTold) {
  CountingWorkload workload;
  workload.fails = true;
  DrainOnUnwind guard(workload);
  EXPECT_THROW(guard.drain(), Error);
}

}  // namespace
}  // namespace clear_native
