#include "context.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "core/errors.hpp"
#include "driver.hpp"

namespace clear_native::cuda {
namespace {

int attribute(CUdevice device, CUdevice_attribute which) {
  int value = 0;
  check(driver().DeviceGetAttribute(&value, which, device), "reading a device attribute");
  return value;
}

std::string uuid_of(CUdevice device) {
  CUuuid uuid{};
  check(driver().DeviceGetUuid(&uuid, device), "reading a device's UUID");
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "GPU";
  for (std::size_t i = 0; i < sizeof uuid.bytes; ++i) {
    if (i == 0 || i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    const auto byte = static_cast<unsigned char>(uuid.bytes[i]);
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

CUdevice device_of(int ordinal) {
  const int count = device_count();
  if (ordinal < 0 || ordinal >= count) {
    throw Error(ErrorKind::bad_input, "There is no CUDA device " + std::to_string(ordinal) + ": CUDA shows " +
                                          std::to_string(count) +
                                          " to this process. Choose one of these, or look at CUDA_VISIBLE_DEVICES.");
  }
  CUdevice device = 0;
  check(driver().DeviceGet(&device, ordinal), "opening a device");
  return device;
}

/// Lower case, without "gpu-".
std::string bare_uuid(std::string uuid) {
  std::transform(uuid.begin(), uuid.end(), uuid.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return uuid.starts_with("gpu-") ? uuid.substr(4) : uuid;
}

}  // namespace

int device_count() {
  int count = 0;
  check(driver().DeviceGetCount(&count), "counting devices");
  return count;
}

std::string device_uuid(int ordinal) {
  return uuid_of(device_of(ordinal));
}

PrimaryContext::PrimaryContext(int ordinal) : device_(device_of(ordinal)) {
  std::array<char, 256> name{};
  check(driver().DeviceGetName(name.data(), static_cast<int>(name.size()) - 1, device_), "reading a device's name");
  properties_.ordinal = ordinal;
  properties_.uuid = uuid_of(device_);
  properties_.name = name.data();
  properties_.compute_major = attribute(device_, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
  properties_.compute_minor = attribute(device_, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  properties_.l2_bytes = static_cast<std::size_t>(attribute(device_, CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE));
  properties_.sm_count = attribute(device_, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  properties_.driver_version = driver().version;
  check(driver().DevicePrimaryCtxRetain(&handle_, device_), "retaining the primary context");
}

PrimaryContext::~PrimaryContext() {
  driver().DevicePrimaryCtxRelease(device_);
}

std::shared_ptr<const PrimaryContext> PrimaryContext::of_ordinal(int ordinal) {
  return std::shared_ptr<const PrimaryContext>(new PrimaryContext(ordinal));
}

std::shared_ptr<const PrimaryContext> PrimaryContext::of_uuid(const std::string& uuid) {
  const int count = device_count();
  std::string seen;
  for (int ordinal = 0; ordinal < count; ++ordinal) {
    const std::string here = uuid_of(device_of(ordinal));
    if (bare_uuid(here) == bare_uuid(uuid)) return of_ordinal(ordinal);
    seen += (seen.empty() ? "" : ", ") + here;
  }
  throw Error(ErrorKind::bad_input, "CUDA shows no device with UUID " + uuid +
                                        " to this process, only: " + (seen.empty() ? "none" : seen) +
                                        ". Choose one of these, or look at CUDA_VISIBLE_DEVICES.");
}

ContextScope::ContextScope(const PrimaryContext& context) {
  check(driver().CtxPushCurrent(context.handle()), "making the context current");
}

ContextScope::~ContextScope() {
  CUcontext popped = nullptr;
  driver().CtxPopCurrent(&popped);
}

}  // namespace clear_native::cuda
