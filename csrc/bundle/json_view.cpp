#include "json_view.hpp"

#include <cmath>
#include <set>
#include <vector>

#include "faults.hpp"

namespace clear_native::bundle {
namespace {

using nlohmann::json;

constexpr int kDeepest = 64;

std::string seen_of(const json& value) {
  const std::string type = value.type_name();
  if (value.is_null()) return "null";
  if (value.is_structured()) return "an " + type + " of " + std::to_string(value.size());
  if (value.is_string()) return "the string " + in_quotes(value.get_ref<const std::string&>());
  return "the " + type + " " + in_quotes(value.dump(-1, ' ', true, json::error_handler_t::replace));
}

/// Looks at what the parser has read so far, since the parsed value tells neither depth nor a key that came twice.
class Watch {
 public:
  explicit Watch(std::string_view file) : file_(file) {}

  bool operator()(int depth, json::parse_event_t event, const json& parsed) {
    if (depth > kDeepest) refuse(file_, "", "values nested " + std::to_string(depth) + " deep", "less than that");
    if (event == json::parse_event_t::object_start) keys_.emplace_back();
    if (event == json::parse_event_t::object_end) keys_.pop_back();
    if (event == json::parse_event_t::key && !keys_.back().insert(parsed.get<std::string>()).second) {
      refuse(file_, in_quotes(parsed.get<std::string>()), "this key twice in one object", "every key once");
    }
    return true;
  }

 private:
  std::string_view file_;
  std::vector<std::set<std::string>> keys_;
};

}  // namespace

json parse_json(std::string_view text, std::string_view file) {
  Watch watch(file);
  try {
    return json::parse(text, [&watch](int depth, json::parse_event_t event, const json& parsed) {
      return watch(depth, event, parsed);
    });
  } catch (const json::parse_error& error) {
    refuse(file, "byte " + std::to_string(error.byte), "what is no JSON", "a JSON text");
  } catch (const json::exception& error) {  // a number that no double holds
    refuse(file, "", in_quotes(error.what()), "numbers in range");
  }
}

JsonView JsonView::at(std::string_view key) const {
  if (!value_->is_object()) refuse("an object");
  const auto found = value_->find(key);
  if (found == value_->end()) refuse("no member '" + std::string(key) + "'", "one");
  JsonView member(*found, file_);
  member.place_ = place_.empty() ? std::string(key) : place_ + "." + std::string(key);
  return member;
}

std::optional<JsonView> JsonView::find(std::string_view key) const {
  if (!value_->is_object()) refuse("an object");
  const auto found = value_->find(key);
  if (found == value_->end() || found->is_null()) return std::nullopt;
  return at(key);
}

void JsonView::each_member(const std::function<void(const std::string&, const JsonView&)>& visit) const {
  if (!value_->is_object()) refuse("an object");
  for (const auto& [key, value] : value_->items()) {
    JsonView member(value, file_);
    member.place_ = place_ + (place_.empty() ? "" : ".") + in_quotes(key);
    visit(key, member);
  }
}

std::size_t JsonView::size() const {
  if (!value_->is_array()) refuse("an array");
  return value_->size();
}

JsonView JsonView::operator[](std::size_t index) const {
  if (index >= size()) refuse("an array of more than " + std::to_string(index));
  JsonView element((*value_)[index], file_);
  element.place_ = place_ + "[" + std::to_string(index) + "]";
  return element;
}

bool JsonView::boolean() const {
  if (!value_->is_boolean()) refuse("true or false");
  return value_->get<bool>();
}

std::int64_t JsonView::integer() const {
  const bool too_large = value_->is_number_unsigned() && value_->get<std::uint64_t>() > INT64_MAX;
  if (!value_->is_number_integer() || too_large) refuse("an integer of 64 bits");
  return value_->get<std::int64_t>();
}

bool JsonView::is_count_up_to(std::uint64_t most) const {
  if (!value_->is_number_integer()) return false;
  if (!value_->is_number_unsigned() && value_->get<std::int64_t>() < 0) return false;
  return value_->get<std::uint64_t>() <= most;
}

std::uint64_t JsonView::count(std::uint64_t most) const {
  if (!is_count_up_to(most)) refuse("an integer from 0 to " + std::to_string(most));
  return value_->get<std::uint64_t>();
}

std::size_t JsonView::index(std::size_t end, std::string_view what) const {
  if (end == 0 || !is_count_up_to(end - 1)) {
    refuse("one of the " + std::to_string(end) + " " + std::string(what) + ", by its number from 0");
  }
  return value_->get<std::size_t>();
}

double JsonView::number() const {
  if (!value_->is_number()) refuse("a number");
  return value_->get<double>();
}

double JsonView::amount() const {
  const double value = number();
  if (!std::isfinite(value) || value < 0) refuse("a number of at least 0");
  return value;
}

std::string JsonView::text() const {
  if (!value_->is_string()) refuse("a string");
  return value_->get<std::string>();
}

void JsonView::refuse(std::string_view expected) const {
  refuse(seen_of(*value_), expected);
}

void JsonView::refuse(std::string_view seen, std::string_view expected) const {
  bundle::refuse(file_, place_, seen, expected);
}

}  // namespace clear_native::bundle
