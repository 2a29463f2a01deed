#include "operator_call.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/ops/scalar_tensor.h>

#include <utility>

#include "core/errors.hpp"
#include "translated.hpp"

namespace clear_native::torch_runner {
namespace {

using bundle::Atom;
using bundle::AtomList;
using c10::IValue;
using c10::TypeKind;

[[noreturn]] void refuse(const std::string& place, const std::string& what) {
  throw Error(ErrorKind::bad_input, place + ": " + what +
                                        ". The bundle was made with another torch, or is damaged: export it again with "
                                        "clear_native.export(model, inputs, path).");
}

c10::OperatorHandle found(const bundle::Node& node, const std::string& place) {
  const auto handle = c10::Dispatcher::singleton().findSchema({node.op, node.overload});
  if (!handle) refuse(place, "this torch has no operator " + operator_name(node));
  // It opens a file by name, which may be any; no forward of a model does.
  if (node.op == "aten::from_file") refuse(place, "aten::from_file reads files, which no bundle may");
  return *handle;
}

c10::MemoryFormat memory_format(bundle::MemoryFormat format) {
  switch (format) {
    case bundle::MemoryFormat::contiguous:
      return c10::MemoryFormat::Contiguous;
    case bundle::MemoryFormat::preserve:
      return c10::MemoryFormat::Preserve;
    case bundle::MemoryFormat::channels_last:
      return c10::MemoryFormat::ChannelsLast;
    case bundle::MemoryFormat::channels_last_3d:
      return c10::MemoryFormat::ChannelsLast3d;
  }
  return c10::MemoryFormat::Contiguous;
}

/// A number where a tensor is wanted: one that does not take part in deciding types, as in eager x + 1e-6.
IValue wrapped_number(const c10::Scalar& number) {
  at::Tensor tensor = at::scalar_tensor(number, at::TensorOptions(at::kCPU).dtype(number.type()));
  tensor.unsafeGetTensorImpl()->set_wrapped_number(true);
  return tensor;
}

std::optional<c10::Scalar> number_of(const Atom& atom) {
  if (const auto* truth = std::get_if<bool>(&atom)) return c10::Scalar(*truth);
  if (const auto* integer = std::get_if<std::int64_t>(&atom)) return c10::Scalar(*integer);
  if (const auto* real = std::get_if<double>(&atom)) return c10::Scalar(*real);
  return std::nullopt;
}

c10::TypePtr without_optional(c10::TypePtr type) {
  while (type->kind() == TypeKind::OptionalType) type = type->castRaw<c10::OptionalType>()->getElementType();
  return type;
}

/// Of arguments whose schema says int: types, layouts and formats are integers there.
std::optional<std::int64_t> integer_of(const Atom& atom) {
  if (const auto* integer = std::get_if<std::int64_t>(&atom)) return *integer;
  if (const auto* truth = std::get_if<bool>(&atom)) return *truth ? 1 : 0;
  if (const auto* dtype = std::get_if<bundle::DType>(&atom)) return static_cast<std::int64_t>(scalar_type(*dtype));
  if (std::holds_alternative<bundle::Layout>(atom)) return static_cast<std::int64_t>(c10::Layout::Strided);
  if (const auto* format = std::get_if<bundle::MemoryFormat>(&atom)) {
    return static_cast<std::int64_t>(memory_format(*format));
  }
  return std::nullopt;
}

}  // namespace

c10::ScalarType scalar_type(bundle::DType dtype) {
  using bundle::DType;
  switch (dtype) {
    case DType::boolean:
      return c10::ScalarType::Bool;
    case DType::uint8:
      return c10::ScalarType::Byte;
    case DType::int8:
      return c10::ScalarType::Char;
    case DType::uint16:
      return c10::ScalarType::UInt16;
    case DType::int16:
      return c10::ScalarType::Short;
    case DType::uint32:
      return c10::ScalarType::UInt32;
    case DType::int32:
      return c10::ScalarType::Int;
    case DType::uint64:
      return c10::ScalarType::UInt64;
    case DType::int64:
      return c10::ScalarType::Long;
    case DType::float16:
      return c10::ScalarType::Half;
    case DType::bfloat16:
      return c10::ScalarType::BFloat16;
    case DType::float32:
      return c10::ScalarType::Float;
    case DType::float64:
      return c10::ScalarType::Double;
    case DType::float8_e4m3fn:
      return c10::ScalarType::Float8_e4m3fn;
    case DType::float8_e5m2:
      return c10::ScalarType::Float8_e5m2;
    case DType::complex64:
      return c10::ScalarType::ComplexFloat;
    case DType::complex128:
      return c10::ScalarType::ComplexDouble;
  }
  return c10::ScalarType::Undefined;
}

OperatorCall::OperatorCall(const bundle::Node& node, const std::string& place, c10::Device device)
    : place_(place + " (" + operator_name(node) + ")"), device_(device), handle_(found(node, place)) {
  const auto& schema = handle_.schema().arguments();
  if (schema.size() != node.arguments.size()) {
    refuse(place_, "got " + std::to_string(node.arguments.size()) + " arguments, expected the " +
                       std::to_string(schema.size()) + " of its schema in this torch");
  }
  for (std::size_t i = 0; i < schema.size(); ++i) {
    sources_.push_back(source_of(node.arguments[i], schema[i]));
    const bool written = schema[i].alias_info() != nullptr && schema[i].alias_info()->isWrite();
    if (sources_.back().kind == Source::Kind::value) writes_.push_back(written);
    for (const bool is_value : sources_.back().is_value) {
      if (is_value) writes_.push_back(written);
    }
  }
  check_outputs(node);
}

OperatorCall::Source OperatorCall::source_of(const bundle::Argument& argument, const c10::Argument& schema) const {
  const auto type = without_optional(schema.type());
  if (const auto* list = std::get_if<AtomList>(&argument)) {
    if (type->kind() != TypeKind::ListType)
      refuse(place_, "got a list for '" + schema.name() + "', expected " + type->str());
    return list_of(*list, type->castRaw<c10::ListType>()->getElementType());
  }
  const Atom& atom = std::get<Atom>(argument);
  if (std::holds_alternative<bundle::ValueId>(atom)) {
    if (type->kind() != TypeKind::TensorType)
      refuse(place_, "got a tensor for '" + schema.name() + "', expected " + type->str());
    return {.kind = Source::Kind::value};
  }
  if (std::holds_alternative<bundle::Nothing>(atom)) {
    if (schema.type()->kind() != TypeKind::OptionalType)
      refuse(place_, "got nothing for '" + schema.name() + "', expected " + type->str());
    return {};
  }
  if (type->kind() == TypeKind::ListType) {  // one number for all elements, as schemas with a length allow
    return list_of(AtomList(static_cast<std::size_t>(schema.N().value_or(1)), atom),
                   type->castRaw<c10::ListType>()->getElementType());
  }
  return {.constant = constant_of(atom, type)};
}

OperatorCall::Source OperatorCall::list_of(const AtomList& list, const c10::TypePtr& type) const {
  const auto element = without_optional(type);
  if (element->kind() != TypeKind::TensorType) {
    c10::impl::GenericList made(type);
    for (const Atom& atom : list) made.push_back(constant_of(atom, element));
    return {.constant = IValue(made)};
  }
  Source source{.kind = Source::Kind::list, .element_type = type};
  for (const Atom& atom : list) {
    const bool is_value = std::holds_alternative<bundle::ValueId>(atom);
    if (!is_value && (type->kind() != TypeKind::OptionalType || !std::holds_alternative<bundle::Nothing>(atom))) {
      refuse(place_, "got something else in a list of " + type->str());
    }
    source.is_value.push_back(is_value);
  }
  return source;
}

IValue OperatorCall::constant_of(const Atom& atom, const c10::TypePtr& type) const {
  const auto number = number_of(atom);
  switch (type->kind()) {
    case TypeKind::TensorType:
      if (number) return wrapped_number(*number);
      break;
    case TypeKind::NumberType:
      if (number) return *number;
      break;
    case TypeKind::FloatType:
      if (number) return number->toDouble();
      break;
    case TypeKind::IntType:
      if (const auto integer = integer_of(atom)) return *integer;
      break;
    case TypeKind::BoolType:
      if (const auto* truth = std::get_if<bool>(&atom)) return *truth;
      break;
    case TypeKind::StringType:
      if (const auto* text = std::get_if<std::string>(&atom)) return *text;
      break;
    case TypeKind::DeviceObjType:
      if (const auto* device = std::get_if<bundle::DeviceOf>(&atom)) {
        if (*device == bundle::DeviceOf::cpu) return c10::Device(c10::kCPU);
        if (!device_.is_cpu()) return device_;
      }
      break;
    default:
      break;
  }
  refuse(place_, "got another type of argument, expected " + type->str());
}

void OperatorCall::check_outputs(const bundle::Node& node) {
  const auto& returns = handle_.schema().returns();
  if (returns.size() != node.outputs.size()) {
    refuse(place_, "got " + std::to_string(node.outputs.size()) + " outputs, expected the " +
                       std::to_string(returns.size()) + " of its schema in this torch");
  }
  for (std::size_t i = 0; i < returns.size(); ++i) {
    const auto* list = std::get_if<std::vector<bundle::OptionalValue>>(&node.outputs[i]);
    const auto* one = std::get_if<bundle::OptionalValue>(&node.outputs[i]);
    const bool is_tensor = returns[i].type()->kind() == TypeKind::TensorType;
    const bool is_list = returns[i].type()->isSubtypeOf(*c10::ListType::ofTensors());
    if ((list != nullptr && !is_list) || (one != nullptr && one->has_value() && !is_tensor)) {
      refuse(place_,
             "output " + std::to_string(i) + " is " + returns[i].type()->str() + ", the plan takes another type");
    }
    list_lengths_.push_back(list != nullptr ? std::optional(list->size()) : std::nullopt);
  }
}

void OperatorCall::run(const Operands& operands, torch::jit::Stack& stack) const {
  stack.clear();
  const IValue* const* next = operands.read.data();
  for (const Source& source : sources_) {
    if (source.kind == Source::Kind::constant) {
      stack.push_back(source.constant);
    } else if (source.kind == Source::Kind::value) {
      stack.push_back(**next++);
    } else {
      c10::impl::GenericList list(source.element_type);
      list.reserve(source.is_value.size());
      for (const bool is_value : source.is_value) list.push_back(is_value ? **next++ : IValue());
      stack.emplace_back(std::move(list));
    }
  }
  handle_.callBoxed(stack);
  give(operands, stack);
}

void OperatorCall::give(const Operands& operands, torch::jit::Stack& stack) const {
  IValue* const* to = operands.given.data();
  for (std::size_t i = 0; i < list_lengths_.size(); ++i) {
    const auto& length = list_lengths_[i];
    if (!length) {
      if (*to != nullptr) **to = std::move(stack[i]);
      ++to;
      continue;
    }
    const auto tensors = stack[i].toTensorVector();
    if (tensors.size() != *length) {
      refuse(place_, "gave a list of " + std::to_string(tensors.size()) + ", expected " + std::to_string(*length));
    }
    for (const at::Tensor& tensor : tensors) {
      if (*to != nullptr) **to = tensor;
      ++to;
    }
  }
  stack.clear();
}

}  // namespace clear_native::torch_runner
