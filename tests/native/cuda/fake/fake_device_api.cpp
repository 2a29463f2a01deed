// Devices, contexts, memory and modules of the fake.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "cuda/calibration_layout.hpp"
#include "fake_state.hpp"

using clear_native::cuda::CalibrationArguments;

namespace {

thread_local std::vector<CUcontext> context_stack;

CUresult init(unsigned) {
  FAKE_ENTER("cuInit");
  return CUDA_SUCCESS;
}

CUresult driver_get_version(int* version) {
  *version = fake_state().driver_version;
  return CUDA_SUCCESS;
}

CUresult get_error_name(CUresult result, const char** name) {
  switch (result) {
    case CUDA_ERROR_OUT_OF_MEMORY:
      *name = "CUDA_ERROR_OUT_OF_MEMORY";
      return CUDA_SUCCESS;
    case CUDA_ERROR_ILLEGAL_ADDRESS:
      *name = "CUDA_ERROR_ILLEGAL_ADDRESS";
      return CUDA_SUCCESS;
    case CUDA_ERROR_NO_DEVICE:
      *name = "CUDA_ERROR_NO_DEVICE";
      return CUDA_SUCCESS;
    case CUDA_ERROR_INVALID_VALUE:
      *name = "CUDA_ERROR_INVALID_VALUE";
      return CUDA_SUCCESS;
    default:
      *name = nullptr;
      return CUDA_ERROR_INVALID_VALUE;
  }
}

CUresult get_error_string(CUresult result, const char** text) {
  *text = result == CUDA_ERROR_OUT_OF_MEMORY ? "out of memory" : nullptr;
  return *text != nullptr ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult device_get_count(int* count) {
  FAKE_ENTER("cuDeviceGetCount");
  *count = fake_state().device_count;
  return CUDA_SUCCESS;
}

CUresult device_get(CUdevice* device, int ordinal) {
  FAKE_ENTER("cuDeviceGet");
  if (ordinal < 0 || ordinal >= fake_state().device_count) return CUDA_ERROR_INVALID_DEVICE;
  *device = ordinal;
  return CUDA_SUCCESS;
}

CUresult device_get_name(char* name, int length, CUdevice device) {
  FAKE_ENTER("cuDeviceGetName");
  std::snprintf(name, static_cast<std::size_t>(length), "Fake GPU %d", device);
  return CUDA_SUCCESS;
}

CUresult device_get_uuid(CUuuid* uuid, CUdevice device) {
  FAKE_ENTER("cuDeviceGetUuid");
  for (int i = 0; i < 16; ++i) uuid->bytes[i] = static_cast<char>(0xa0 + i);
  uuid->bytes[15] = static_cast<char>(device);
  return CUDA_SUCCESS;
}

CUresult device_get_attribute(int* value, CUdevice_attribute which, CUdevice) {
  FAKE_ENTER("cuDeviceGetAttribute");
  switch (which) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
      *value = 9;
      break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
      *value = 0;
      break;
    case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE:
      *value = 50 << 20;
      break;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
      *value = 132;
      break;
    default:
      return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}

CUresult primary_ctx_retain(CUcontext* context, CUdevice device) {
  FAKE_ENTER("cuDevicePrimaryCtxRetain");
  *context = &fake_state().contexts[device];
  const std::lock_guard lock(fake_state().mutex);
  ++fake_state().live.contexts;
  return CUDA_SUCCESS;
}

CUresult primary_ctx_release(CUdevice) {
  FAKE_ENTER("cuDevicePrimaryCtxRelease");
  const std::lock_guard lock(fake_state().mutex);
  --fake_state().live.contexts;
  return CUDA_SUCCESS;
}

CUresult ctx_push(CUcontext context) {
  FAKE_ENTER("cuCtxPushCurrent");
  context_stack.push_back(context);
  return CUDA_SUCCESS;
}

CUresult ctx_pop(CUcontext* context) {
  FAKE_ENTER("cuCtxPopCurrent");
  FAKE_NEED_CONTEXT();
  *context = context_stack.back();
  context_stack.pop_back();
  return CUDA_SUCCESS;
}

CUresult module_load_data(CUmodule* module, const void* image) {
  FAKE_ENTER("cuModuleLoadData");
  FAKE_NEED_CONTEXT();
  std::uint32_t magic = 0;
  std::memcpy(&magic, image, sizeof magic);
  if (magic != 0xba55ed50U || reinterpret_cast<std::uintptr_t>(image) % 8 != 0) return CUDA_ERROR_INVALID_IMAGE;
  *module = new CUmod_st;
  const std::lock_guard lock(fake_state().mutex);
  ++fake_state().live.modules;
  return CUDA_SUCCESS;
}

CUresult module_unload(CUmodule module) {
  FAKE_ENTER("cuModuleUnload");
  FAKE_NEED_CONTEXT();
  delete module;
  const std::lock_guard lock(fake_state().mutex);
  --fake_state().live.modules;
  return CUDA_SUCCESS;
}

CUresult module_get_function(CUfunction* function, CUmodule, const char* name) {
  FAKE_ENTER("cuModuleGetFunction");
  static const std::map<std::string, std::vector<std::size_t>> engine_kernels{
      {"clear_odometer", {8, 8, 8}},
      {"clear_empty", {}},
      {"clear_spin", {8}},
      {"clear_burn", {8, 8}},
      {"clear_checksum", {8, 8}},
      {"clear_reset_turns", {8, 8, 32}},
      {"clear_while_condition", {8, 8, 32, 8}},
      {"clear_calibration_fill", {8, 8, 8}},
      {"clear_calibration_fma", {sizeof(CalibrationArguments)}},
      {"clear_calibration_occupancy", {sizeof(CalibrationArguments)}},
      {"clear_calibration_read", {sizeof(CalibrationArguments)}},
      {"clear_calibration_tensor_bf16", {sizeof(CalibrationArguments)}},
  };
  const auto known = engine_kernels.find(name);
  if (known == engine_kernels.end()) return CUDA_ERROR_NOT_FOUND;
  const std::lock_guard lock(fake_state().mutex);
  auto& made = fake_state().functions[name];
  if (made == nullptr) made.reset(new CUfunc_st{{name, known->second}});
  *function = made.get();
  return CUDA_SUCCESS;
}

CUresult allocate(void** memory, std::size_t bytes) {
  *memory = std::calloc(1, bytes);
  const std::lock_guard lock(fake_state().mutex);
  ++fake_state().live.allocations;
  return CUDA_SUCCESS;
}

CUresult release(void* memory) {
  std::free(memory);
  const std::lock_guard lock(fake_state().mutex);
  --fake_state().live.allocations;
  return CUDA_SUCCESS;
}

CUresult mem_host_alloc(void** memory, std::size_t bytes, unsigned flags) {
  FAKE_ENTER("cuMemHostAlloc");
  FAKE_NEED_CONTEXT();
  FAKE_NEED(flags == (CU_MEMHOSTALLOC_DEVICEMAP | CU_MEMHOSTALLOC_PORTABLE));
  return allocate(memory, bytes);
}

CUresult mem_free_host(void* memory) {
  FAKE_ENTER("cuMemFreeHost");
  FAKE_NEED_CONTEXT();
  return release(memory);
}

CUresult mem_host_get_device_pointer(CUdeviceptr* pointer, void* memory, unsigned) {
  FAKE_ENTER("cuMemHostGetDevicePointer");
  *pointer = reinterpret_cast<CUdeviceptr>(memory);
  return CUDA_SUCCESS;
}

CUresult mem_alloc(CUdeviceptr* pointer, std::size_t bytes) {
  FAKE_ENTER("cuMemAlloc");
  FAKE_NEED_CONTEXT();
  void* memory = nullptr;
  const CUresult result = allocate(&memory, bytes);
  std::memset(memory, 0xcd, bytes);  // device memory is not cleared
  *pointer = reinterpret_cast<CUdeviceptr>(memory);
  return result;
}

CUresult mem_free(CUdeviceptr pointer) {
  FAKE_ENTER("cuMemFree");
  FAKE_NEED_CONTEXT();
  return release(reinterpret_cast<void*>(pointer));
}

}  // namespace

CUcontext fake_current_context() {
  return context_stack.empty() ? nullptr : context_stack.back();
}

const std::vector<FakeFunction>& fake_device_functions() {
  static const std::vector<FakeFunction> functions{
      entry("cuInit", 2000, init),
      entry("cuDriverGetVersion", 2020, driver_get_version),
      entry("cuGetErrorName", 6000, get_error_name),
      entry("cuGetErrorString", 6000, get_error_string),
      entry("cuDeviceGetCount", 2000, device_get_count),
      entry("cuDeviceGet", 2000, device_get),
      entry("cuDeviceGetName", 2000, device_get_name),
      entry("cuDeviceGetUuid", 11040, device_get_uuid),
      entry("cuDeviceGetAttribute", 2000, device_get_attribute),
      entry("cuDevicePrimaryCtxRetain", 7000, primary_ctx_retain),
      entry("cuDevicePrimaryCtxRelease", 11000, primary_ctx_release),
      entry("cuCtxPushCurrent", 4000, ctx_push),
      entry("cuCtxPopCurrent", 4000, ctx_pop),
      entry("cuModuleLoadData", 2000, module_load_data),
      entry("cuModuleUnload", 2000, module_unload),
      entry("cuModuleGetFunction", 2000, module_get_function),
      entry("cuMemHostAlloc", 2020, mem_host_alloc),
      entry("cuMemFreeHost", 2000, mem_free_host),
      entry("cuMemHostGetDevicePointer", 3020, mem_host_get_device_pointer),
      entry("cuMemAlloc", 3020, mem_alloc),
      entry("cuMemFree", 3020, mem_free),
  };
  return functions;
}
