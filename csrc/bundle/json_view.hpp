#pragma once
// JSON read strictly: every wrong type and missing key is refused with its place.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace clear_native::bundle {

/// Refuses what is not JSON, objects with a key twice, and nesting beyond what any file of a bundle has.
nlohmann::json parse_json(std::string_view text, std::string_view file);

/// A value and where it stands. Borrows the value and the name of its file.
class JsonView {
 public:
  JsonView(const nlohmann::json& value, std::string_view file) : value_(&value), file_(file) {}

  /// Members of an object. `at` refuses one that is not there, `find` gives none for that (nor for null).
  [[nodiscard]] JsonView at(std::string_view key) const;
  [[nodiscard]] std::optional<JsonView> find(std::string_view key) const;
  void each_member(const std::function<void(const std::string& key, const JsonView& member)>& visit) const;

  /// Of an array.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] JsonView operator[](std::size_t index) const;

  [[nodiscard]] bool boolean() const;
  [[nodiscard]] std::int64_t integer() const;
  /// An integer from 0 to `most`.
  [[nodiscard]] std::uint64_t count(std::uint64_t most) const;
  /// Below `end`: the index of one of `end` things, which the message calls `what`.
  [[nodiscard]] std::size_t index(std::size_t end, std::string_view what) const;
  /// A finite number of at least 0.
  [[nodiscard]] double amount() const;
  [[nodiscard]] double number() const;
  [[nodiscard]] std::string text() const;

  [[nodiscard]] const nlohmann::json& value() const { return *value_; }
  [[nodiscard]] std::string_view file() const { return file_; }
  [[nodiscard]] const std::string& place() const { return place_; }
  [[noreturn]] void refuse(std::string_view expected) const;
  [[noreturn]] void refuse(std::string_view seen, std::string_view expected) const;

 private:
  [[nodiscard]] bool is_count_up_to(std::uint64_t most) const;

  const nlohmann::json* value_;
  std::string_view file_;
  std::string place_;
};

}  // namespace clear_native::bundle
