// Runs every tests/golden/formats/FORMAT/NAME.lines through that format's parser as lines, and every NAME.body as the
// body of a request, and compares with NAME.expected: one line for each event or refusal. A NAME that ends in `.CALL`
// is sent to the path of that call; NAME.query beside it is the query of the request. WEIR_UPDATE_GOLDEN=1 writes
// .expected anew: read the difference.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "parse_support.h"
#include "weir/parse/parser.h"

namespace weir::test {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(WEIR_SOURCE_DIR) / "tests" / "golden" / "formats";

constexpr std::string_view kLines = ".lines";
constexpr std::string_view kBody = ".body";

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string transcript(const std::filesystem::path& input) {
  const std::string format = input.parent_path().filename();
  const FormatRow* const row = find_format(format);
  if (row == nullptr) return "no such format: " + format + "\n";
  const std::unique_ptr<Parser> parser = row->make({});
  const std::string text = read_file(input);
  const std::string call = input.stem().extension();
  std::filesystem::path query_path = input;
  std::string query = read_file(query_path.replace_extension(".query"));
  query.resize(std::min(query.find('\n'), query.size()));
  const Call request{call.empty() ? "" : std::string_view(call).substr(1), query};
  std::string out;
  for (const Outcome& outcome :
       input.extension() == kLines ? parse_all(*parser, text, Framing::kLines) : parse_body(*parser, text, request)) {
    out += fmt::format("{} {}\n", outcome.line_number, outcome.said);
  }
  return out;
}

std::set<std::filesystem::path> files_ending_in(std::initializer_list<std::string_view> extensions) {
  std::set<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kFolder)) {
    const std::string extension = entry.path().extension();
    if (std::find(extensions.begin(), extensions.end(), extension) != extensions.end()) found.insert(entry.path());
  }
  return found;
}

TEST(GoldenFormats, every_case_gives_what_it_expects) {
  std::map<std::string, int> cases;
  for (const std::filesystem::path& input : files_ending_in({kLines, kBody})) {
    std::filesystem::path expected = input;
    expected.replace_extension(".expected");
    const std::string said = transcript(input);
    if (std::getenv("WEIR_UPDATE_GOLDEN") != nullptr) std::ofstream(expected, std::ios::binary) << said;
    EXPECT_EQ(said, read_file(expected)) << input;
    ++cases[input.parent_path().filename()];
  }
  for (const FormatRow& row : format_table()) {
    if (row.name == "native") continue;  // it has a test of its own
    EXPECT_GE(cases[std::string(row.name)], 3) << row.name;
  }
}

TEST(GoldenFormats, no_expectation_or_query_is_without_its_input) {
  for (std::filesystem::path path : files_ending_in({".expected", ".query"})) {
    const bool lines = exists(path.replace_extension(kLines));
    EXPECT_NE(lines, exists(path.replace_extension(kBody))) << path;
  }
}

}  // namespace
}  // namespace weir::test
