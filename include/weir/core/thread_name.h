// Names of threads, for top -H, debuggers and whoever asks what takes the time.
#pragma once

#include <pthread.h>

#include <string>

namespace weir {

/// Names the calling thread; the system keeps 15 bytes.
inline void name_this_thread(const std::string& name) {
  constexpr std::size_t kKept = 15;
  ::pthread_setname_np(::pthread_self(), name.substr(0, kKept).c_str());
}

}  // namespace weir
