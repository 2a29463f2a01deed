#include <string>

#include "cuda/driver.hpp"
#include "cuda_fixture.hpp"

namespace clear_native::cuda {
namespace {

class DriverTest : public CudaTest {};

TEST_F(DriverTest, MissingLibraryIsATypedErrorThatSaysWhatToDo) {
  expect_error(ErrorKind::no_driver, {"/nowhere/libcuda.so.1", "CLEAR_CUDA_LIBRARY", "Install the NVIDIA driver"},
               [] { Driver::load("/nowhere/libcuda.so.1"); });
}

TEST_F(DriverTest, LibraryThatIsNoDriverIsNamed) {
  expect_error(ErrorKind::no_driver, {"libm.so.6", "cuGetProcAddress_v2"}, [] { Driver::load("libm.so.6"); });
}

TEST_F(DriverTest, DriverWithoutARequiredFunctionIsRefusedByItsName) {
  fake().hide("cuGraphLaunch");
  expect_error(ErrorKind::no_driver, {"cuGraphLaunch"}, [] { Driver::load(FAKE_CUDA_LIBRARY); });
}

TEST_F(DriverTest, DriverOlderThanCuda12IsRefusedWithItsVersion) {
  fake().set_driver_version(11080);
  expect_error(ErrorKind::no_driver, {"11080"}, [] { Driver::load(FAKE_CUDA_LIBRARY); });
}

TEST_F(DriverTest, DriverThatDoesNotStartSaysWhy) {
  fake().fail("cuInit", CUDA_ERROR_NO_DEVICE);
  expect_error(ErrorKind::no_driver, {"CUDA_ERROR_NO_DEVICE", "100"}, [] { Driver::load(FAKE_CUDA_LIBRARY); });
}

TEST_F(DriverTest, OlderDriverHasTheFunctionsOfItsAge) {
  fake().set_driver_version(12020);
  const Driver old = Driver::load(FAKE_CUDA_LIBRARY);
  EXPECT_EQ(old.version, 12020);
  EXPECT_NE(old.GraphGetEdges, nullptr);
  EXPECT_EQ(old.GraphGetEdgesData, nullptr);
  EXPECT_NE(old.StreamGetCaptureInfo, nullptr);
  EXPECT_EQ(old.StreamGetCaptureInfoData, nullptr);
  EXPECT_EQ(old.GraphConditionalHandleCreate, nullptr);
  EXPECT_EQ(old.GraphAddNode, nullptr);
}

TEST_F(DriverTest, EachVersionOfAFunctionIsFound) {
  const Driver table = Driver::load(FAKE_CUDA_LIBRARY);
  EXPECT_NE(reinterpret_cast<void*>(table.GraphGetEdges), reinterpret_cast<void*>(table.GraphGetEdgesData));
  EXPECT_NE(reinterpret_cast<void*>(table.StreamGetCaptureInfo),
            reinterpret_cast<void*>(table.StreamGetCaptureInfoData));
}

TEST_F(DriverTest, SuccessIsNoError) {
  EXPECT_NO_THROW(check(CUDA_SUCCESS, "nothing"));
}

TEST_F(DriverTest, OutOfMemoryHasItsKindNameTextAndAdvice) {
  expect_error(ErrorKind::device_out_of_memory,
               {"copying a node", "CUDA_ERROR_OUT_OF_MEMORY", "code 2", "out of memory", "smaller batch"},
               [] { check(CUDA_ERROR_OUT_OF_MEMORY, "copying a node"); });
}

TEST_F(DriverTest, FatalCodesMeanTheDeviceIsLost) {
  for (const CUresult result : {CUDA_ERROR_ILLEGAL_ADDRESS, CUDA_ERROR_LAUNCH_FAILED, CUDA_ERROR_ECC_UNCORRECTABLE,
                                CUDA_ERROR_DEVICE_UNAVAILABLE, CUDA_ERROR_HARDWARE_STACK_ERROR}) {
    expect_error(ErrorKind::device_lost, {"new process"}, [result] { check(result, "launching"); });
  }
}

TEST_F(DriverTest, BrokenCapturesAreCaptureErrors) {
  expect_error(ErrorKind::capture_failed, {}, [] { check(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "asking"); });
}

TEST_F(DriverTest, CodeWithoutANameKeepsItsNumber) {
  expect_error(ErrorKind::cuda_error, {"998", "doing this"}, [] { check(static_cast<CUresult>(998), "doing this"); });
}

}  // namespace
}  // namespace clear_native::cuda
