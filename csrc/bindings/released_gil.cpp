#include "released_gil.hpp"

#include <pthread.h>

#include <atomic>

namespace clear_native::bindings {
namespace {

std::atomic<int> calls{0};
std::atomic<bool> ending{false};

}  // namespace

ReleasedGil::Counted::Counted() {
  // A forked process has none of its parent's threads, so nobody who would come back.
  [[maybe_unused]] static const int registered = pthread_atfork(nullptr, nullptr, [] { calls.store(0); });
  calls.fetch_add(1);
}

ReleasedGil::Counted::~Counted() {
  calls.fetch_sub(1);
}

int end_measurements() noexcept {
  ending.store(true);
  return calls.load();
}

bool measurements_end() noexcept {
  return ending.load();
}

}  // namespace clear_native::bindings
