#include "plan.hpp"

#include <limits>

#include "json_view.hpp"
#include "plan_arguments.hpp"

namespace clear_native::bundle {
namespace {

constexpr std::size_t kMostDimensions = 64;
constexpr std::string_view kNamespace = "aten::";

/// Which values there are so far. Refuses a number that is out of range, taken, or not yet defined.
class Values {
 public:
  explicit Values(std::size_t count) : defined_(count, false) {}

  std::size_t define(const JsonView& view) {
    const std::size_t id = view.index(defined_.size(), "values");
    if (defined_[id]) view.refuse("a value that is defined already", "every value defined once");
    defined_[id] = true;
    return id;
  }
  std::size_t read(const JsonView& view) const {
    const std::size_t id = view.index(defined_.size(), "values");
    if (!defined_[id]) view.refuse("value " + std::to_string(id) + " before it is defined", "one defined before");
    return id;
  }
  [[nodiscard]] OptionalValue undefined() const {
    for (std::size_t id = 0; id < defined_.size(); ++id) {
      if (!defined_[id]) return id;
    }
    return std::nullopt;
  }

 private:
  std::vector<bool> defined_;
};

std::vector<std::int64_t> strides_of(const JsonView& view) {
  std::vector<std::int64_t> strides;
  if (view.size() > kMostDimensions) view.refuse("at most 64 dimensions");
  strides.reserve(view.size());
  for (std::size_t i = 0; i < view.size(); ++i) strides.push_back(static_cast<std::int64_t>(view[i].count(INT64_MAX)));
  return strides;
}

std::vector<GivenValue> given_of(const JsonView& view, Values& values) {
  std::vector<GivenValue> given;
  for (std::size_t i = 0; i < view.size(); ++i) {
    const JsonView one = view[i];
    given.push_back({values.define(one.at("value")), one.at("tensor").text(), {}, false});
    if (const auto strides = one.find("strides")) given.back().strides = strides_of(*strides);
    if (const auto requires_grad = one.find("requires_grad")) given.back().requires_grad = requires_grad->boolean();
  }
  return given;
}

OptionalValue output_value(const JsonView& view, Values& values) {
  if (view.value().is_null()) return std::nullopt;
  return values.define(view);
}

Output output_of(const JsonView& view, Values& values) {
  if (!view.value().is_object()) return output_value(view, values);
  const JsonView list = view.at("list");
  std::vector<OptionalValue> ids;
  ids.reserve(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) ids.push_back(output_value(list[i], values));
  return ids;
}

Node node_of(const JsonView& view, Values& values, std::size_t calls) {
  Node node;
  node.op = view.at("op").text();
  if (!node.op.starts_with(kNamespace)) view.at("op").refuse("an operator of aten::, the only ones a plan may hold");
  node.overload = view.at("overload").text();
  node.call = view.at("call").index(calls, "calls of the manifest");
  const JsonView arguments = view.at("args");
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    node.arguments.push_back(read_argument(arguments[i], [&](const JsonView& id) { return values.read(id); }));
  }
  const JsonView outputs = view.at("outputs");
  for (std::size_t i = 0; i < outputs.size(); ++i) node.outputs.push_back(output_of(outputs[i], values));
  return node;
}

/// A file cannot define more values than it has bytes: what is allocated for them stays in proportion.
std::size_t value_count(const JsonView& root, std::size_t file_bytes) {
  const JsonView view = root.at("values");
  const std::uint64_t count = view.count(std::numeric_limits<std::int64_t>::max());
  if (count > file_bytes) view.refuse("no more values than the file defines");
  return static_cast<std::size_t>(count);
}

}  // namespace

Plan read_plan(std::string_view json, const std::string& file, std::size_t calls) {
  const auto parsed = parse_json(json, file);
  const JsonView root(parsed, file);
  const JsonView version = root.at("plan_version");
  if (version.integer() != kPlanVersion) {
    version.refuse("version " + std::to_string(kPlanVersion) + ", the only one that this program reads");
  }
  Plan plan;
  plan.values = value_count(root, json.size());
  Values values(plan.values);
  plan.inputs = given_of(root.at("inputs"), values);
  plan.constants = given_of(root.at("constants"), values);
  const JsonView nodes = root.at("nodes");
  for (std::size_t i = 0; i < nodes.size(); ++i) plan.nodes.push_back(node_of(nodes[i], values, calls));
  if (const auto missing = values.undefined()) {
    root.at("values").refuse("value " + std::to_string(*missing) + " defined nowhere", "every value defined once");
  }
  const JsonView outputs = root.at("outputs");
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    plan.outputs.push_back({values.read(outputs[i].at("value")), outputs[i].at("tensor").text()});
  }
  return plan;
}

std::string operator_name(const Node& node) {
  return node.overload.empty() ? node.op : node.op + "." + node.overload;
}

std::vector<std::size_t> values_read(const Node& node) {
  std::vector<std::size_t> ids;
  const auto add = [&ids](const Atom& atom) {
    if (const auto* value = std::get_if<ValueId>(&atom)) ids.push_back(value->id);
  };
  for (const Argument& argument : node.arguments) {
    if (const auto* atom = std::get_if<Atom>(&argument)) add(*atom);
    if (const auto* list = std::get_if<AtomList>(&argument)) {
      for (const Atom& atom : *list) add(atom);
    }
  }
  return ids;
}

std::vector<std::size_t> values_defined(const Node& node) {
  std::vector<std::size_t> ids;
  for (const Output& output : node.outputs) {
    if (const auto* one = std::get_if<OptionalValue>(&output); one != nullptr && *one) ids.push_back(**one);
    if (const auto* list = std::get_if<std::vector<OptionalValue>>(&output)) {
      for (const OptionalValue& id : *list) {
        if (id) ids.push_back(*id);
      }
    }
  }
  return ids;
}

}  // namespace clear_native::bundle
