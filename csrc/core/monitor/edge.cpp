#include "edge.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace clear_native {

EdgeEnergy no_energy(std::string status, std::string message) {
  EdgeEnergy none;
  none.status = std::move(status);
  none.message = std::move(message);
  return none;
}

Edge::Edge(std::size_t meters, double asked_s, std::optional<double> time_s)
    : asked_s_(asked_s), time_s_(time_s), energies_(meters) {}

std::optional<double> Edge::time_s() const {
  const std::lock_guard lock(mutex_);
  return time_s_;
}

bool Edge::is_aligned() const {
  const std::lock_guard lock(mutex_);
  return aligned_;
}

void Edge::align(double time_s, bool at_change) {
  {
    const std::lock_guard lock(mutex_);
    time_s_ = time_s;
    aligned_ = at_change;
  }
  changed_.notify_all();
}

void Edge::settle(std::size_t meter, EdgeEnergy energy) {
  {
    const std::lock_guard lock(mutex_);
    energies_[meter] = std::move(energy);
  }
  changed_.notify_all();
}

bool Edge::is_settled() const {
  return std::all_of(energies_.begin(), energies_.end(), [](const auto& energy) { return energy.has_value(); });
}

bool Edge::wait_for_time(double timeout_s) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::duration<double>(timeout_s), [this] { return time_s_.has_value(); });
}

std::optional<std::vector<EdgeEnergy>> Edge::wait(double timeout_s) const {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::duration<double>(timeout_s), [this] { return is_settled(); })) {
    return std::nullopt;
  }
  std::vector<EdgeEnergy> energies;
  energies.reserve(energies_.size());
  for (const std::optional<EdgeEnergy>& energy : energies_) {
    if (energy) energies.push_back(*energy);
  }
  return energies;
}

}  // namespace clear_native
