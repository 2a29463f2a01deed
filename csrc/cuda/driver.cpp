#include "driver.hpp"

#include <dlfcn.h>

#include <cstdlib>

#include "core/errors.hpp"

namespace clear_native::cuda {
namespace {

constexpr const char* kWhatToDo =
    " Install the NVIDIA driver (525 or newer), or set CLEAR_CUDA_LIBRARY to the path of libcuda.so.1;"
    " without a GPU, measure on the CPU.";

constexpr int kOldestDriver = 12000;

/// cuGetProcAddress as of CUDA 12, looked up by its own versioned name.
using GetProcAddress = PFN_cuGetProcAddress_v12000;

void* find(GetProcAddress get, const char* symbol, int version, int driver_version) {
  if (version > driver_version) return nullptr;
  void* address = nullptr;
  CUdriverProcAddressQueryResult status = CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
  const CUresult result = get(symbol, &address, version, CU_GET_PROC_ADDRESS_LEGACY_STREAM, &status);
  return result == CUDA_SUCCESS && status == CU_GET_PROC_ADDRESS_SUCCESS ? address : nullptr;
}

void* require(void* address, const char* symbol, const std::string& library) {
  if (address != nullptr) return address;
  throw Error(ErrorKind::no_driver, "The CUDA driver " + library + " has no " + symbol + "." + kWhatToDo);
}

GetProcAddress open_library(const std::string& library) {
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* reason = dlerror();
    throw Error(ErrorKind::no_driver, "The CUDA driver could not be loaded from " + library + " (" +
                                          (reason != nullptr ? reason : "no reason given") + ")." + kWhatToDo);
  }
  return reinterpret_cast<GetProcAddress>(
      require(dlsym(handle, "cuGetProcAddress_v2"), "cuGetProcAddress_v2 (it is older than CUDA 12.0)", library));
}

ErrorKind kind_of(CUresult result) {
  switch (result) {
    case CUDA_ERROR_OUT_OF_MEMORY:
      return ErrorKind::device_out_of_memory;
    case CUDA_ERROR_NO_DEVICE:
    case CUDA_ERROR_STUB_LIBRARY:
    case CUDA_ERROR_SYSTEM_DRIVER_MISMATCH:
    case CUDA_ERROR_SYSTEM_NOT_READY:
    case CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE:
      return ErrorKind::no_driver;
    // After any of these the context can only be destroyed, or the device is gone.
    case CUDA_ERROR_DEVICE_UNAVAILABLE:
    case CUDA_ERROR_DEINITIALIZED:
    case CUDA_ERROR_CONTEXT_IS_DESTROYED:
    case CUDA_ERROR_ECC_UNCORRECTABLE:
    case CUDA_ERROR_NVLINK_UNCORRECTABLE:
    case CUDA_ERROR_ILLEGAL_ADDRESS:
    case CUDA_ERROR_LAUNCH_TIMEOUT:
    case CUDA_ERROR_LAUNCH_FAILED:
    case CUDA_ERROR_ASSERT:
    case CUDA_ERROR_HARDWARE_STACK_ERROR:
    case CUDA_ERROR_ILLEGAL_INSTRUCTION:
    case CUDA_ERROR_MISALIGNED_ADDRESS:
    case CUDA_ERROR_INVALID_ADDRESS_SPACE:
    case CUDA_ERROR_INVALID_PC:
    case CUDA_ERROR_EXTERNAL_DEVICE:
      return ErrorKind::device_lost;
    case CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED:
    case CUDA_ERROR_STREAM_CAPTURE_INVALIDATED:
    case CUDA_ERROR_STREAM_CAPTURE_MERGE:
    case CUDA_ERROR_STREAM_CAPTURE_UNMATCHED:
    case CUDA_ERROR_STREAM_CAPTURE_UNJOINED:
    case CUDA_ERROR_STREAM_CAPTURE_ISOLATION:
    case CUDA_ERROR_STREAM_CAPTURE_IMPLICIT:
    case CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD:
      return ErrorKind::capture_failed;
    default:
      return ErrorKind::cuda_error;
  }
}

const char* advice(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::device_out_of_memory:
      return " Use a smaller batch or sequence, free other tensors, or close other programs on the GPU.";
    case ErrorKind::no_driver:
      return kWhatToDo;
    case ErrorKind::device_lost:
      return " The GPU's context is broken: start a new process; if it happens again, look at dmesg for Xid messages.";
    case ErrorKind::capture_failed:
      return " The work cannot be captured into a CUDA graph as it is: look for a synchronize, a copy to the host or "
             "the legacy stream inside it.";
    default:
      return " Look up the code in the CUDA driver's documentation; if the call above is not yours, report it.";
  }
}

}  // namespace

Driver Driver::load(const std::string& library) {
  const GetProcAddress get = open_library(library);
  Driver table;
  table.DriverGetVersion = reinterpret_cast<PFN_cuDriverGetVersion_v2020>(
      require(find(get, "cuDriverGetVersion", 2020, kOldestDriver), "cuDriverGetVersion", library));
  if (table.DriverGetVersion(&table.version) != CUDA_SUCCESS || table.version < kOldestDriver) {
    throw Error(ErrorKind::no_driver, "The CUDA driver " + library + " is of CUDA version " +
                                          std::to_string(table.version) + ", 12000 or newer is needed." + kWhatToDo);
  }
#define CLEAR_CUDA_FIND(member, symbol, version_of) \
  table.member = reinterpret_cast<PFN_cu##symbol##_v##version_of>(find(get, "cu" #symbol, version_of, table.version));
  CLEAR_CUDA_REQUIRED(CLEAR_CUDA_FIND)
  CLEAR_CUDA_OPTIONAL(CLEAR_CUDA_FIND)
#undef CLEAR_CUDA_FIND
#define CLEAR_CUDA_DEMAND(member, symbol, version_of) \
  require(reinterpret_cast<void*>(table.member), "cu" #symbol, library);
  CLEAR_CUDA_REQUIRED(CLEAR_CUDA_DEMAND)
#undef CLEAR_CUDA_DEMAND
  const CUresult result = table.Init(0);
  if (result != CUDA_SUCCESS) {
    const char* name = nullptr;
    table.GetErrorName(result, &name);
    throw Error(ErrorKind::no_driver, "The CUDA driver " + library +
                                          " does not start: " + (name != nullptr ? name : "unknown error") + " (code " +
                                          std::to_string(result) + ")." + kWhatToDo);
  }
  return table;
}

const Driver& driver() {
  // A static's initialisation that throws is tried again by the next caller.
  static const Driver table = [] {
    const char* chosen = std::getenv("CLEAR_CUDA_LIBRARY");
    return Driver::load(chosen != nullptr && *chosen != '\0' ? chosen : "libcuda.so.1");
  }();
  return table;
}

void check(CUresult result, const char* what) {
  if (result == CUDA_SUCCESS) return;
  const char* name = nullptr;
  const char* text = nullptr;
  driver().GetErrorName(result, &name);
  driver().GetErrorString(result, &text);
  const ErrorKind kind = kind_of(result);
  throw Error(kind, std::string("CUDA failed at ") + what + ": " + (name != nullptr ? name : "unknown error") +
                        " (code " + std::to_string(result) + ", " + (text != nullptr ? text : "no description") + ")." +
                        advice(kind));
}

}  // namespace clear_native::cuda
