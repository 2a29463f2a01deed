#include "released_gil.hpp"

#include <atomic>

namespace clear_native::bindings {
namespace {

std::atomic<int> calls{0};
std::atomic<bool> ending{false};

}  // namespace

ReleasedGil::Counted::Counted() {
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
