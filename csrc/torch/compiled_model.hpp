#pragma once
// The model of a bundle compiled by AOTInductor.

#include <c10/core/Device.h>

#include <memory>
#include <string>

#include "bundle/bundle.hpp"
#include "bundle/compiled_model.hpp"

namespace clear_native::torch_runner {

/// Loads the code at `path`. Throws Error, and what torch throws.
std::unique_ptr<bundle::CompiledModel> make_compiled_model(const bundle::Bundle& bundle, const std::string& path,
                                                           c10::Device device, int threads);

}  // namespace clear_native::torch_runner
