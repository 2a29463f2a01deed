#include "plan_workload.hpp"

#include <utility>

namespace clear_native::bundle {

PlanWorkload::PlanWorkload(NodeRunner& runner, std::vector<std::unique_ptr<Routine>> passes, int passes_per_launch)
    : runner_(runner), passes_(std::move(passes)), passes_per_launch_(passes_per_launch) {}

void PlanWorkload::launch() {
  for (int pass = 0; pass < passes_per_launch_; ++pass) {
    passes_[turn_]->run();
    if (++turn_ == passes_.size()) turn_ = 0;
  }
  runner_.synchronize();
  odometer_.add(passes_per_launch_);
}

}  // namespace clear_native::bundle
