#include "pass_plan.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace clear_native::cuda {
namespace {

double sum(const std::vector<double>& values, std::size_t begin, std::size_t end) {
  return std::accumulate(values.begin() + static_cast<std::ptrdiff_t>(begin),
                         values.begin() + static_cast<std::ptrdiff_t>(end), 0.0);
}

/// Marks before what would overrun the interval, and at the end of the pass.
class Planner {
 public:
  Planner(const std::vector<double>& node_time_s, double interval_s) : time_s_(node_time_s), interval_s_(interval_s) {}

  void add_part(std::size_t part, std::size_t size) {
    const double part_s = sum(time_s_, at_, at_ + size);
    if (part_s <= interval_s_) {
      add_piece(Piece{part, 0, size}, part_s);
    } else {
      cut(part, size, part_s);
    }
    at_ += size;
  }

  PassPlan finish() {
    plan_.pieces.back().mark_after = true;
    plan_.marks_per_pass = static_cast<int>(
        std::count_if(plan_.pieces.begin(), plan_.pieces.end(), [](const Piece& piece) { return piece.mark_after; }));
    return std::move(plan_);
  }

 private:
  void add_piece(const Piece& piece, double piece_s) {
    if (since_mark_s_ > 0 && since_mark_s_ + piece_s > interval_s_) {
      plan_.pieces.back().mark_after = true;
      since_mark_s_ = 0;
    }
    plan_.pieces.push_back(piece);
    since_mark_s_ += piece_s;
  }

  /// Slices of about equal time, each at most the interval where its nodes allow that.
  void cut(std::size_t part, std::size_t size, double part_s) {
    const double slice_s = part_s / std::ceil(part_s / interval_s_);
    std::size_t begin = 0;
    double in_slice_s = 0;
    for (std::size_t node = 0; node < size; ++node) {
      const double node_s = time_s_[at_ + node];
      if (node > begin && in_slice_s + node_s > slice_s * (1 + 1e-9)) {
        add_piece(Piece{part, begin, node}, in_slice_s);
        begin = node;
        in_slice_s = 0;
      }
      in_slice_s += node_s;
    }
    add_piece(Piece{part, begin, size}, in_slice_s);
  }

  const std::vector<double>& time_s_;
  double interval_s_;
  double since_mark_s_ = 0;
  std::size_t at_ = 0;
  PassPlan plan_;
};

/// Calls `visit(interval, begin, end)` with the nodes of the pass between two marks.
template <typename Visit>
void for_each_interval(const PassPlan& plan, Visit visit) {
  std::size_t interval = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
  for (const Piece& piece : plan.pieces) {
    end += piece.end - piece.begin;
    if (!piece.mark_after) continue;
    visit(interval++, begin, end);
    begin = end;
  }
}

int passes_per_mark(double pass_s, double interval_s, int passes_per_launch) {
  if (pass_s <= 0) return 1;
  const double marks = std::max(1.0, std::ceil(pass_s * passes_per_launch / interval_s - 1e-9));
  return std::max(1, static_cast<int>(std::ceil(passes_per_launch / marks)));
}

}  // namespace

PassPlan plan_pass(const std::vector<std::size_t>& part_sizes, const std::vector<double>& node_time_s,
                   double mark_interval_s, int passes_per_launch) {
  const double pass_s = sum(node_time_s, 0, node_time_s.size());
  const bool within = pass_s > mark_interval_s;
  const std::size_t nodes = std::accumulate(part_sizes.begin(), part_sizes.end(), std::size_t{0});
  const std::vector<double> time_s = within ? node_time_s : std::vector<double>(nodes, 0.0);
  Planner planner(time_s, mark_interval_s);
  for (std::size_t part = 0; part < part_sizes.size(); ++part) planner.add_part(part, part_sizes[part]);
  PassPlan plan = planner.finish();
  if (!within) plan.passes_per_mark = passes_per_mark(pass_s, mark_interval_s, passes_per_launch);
  return plan;
}

void fit_node_times(const PassPlan& plan, const std::vector<double>& interval_s, std::vector<double>& node_time_s) {
  for_each_interval(plan, [&](std::size_t interval, std::size_t begin, std::size_t end) {
    const double estimated_s = sum(node_time_s, begin, end);
    for (std::size_t node = begin; node < end; ++node) {
      node_time_s[node] = estimated_s > 0 ? node_time_s[node] * interval_s[interval] / estimated_s
                                          : interval_s[interval] / static_cast<double>(end - begin);
    }
  });
}

bool keeps_limit(const PassPlan& plan, const std::vector<double>& interval_s, double limit_s) {
  bool kept = true;
  for_each_interval(plan, [&](std::size_t interval, std::size_t begin, std::size_t end) {
    if (interval_s[interval] > limit_s && end - begin > 1) kept = false;
  });
  return kept;
}

PassScale::PassScale(const std::vector<double>& interval_s) {
  const double pass_s = sum(interval_s, 0, interval_s.size());
  double done_s = 0;
  for (std::size_t mark = 1; mark < interval_s.size(); ++mark) {
    done_s += interval_s[mark - 1];
    // Without times to go by, marks are taken as evenly spaced.
    fractions_.push_back(pass_s > 0 ? done_s / pass_s
                                    : static_cast<double>(mark) / static_cast<double>(interval_s.size()));
  }
}

double PassScale::passes(std::uint64_t count) const {
  const std::uint64_t per_pass = fractions_.size();
  const std::uint64_t whole = count / per_pass;
  return static_cast<double>(whole) + fractions_[count % per_pass];
}

std::vector<double> planned_intervals(const PassPlan& plan, const std::vector<double>& node_time_s) {
  std::vector<double> interval_s(static_cast<std::size_t>(plan.marks_per_pass), 0.0);
  if (node_time_s.empty()) return interval_s;
  for_each_interval(plan, [&](std::size_t interval, std::size_t begin, std::size_t end) {
    interval_s[interval] = sum(node_time_s, begin, end);
  });
  return interval_s;
}

}  // namespace clear_native::cuda
