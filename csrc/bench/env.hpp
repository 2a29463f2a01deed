#pragma once
// `clear-bench env`: this machine, its GPUs, and which meters can be opened.

namespace clear_native::bench {

struct EnvOptions {
  bool as_json = false;
};

int show_env(const EnvOptions& options);

}  // namespace clear_native::bench
