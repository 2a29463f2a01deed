#include "safetensors.hpp"

#include <algorithm>
#include <utility>

#include "faults.hpp"
#include "json_view.hpp"

namespace clear_native::bundle {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kLongestHeader = 100'000'000;  // the format's own limit
constexpr std::size_t kMostDimensions = 64;            // as torch has

std::uint64_t header_length(const MappedFile& file) {
  const auto bytes = file.bytes();
  if (bytes.size() < kLengthBytes) {
    refuse(file.name(), "", "a file of " + std::to_string(bytes.size()) + " bytes", "at least the 8 of a length");
  }
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) length |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  const std::uint64_t most = std::min<std::uint64_t>(bytes.size() - kLengthBytes, kLongestHeader);
  if (length > most) {
    refuse(file.name(), "the length of the header", std::to_string(length) + " bytes",
           "at most the " + std::to_string(most) + " that follow");
  }
  return length;
}

std::vector<std::int64_t> shape_of(const JsonView& view) {
  std::vector<std::int64_t> shape;
  if (view.size() > kMostDimensions) view.refuse("at most 64 dimensions");
  shape.reserve(view.size());
  for (std::size_t i = 0; i < view.size(); ++i) shape.push_back(static_cast<std::int64_t>(view[i].count(INT64_MAX)));
  return shape;
}

/// Bytes that the shape takes; refuses a shape that takes another number than `bytes`.
void check_bytes(const JsonView& view, const TensorView& tensor) {
  std::size_t needed = element_bytes(tensor.dtype);
  bool fits = true;
  if (std::ranges::find(tensor.shape, 0) != tensor.shape.end()) needed = 0;
  for (const std::int64_t size : tensor.shape) {
    fits = fits && !__builtin_mul_overflow(needed, static_cast<std::size_t>(size), &needed);
  }
  if (fits && needed == tensor.bytes.size()) return;
  view.refuse(std::to_string(tensor.bytes.size()) + " bytes",
              fits ? "the " + std::to_string(needed) + " of its shape" : std::string("a shape that a memory can hold"));
}

TensorView tensor_of(const JsonView& view, std::span<const std::byte> data) {
  TensorView tensor;
  const JsonView dtype_name = view.at("dtype");
  const auto dtype = dtype_of_safetensors_name(dtype_name.text());
  if (!dtype) dtype_name.refuse("a type of safetensors that torch has too, such as F32");
  tensor.dtype = *dtype;
  tensor.shape = shape_of(view.at("shape"));
  const JsonView offsets = view.at("data_offsets");
  if (offsets.size() != 2) offsets.refuse("begin and end");
  const std::uint64_t begin = offsets[0].count(data.size());
  const std::uint64_t end = offsets[1].count(data.size());
  if (begin > end)
    offsets.refuse("begin " + std::to_string(begin) + " behind end " + std::to_string(end), "begin first");
  tensor.bytes = data.subspan(begin, end - begin);
  check_bytes(view, tensor);
  const auto is_truth_value = [](std::byte byte) { return byte <= std::byte{1}; };
  if (tensor.dtype == DType::boolean && !std::ranges::all_of(tensor.bytes, is_truth_value)) {
    view.refuse("bytes beyond 1", "truth values of 0 and 1");
  }
  return tensor;
}

/// One after another, from the first byte to the last, as the format wants it.
void check_cover(const std::map<std::string, TensorView>& tensors, std::span<const std::byte> data,
                 const std::string& file) {
  std::vector<std::pair<const std::byte*, const std::byte*>> stretches;
  stretches.reserve(tensors.size());
  for (const auto& [name, tensor] : tensors) {
    stretches.emplace_back(tensor.bytes.data(), tensor.bytes.data() + tensor.bytes.size());
  }
  std::ranges::sort(stretches);
  const std::byte* reached = data.data();
  for (const auto& [begin, end] : stretches) {
    if (begin != reached) refuse(file, "data_offsets", "tensors that overlap or leave a hole", "one after another");
    reached = end;
  }
  if (reached != data.data() + data.size()) {
    refuse(file, "data_offsets", "bytes of no tensor at the end", "tensors up to the last byte");
  }
}

}  // namespace

std::size_t element_count(const std::vector<std::int64_t>& shape) {
  std::size_t count = 1;
  for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
  return count;
}

Safetensors::Safetensors(MappedFile file) : file_(std::move(file)) {
  const std::uint64_t length = header_length(file_);
  const auto header = parse_json(file_.text().substr(kLengthBytes, length), file_.name());
  const auto data = file_.bytes().subspan(kLengthBytes + length);
  JsonView(header, file_.name()).each_member([&](const std::string& name, const JsonView& view) {
    if (name != "__metadata__") tensors_.emplace(name, tensor_of(view, data));
  });
  check_cover(tensors_, data, file_.name());
}

const TensorView* Safetensors::find(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

}  // namespace clear_native::bundle
