// Terminal: the screen and the keys of a terminal program, and how to leave them as they were.
#pragma once

#include <termios.h>

#include <cstddef>
#include <optional>
#include <string_view>

#include "weir/core/clock.h"

namespace weir {

/// A full screen without echo, keys one by one, Ctrl-C among them. Its end restores the terminal. One at a time, owned
/// by one thread.
class Terminal {
 public:
  struct Size {
    std::size_t width = 80;
    std::size_t height = 24;
  };

  /// Whether standard input and output are a terminal.
  static bool is_there();
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  Size size() const;
  /// Puts `picture` in place of what is shown.
  void draw(std::string_view picture) const;
  /// Waits for a key, at most so long. nullopt: none came, or a signal, such as that of another size.
  std::optional<char> key(TimeMs wait_ms) const;
  /// False when the terminal is gone.
  bool is_open() const { return open_; }

 private:
  termios before_{};
  mutable bool open_ = true;
};

}  // namespace weir
