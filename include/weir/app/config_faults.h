// ConfigFaults: what is wrong with a configuration file, collected in any order and printed by place. It only
// keeps and words faults; it never decides what is allowed.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// A place in a file; both count from 1, columns in bytes.
struct FilePosition {
  std::size_t line = 1;
  std::size_t column = 1;
  auto operator<=>(const FilePosition&) const = default;
};

/// All faults of one file. Owned by one thread. Keeps at most kMaxFaults and counts the rest.
class ConfigFaults {
 public:
  static constexpr std::size_t kMaxFaults = 1000;

  /// Records "KEY: TEXT" at a place. An empty key leaves "KEY: " out. Both are cleaned for terminals here.
  void add(FilePosition position, std::string_view key, std::string_view text);

  bool empty() const { return faults_.empty(); }

  /// Faults recorded, those left out included.
  std::size_t count() const { return faults_.size() + left_out_; }

  /// True when further faults are only counted, so that nobody needs to word them well.
  bool full() const { return faults_.size() >= kMaxFaults; }

  /// One line per fault, sorted by place, without a newline at the end.
  std::string render(std::string_view file) const;

 private:
  struct Fault {
    FilePosition position;
    std::string text;
  };
  std::vector<Fault> faults_;
  std::size_t left_out_ = 0;
};

/// The known word that is most like `word`, by edits (insert, delete, replace, swap of neighbours); empty when none
/// is closer than a third of its length.
std::string_view nearest_word(std::string_view word, std::span<const std::string> known);

/// "a, b, c".
std::string join_words(std::span<const std::string> words);

/// ` did you mean "WORD"?` or ` known here: A, B`, behind a semicolon; for unknown keys and words.
std::string cure_of_unknown(std::string_view word, std::span<const std::string> known);

}  // namespace weir
