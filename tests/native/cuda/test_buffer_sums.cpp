#include <cstdint>
#include <vector>

#include "cuda/buffer_sums.hpp"
#include "cuda_fixture.hpp"

namespace clear_native::cuda {
namespace {

class BufferSumsTest : public CudaTest {
 protected:
  static DeviceBuffer buffer_of(std::vector<std::uint64_t>& words, std::size_t bytes) {
    return {.address = reinterpret_cast<std::uintptr_t>(words.data()), .bytes = bytes};
  }

  std::vector<std::uint64_t> first_ = std::vector<std::uint64_t>(100, 7);
  std::vector<std::uint64_t> second_ = std::vector<std::uint64_t>(3, 9);
};

TEST_F(BufferSumsTest, AChangeShowsInItsBufferAlone) {
  BufferSums sums(context_, stream(), {buffer_of(first_, 800), buffer_of(second_, 21)});
  const std::vector<std::uint64_t> before = sums.read();
  EXPECT_EQ(sums.read(), before);
  first_[40] ^= 1;
  const std::vector<std::uint64_t> after = sums.read();
  EXPECT_NE(after[0], before[0]);
  EXPECT_EQ(after[1], before[1]);
  second_[2] ^= 1ULL << 33;  // byte 20 of 21: the last
  EXPECT_NE(sums.read()[1], before[1]);
}

TEST_F(BufferSumsTest, WhatLiesBehindABufferDoesNotCount) {
  BufferSums sums(context_, stream(), {buffer_of(second_, 21)});
  const std::vector<std::uint64_t> before = sums.read();
  second_[2] ^= 1ULL << 40;  // byte 21
  EXPECT_EQ(sums.read(), before);
}

TEST_F(BufferSumsTest, NoBuffersAreNoWork) {
  BufferSums sums(context_, stream(), {});
  EXPECT_TRUE(sums.read().empty());
  EXPECT_EQ(fake().calls("cuLaunchKernel"), 0);
}

TEST_F(BufferSumsTest, HostMemoryIsGivenBack) {
  const int before = fake().live_objects().allocations;
  {
    BufferSums sums(context_, stream(), {buffer_of(first_, 800)});
    sums.read();
  }
  EXPECT_EQ(fake().live_objects().allocations, before);
  fake().fail("cuMemHostAlloc", CUDA_ERROR_OUT_OF_MEMORY, 1);
  expect_error(ErrorKind::device_out_of_memory, {}, [&] { BufferSums(context_, stream(), {buffer_of(first_, 800)}); });
  EXPECT_EQ(fake().live_objects().allocations, before);
}

TEST_F(BufferSumsTest, AddressesOffTheWordAreRefused) {
  const DeviceBuffer odd{.address = reinterpret_cast<std::uintptr_t>(first_.data()) + 4, .bytes = 8};
  expect_error(ErrorKind::bad_input, {"multiple of 8"}, [&] { BufferSums(context_, stream(), {odd}); });
}

}  // namespace
}  // namespace clear_native::cuda
