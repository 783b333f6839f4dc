#include "weir/model/symbol_table.h"

#include "weir/core/text.h"

namespace weir {

Symbol SymbolTable::intern(std::string_view text) {
  const Symbol symbol = hasher_(text);
  const std::lock_guard lock(mutex_);
  if (newer_.contains(symbol)) return symbol;
  auto kept = older_.extract(symbol);  // before the older generation goes: this text is not forgotten
  if (newer_.size() >= capacity_) {
    forgotten_.fetch_add(static_cast<std::int64_t>(older_.size()), std::memory_order_relaxed);
    older_ = std::move(newer_);
    newer_ = Generation{};
    generation_.fetch_add(1, std::memory_order_release);
  }
  if (kept.empty()) {
    newer_.emplace(symbol, text);
  } else {
    newer_.emplace(symbol, std::move(kept.mapped()));
  }
  return symbol;
}

std::optional<std::string> SymbolTable::text(Symbol symbol) const {
  const std::lock_guard lock(mutex_);
  for (const Generation* generation : {&newer_, &older_}) {
    const auto found = generation->find(symbol);
    if (found != generation->end()) return found->second;
  }
  return std::nullopt;
}

void SymbolTable::save(ByteWriter& writer) const {
  const std::lock_guard lock(mutex_);
  writer.number(older_.size() + newer_.size());
  for (const Generation* generation : {&older_, &newer_}) {
    for (const auto& [symbol, text] : *generation) writer.text(text);
  }
}

bool SymbolTable::load(ByteReader& reader) {
  constexpr std::size_t kMostTextBytes = 1024;  // limits.label_bytes cannot be more
  for (std::size_t left = reader.count(1); left > 0; --left) {
    const std::string_view text = reader.text();
    if (!reader.ok() || !is_clean_label(text, kMostTextBytes)) return reader.fail();
    intern(text);
  }
  return reader.ok();
}

}  // namespace weir
