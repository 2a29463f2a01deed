#include "drain.hpp"

#include <exception>

namespace clear_native {

DrainOnUnwind::~DrainOnUnwind() {
  if (drained_) return;
  try {
    workload_.drain();
  } catch (const std::exception&) {
    drained_ = true;
  }
}

void DrainOnUnwind::drain() {
  drained_ = true;
  workload_.drain();
}

}  // namespace clear_native
