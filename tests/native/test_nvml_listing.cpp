#include <gtest/gtest.h>

#include "core/meters/nvml_listing.hpp"
#include "fake_nvml_fixture.hpp"
#include "thrown.hpp"

namespace clear_native {
namespace {

using testing::FakeNvml;
using testing::thrown_by;

class NvmlListingTest : public FakeNvml {};

TEST_F(NvmlListingTest, TellsWhatTheDriverDoes) {
  control->devices[1].mig_mode = 1;
  control->capability_major = 9;
  const NvmlListing listing = list_gpus();
  EXPECT_EQ(listing.driver, "000.00.00");
  EXPECT_FALSE(listing.nvml) << "the fake has no such function";
  ASSERT_EQ(listing.gpus.size(), 2U);
  EXPECT_EQ(listing.gpus[0].uuid, std::string("GPU-") + testing::fake_uuid);
  EXPECT_EQ(listing.gpus[0].name, "Fake GPU 0");
  EXPECT_EQ(listing.gpus[0].compute_capability, "9.0");
  EXPECT_EQ(listing.gpus[0].power_limit_w, 700);
  EXPECT_FALSE(listing.gpus[0].default_power_limit_w);
  EXPECT_FALSE(listing.gpus[0].persistence_mode);
  EXPECT_EQ(listing.gpus[0].is_partitioned, false);
  EXPECT_EQ(listing.gpus[1].is_partitioned, true);
}

TEST_F(NvmlListingTest, WithoutADriver) {
  use_library("nowhere.so");
  EXPECT_EQ(thrown_by([] { list_gpus(); }).kind, ErrorKind::no_driver);
}

}  // namespace
}  // namespace clear_native
