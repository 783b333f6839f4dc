// Terminal: the screen and the keys of a terminal program, and how to leave them as they were.
#pragma once

#include <termios.h>

#include <csignal>
#include <cstddef>
#include <optional>
#include <string_view>

#include "weir/core/clock.h"
#include "weir/net/descriptor.h"

namespace weir {

/// A full screen without echo, keys one by one, Ctrl-C among them. Its end restores the terminal, and so do the signals
/// that ask a program to end: they close the terminal instead. One at a time, owned by the only thread there is.
class Terminal {
 public:
  struct Size {
    std::size_t width = 80;
    std::size_t height = 24;
  };

  /// Whether standard input and output are a terminal.
  static bool is_there();
  /// The size of the one behind standard output; nullopt when it is not known.
  static std::optional<Size> size();
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// Puts `picture` in place of what is shown.
  void draw(std::string_view picture) const;
  /// Waits for a key, at most so long. nullopt: none came, or a signal, such as that of another size.
  std::optional<char> key(TimeMs wait_ms);
  /// False when the terminal is gone, or a signal has asked the program to end.
  bool is_open() const { return open_; }

 private:
  void take_signals();

  Descriptor signals_;  // where they are read from while they are held back
  sigset_t signals_before_{};
  termios before_{};
  bool open_ = true;
};

}  // namespace weir
