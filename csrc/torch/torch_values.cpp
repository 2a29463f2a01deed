#include "torch_values.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <array>
#include <cstring>
#include <span>
#include <utility>

#include "bundle/strided.hpp"
#include "core/errors.hpp"
#include "operator_call.hpp"

namespace clear_native::torch_runner {
namespace {

/// One dimension. To another device they go from where they lie, without memory on the host in between.
at::Tensor tensor_with(std::span<const std::byte> bytes, c10::ScalarType type, std::size_t width, c10::Device device) {
  const std::array<std::int64_t, 1> sizes{static_cast<std::int64_t>(bytes.size() / width)};
  const auto on_host = at::TensorOptions(at::kCPU).dtype(type);
  if (!device.is_cpu() && !bytes.empty()) {
    return at::from_blob(const_cast<std::byte*>(bytes.data()), sizes, on_host).to(device);  // which only reads
  }
  at::Tensor flat = at::empty(sizes, on_host);
  if (!bytes.empty()) std::memcpy(flat.mutable_data_ptr(), bytes.data(), bytes.size());
  return flat.to(device);
}

bundle::DType dtype_of(c10::ScalarType type, std::size_t id) {
  for (int number = 0; number <= static_cast<int>(bundle::DType::complex128); ++number) {
    const auto dtype = static_cast<bundle::DType>(number);
    if (scalar_type(dtype) == type) return dtype;
  }
  throw Error(ErrorKind::bad_input, "Value " + std::to_string(id) + " of the plan is of a type that no bundle holds (" +
                                        c10::toString(type) + "): export a model with outputs of another type.");
}

}  // namespace

std::optional<c10::Stream> stream_of(c10::Device device) {
  if (device.is_cpu()) return std::nullopt;
  return c10::impl::getDeviceGuardImpl(device.type())->getStreamFromGlobalPool(device);
}

at::Tensor tensor_of(const bundle::TensorView& view, const bundle::GivenValue& given, c10::Device device) {
  const auto type = scalar_type(view.dtype);
  const std::size_t width = bundle::element_bytes(view.dtype);
  const auto fill = [&](std::span<const std::byte> bytes) { return tensor_with(bytes, type, width, device); };
  at::Tensor tensor = given.strides
                          ? fill(bundle::laid_out(view, *given.strides)).as_strided(view.shape, *given.strides)
                          : fill(view.bytes).view(view.shape);
  return tensor.detach().set_requires_grad(given.requires_grad);
}

bundle::HostTensor host_tensor(const at::Tensor& tensor, std::size_t id) {
  const at::Tensor here = tensor.contiguous().cpu();
  bundle::HostTensor host{.dtype = dtype_of(here.scalar_type(), id), .shape = here.sizes().vec(), .bytes = {}};
  host.bytes.resize(here.nbytes());
  if (!host.bytes.empty()) std::memcpy(host.bytes.data(), here.const_data_ptr(), host.bytes.size());
  return host;
}

std::vector<bundle::OptionalValue> given_by(const bundle::Node& node) {
  std::vector<bundle::OptionalValue> given;
  for (const bundle::Output& output : node.outputs) {
    if (const auto* list = std::get_if<std::vector<bundle::OptionalValue>>(&output)) {
      given.insert(given.end(), list->begin(), list->end());
    } else {
      given.push_back(std::get<bundle::OptionalValue>(output));
    }
  }
  return given;
}

const c10::StorageImpl* storage_of(const c10::IValue& value) {
  const bool has_memory = value.isTensor() && value.toTensor().defined() && value.toTensor().has_storage();
  return has_memory ? value.toTensor().storage().unsafeGetStorageImpl() : nullptr;
}

}  // namespace clear_native::torch_runner
