#pragma once
// Captures plans into graphs of the fake driver: a kernel for each operator but views, named after it. What a layer or
// an activation gives lies in one buffer, which each sets to a number of its own.

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bundle/graph_capturer.hpp"
#include "core/errors.hpp"
#include "cuda/driver.hpp"
#include "cuda_fixture.hpp"
#include "fake_runner.hpp"

namespace clear_native::testing {

struct FakeCaptures {
  std::string refused;           // told by captures that share memory
  std::string failing_operator;  // breaks the capture
  std::function<void()> asked_whether_finite;
  bool is_finite = true;
  std::vector<bundle::CaptureRequest> requests;
  std::vector<float> output{15.0F, 35.0F};
  std::vector<std::uint64_t> buffer = std::vector<std::uint64_t>(4, 0);  // what layers and activations write to
};

class FakeCaptured final : public bundle::CapturedForward {
 public:
  FakeCaptured(fake_cuda::Control& fake, const bundle::Plan& plan, const bundle::CaptureRequest& request,
               bundle::CaptureWatch& watch, FakeCaptures& told)
      : told_(told), builder_(fake) {
    kept_ = {{reinterpret_cast<std::uintptr_t>(told.buffer.data()), 8 * told.buffer.size()}};
    if (!request.scratch.empty()) refused_ = told.refused;
    for (std::size_t node = 0; node < plan.nodes.size(); ++node) {
      stand_at(fake);
      watch.before(node);
      if (plan.nodes[node].op == told.failing_operator) {
        throw Error(ErrorKind::capture_failed, "nodes[" + std::to_string(node) + "] cannot be captured");
      }
      if (plan.nodes[node].op != "aten::view") add(plan.nodes[node], node);
    }
    stand_at(fake);
    watch.at_end();
    fake.set_capture(CU_STREAM_CAPTURE_STATUS_NONE, {}, {});
  }

  [[nodiscard]] std::uintptr_t graph() const override { return reinterpret_cast<std::uintptr_t>(builder_.handle()); }
  void replay() override {}
  [[nodiscard]] bundle::HostTensor value(std::size_t /*id*/) const override {
    bundle::HostTensor host{.dtype = bundle::DType::float32,
                            .shape = {static_cast<std::int64_t>(told_.output.size())},
                            .bytes = std::vector<std::byte>(told_.output.size() * sizeof(float))};
    std::memcpy(host.bytes.data(), told_.output.data(), host.bytes.size());
    return host;
  }
  [[nodiscard]] bool all_finite() const override {
    if (told_.asked_whether_finite) told_.asked_whether_finite();
    return told_.is_finite;
  }
  [[nodiscard]] const std::vector<bundle::DeviceRange>& kept() const override { return kept_; }
  [[nodiscard]] const std::vector<bundle::DeviceRange>& scratch() const override { return scratch_; }
  [[nodiscard]] std::size_t withheld_bytes() const override { return 100; }
  [[nodiscard]] const std::string& refused() const override { return refused_; }

 private:
  void stand_at(fake_cuda::Control& fake) {
    const std::size_t edges = last_.empty() ? 0 : 1;
    fake.set_capture(CU_STREAM_CAPTURE_STATUS_ACTIVE, builder_.nodes(names_of_last()),
                     std::vector<CUgraphEdgeData>(edges));
  }
  [[nodiscard]] std::vector<std::string> names_of_last() const {
    return last_.empty() ? std::vector<std::string>{} : std::vector<std::string>{last_};
  }

  /// Kernels of a name are of one kind; the builder's own names tell the nodes apart.
  void add(const bundle::Node& node, std::size_t number) {
    const std::string name = node.op.substr(6);
    const std::string own_name = name + std::to_string(number);
    builder_.kernel_as(own_name, name, names_of_last());
    last_ = own_name;
  }

  FakeCaptures& told_;
  cuda::GraphBuilder builder_;
  std::string last_;
  std::vector<bundle::DeviceRange> kept_;
  std::vector<bundle::DeviceRange> scratch_;
  std::string refused_;
};

/// The operators run as in FakeRunner, and can be captured.
class FakeGpuRunner final : public bundle::NodeRunner, public bundle::GraphCapturer {
 public:
  FakeGpuRunner(fake_cuda::Control& fake, const bundle::Plan& plan) : runner(plan), fake_(fake), plan_(plan) {
    fake.set_effect("addmm", [this] { told.buffer.assign(4, 1); });
    fake.set_effect("relu", [this] { told.buffer.assign(4, 2); });
  }

  [[nodiscard]] bundle::RunnerDevice device() const override { return {.type = "cuda", .index = 0}; }
  std::unique_ptr<bundle::Routine> prepare(const bundle::Pass& pass) override { return runner.prepare(pass); }
  void synchronize() override { runner.synchronize(); }
  [[nodiscard]] bundle::HostTensor value(std::size_t id) const override { return runner.value(id); }
  [[nodiscard]] std::vector<std::vector<std::size_t>> written_values() const override {
    return runner.written_values();
  }
  [[nodiscard]] std::vector<std::optional<std::size_t>> memory_of_values() const override {
    return runner.memory_of_values();
  }
  void forget() override { runner.forget(); }
  bundle::GraphCapturer* graphs() override { return has_graphs ? this : nullptr; }

  [[nodiscard]] std::uintptr_t stream() const override { return 0; }
  std::unique_ptr<bundle::CapturedForward> capture(const bundle::CaptureRequest& request,
                                                   bundle::CaptureWatch& watch) override {
    told.requests.push_back(request);
    return std::make_unique<FakeCaptured>(fake_, plan_, request, watch, told);
  }
  [[nodiscard]] std::vector<bundle::DeviceRange> given_memory() const override {
    return {{reinterpret_cast<std::uintptr_t>(given.data()), 8 * given.size()}};
  }

  FakeRunner runner;
  FakeCaptures told;
  std::vector<std::uint64_t> given = std::vector<std::uint64_t>(2, 7);
  bool has_graphs = true;

 private:
  fake_cuda::Control& fake_;
  const bundle::Plan& plan_;
};

}  // namespace clear_native::testing
