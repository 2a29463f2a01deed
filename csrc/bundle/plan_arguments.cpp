#include "plan_arguments.hpp"

#include <cmath>
#include <limits>

namespace clear_native::bundle {
namespace {

using ReadValue = std::function<std::size_t(const JsonView&)>;

double float_of(const JsonView& view) {
  if (!view.value().is_string()) return view.number();
  const std::string text = view.text();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  view.refuse("a number, 'inf', '-inf' or 'nan'");
}

DType dtype_of(const JsonView& view) {
  const auto dtype = dtype_of_torch_name(view.text());
  if (!dtype) view.refuse("a type of torch that bundles know, such as float16");
  return *dtype;
}

Layout layout_of(const JsonView& view) {
  if (view.text() != "strided") view.refuse("'strided', the only layout that bundles know");
  return Layout::strided;
}

MemoryFormat memory_format_of(const JsonView& view) {
  const std::string name = view.text();
  if (name == "contiguous_format") return MemoryFormat::contiguous;
  if (name == "preserve_format") return MemoryFormat::preserve;
  if (name == "channels_last") return MemoryFormat::channels_last;
  if (name == "channels_last_3d") return MemoryFormat::channels_last_3d;
  view.refuse("a memory format of torch");
}

DeviceOf device_from(const JsonView& view) {
  const std::string name = view.text();
  if (name == "cpu") return DeviceOf::cpu;
  if (name == "cuda") return DeviceOf::cuda;
  const bool has_index =
      name.starts_with("cuda:") && name.size() > 5 && name.find_first_not_of("0123456789", 5) == std::string::npos;
  if (!has_index) view.refuse("'cpu' or 'cuda:0'");
  return DeviceOf::cuda;
}

Atom tagged(const JsonView& view, const ReadValue& read_value) {
  if (view.value().size() != 1) view.refuse("one of v, l, f, s, dtype, layout, memory_format, device");
  const std::string& tag = view.value().begin().key();
  const JsonView content = view.at(tag);
  if (tag == "v") return ValueId{read_value(content)};
  if (tag == "f") return float_of(content);
  if (tag == "s") return content.text();
  if (tag == "dtype") return dtype_of(content);
  if (tag == "layout") return layout_of(content);
  if (tag == "memory_format") return memory_format_of(content);
  if (tag == "device") return device_from(content);
  view.refuse("one of v, l, f, s, dtype, layout, memory_format, device, and no list in a list");
}

Atom atom_of(const JsonView& view, const ReadValue& read_value) {
  const auto& value = view.value();
  if (value.is_null()) return Nothing{};
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return view.integer();
  if (value.is_object()) return tagged(view, read_value);
  view.refuse("null, true, false, an integer, or an object that says what it is");
}

}  // namespace

Argument read_argument(const JsonView& view, const ReadValue& read_value) {
  const bool is_list = view.value().is_object() && view.value().size() == 1 && view.find("l");
  if (!is_list) return atom_of(view, read_value);
  const JsonView elements = view.at("l");
  AtomList list;
  for (std::size_t i = 0; i < elements.size(); ++i) list.push_back(atom_of(elements[i], read_value));
  return list;
}

}  // namespace clear_native::bundle
