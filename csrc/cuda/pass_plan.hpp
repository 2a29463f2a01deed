#pragma once
// Where the odometer counts within a pass, and between passes.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace clear_native::cuda {

/// A run of nodes of one part that runs as one child graph: [begin, end) of the part's nodes.
struct Piece {
  std::size_t part = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
  bool mark_after = false;
};

/// A pass is its pieces in order. Passes longer than the interval are marked within, shorter ones every few passes.
struct PassPlan {
  std::vector<Piece> pieces;
  int marks_per_pass = 1;
  int passes_per_mark = 1;  // 1 where there are several marks in a pass
};

/// `part_sizes`: nodes of each part. `node_time_s`: estimated time of every node of the pass, part after part; empty
/// where nothing is known: then every pass is marked once. Only a part longer than the interval is cut; a node cannot
/// be.
PassPlan plan_pass(const std::vector<std::size_t>& part_sizes, const std::vector<double>& node_time_s,
                   double mark_interval_s, int passes_per_launch);

/// Scales the node times of a pass so that they agree with the times measured from mark to mark (marks_per_pass of
/// them).
void fit_node_times(const PassPlan& plan, const std::vector<double>& interval_s, std::vector<double>& node_time_s);

/// Whether the plan keeps every measured interval below the limit, as far as nodes can be parted.
bool keeps_limit(const PassPlan& plan, const std::vector<double>& interval_s, double limit_s);

/// Counts of the odometer to passes: whole passes, and the fraction that the marks within one stand for.
class PassScale {
 public:
  /// One mark per pass.
  PassScale() = default;
  /// Fractions in proportion to the times from mark to mark.
  explicit PassScale(const std::vector<double>& interval_s);

  [[nodiscard]] double passes(std::uint64_t count) const;

 private:
  std::vector<double> fractions_{0.0};  // of a pass, at its begin and at every mark but the last
};

/// The intervals that the node times stand for: what PassScale takes before anything was measured.
std::vector<double> planned_intervals(const PassPlan& plan, const std::vector<double>& node_time_s);

}  // namespace clear_native::cuda
