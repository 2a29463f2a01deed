// A library that uses what is more than headers of the C++ library.

#include <future>

extern "C" __attribute__((visibility("default"))) int answer() {
  return std::async(std::launch::async, [] { return 42; }).get();
}
