#pragma once
// A place in a JSON file, and the value there as what it should be. Only sources that read JSON include this.

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/errors.hpp"

namespace clear_native::report {

/// Keeps the order of the file.
using Json = nlohmann::ordered_json;

class JsonReader {
 public:
  /// `data` must live as long as the reader.
  JsonReader(const Json& data, std::string place) : data_(&data), place_(std::move(place)) {}

  [[noreturn]] void refuse(const std::string& expected) const {
    std::string seen = data_->dump(-1, ' ', false, Json::error_handler_t::replace);
    if (seen.size() > longest_shown) seen = seen.substr(0, longest_shown) + "...";
    throw Error(ErrorKind::bad_input,
                "not a whole report (" + place_ + " should be " + expected + ", got " + seen + "): measure again");
  }

  [[nodiscard]] const Json& data() const noexcept { return *data_; }

  [[nodiscard]] double number() const {
    if (data_->is_number()) {
      const double value = data_->get<double>();
      if (std::isfinite(value) && std::abs(value) <= largest) return value;
    }
    refuse("a number");
  }

  [[nodiscard]] std::int64_t whole() const {
    const bool fits = data_->is_number_integer() &&
                      (!data_->is_number_unsigned() ||
                       data_->get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<std::int64_t>::max()});
    if (!fits) refuse("a whole number");
    return data_->get<std::int64_t>();
  }

  [[nodiscard]] std::string text() const {
    if (!data_->is_string()) refuse("a string");
    return data_->get<std::string>();
  }

  [[nodiscard]] bool flag() const {
    if (!data_->is_boolean()) refuse("true or false");
    return data_->get<bool>();
  }

  /// The field, where it is there and not null.
  [[nodiscard]] std::optional<JsonReader> field(const std::string& name) const {
    if (!data_->is_object()) refuse("a mapping");
    const auto found = data_->find(name);
    if (found == data_->end() || found->is_null()) return std::nullopt;
    return JsonReader(*found, place_.empty() ? name : place_ + "." + name);
  }

  [[nodiscard]] JsonReader required(const std::string& name) const {
    if (auto found = field(name)) return *found;
    refuse("a mapping with '" + name + "'");
  }

  [[nodiscard]] std::vector<JsonReader> items() const {
    if (!data_->is_array()) refuse("a list");
    std::vector<JsonReader> found;
    for (const Json& item : *data_) found.emplace_back(item, place_ + "[" + std::to_string(found.size()) + "]");
    return found;
  }

  /// (key, value) in the order of the file, without nulls.
  [[nodiscard]] std::vector<std::pair<std::string, JsonReader>> entries() const {
    if (!data_->is_object()) refuse("a mapping");
    std::vector<std::pair<std::string, JsonReader>> found;
    for (const auto& [key, value] : data_->items()) {
      std::string place = place_;
      place.append("['").append(key).append("']");
      if (!value.is_null()) found.emplace_back(key, JsonReader(value, std::move(place)));
    }
    return found;
  }

  void refuse_unknown(std::initializer_list<const char*> known) const {
    if (!data_->is_object()) refuse("a mapping");
    for (const auto& [key, value] : data_->items()) {
      bool found = false;
      for (const char* name : known) found = found || key == name;
      if (!found) refuse("without the unknown field '" + key + "'");
    }
  }

 private:
  static constexpr double largest = 1e100;  // beyond any measurement, far enough from overflow for what follows from it
  static constexpr std::size_t longest_shown = 40;

  const Json* data_;
  std::string place_;
};

inline std::optional<double> number_in(const JsonReader& from, const char* name) {
  const auto found = from.field(name);
  return found ? std::optional(found->number()) : std::nullopt;
}

inline std::optional<std::int64_t> whole_in(const JsonReader& from, const char* name) {
  const auto found = from.field(name);
  return found ? std::optional(found->whole()) : std::nullopt;
}

inline std::optional<std::string> text_in(const JsonReader& from, const char* name) {
  const auto found = from.field(name);
  return found ? std::optional(found->text()) : std::nullopt;
}

inline std::optional<bool> flag_in(const JsonReader& from, const char* name) {
  const auto found = from.field(name);
  return found ? std::optional(found->flag()) : std::nullopt;
}

inline std::vector<std::string> texts_in(const JsonReader& from, const char* name) {
  std::vector<std::string> texts;
  const auto found = from.field(name);
  if (!found) return texts;
  for (const JsonReader& item : found->items()) texts.push_back(item.text());
  return texts;
}

/// Throws Error(bad_input).
inline Json parsed(const std::string& text) {
  constexpr int deepest = 64;
  // A file of brackets alone would be as deep as it is long.
  const auto shallow = [](int depth, Json::parse_event_t, Json&) {
    if (depth <= deepest) return true;
    throw Error(ErrorKind::bad_input, "it is nested more than " + std::to_string(deepest) + " deep");
  };
  try {
    return Json::parse(text, shallow);
  } catch (const Json::parse_error& error) {  // its words repeat the bytes there, which may be no text
    throw Error(ErrorKind::bad_input, "it is not a JSON file, from byte " + std::to_string(error.byte) + " on");
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::bad_input, std::string("it is not a JSON file (") + error.what() + ")");
  }
}

}  // namespace clear_native::report
