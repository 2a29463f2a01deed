#include "processor_bench.hpp"

#include <algorithm>
#include <cstddef>
#include <thread>
#include <utility>

namespace clear_native {
namespace {

std::vector<MatrixProduct> products_for(int threads) {
  const int count = threads > 0 ? threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  std::vector<MatrixProduct> products;
  products.reserve(static_cast<std::size_t>(count));
  for (int number = 0; number < count; ++number) products.emplace_back(static_cast<unsigned>(number));
  return products;
}

}  // namespace

MatrixProduct::MatrixProduct(unsigned seed) : left_(side * side), right_(side * side), product_(side * side) {
  // A linear congruential generator (Numerical Recipes, 7.1): data that toggle bits, the same in every run.
  unsigned state = seed;
  for (auto* matrix : {&left_, &right_}) {
    for (float& value : *matrix) {
      state = state * 1664525U + 1013904223U;
      value = static_cast<float>(state >> 8U) / 16777216.0F - 0.5F;
    }
  }
}

void MatrixProduct::run() {
  std::fill(product_.begin(), product_.end(), 0.0F);
  for (std::size_t row = 0; row < side; ++row) {
    float* const out = &product_[row * side];
    for (std::size_t inner = 0; inner < side; ++inner) {
      const float factor = left_[row * side + inner];
      const float* const in = &right_[inner * side];
      for (std::size_t column = 0; column < side; ++column) out[column] += factor * in[column];
    }
  }
}

ProcessorBench::ProcessorBench(std::shared_ptr<EnergyMeter> meter, int threads)
    : DeviceBench(std::move(meter)),
      products_(products_for(threads)),
      load_(static_cast<int>(products_.size()),
            [this](int number) { products_[static_cast<std::size_t>(number)].run(); }) {}

SensorSubject processor_subject(std::function<std::shared_ptr<EnergyMeter>()> open_meter) {
  return {.open_at_rest = {},
          .open_meter = std::move(open_meter),
          .open_bench = [](std::shared_ptr<EnergyMeter> meter) -> std::unique_ptr<SensorBench> {
            return std::make_unique<ProcessorBench>(std::move(meter));
          }};
}

}  // namespace clear_native
