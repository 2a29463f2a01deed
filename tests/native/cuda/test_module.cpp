#include "cuda/module.hpp"
#include "cuda_fixture.hpp"

namespace clear_native::cuda {
namespace {

/// On a device of its own: other tests of this process keep the first one's module.
class ModuleTest : public CudaTest {
 protected:
  ModuleTest() {
    fake().set_device_count(2);
    context_ = PrimaryContext::of_ordinal(1);
  }
};

TEST_F(ModuleTest, LoadedOncePerContextAndUnloadedWithItsLastUser) {
  const int before = fake().live_objects().modules;
  auto first = KernelModule::of(context_);
  const auto loaded = fake().live_objects().modules;
  EXPECT_EQ(loaded, before + 2);  // the loop's kernels are a module of their own
  auto second = KernelModule::of(PrimaryContext::of_ordinal(1));
  EXPECT_EQ(first, second);
  EXPECT_EQ(fake().live_objects().modules, loaded);
  first.reset();
  EXPECT_EQ(fake().live_objects().modules, loaded);
  second.reset();
  EXPECT_EQ(fake().live_objects().modules, before);
}

TEST_F(ModuleTest, EveryKernelIsThere) {
  const auto module = KernelModule::of(context_);
  for (const CUfunction function :
       {module->odometer, module->empty, module->spin, module->reset_turns, module->while_condition}) {
    EXPECT_NE(function, nullptr);
  }
}

TEST_F(ModuleTest, NothingStaysLoadedWhenAKernelIsMissing) {
  const int before = fake().live_objects().modules;
  fake().fail("cuModuleGetFunction", CUDA_ERROR_NOT_FOUND, 3);
  expect_error(ErrorKind::cuda_error, {"engine kernel"}, [this] { KernelModule::of(context_); });
  EXPECT_EQ(fake().live_objects().modules, before);
}

}  // namespace
}  // namespace clear_native::cuda
