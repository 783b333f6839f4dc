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
  return collect(text) && fields_.read_fields(tokens_, event);
}

/// Finds the tokens of all fields, before any of them is read: one short loop without a case for each kind of field.
bool FlatWalk::collect(std::string_view text) {
  if (text.data() >= run_end_ && !index_from(text)) return false;
  const char* const run = run_;
  const auto begin = static_cast<std::size_t>(text.data() - run);
  const std::size_t end = begin + text.size();
  while (next_ != last_ && *next_ < begin) ++next_;
  if (next_ == last_ || *next_ != begin || text.front() != '{') return false;
  FieldSet seen = kUnknownField;
  const std::uint32_t* at = next_ + 1;
  const std::uint32_t* const last = last_;
  char follower = 0;
  do {
    if (static_cast<std::size_t>(last - at) < kMarksOfField || !take_field(run, at, seen)) return false;
    follower = run[at[kMarksOfField - 1]];
    at += kMarksOfField;
  } while (follower == ',');
  next_ = at;
  tokens_.seen = seen;
  return follower == '}' && at[-1] < end && (at == last || *at >= end);
}

/// Takes the field whose four structural characters are `at`. They are all there is between two commas, so what is
/// left to check is that they are the right ones. Of two fields with the same key the first counts.
inline bool FlatWalk::take_field(const char* run, const std::uint32_t* at, FieldSet& seen) {
  constexpr char kBit = 0x20;  // what '[' lacks to be '{'
  const char* const key_quote = run + at[0];
  const char* const colon = run + at[1];
  const char* const value = run + at[2];
  if (*key_quote != '"' || *colon != ':' || (*value | kBit) == '{') return false;
  const char* value_end = run + at[3];
  while (is_json_space(value_end[-1])) --value_end;
  const std::string_view token(value, static_cast<std::size_t>(value_end - value));
  const char* key_end = colon - 1;
  while (*key_end != '"') --key_end;
  const std::string_view key(key_quote + 1, static_cast<std::size_t>(key_end - key_quote - 1));
  const std::size_t index = find_field(key);
  const FieldSet field = FieldSet{1} << index;
  if ((seen & field) != 0) return !fields_.has_escapes(key) && !fields_.check_scalar(token);
  seen |= field;
  tokens_.of[index] = token;
  return true;
}

}  // namespace weir
