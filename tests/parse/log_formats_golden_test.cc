// Runs every tests/golden/log_formats/FORMAT/NAME.in of the access logs and the query formats through its parser and
// compares with NAME.expected.json: one object per event or refusal. NAME.query, if it is there, is the query of the
// request whose body NAME.in is; names that start with `document_` are read as bodies, too. The environment variable
// WEIR_UPDATE_GOLDEN=1 writes .expected.json anew: read the difference.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "format_support.h"

namespace weir::test {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(WEIR_SOURCE_DIR) / "tests" / "golden" / "log_formats";
constexpr std::array kFormats{"combined", "nginx_json", "caddy", "ga4", "matomo"};

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::set<fs::path> inputs_of(std::string_view format) {
  std::set<fs::path> inputs;
  for (const auto& entry : fs::directory_iterator(kFolder / format)) {
    if (entry.path().extension() == ".in") inputs.insert(entry.path());
  }
  return inputs;
}

TEST(GoldenLogFormats, every_case_gives_what_it_expects) {
  for (const std::string_view format : kFormats) {
    const std::set<fs::path> inputs = inputs_of(format);
    EXPECT_GE(inputs.size(), 3U) << format;
    for (fs::path path : inputs) {
      const std::string text = read_file(path);
      const fs::path query_path = fs::path(path).replace_extension(".query");
      const bool request = fs::exists(query_path);
      const bool document = request || path.filename().string().starts_with("document_");
      std::string query = request ? read_file(query_path) : std::string();
      query.erase(std::remove(query.begin(), query.end(), '\n'), query.end());
      const nlohmann::ordered_json said =
          events_of(format, text, document ? Framing::kDocument : Framing::kLines, query);
      path.replace_extension(".expected.json");
      if (std::getenv("WEIR_UPDATE_GOLDEN") != nullptr) {
        std::ofstream(path, std::ios::binary)
            << said.dump(1, ' ', true, nlohmann::json::error_handler_t::replace) << "\n";
      }
      EXPECT_EQ(said.dump(1, ' ', true, nlohmann::json::error_handler_t::replace) + "\n", read_file(path)) << path;
    }
  }
}

}  // namespace
}  // namespace weir::test
