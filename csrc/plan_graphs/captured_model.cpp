#include "captured_model.hpp"

#include <numeric>
#include <utility>

#include "cuda/capture_frontier.hpp"

namespace clear_native::plan_graphs {
namespace {

/// A span for each run of nodes of one call: a call that others interrupt has several, and no two overlap.
class SpanNotes final : public bundle::CaptureWatch {
 public:
  SpanNotes(std::uintptr_t stream, const bundle::Manifest& manifest, const bundle::Plan& plan)
      : stream_(stream), manifest_(manifest), plan_(plan) {}

  void before(std::size_t node) override {
    const std::size_t call = plan_.nodes[node].call;
    if (!calls.empty() && calls.back() == call) return;
    auto now = cuda::capture_frontier(stream_);
    if (!spans.empty()) spans.back().exit = now;
    spans.push_back({.label = manifest_.calls[call].module, .parent = {}, .entry = std::move(now), .exit = {}});
    calls.push_back(call);
  }
  void at_end() override {
    if (!spans.empty()) spans.back().exit = cuda::capture_frontier(stream_);
  }

  std::vector<cuda::Span> spans;
  std::vector<std::size_t> calls;  // by span

 private:
  std::uintptr_t stream_;
  const bundle::Manifest& manifest_;
  const bundle::Plan& plan_;
};

}  // namespace

std::size_t CapturedModel::component_of_node(const bundle::Manifest& manifest, std::size_t node) const {
  const auto& span = graph->nodes()[node].span;
  return manifest.calls[span ? call_of_span[*span] : 0].component;
}

std::shared_ptr<const cuda::Subgraph> CapturedModel::whole() const {
  std::vector<std::size_t> all(graph->nodes().size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return cuda::Subgraph::create(graph, std::move(all));
}

CapturedModel captured_model(bundle::GraphCapturer& capturer,
                             const std::shared_ptr<const cuda::PrimaryContext>& context,
                             const bundle::Manifest& manifest, const bundle::Plan& plan,
                             const bundle::CaptureRequest& request) {
  SpanNotes notes(capturer.stream(), manifest, plan);
  CapturedModel made;
  made.forward = capturer.capture(request, notes);
  made.graph = cuda::ModelGraph::create(context, made.forward->graph(), std::move(notes.spans));
  made.call_of_span = std::move(notes.calls);
  made.forward->replay();
  return made;
}

}  // namespace clear_native::plan_graphs
