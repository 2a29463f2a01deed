#pragma once
// The fake GPU: one worker thread that runs what was enqueued, and the state that tests steer.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "cuda/odometer_layout.hpp"
#include "fake_cuda.hpp"
#include "fake_objects.hpp"

/// %globaltimer of the fake counts from another epoch than the steady clock, by this.
constexpr std::uint64_t kFakeEpoch_ns = 1'700'000'000'000'000'000ULL;

class FakeDevice {
 public:
  FakeDevice();
  ~FakeDevice();

  /// Returns the ticket: done when the worker has done so many.
  std::uint64_t enqueue(std::function<void()> work);
  [[nodiscard]] bool done(std::uint64_t ticket);
  [[nodiscard]] bool idle();
  void wait_idle();
  /// The error that broke the context, else success.
  CUresult broken();

  void run_graph(const CUgraph_st& graph);
  void run_kernel(const FakeLaunch& launch);

  // Guarded by `mutex`.
  std::mutex mutex;
  bool held = false;
  bool held_in_mark = false;
  bool in_mark = false;
  CUresult sticky = CUDA_SUCCESS;
  std::uint64_t counted_ns = 0;  // time by costs; 0: real time
  std::map<std::string, double> cost_s;
  std::map<std::string, std::function<void()>> effects;
  std::map<std::string, CUresult> failing_kernels;
  std::vector<std::string> log;
  void wake() { changed_.notify_all(); }

 private:
  void work();
  void note(std::string what);
  void run_node(const CUgraphNode_st& node);
  bool run_engine_kernel(const FakeLaunch& launch);
  static bool run_checksum(const FakeLaunch& launch);
  void spend(double cost);
  void publish(clear_native::cuda::OdometerState& state, clear_native::cuda::OdometerCell& cell);

  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  std::uint64_t enqueued_ = 0;
  std::uint64_t finished_ = 0;
  bool ending_ = false;
  std::map<CUgraphConditionalHandle, unsigned> conditions_;  // of the worker alone
  std::thread worker_;
};

FakeDevice& fake_device();

/// The steady clock, from the fake's epoch.
std::uint64_t real_time_ns();
