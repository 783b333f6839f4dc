// OpenMetrics: the same samples as the text format, under families named as its specification wants them.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "report_samples.h"
#include "weir/sink/sinks.h"

namespace weir {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Lines of samples of the KPI families; those of the program change from one rendering to the next.
std::vector<std::string> samples_of(const std::string& text) {
  std::vector<std::string> lines = lines_of(text);
  std::erase_if(lines, [](const std::string& line) { return !line.starts_with("weir_landing_"); });
  return lines;
}

TEST(OpenMetrics, has_the_samples_of_the_text_format) {
  const Report report = small_report();
  const std::vector<std::string> samples = samples_of(render_openmetrics(report, {}));
  EXPECT_GT(samples.size(), 50U);
  EXPECT_EQ(samples, samples_of(render_prometheus(report, {})));
}

TEST(OpenMetrics, names_families_of_counters_without_total_and_ends) {
  const std::string text = render_openmetrics(small_report(), {});
  EXPECT_NE(text.find("# HELP weir_landing_sessions Sessions. Counted when a session closes.\n"
                      "# TYPE weir_landing_sessions counter\n"
                      "weir_landing_sessions_total{"),
            std::string::npos);
  EXPECT_NE(text.find("# TYPE weir_landing_dwell_seconds histogram\n"), std::string::npos);
  EXPECT_TRUE(text.ends_with("\n# EOF\n"));
  std::string family;
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with("# TYPE ")) family = line.substr(7, line.find(' ', 7) - 7);
    if (line.starts_with('#')) {
      EXPECT_EQ(line.find("_total "), std::string::npos) << line;
    } else {
      EXPECT_TRUE(line.starts_with(family)) << line << " is not of " << family;
    }
  }
}

TEST(OpenMetrics, hostile_labels_do_not_look_like_comments) {
  Report report = small_report();
  for (const std::string label : {"\n# EOF\n", "# TYPE weir_x counter", "\\\n#", "\"} 1\n# HELP", "\r\n#"}) {
    add_cell(report, 0, {"shop", label}, {{.page_views = 2}});
  }
  const std::vector<std::string> lines = lines_of(render_openmetrics(report, {}));
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "# EOF"), 1);
  for (const std::string& line : lines) {
    if (!line.starts_with('#')) continue;
    EXPECT_TRUE(line.starts_with("# HELP weir_") || line.starts_with("# TYPE weir_") ||
                line.starts_with("# HELP process_") || line.starts_with("# TYPE process_") || line == "# EOF")
        << line;
  }
}

}  // namespace
}  // namespace weir
