#include "process_list.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace clear_native {
namespace {

/// The kernel gives the first process namespace this fixed inode (PROC_PID_INIT_INO of linux/proc_ns.h).
constexpr ino_t host_namespace_inode = 0xEFFFFFFC;

bool in_host_process_namespace() {
  struct stat status{};
  if (stat("/proc/self/ns/pid", &status) != 0) return true;
  return status.st_ino == host_namespace_inode;
}

}  // namespace

int count_others(std::span<const unsigned> pids) {
  return count_others(pids, static_cast<unsigned>(getpid()), in_host_process_namespace());
}

int count_others(std::span<const unsigned> pids, unsigned own_pid, bool in_host_namespace) {
  const auto listed = static_cast<int>(pids.size());
  const auto own = static_cast<int>(std::count(pids.begin(), pids.end(), own_pid));
  if (own > 0) return listed - own;
  return in_host_namespace ? listed : std::max(0, listed - 1);
}

}  // namespace clear_native
