#include "interrupt.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>

namespace clear_native::bench {
namespace {

constexpr std::array signals = {SIGINT, SIGTERM};

std::atomic<bool> raised{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a handler of signals may do no more");

std::array<struct sigaction, signals.size()> before{};

extern "C" void clear_native_bench_raise(int) {
  raised.store(true);
}

}  // namespace

InterruptFlag::InterruptFlag() {
  raised.store(false);
  for (std::size_t i = 0; i < signals.size(); ++i) {
    sigaction(signals.at(i), nullptr, &before.at(i));
    if (before.at(i).sa_handler == SIG_IGN) continue;
    struct sigaction action{};
    action.sa_handler = clear_native_bench_raise;
    action.sa_flags = static_cast<int>(SA_RESETHAND | unsigned{SA_RESTART});  // a second one has its usual effect
    sigemptyset(&action.sa_mask);
    sigaction(signals.at(i), &action, nullptr);
  }
}

InterruptFlag::~InterruptFlag() {
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals.at(i), &before.at(i), nullptr);
}

bool InterruptFlag::interrupted() noexcept {
  return raised.load();
}

}  // namespace clear_native::bench
