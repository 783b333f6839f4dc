// Implementation of flat_walk.h.
#include "flat_walk.h"

#include <algorithm>
#include <cstring>

#include "weir/core/check.h"

namespace weir {
namespace {

constexpr std::size_t kSmallestRun = 512;  // after a broken line
constexpr std::size_t kMarksOfField = 4;   // where key, colon and value begin, and what follows

}  // namespace

FlatWalk::FlatWalk(FieldReader& fields) : fields_(fields) {
  constexpr std::size_t kDepth = 1;  // is for the second stage, which is not used
  WEIR_CHECK(simdjson::get_active_implementation()->create_dom_parser_implementation(
                 kLargestRun, kDepth, first_stage_) == simdjson::SUCCESS);
}

void FlatWalk::begin(std::string_view input) {
  input_end_ = input.data() + input.size();
  run_ = run_end_ = input.data();
  next_ = last_ = nullptr;
}

/// Indexes a run of lines that begins with `text`. Within a run no line can spoil another without a fault of the whole
/// run: a quote that is left open meets the end of its line, which no string may hold.
bool FlatWalk::index_from(std::string_view text) {
  run_ = text.data();
  next_ = last_ = nullptr;
  std::size_t size = static_cast<std::size_t>(input_end_ - run_);
  if (size > run_bytes_) {
    const void* const newline = ::memrchr(run_, '\n', run_bytes_);
    size = newline == nullptr ? 0 : static_cast<std::size_t>(static_cast<const char*>(newline) - run_);
  }
  size = std::max(size, text.size());
  run_end_ = run_ + text.size();
  if (size > kLargestRun) return false;
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(run_);
  if (first_stage_->stage1(bytes, size, simdjson::stage1_mode::regular) != simdjson::SUCCESS) {
    run_bytes_ = kSmallestRun;
    return false;
  }
  run_bytes_ = std::min(2 * run_bytes_, kLargestRun);
  run_end_ = run_ + size;
  next_ = first_stage_->structural_indexes.get();
  last_ = next_ + first_stage_->n_structural_indexes;
  return true;
}

bool FlatWalk::read(std::string_view text, RawEvent& event) {
  if (text.data() >= run_end_ && !index_from(text)) return false;
  const auto begin = static_cast<std::size_t>(text.data() - run_);
  const std::size_t end = begin + text.size();
  while (next_ != last_ && *next_ < begin) ++next_;
  if (next_ == last_ || *next_ != begin || text.front() != '{') return false;
  const std::uint32_t* at = next_ + 1;
  do {
    if (static_cast<std::size_t>(last_ - at) < kMarksOfField || !read_field(at, event)) return false;
    at += kMarksOfField;
  } while (run_[at[-1]] == ',');
  next_ = at;
  return at[-1] < end && (at == last_ || *at >= end);
}

/// Reads the field whose four structural characters are `at`. They are all there is between two commas, so what is
/// left to check is that they are the right ones.
inline bool FlatWalk::read_field(const std::uint32_t* at, RawEvent& event) {
  const char* const key_quote = run_ + at[0];
  const char* const value = run_ + at[2];
  const char* const follower = run_ + at[3];
  if (*key_quote != '"' || run_[at[1]] != ':' || *value == '{' || *value == '[') return false;
  if (*follower != ',' && *follower != '}') return false;
  std::string_view token(value, static_cast<std::size_t>(follower - value));
  while (is_json_space(token.back())) token.remove_suffix(1);
  const std::string_view key = text_of_key(key_quote + 1, value);
  if (fields_.has_escapes(key)) return false;
  const std::size_t index = find_field(key);
  if (!fields_.is_wanted(index)) return !fields_.check_scalar(token);
  return fields_.take_plain(index, token, event) || !fields_.read_scalar(index, token, event);
}

}  // namespace weir
