// TopView: what `weir top` draws and what its keys do. Pure: no terminal, no clock, no network.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "top_snapshot.h"

namespace weir {

/// What is chosen.
struct TopChoice {
  std::string site;    // empty: all
  std::string window;  // empty: the server's first
  std::string rollup = "landing";
  std::size_t order = 0;  // index of top_orders()
  bool reversed = false;
  bool quit = false;
};

/// Names of the sort keys, which are the titles of the columns with "_" for spaces: "sessions", "bounce", ...
std::vector<std::string> top_orders();

/// Does what a key does. Returns whether it is one. Choices outside what the snapshot has fall back to its first.
bool press_key(TopChoice& choice, const TopSnapshot& snapshot, char key);

/// What surrounds the numbers.
struct TopFrame {
  std::string address;                      // of the instance
  std::string problem;                      // shown in place of the keys; the numbers are the last ones then
  std::optional<double> events_per_second;  // received; nullopt: not known yet
  std::size_t width = 80;
  std::size_t height = 24;  // lines; 0: all rows
  bool color = false;
};

/// The whole picture: at most `height` lines, none wider than `width`, each ending in a newline but the last.
std::string render_top(const TopSnapshot& snapshot, const TopChoice& choice, const TopFrame& frame);

}  // namespace weir
