#pragma once
// Fields of JSON objects, left out where there is nothing to write. Only sources that write JSON include this.

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/errors.hpp"

namespace clear_native::report {

using Json = nlohmann::ordered_json;

inline void put(Json& into, const char* name, double value) {
  if (std::isfinite(value)) into[name] = value;
}

inline void put(Json& into, const char* name, const std::optional<double>& value) {
  if (value) put(into, name, *value);
}

template <typename Value>
void put(Json& into, const char* name, const std::optional<Value>& value) {
  if (value) into[name] = *value;
}

/// A row of numbers that all have to be there.
inline Json row_of(const char* what, std::initializer_list<double> values) {
  Json row = Json::array();
  for (const double value : values) {
    if (!std::isfinite(value)) {
      throw Error(ErrorKind::bad_input, std::string("the result cannot be written: ") + what +
                                            " hold a number that is not finite, and cannot do without");
    }
    row.push_back(value);
  }
  return row;
}

}  // namespace clear_native::report
