#include <pybind11/stl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "core/errors.hpp"
#include "cuda/capture_frontier.hpp"
#include "cuda/context.hpp"
#include "cuda/device_kernels.hpp"
#include "cuda/dosed_replays.hpp"
#include "cuda/model_graph.hpp"
#include "cuda/replay.hpp"
#include "cuda/replay_factory.hpp"
#include "cuda/subgraph.hpp"
#include "released_gil.hpp"

namespace clear_native::bindings {
namespace py = pybind11;
using namespace pybind11::literals;

namespace {

using SharedContext = std::shared_ptr<const cuda::PrimaryContext>;
using SharedGraph = std::shared_ptr<const cuda::ModelGraph>;
using SharedSubgraph = std::shared_ptr<const cuda::Subgraph>;
using Frontier = std::vector<std::uintptr_t>;
using SpanTuple = std::tuple<std::string, std::optional<std::size_t>, Frontier, Frontier>;

py::dict properties(const cuda::PrimaryContext& context) {
  const cuda::DeviceProperties& device = context.properties();
  return py::dict("ordinal"_a = device.ordinal, "uuid"_a = device.uuid, "name"_a = device.name,
                  "compute_major"_a = device.compute_major, "compute_minor"_a = device.compute_minor,
                  "l2_bytes"_a = device.l2_bytes, "sm_count"_a = device.sm_count,
                  "driver_version"_a = device.driver_version);
}

SharedGraph make_model_graph(const SharedContext& context, std::uintptr_t graph, const std::vector<SpanTuple>& spans,
                             std::size_t max_nodes) {
  std::vector<cuda::Span> native;
  native.reserve(spans.size());
  for (const auto& [label, parent, entry, exit] : spans) {
    native.push_back({label, parent, entry, exit});
  }
  return cuda::ModelGraph::create(context, graph, std::move(native), max_nodes);
}

py::list nodes(const cuda::ModelGraph& graph) {
  py::list list;
  for (const cuda::NodeInfo& node : graph.nodes()) {
    list.append(py::dict("type"_a = cuda::node_type_name(node.type), "kernel_name"_a = node.kernel_name,
                         "grid"_a = py::make_tuple(node.grid.x, node.grid.y, node.grid.z),
                         "block"_a = py::make_tuple(node.block.x, node.block.y, node.block.z), "span"_a = node.span,
                         "inner_nodes"_a = node.inner_nodes));
  }
  return list;
}

py::list segments(const cuda::ModelGraph& graph) {
  py::list list;
  for (const cuda::Segment& segment : graph.segments()) {
    list.append(py::make_tuple(segment.span, segment.begin, segment.end));
  }
  return list;
}

cuda::ReplayOptions replay_options(const std::string& shape, int passes_per_launch,
                                   std::optional<double> time_per_pass_s, int queue_depth, bool calibrate) {
  cuda::ReplayOptions options;
  if (shape != "chain" && shape != "while_loop") {
    throw Error(ErrorKind::bad_input, "unknown shape of a replay: '" + shape + "'; expected chain or while_loop");
  }
  options.shape = shape == "chain" ? ReplayShape::chain : ReplayShape::while_loop;
  options.passes_per_launch = passes_per_launch;
  options.time_per_pass_s = time_per_pass_s;
  options.queue_depth = queue_depth;
  options.calibrate = calibrate;
  return options;
}

std::shared_ptr<cuda::Replay> make_replay(std::uintptr_t stream, const std::vector<SharedSubgraph>& parts,
                                          const std::string& shape, int passes_per_launch,
                                          std::optional<double> time_per_pass_s, int queue_depth, bool calibrate) {
  return cuda::Replay::create(stream, parts,
                              replay_options(shape, passes_per_launch, time_per_pass_s, queue_depth, calibrate));
}

void register_graphs(py::module_& module) {
  // pybind11 holders are not const; the objects offer nothing that changes them.
  py::class_<cuda::PrimaryContext, std::shared_ptr<cuda::PrimaryContext>>(module, "PrimaryContext",
                                                                          "The device's context, shared with torch.")
      .def_static(
          "of_ordinal",
          [](int ordinal) {
            return std::const_pointer_cast<cuda::PrimaryContext>(cuda::PrimaryContext::of_ordinal(ordinal));
          },
          py::arg("ordinal"))
      .def_property_readonly("properties", &properties);
  py::class_<cuda::ModelGraph, std::shared_ptr<cuda::ModelGraph>>(
      module, "ModelGraph", "The CUDA graph of one forward, with the nodes of every module call.")
      .def(py::init([](const std::shared_ptr<cuda::PrimaryContext>& context, std::uintptr_t graph,
                       const std::vector<SpanTuple>& spans, std::size_t max_nodes) {
             return std::const_pointer_cast<cuda::ModelGraph>(make_model_graph(context, graph, spans, max_nodes));
           }),
           py::arg("context"), py::arg("graph"), py::arg("spans"), py::arg("max_nodes") = 200'000,
           "graph: an integer handle, borrowed; spans: (label, parent, entry frontier, exit frontier).")
      .def_property_readonly("nodes", &nodes, "In a deterministic topological order.")
      .def_property_readonly("segments", &segments, "(span or None, begin, end): runs of nodes of one span.")
      .def_property_readonly("edge_count", &cuda::ModelGraph::edge_count)
      .def_property_readonly("programmatic_edge_count", &cuda::ModelGraph::programmatic_edge_count);
  py::class_<cuda::Subgraph, std::shared_ptr<cuda::Subgraph>>(module, "Subgraph", "Some nodes of a model graph.")
      .def(py::init([](const std::shared_ptr<cuda::ModelGraph>& graph, std::vector<std::size_t> kept) {
             return std::const_pointer_cast<cuda::Subgraph>(cuda::Subgraph::create(graph, std::move(kept)));
           }),
           py::arg("graph"), py::arg("nodes"), "nodes: indices into graph.nodes.")
      .def_property_readonly("nodes", &cuda::Subgraph::nodes);
}

std::shared_ptr<cuda::DosedReplays> make_dosed(std::uintptr_t stream,
                                               const std::vector<std::shared_ptr<cuda::Subgraph>>& calls,
                                               const std::vector<std::pair<std::size_t, std::size_t>>& second,
                                               int passes) {
  std::vector<cuda::SecondRun> runs;
  runs.reserve(second.size());
  for (const auto& [call, after] : second) runs.push_back({.call = call, .after = after});
  cuda::DosedReplaysOptions options;
  options.passes = passes;
  return std::make_shared<cuda::DosedReplays>(stream, cuda::Parts(calls.begin(), calls.end()), std::move(runs),
                                              options);
}

void register_dosed(py::module_& module) {
  py::class_<cuda::DosedReplays, DosedWorkloads, std::shared_ptr<cuda::DosedReplays>>(
      module, "DosedReplays", "Replays of a chain of calls in which some run twice and some not at all.")
      .def(py::init(&make_dosed), py::arg("stream"), py::arg("calls"), py::arg("second"), py::arg("passes") = 8,
           py::call_guard<ReleasedGil>(),
           "second: for each call (what runs as its second run, after which place of the pass it does).")
      .def(
          "make",
          [](cuda::DosedReplays& replays, const Doses& doses) {
            return std::shared_ptr<Workload>(replays.make(doses));
          },
          py::arg("doses"), py::call_guard<ReleasedGil>(),
          "The model with its calls dosed: per cell (pass times call) -1 skipped, 0 once, 1 twice.")
      .def(
          "watch",
          [](cuda::DosedReplays& replays, const std::vector<std::pair<std::uintptr_t, std::size_t>>& buffers) {
            std::vector<cuda::DeviceBuffer> native;
            native.reserve(buffers.size());
            for (const auto& [address, bytes] : buffers) native.push_back({.address = address, .bytes = bytes});
            return replays.watch(native);
          },
          py::arg("buffers"), py::call_guard<ReleasedGil>(),
          "buffers: (address, bytes) that no dose may change; the indices of those that cannot be judged are returned.")
      .def("changed", &cuda::DosedReplays::changed, py::call_guard<ReleasedGil>(),
           "How many watched buffers differ from what they were.")
      .def("run_once", &cuda::DosedReplays::run_once, py::arg("doses"), py::call_guard<ReleasedGil>(),
           "The unrolled passes of these doses, once.")
      .def("time_calls", &cuda::DosedReplays::time_calls, py::arg("kind_of_call"), py::arg("skipped"),
           py::call_guard<ReleasedGil>(),
           "Times one call of each kind alone, but for the skipped ones: doses are then drawn so that they beat little "
           "with the sensor. Data that calls change in place is left changed.")
      .def("set_restores", &cuda::DosedReplays::set_restores, py::arg("restores"),
           "True: a pass of the chain is run before changed() looks.")
      .def_property_readonly("passes", &cuda::DosedReplays::passes)
      .def_property_readonly("calls", &cuda::DosedReplays::calls)
      .def_property_readonly("time_per_pass_s", &cuda::DosedReplays::time_per_pass_s);
}

void register_replays(py::module_& module) {
  py::class_<cuda::Replay, Workload, std::shared_ptr<cuda::Replay>>(module, "Replay",
                                                                    "An instantiated graph of K passes.")
      .def(py::init([](std::uintptr_t stream, const std::vector<std::shared_ptr<cuda::Subgraph>>& parts,
                       const std::string& shape, int passes_per_launch, std::optional<double> time_per_pass_s,
                       int queue_depth, bool calibrate) {
             const ReleasedGil release;
             return make_replay(stream, {parts.begin(), parts.end()}, shape, passes_per_launch, time_per_pass_s,
                                queue_depth, calibrate);
           }),
           py::arg("stream"), py::arg("parts"), py::arg("shape") = "chain", py::arg("passes_per_launch") = 1,
           py::arg("time_per_pass_s") = py::none(), py::arg("queue_depth") = 4, py::arg("calibrate") = true,
           "calibrate: learn from a launch where in a pass the odometer counts; without, nothing runs before launch().")
      .def("request_stop", &cuda::Replay::request_stop, "Any thread: a WHILE loop ends after the turn it is in.")
      .def_property_readonly("nodes_per_launch", &cuda::Replay::nodes_per_launch)
      .def_property_readonly("marks_per_pass", &cuda::Replay::marks_per_pass);
  py::class_<cuda::GraphReplayFactory, ReplayFactory, std::shared_ptr<cuda::GraphReplayFactory>>(
      module, "GraphReplayFactory", "Makes replays of a sequence of subgraphs, which is one pass.")
      .def(py::init([](std::uintptr_t stream, const std::vector<std::shared_ptr<cuda::Subgraph>>& parts) {
             return std::make_shared<cuda::GraphReplayFactory>(stream,
                                                               std::vector<SharedSubgraph>(parts.begin(), parts.end()));
           }),
           py::arg("stream"), py::arg("parts"));
}

}  // namespace

void register_cuda(py::module_& module) {
  register_graphs(module);
  register_replays(module);
  register_dosed(module);
  module.def("device_count", &cuda::device_count);
  module.def("capture_frontier", &cuda::capture_frontier, py::arg("stream"),
             "Handles of the nodes that the next captured node would depend on.");
  module.def(
      "launch_spin",
      [](const std::shared_ptr<cuda::PrimaryContext>& context, std::uintptr_t stream, double duration_s, int blocks,
         int threads) { cuda::launch_spin(context, stream, duration_s, blocks, threads); },
      py::arg("context"), py::arg("stream"), py::arg("duration_s"), py::arg("blocks") = 1, py::arg("threads") = 32,
      "A kernel that burns so many seconds; can be captured.");
  module.def(
      "empty_edge_s",
      [](const std::shared_ptr<cuda::PrimaryContext>& context, std::uintptr_t stream, int node_count, int repeats) {
        const ReleasedGil release;
        return cuda::empty_edge_s(context, stream, node_count, repeats);
      },
      py::arg("context"), py::arg("stream"), py::arg("nodes") = 1000, py::arg("repeats") = 20,
      "Seconds that one empty kernel node takes in a chain of such.");
}

}  // namespace clear_native::bindings
