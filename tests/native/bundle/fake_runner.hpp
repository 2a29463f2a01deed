#pragma once
// A NodeRunner without torch: a value is a number that tells what made it, from what.

#include <cstring>
#include <functional>
#include <map>
#include <utility>

#include "bundle/bundle.hpp"
#include "bundle/node_runner.hpp"
#include "core/errors.hpp"

namespace clear_native::testing {

class FakeRunner final : public bundle::NodeRunner {
 public:
  explicit FakeRunner(const bundle::Plan& plan) : plan_(plan), memory_(plan.values) {
    for (std::size_t id = 0; id < plan.values; ++id) memory_[id] = id;
    for (const auto* list : {&plan.inputs, &plan.constants}) {
      for (const auto& given : *list) kept_[given.value] = 1000 + given.value;
    }
  }

  [[nodiscard]] bundle::RunnerDevice device() const override { return {.type = "cpu"}; }
  void synchronize() override { ++synchronized; }
  std::unique_ptr<bundle::Routine> prepare(const bundle::Pass& pass) override;
  [[nodiscard]] bundle::HostTensor value(std::size_t id) const override {
    const float number = static_cast<float>(kept_.at(id) % 100'003);
    bundle::HostTensor host{
        .dtype = bundle::DType::float32, .shape = {}, .bytes = std::vector<std::byte>(sizeof number)};
    std::memcpy(host.bytes.data(), &number, sizeof number);
    return host;
  }
  [[nodiscard]] std::vector<std::vector<std::size_t>> written_values() const override {
    std::vector<std::vector<std::size_t>> written(plan_.nodes.size());
    for (const auto& [node, value] : writes) written[node].push_back(value);
    return written;
  }
  [[nodiscard]] std::vector<std::optional<std::size_t>> memory_of_values() const override { return memory_; }
  void forget() override {
    for (const auto& node : plan_.nodes) {
      for (const std::size_t id : values_defined(node)) kept_.erase(id);
    }
  }

  std::map<std::size_t, std::size_t> writes;   // node: the value that it adds to in place
  std::function<void(std::size_t node)> also;  // what every node does besides
  std::vector<bundle::Pass> prepared;
  int synchronized = 0;

 private:
  class Run;
  void run(const bundle::Pass& pass);

  const bundle::Plan& plan_;
  std::vector<std::optional<std::size_t>> memory_;
  std::map<std::size_t, std::size_t> kept_;
};

class FakeRunner::Run final : public bundle::Routine {
 public:
  Run(FakeRunner& runner, bundle::Pass pass) : runner_(runner), pass_(std::move(pass)) {}
  void run() override { runner_.run(pass_); }

 private:
  FakeRunner& runner_;
  bundle::Pass pass_;
};

inline std::unique_ptr<bundle::Routine> FakeRunner::prepare(const bundle::Pass& pass) {
  prepared.push_back(pass);
  return std::make_unique<Run>(*this, pass);
}

inline void FakeRunner::run(const bundle::Pass& pass) {
  for (const auto& stretch : pass) {
    auto own = kept_;
    auto& values = stretch.kept ? kept_ : own;
    for (const std::size_t node : stretch.nodes) {
      if (also) also(node);
      std::size_t result = node + 1;
      for (const std::size_t id : values_read(plan_.nodes[node])) result = result * 31 + values.at(id);
      for (const std::size_t id : values_defined(plan_.nodes[node])) values[id] = result;
      if (const auto written = writes.find(node); written != writes.end()) ++kept_[written->second];
    }
  }
}

}  // namespace clear_native::testing
