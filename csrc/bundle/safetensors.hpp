#pragma once
// A file of tensors in the safetensors format (https://github.com/huggingface/safetensors), mapped and checked.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dtype.hpp"
#include "mapped_file.hpp"

namespace clear_native::bundle {

/// Contiguous elements in row-major order; borrows them from the file.
struct TensorView {
  DType dtype = DType::float32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

/// Product of a shape of numbers that are not negative.
std::size_t element_count(const std::vector<std::int64_t>& shape);

class Safetensors {
 public:
  /// Throws Error(bad_input) for whatever the format does not allow: among others tensors that overlap, leave holes, or
  /// do not have the bytes of their shape, and truth values that are neither 0 nor 1.
  explicit Safetensors(MappedFile file);

  /// Absent: nullptr.
  [[nodiscard]] const TensorView* find(const std::string& name) const;
  [[nodiscard]] const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  [[nodiscard]] const std::string& name() const { return file_.name(); }

 private:
  MappedFile file_;
  std::map<std::string, TensorView> tensors_;
};

}  // namespace clear_native::bundle
