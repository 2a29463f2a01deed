#pragma once
// Tensors of a bundle in torch, and torch's tensors for those that have no torch.

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/core/ivalue.h>
#include <c10/core/Stream.h>
#include <c10/core/StreamGuard.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "bundle/node_runner.hpp"
#include "bundle/plan.hpp"
#include "bundle/safetensors.hpp"

namespace clear_native::torch_runner {

/// As a model runs under torch.no_grad(), but past the layer of the dispatcher that would note gradients. Views are
/// still tracked, as there: torch chooses some kernels by whether a tensor requires gradients, whatever the mode is.
struct WithoutGradients {
  at::NoGradGuard no_grad;
  at::AutoDispatchBelowAutograd below_autograd;
};

/// A stream of torch's pool, as torch.cuda.Stream() takes one; absent on a CPU.
std::optional<c10::Stream> stream_of(c10::Device device);

/// In memory of torch's own, as the model's tensors were: aligned, and free to be written to.
at::Tensor tensor_of(const bundle::TensorView& view, const bundle::GivenValue& given, c10::Device device);

/// Copied to the host; `id` is told where no bundle holds the type.
bundle::HostTensor host_tensor(const at::Tensor& tensor, std::size_t id);

/// By output of a node, lists spelled out.
std::vector<bundle::OptionalValue> given_by(const bundle::Node& node);

/// nullptr: no tensor, or one without memory.
const c10::StorageImpl* storage_of(const c10::IValue& value);

}  // namespace clear_native::torch_runner
