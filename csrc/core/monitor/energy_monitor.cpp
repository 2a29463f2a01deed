#include "energy_monitor.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "core/errors.hpp"
#include "core/windows/clock.hpp"
#include "meter_follower.hpp"

namespace clear_native {
namespace {

constexpr double ready_at_most_s = 1.0;

/// A follower with a thread that steps it.
class FollowerThread {
 public:
  FollowerThread(const Clock& clock, std::shared_ptr<EnergyMeter> meter, std::size_t index)
      : follower_(clock, std::move(meter), index), thread_([this] { run(); }) {}
  FollowerThread(const FollowerThread&) = delete;
  FollowerThread& operator=(const FollowerThread&) = delete;
  FollowerThread(FollowerThread&&) = delete;
  FollowerThread& operator=(FollowerThread&&) = delete;
  ~FollowerThread() { stop(); }

  /// False after end().
  bool add(const std::shared_ptr<Edge>& edge) {
    const std::lock_guard lock(mutex_);
    if (stop_ || stop_when_idle_) return false;
    follower_.add(edge);
    return true;
  }

  /// At once. One thread at a time.
  void stop() {
    end(true);
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] bool is_ready() const noexcept { return follower_.is_ready(); }

  /// `at_once`: or when all edges are known.
  void end(bool at_once) {
    {
      const std::lock_guard lock(mutex_);
      (at_once ? stop_ : stop_when_idle_) = true;
    }
    wake_.notify_one();
  }

 private:
  void run() {
    using Steady = std::chrono::steady_clock;
    for (;;) {
      const double next_s = follower_.step();
      std::unique_lock lock(mutex_);
      const auto wanted = [&] { return stop_ || (stop_when_idle_ && follower_.is_idle()); };
      const auto since_epoch = std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(next_s));
      wake_.wait_until(lock, Steady::time_point{since_epoch}, wanted);
      if (stop_ || (stop_when_idle_ && follower_.is_idle())) break;
    }
    follower_.abandon();
  }

  MeterFollower follower_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  bool stop_when_idle_ = false;
  std::thread thread_;  // last: it uses all above
};

}  // namespace

struct EnergyMonitor::Threads {
  SteadyClock clock;
  std::vector<std::unique_ptr<FollowerThread>> followers;
  std::mutex stopping;
};

EnergyMonitor::EnergyMonitor(std::vector<std::shared_ptr<EnergyMeter>> meters)
    : process_(getpid()), threads_(std::make_unique<Threads>()) {
  if (meters.empty()) throw Error(ErrorKind::bad_input, "A monitor needs at least one meter; seen none.");
  if (std::set(meters.begin(), meters.end()).size() < meters.size()) {
    throw Error(ErrorKind::bad_input, "A monitor was given the same meter twice; its energy would count twice.");
  }
  for (const std::shared_ptr<EnergyMeter>& meter : meters) {
    if (!meter) throw Error(ErrorKind::bad_input, "A monitor was given None instead of a meter.");
    traits_.push_back(meter->traits());
  }
  for (std::size_t i = 0; i < meters.size(); ++i) {
    threads_->followers.push_back(std::make_unique<FollowerThread>(threads_->clock, std::move(meters[i]), i));
  }
  // So that the first window has a known stretch before it too.
  const double give_up_s = threads_->clock.now_s() + ready_at_most_s;
  const auto ready = [](const auto& follower) { return follower->is_ready(); };
  while (!std::all_of(threads_->followers.begin(), threads_->followers.end(), ready) &&
         threads_->clock.now_s() < give_up_s) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

EnergyMonitor::~EnergyMonitor() {
  // A lock that a thread held at the fork is held for ever, and there is no thread to join.
  if (getpid() == process_) return;
  [[maybe_unused]] const Threads* forgotten = threads_.release();
}

void EnergyMonitor::refuse_fork() const {
  if (getpid() == process_) return;
  throw Error(ErrorKind::bad_input, "This monitor was made in process " + std::to_string(process_) +
                                        " and this is process " + std::to_string(getpid()) +
                                        ", forked off from it: its threads did not come along. Make a new "
                                        "EnergyMonitor after the fork.");
}

std::shared_ptr<Edge> EnergyMonitor::mark(bool aligned) {
  const double now_s = threads_->clock.now_s();
  refuse_fork();
  const bool at_once = !aligned || followed_period_s(traits_.front()) <= 0;
  auto edge = std::make_shared<Edge>(traits_.size(), now_s, at_once ? std::optional(now_s) : std::nullopt);
  for (const auto& follower : threads_->followers) {
    if (!follower->add(edge)) throw Error(ErrorKind::bad_input, "The monitor is closed; make a new EnergyMonitor.");
  }
  return edge;
}

std::optional<std::vector<WindowEnergy>> EnergyMonitor::energies(const Edge& begin, const Edge& end,
                                                                 double timeout_s) const {
  refuse_fork();
  const auto at_begin = begin.wait(timeout_s);
  if (!at_begin) return std::nullopt;
  const auto at_end = end.wait(timeout_s);
  if (!at_end) return std::nullopt;
  std::vector<WindowEnergy> found;
  found.reserve(traits_.size());
  for (std::size_t i = 0; i < traits_.size(); ++i) {
    found.push_back(window_energy((*at_begin)[i], (*at_end)[i], begin.time_s().value_or(begin.asked_s()),
                                  end.time_s().value_or(end.asked_s()), traits_[i]));
  }
  return found;
}

void EnergyMonitor::close() {
  refuse_fork();
  for (const auto& follower : threads_->followers) follower->end(false);
}

void EnergyMonitor::stop() {
  refuse_fork();
  const std::lock_guard lock(threads_->stopping);
  for (const auto& follower : threads_->followers) follower->stop();
}

}  // namespace clear_native
