#include "clock.hpp"

#include <chrono>

namespace clear_native {

double SteadyClock::now_s() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace clear_native
