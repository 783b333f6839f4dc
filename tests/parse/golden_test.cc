// Runs every tests/golden/events/NAME.ndjson through LineBuffer and parser and compares with NAME.expected: one
// line for each event or refusal. A case is two files; it needs no code. Names that start with `document_` are read
// as HTTP bodies. The environment variable WEIR_UPDATE_GOLDEN=1 writes .expected anew: read the difference.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "parse_support.h"
#include "weir/parse/line_buffer.h"
#include "weir/parse/parser.h"

namespace weir::test {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(WEIR_SOURCE_DIR) / "tests" / "golden" / "events";

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

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

std::set<std::filesystem::path> golden_inputs() {
  std::set<std::filesystem::path> inputs;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".ndjson") inputs.insert(entry.path());
  }
  return inputs;
}

TEST(GoldenEvents, every_case_gives_what_it_expects) {
  const std::set<std::filesystem::path> inputs = golden_inputs();
  EXPECT_GE(inputs.size(), 15U);
  for (const std::filesystem::path& input : inputs) {
    std::filesystem::path expected = input;
    expected.replace_extension(".expected");
    const std::string text = read_file(input);
    const bool document = input.filename().string().starts_with("document_");
    const std::string said = document ? transcript(text, Framing::kDocument) : transcript_of_stream(text);
    if (std::getenv("WEIR_UPDATE_GOLDEN") != nullptr) std::ofstream(expected, std::ios::binary) << said;
    EXPECT_EQ(said, read_file(expected)) << input.filename();
  }
}

TEST(GoldenEvents, no_expectation_is_without_its_input) {
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".expected") continue;
    std::filesystem::path input = entry.path();
    EXPECT_TRUE(std::filesystem::exists(input.replace_extension(".ndjson"))) << entry.path();
  }
}

}  // namespace
}  // namespace weir::test
