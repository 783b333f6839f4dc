// Runs every tests/golden/events/NAME.ndjson through LineBuffer and parser and compares with NAME.expected: one
// line for each event or refusal. A case is two files; it needs no code. Names that start with `document_` are read
// as HTTP bodies. The environment variable WEIR_UPDATE_GOLDEN=1 writes .expected anew: read the difference.
#include "support/golden.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "parse_support.h"
#include "support/files.h"
#include "weir/parse/line_buffer.h"
#include "weir/parse/parser.h"

namespace weir::test {
namespace {

const std::filesystem::path kGoldenFolder = support::golden_folder("events");

std::string transcript(std::string_view text, Framing framing) {
  std::string out;
  for (const Outcome& outcome : parse_all(text, framing)) {
    out += fmt::format("{} {}\n", outcome.line_number, outcome.said);
  }
  return out;
}

std::string transcript_of_stream(const std::string& stream) {
  LineBuffer buffer(ParserOptions{}.line_bytes);
  const std::span<char> room = buffer.prepare();
  EXPECT_LE(stream.size(), room.size()) << "golden files are small";
  std::copy_n(stream.begin(), std::min(stream.size(), room.size()), room.begin());
  buffer.commit(std::min(stream.size(), room.size()));
  std::string lines(buffer.take_lines());
  lines += buffer.take_rest();
  std::string out = transcript(lines, Framing::kLines);
  for (std::string_view head = buffer.take_oversize(); !head.empty(); head = buffer.take_oversize()) {
    out += fmt::format("oversize \"{}\"...\n", printable(head.substr(0, 20)));
  }
  return out;
}

TEST(GoldenEvents, every_case_gives_what_it_expects) {
  const std::vector<std::filesystem::path> inputs = support::files_in(kGoldenFolder, {".ndjson"});
  EXPECT_GE(inputs.size(), 15U);
  for (const std::filesystem::path& input : inputs) {
    const std::string text = support::read_whole_file(input);
    const bool document = input.filename().string().starts_with("document_");
    support::expect_golden(input, document ? transcript(text, Framing::kDocument) : transcript_of_stream(text));
  }
}

TEST(GoldenEvents, no_expectation_is_without_its_input) {
  support::expect_inputs(kGoldenFolder, {".expected"}, {".ndjson"});
}

}  // namespace
}  // namespace weir::test
