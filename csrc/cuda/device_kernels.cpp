#include "device_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <string>
#include <vector>

#include "core/errors.hpp"
#include "driver.hpp"
#include "graph.hpp"
#include "handles.hpp"
#include "launch_queue.hpp"
#include "odometer.hpp"

namespace clear_native::cuda {
namespace {

/// A captured kernel must outlive its graph, and nobody tells when that is: its module stays for the life of the
/// process.
const KernelModule& lasting_module(const std::shared_ptr<const PrimaryContext>& context) {
  static std::mutex mutex;
  static auto* const modules = new std::vector<std::shared_ptr<const KernelModule>>;
  std::shared_ptr<const KernelModule> module = KernelModule::of(context);
  const std::lock_guard lock(mutex);
  if (std::find(modules->begin(), modules->end(), module) == modules->end()) modules->push_back(module);
  return *module;
}

void check_positive(double value, const char* what) {
  if (value > 0 && std::isfinite(value)) return;
  throw Error(ErrorKind::bad_input, std::string(what) + " must be above 0, not " + std::to_string(value) + ".");
}

CUgraphNode add_empty_kernels(CUgraph graph, CUgraphNode after, CUfunction empty, int count) {
  for (int i = 0; i < count; ++i) after = add_kernel(graph, after, empty, nullptr);
  return after;
}

}  // namespace

void launch_spin(const std::shared_ptr<const PrimaryContext>& context, std::uintptr_t stream, double duration_s,
                 int blocks, int threads) {
  check_positive(duration_s, "The duration of a spin kernel in seconds");
  check_positive(blocks, "The number of blocks of a spin kernel");
  check_positive(threads, "The number of threads of a block of a spin kernel");
  const CUfunction spin = lasting_module(context).spin;
  const ContextScope scope(*context);
  auto duration_ns = static_cast<std::uint64_t>(duration_s * 1e9);
  void* arguments[] = {&duration_ns};
  check(driver().LaunchKernel(spin, static_cast<unsigned>(blocks), 1, 1, static_cast<unsigned>(threads), 1, 1, 0,
                              handle_from<CUstream>(stream), arguments, nullptr),
        "launching a spin kernel");
}

void launch_empty(const std::shared_ptr<const PrimaryContext>& context, std::uintptr_t stream) {
  const CUfunction empty = lasting_module(context).empty;
  const ContextScope scope(*context);
  check(driver().LaunchKernel(empty, 1, 1, 1, 1, 1, 1, 0, handle_from<CUstream>(stream), nullptr, nullptr),
        "launching an empty kernel");
}

double empty_edge_s(const std::shared_ptr<const PrimaryContext>& context, std::uintptr_t stream, int nodes,
                    int repeats) {
  check_positive(nodes, "The number of empty kernels");
  check_positive(repeats, "The number of repeats");
  const auto handle = handle_from<CUstream>(stream);
  const ContextScope scope(*context);
  Odometer odometer(context, handle);
  CUdeviceptr state = odometer.state();
  CUdeviceptr cell = odometer.cell();
  std::uint64_t increment = 1;
  void* arguments[] = {&state, &cell, &increment};
  const KernelModule& kernels = odometer.kernels();
  const Graph graph;
  // Twice as many between the second pair of marks: the difference is free of what the marks themselves take.
  CUgraphNode last = add_kernel(graph.handle(), nullptr, kernels.odometer, arguments);
  last = add_empty_kernels(graph.handle(), last, kernels.empty, nodes);
  last = add_kernel(graph.handle(), last, kernels.odometer, arguments);
  last = add_empty_kernels(graph.handle(), last, kernels.empty, 2 * nodes);
  add_kernel(graph.handle(), last, kernels.odometer, arguments);
  const GraphExec exec(graph.handle());
  std::vector<double> edges_s;
  for (int i = 0; i <= repeats; ++i) {
    check(driver().GraphLaunch(exec.handle(), handle), "launching empty kernels");
    wait_until_idle(handle);
    const std::uint64_t mark = odometer.read().sequence;
    const auto first_ns = static_cast<double>(odometer.stamp_ns(mark - 1) - odometer.stamp_ns(mark - 2));
    const auto second_ns = static_cast<double>(odometer.stamp_ns(mark) - odometer.stamp_ns(mark - 1));
    if (i > 0) edges_s.push_back((second_ns - first_ns) * 1e-9 / nodes);  // the first launch warms up
  }
  std::nth_element(edges_s.begin(), edges_s.begin() + static_cast<std::ptrdiff_t>(edges_s.size() / 2), edges_s.end());
  return edges_s[edges_s.size() / 2];
}

}  // namespace clear_native::cuda
