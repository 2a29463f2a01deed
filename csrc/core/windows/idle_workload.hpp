#pragma once
// Nothing runs; its passes are seconds, so that its energy per pass is the idle power in watts.

#include <memory>

#include "clock.hpp"
#include "workload.hpp"

namespace clear_native {

class IdleWorkload final : public Workload {
 public:
  /// `clock` absent: the steady clock.
  explicit IdleWorkload(std::shared_ptr<const Clock> clock = nullptr);

  [[nodiscard]] double passes_per_launch() const override { return 1; }
  void launch() override {}
  /// There is never anything to launch.
  bool wait_for_room(double& look_again_s) override;
  [[nodiscard]] OdometerReading odometer() const override;
  void drain() override {}

 private:
  std::shared_ptr<const Clock> clock_;
  double begin_s_;
};

}  // namespace clear_native
