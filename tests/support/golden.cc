#include "support/golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "support/files.h"

namespace weir::support {

std::filesystem::path golden_folder(std::string_view name) { return source_folder() / "tests" / "golden" / name; }

void expect_golden(const std::filesystem::path& input, const std::string& said) {
  std::filesystem::path expected = input;
  expected.replace_extension(".expected");
  if (std::getenv("WEIR_UPDATE_GOLDEN") != nullptr) std::ofstream(expected, std::ios::binary) << said;
  EXPECT_TRUE(std::filesystem::exists(expected)) << expected;
  EXPECT_EQ(said, read_whole_file(expected)) << input;
}

void expect_inputs(const std::filesystem::path& folder, const std::vector<std::string_view>& extensions,
                   const std::vector<std::string_view>& inputs) {
  for (const std::filesystem::path& file : files_in(folder, extensions)) {
    const auto found = std::count_if(inputs.begin(), inputs.end(), [&](std::string_view extension) {
      std::filesystem::path input = file;
      return std::filesystem::exists(input.replace_extension(extension));
    });
    EXPECT_EQ(found, 1) << file;
  }
}

}  // namespace weir::support
