#pragma once
// The moment at which a window begins or ends, and what each meter had counted then.

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace clear_native {

/// Of one meter. The energy counts from an unknown moment: only differences of one `series` mean something.
struct EdgeEnergy {
  std::string status = "ok";  // else why there is no energy: counter_stalled, counter_went_back, meter_failed, closed
  std::string message;
  double energy_j = 0;
  double half_width_j = 0;   // of the 95 % interval
  double knot_before_s = 0;  // moments at which the meter's energy is known, around the edge
  double knot_after_s = 0;
  int series = 0;         // a counter that breaks begins another one
  std::string broken_by;  // status of what ended the series before this one
  std::string broken_message;
};

EdgeEnergy no_energy(std::string status, std::string message);

/// Written by the followers of the meters, read by whoever asks for the window's energy.
class Edge {
 public:
  /// `time_s` absent: where the first meter changes next after `asked_s`.
  Edge(std::size_t meters, double asked_s, std::optional<double> time_s);

  [[nodiscard]] double asked_s() const noexcept { return asked_s_; }
  /// Absent until the change that it waits for was seen.
  [[nodiscard]] std::optional<double> time_s() const;
  /// Whether it is at a change of the first meter.
  [[nodiscard]] bool is_aligned() const;

  void align(double time_s, bool at_change);
  void settle(std::size_t meter, EdgeEnergy energy);

  /// Whether the time is known by then. Waits for at most `timeout_s`.
  bool wait_for_time(double timeout_s) const;
  /// What all meters had counted; absent where one does not know yet after `timeout_s`.
  [[nodiscard]] std::optional<std::vector<EdgeEnergy>> wait(double timeout_s) const;

 private:
  [[nodiscard]] bool is_settled() const;  // with the lock held

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  double asked_s_;
  std::optional<double> time_s_;
  bool aligned_ = false;
  std::vector<std::optional<EdgeEnergy>> energies_;
};

}  // namespace clear_native
