// Streams, launches and events of the fake.

#include <cstring>
#include <memory>

#include "fake_device.hpp"
#include "fake_state.hpp"

namespace {

CUresult memset_async(CUdeviceptr pointer, unsigned char value, std::size_t bytes, CUstream) {
  FAKE_ENTER("cuMemsetD8Async");
  FAKE_NEED_CONTEXT();
  fake_device().enqueue([=] { std::memset(reinterpret_cast<void*>(pointer), value, bytes); });
  return CUDA_SUCCESS;
}

CUresult launch_kernel(CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                       unsigned block_y, unsigned block_z, unsigned shared, CUstream, void** arguments, void** extra) {
  FAKE_ENTER("cuLaunchKernel");
  FAKE_NEED_CONTEXT();
  CUDA_KERNEL_NODE_PARAMS_v2 parameters{function, grid_x, grid_y,    grid_z, block_x, block_y,
                                        block_z,  shared, arguments, extra,  nullptr, nullptr};
  const auto launch = std::make_shared<FakeLaunch>(parameters);
  fake_device().enqueue([launch] { fake_device().run_kernel(*launch); });
  return CUDA_SUCCESS;
}

CUresult stream_query(CUstream) {
  FAKE_ENTER("cuStreamQuery");
  const bool idle = fake_device().idle();  // asked first: what it did before it was idle counts
  if (const CUresult broken = fake_device().broken(); broken != CUDA_SUCCESS) return broken;
  return idle ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}

CUresult event_create(CUevent* event, unsigned flags) {
  FAKE_ENTER("cuEventCreate");
  FAKE_NEED_CONTEXT();
  FAKE_NEED(flags == CU_EVENT_DISABLE_TIMING);
  *event = new CUevent_st;
  const std::lock_guard lock(fake_state().mutex);
  ++fake_state().live.events;
  return CUDA_SUCCESS;
}

CUresult event_destroy(CUevent event) {
  FAKE_ENTER("cuEventDestroy");
  delete event;
  const std::lock_guard lock(fake_state().mutex);
  --fake_state().live.events;
  return CUDA_SUCCESS;
}

CUresult event_record(CUevent event, CUstream) {
  FAKE_ENTER("cuEventRecord");
  event->ticket = fake_device().enqueue([] {});
  return CUDA_SUCCESS;
}

CUresult event_query(CUevent event) {
  FAKE_ENTER("cuEventQuery");
  const bool done = fake_device().done(event->ticket);
  if (const CUresult broken = fake_device().broken(); broken != CUDA_SUCCESS) return broken;
  return done ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}

CUresult func_get_name(const char** name, CUfunction function) {
  *name = function->name.c_str();
  return CUDA_SUCCESS;
}

CUresult kernel_get_name(const char** name, CUkernel kernel) {
  *name = kernel->name.c_str();
  return CUDA_SUCCESS;
}

CUresult stream_create(CUstream* stream, unsigned) {
  FAKE_ENTER("cuStreamCreate");
  FAKE_NEED_CONTEXT();
  *stream = nullptr;  // the fake has one queue
  return CUDA_SUCCESS;
}

CUresult stream_destroy(CUstream) {
  FAKE_ENTER("cuStreamDestroy");
  return CUDA_SUCCESS;
}

CUresult func_set_attribute(CUfunction, CUfunction_attribute, int) {
  FAKE_ENTER("cuFuncSetAttribute");
  return CUDA_SUCCESS;
}

}  // namespace

const std::vector<FakeFunction>& fake_stream_functions() {
  static const std::vector<FakeFunction> functions{
      entry("cuMemsetD8Async", 3020, memset_async),     entry("cuLaunchKernel", 4000, launch_kernel),
      entry("cuStreamQuery", 2000, stream_query),       entry("cuEventCreate", 2000, event_create),
      entry("cuEventDestroy", 4000, event_destroy),     entry("cuEventRecord", 2000, event_record),
      entry("cuEventQuery", 2000, event_query),         entry("cuFuncGetName", 12030, func_get_name),
      entry("cuKernelGetName", 12030, kernel_get_name), entry("cuStreamCreate", 2000, stream_create),
      entry("cuStreamDestroy", 4000, stream_destroy),   entry("cuFuncSetAttribute", 9000, func_set_attribute),
  };
  return functions;
}
