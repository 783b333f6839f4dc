// Runs every tests/golden/formats/FORMAT/NAME.lines through that format's parser as lines, and every NAME.body as the
// body of a request, and compares with NAME.expected: one line for each event or refusal. A NAME that ends in `.CALL`
// is sent to the path of that call; NAME.query beside it is the query of the request. WEIR_UPDATE_GOLDEN=1 writes
// .expected anew: read the difference.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>

#include "parse_support.h"
#include "support/files.h"
#include "support/golden.h"
#include "weir/parse/parser.h"

namespace weir::test {
namespace {

const std::filesystem::path kFolder = support::golden_folder("formats");

constexpr std::string_view kLines = ".lines";
constexpr std::string_view kBody = ".body";

std::string transcript(const std::filesystem::path& input) {
  const std::string format = input.parent_path().filename();
  const FormatRow* const row = find_format(format);
  if (row == nullptr) return "no such format: " + format + "\n";
  const std::unique_ptr<Parser> parser = row->make({});
  const std::string text = support::read_whole_file(input);
  const std::string call = input.stem().extension();
  std::filesystem::path query_path = input;
  std::string query = support::read_whole_file(query_path.replace_extension(".query"));
  query.resize(std::min(query.find('\n'), query.size()));
  const Call request{call.empty() ? "" : std::string_view(call).substr(1), query};
  std::string out;
  for (const Outcome& outcome :
       input.extension() == kLines ? parse_all(*parser, text, Framing::kLines) : parse_body(*parser, text, request)) {
    out += fmt::format("{} {}\n", outcome.line_number, outcome.said);
  }
  return out;
}

TEST(GoldenFormats, every_case_gives_what_it_expects) {
  std::map<std::string, int> cases;
  for (const std::filesystem::path& input : support::files_in(kFolder, {kLines, kBody})) {
    support::expect_golden(input, transcript(input));
    ++cases[input.parent_path().filename()];
  }
  for (const FormatRow& row : format_table()) {
    if (row.name == "native") continue;  // it has a test of its own
    EXPECT_GE(cases[std::string(row.name)], 3) << row.name;
  }
}

TEST(GoldenFormats, no_expectation_or_query_is_without_its_input) {
  support::expect_inputs(kFolder, {".expected", ".query"}, {kLines, kBody});
}

}  // namespace
}  // namespace weir::test
