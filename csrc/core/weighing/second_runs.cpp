#include "second_runs.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace clear_native {
namespace {

constexpr double kLongUnitS = 5e-3;
constexpr int kMostPasses = 8;

}  // namespace

std::vector<CallAgain> second_runs(const std::vector<std::size_t>& kind_of_call, bool cold) {
  std::vector<CallAgain> runs;
  runs.reserve(kind_of_call.size());
  for (std::size_t call = 0; call < kind_of_call.size(); ++call) runs.push_back({call, call});
  if (!cold || kind_of_call.size() < 2) return runs;
  const std::size_t inner = kind_of_call.size() - 1;  // all but the model
  std::map<std::size_t, std::vector<std::size_t>> kinds;
  for (std::size_t call = 1; call < kind_of_call.size(); ++call) kinds[kind_of_call[call]].push_back(call);
  for (const auto& [number, kind] : kinds) {
    for (std::size_t at = 0; at < kind.size(); ++at) {
      const std::size_t next = kind[(at + 1) % kind.size()];
      const std::size_t to_next = (next + inner - kind[at] - 1) % inner + 1;
      runs[kind[at]] = {.call = kind[(at + kind.size() / 2) % kind.size()],
                        .after = 1 + (kind[at] - 1 + to_next / 2) % inner};
    }
  }
  return runs;
}

std::size_t twin_shift(std::size_t count) {
  std::size_t best = 0;
  const auto off_half = [count](std::size_t shift) {
    return 2 * shift > count ? 2 * shift - count : count - 2 * shift;
  };
  for (std::size_t shift = 1; shift < count; ++shift) {
    const bool is_odd = count / std::gcd(count, shift) % 2 == 1;
    const bool is_far = std::min(shift, count - shift) * 4 >= count;
    if (is_odd && is_far && (best == 0 || off_half(shift) < off_half(best))) best = shift;
  }
  return best == 0 ? count / 2 : best;
}

std::vector<CallAgain> second_runs_in_graph(const std::vector<std::size_t>& kind_of_call, bool cold) {
  const std::size_t count = kind_of_call.size();
  std::map<std::size_t, std::vector<std::size_t>> alike;
  for (std::size_t call = 0; call < count; ++call) alike[kind_of_call[call]].push_back(call);
  std::vector<CallAgain> runs(count);
  std::map<std::size_t, std::size_t> seen;  // by kind: calls of it so far
  for (std::size_t call = 0; call < count; ++call) {
    const auto& group = alike[kind_of_call[call]];
    const std::size_t at = seen[kind_of_call[call]]++;
    if (!cold) {
      runs[call] = {.call = call, .after = call};
    } else if (group.size() > 1) {
      runs[call] = {.call = group[(at + twin_shift(group.size())) % group.size()], .after = call};
    } else {
      runs[call] = {.call = call, .after = (call + count / 2) % count};
    }
  }
  return runs;
}

int passes_for(double time_per_pass_s) {
  const double wanted = std::ceil(kLongUnitS / time_per_pass_s / 2) * 2;
  return static_cast<int>(std::clamp(wanted, 2.0, static_cast<double>(kMostPasses)));
}

}  // namespace clear_native
