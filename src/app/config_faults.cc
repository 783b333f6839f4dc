// Wording and order of configuration faults, and the search for the word that was meant.
#include "weir/app/config_faults.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/core/text.h"

namespace weir {
namespace {

constexpr std::size_t kKeyBytes = 120;
constexpr std::size_t kTextBytes = 1000;
constexpr std::size_t kWordBytes = 64;  // longer words are no typing mistakes; keeps the search cheap

/// Edits between two words. Source: the "optimal string alignment" form of the Damerau-Levenshtein distance.
std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

void ConfigFaults::add(FilePosition position, std::string_view key, std::string_view text) {
  if (full()) {
    ++left_out_;
    return;
  }
  std::string line = key.empty() ? std::string() : clean_label(key, kKeyBytes) + ": ";
  faults_.push_back({position, line + clean_label(text, kTextBytes)});
}

std::string ConfigFaults::render(std::string_view file) const {
  std::vector<Fault> sorted = faults_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Fault& a, const Fault& b) { return a.position < b.position; });
  std::string message;
  for (const Fault& fault : sorted) {
    if (!message.empty()) message += '\n';
    message += fmt::format("{}:{}:{}: {}", file, fault.position.line, fault.position.column, fault.text);
  }
  if (left_out_ > 0) message += fmt::format("\n{}: and {} more faults", file, left_out_);
  return message;
}

std::string_view nearest_word(std::string_view word, std::span<const std::string> known) {
  if (word.empty() || word.size() > kWordBytes) return {};
  std::string_view nearest;
  std::size_t fewest = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t edits = edits_between(word, candidate);
    if (edits >= fewest || edits >= candidate.size()) continue;
    fewest = edits;
    nearest = candidate;
  }
  return nearest;
}

std::string join_words(std::span<const std::string> words) { return fmt::format("{}", fmt::join(words, ", ")); }

std::string cure_of_unknown(std::string_view word, std::span<const std::string> known) {
  const std::string_view nearest = nearest_word(word, known);
  if (!nearest.empty()) return fmt::format("; did you mean \"{}\"?", nearest);
  return fmt::format("; known here: {}", join_words(known));
}

}  // namespace weir
