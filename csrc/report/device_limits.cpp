#include "device_limits.hpp"

#include "device_sheets.hpp"
#include "json_reader.hpp"

namespace clear_native::report {
namespace {

std::optional<DeviceLimits> limits_of(const JsonReader& from, const std::string& dtype, const std::string& source,
                                      bool measured) {
  const std::optional<JsonReader> flops_per_s = from.required("flops_per_s").field(dtype);
  if (!flops_per_s) return std::nullopt;
  return DeviceLimits{.flops_per_s = flops_per_s->number(),
                      .bytes_per_s = from.required("bytes_per_s").number(),
                      .dtype = dtype,
                      .source = source,
                      .measured = measured};
}

std::optional<DeviceLimits> limits_in(const JsonReader& from, const std::string& path, const std::string& uuid,
                                      const std::string& dtype) {
  const auto kind = from.field("kind");
  if (kind && kind->text() == "device") {
    if (from.required("schema_version").whole() != device_schema_version) {
      from.required("schema_version").refuse(std::to_string(device_schema_version));
    }
    if (!from.field("bytes_per_s")) return std::nullopt;  // calibrated without reading from memory
  }
  if (from.required("uuid").text() != uuid) return std::nullopt;
  return limits_of(from, dtype, path, true);
}

}  // namespace

std::optional<DeviceLimits> published_limits(const std::string& gpu, const std::string& dtype) {
  const Json sheets = parsed(device_sheets);
  const std::optional<JsonReader> sheet = JsonReader(sheets, "device_sheets.json").field(gpu);
  if (!sheet) return std::nullopt;
  return limits_of(*sheet, dtype, sheet->required("source").text(), false);
}

std::optional<DeviceLimits> measured_limits(const std::string& text, const std::string& path, const std::string& uuid,
                                            const std::string& dtype) {
  try {
    const Json data = parsed(text);
    return limits_in(JsonReader(data, ""), path, uuid, dtype);
  } catch (const Error& error) {
    throw Error(ErrorKind::bad_input, std::string(device_limits_variable) + " names " + path +
                                          ", which is no file of measured limits (" + error.what() +
                                          "): it is JSON with uuid, bytes_per_s and flops_per_s by data type; unset "
                                          "the variable to use published values");
  }
}

std::optional<std::string> product_dtype(const std::optional<std::string>& weights_dtype) {
  constexpr std::string_view prefix = "torch.";
  if (!weights_dtype) return std::nullopt;
  return weights_dtype->starts_with(prefix) ? weights_dtype->substr(prefix.size()) : *weights_dtype;
}

}  // namespace clear_native::report
