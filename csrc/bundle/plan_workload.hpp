#pragma once
// Passes of a plan as a Workload: run by the caller's thread, one after another.

#include <memory>
#include <vector>

#include "core/windows/host_odometer.hpp"
#include "core/windows/workload.hpp"
#include "node_runner.hpp"

namespace clear_native::bundle {

inline constexpr double kMinLaunchS = 2e-3;  // as of a graph replay: the odometer then counts no coarser than this

class PlanWorkload final : public Workload {
 public:
  /// Goes through `passes` in turn; a launch has `passes_per_launch` of them and ends when the device has done them.
  PlanWorkload(NodeRunner& runner, std::vector<std::unique_ptr<Routine>> passes, int passes_per_launch);

  [[nodiscard]] double passes_per_launch() const override { return passes_per_launch_; }
  void launch() override;
  bool wait_for_room(double& /*look_again_s*/) override { return true; }
  [[nodiscard]] OdometerReading odometer() const override { return odometer_.read(); }
  void drain() override { runner_.synchronize(); }

 private:
  NodeRunner& runner_;
  std::vector<std::unique_ptr<Routine>> passes_;
  int passes_per_launch_;
  std::size_t turn_ = 0;
  HostOdometer odometer_;
};

}  // namespace clear_native::bundle
