// Golden cases: files of tests/golden, each NAME.input beside NAME.expected. WEIR_UPDATE_GOLDEN=1 in the environment
// writes .expected anew: read the difference.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace weir::support {

/// tests/golden/NAME
std::filesystem::path golden_folder(std::string_view name);

/// Compares `said` with what stands in .expected beside `input`.
void expect_golden(const std::filesystem::path& input, const std::string& said);

/// No file of these extensions may stand alone: each has beside it one input of its name, and not two.
void expect_inputs(const std::filesystem::path& folder, const std::vector<std::string_view>& extensions,
                   const std::vector<std::string_view>& inputs);

}  // namespace weir::support
