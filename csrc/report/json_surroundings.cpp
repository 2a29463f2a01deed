#include "json_surroundings.hpp"

#include "from_json.hpp"

namespace clear_native::report {

Facts facts_of(const JsonReader& from) {
  Facts facts;
  for (const auto& [name, value] : from.entries()) {
    const Json& data = value.data();
    if (data.is_boolean()) facts.emplace_back(name, value.flag());
    if (data.is_number_integer()) facts.emplace_back(name, value.whole());
    if (data.is_number_float()) facts.emplace_back(name, value.number());
    if (data.is_string()) facts.emplace_back(name, value.text());  // what is nested is not shown
  }
  return facts;
}

Workload workload_of(const JsonReader& from) {
  Workload workload;
  if (const auto inputs = from.field("inputs")) {
    for (const auto& [path, tensor] : inputs->entries()) {
      InputTensor input{.path = path, .shape = {}, .dtype = tensor.required("dtype").text()};
      for (const JsonReader& length : tensor.required("shape").items()) input.shape.push_back(length.whole());
      workload.inputs.push_back(std::move(input));
    }
  }
  workload.weights_dtype = text_in(from, "weights_dtype");
  workload.device = text_in(from, "device");
  workload.kept_bytes = whole_in(from, "kept_bytes");
  return workload;
}

Workload workload_from_json(const std::string& text, const std::string& named) {
  const Json data = parsed(text);
  return workload_of(JsonReader(data, named));
}

}  // namespace clear_native::report
