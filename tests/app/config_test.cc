// Configuration: what is accepted, what each fault says and where, and that config/weir.yaml tells the whole truth.
#include "weir/app/config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/files.h"
#include "support/golden.h"
#include "weir/app/config_options.h"

namespace weir {
namespace {

const std::filesystem::path kSource = support::source_folder();

const std::filesystem::path kGolden = support::golden_folder("config");

std::string documented_yaml() { return support::read_whole_file(kSource / "config/weir.yaml"); }

/// The faults of a text, empty when it is accepted.
std::string faults_of(std::string_view yaml) {
  const Result<Config> config = parse_config(yaml, "weir.yaml");
  return config ? std::string() : config.error().message;
}

/// The configuration of a text that must be accepted.
Config accepted(std::string_view yaml) {
  const Result<Config> config = parse_config(yaml, "weir.yaml");
  EXPECT_TRUE(config) << (config ? "" : config.error().message);
  return config ? *config : default_config();
}

std::string value_of(std::string_view path, const Config& config) {
  for (const OptionRow& row : option_table()) {
    if (row.path == path) return option_text(row, config);
  }
  ADD_FAILURE() << "no such row: " << path;
  return {};
}

/// Lines of all values of a tree, by path as the option table writes it.
void collect_lines(const YamlNode& node, const std::string& prefix, std::map<std::string, std::size_t>& lines) {
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const bool named =
        prefix == "rollups." || prefix == "sites." || (prefix == "funnels." && node.keys[i].text != "slow_ms");
    const std::string path = prefix + (named ? "NAME" : node.keys[i].text);
    const bool section = !named && node.items[i].kind == YamlNode::Kind::kMap;
    if (section) {
      collect_lines(node.items[i], path + ".", lines);
    } else {
      lines.emplace(path, node.keys[i].position.line);
    }
  }
}

std::map<std::string, std::size_t> lines_of(const std::string& yaml) {
  ConfigFaults faults;
  std::map<std::string, std::size_t> lines;
  collect_lines(parse_yaml(yaml, faults), "", lines);
  EXPECT_TRUE(faults.empty()) << faults.render("weir.yaml");
  return lines;
}

/// The comment right above a line, that above a section's first key included.
std::string comment_above(const std::string& yaml, std::size_t line) {
  std::istringstream stream(yaml);
  std::string comment;
  std::string text;
  for (std::size_t number = 1; number < line && std::getline(stream, text); ++number) {
    const std::size_t start = text.find_first_not_of(' ');
    const bool is_comment = start != std::string::npos && text.compare(start, 2, "# ") == 0;
    const bool is_section = text.ends_with(':');
    if (is_comment) {
      comment += text.substr(start + 1);
    } else if (!is_section) {
      comment.clear();
    }
  }
  return comment;
}

/// The documented configuration with its examples switched on: a hash without a space behind it is removed.
std::string documented_yaml_with_examples() {
  std::istringstream lines(documented_yaml());
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t hash = line.find_first_not_of(' ');
    const bool example =
        hash != std::string::npos && line[hash] == '#' && hash + 1 < line.size() && line[hash + 1] != ' ';
    if (example) line.erase(hash, 1);
    result += line + '\n';
  }
  return result;
}

TEST(ConfigFile, documented_values_are_the_defaults_key_by_key) {
  const Config documented = accepted(documented_yaml());
  for (const OptionRow& row : option_table()) {
    EXPECT_EQ(option_text(row, documented), option_text(row, default_config())) << row.path;
  }
}

TEST(ConfigFile, documents_every_key_of_the_table_and_no_other) {
  std::set<std::string> table;
  for (const OptionRow& row : option_table()) {
    EXPECT_TRUE(table.insert(std::string(row.path)).second) << "twice in the table: " << row.path;
  }
  std::set<std::string> documented;
  for (const auto& [path, line] : lines_of(documented_yaml_with_examples())) documented.insert(path);
  EXPECT_EQ(documented, table);
}

TEST(ConfigFile, examples_can_be_switched_on) {
  const Config config = accepted(documented_yaml_with_examples());
  EXPECT_FALSE(config.pipeline.reader.page_rules.empty());
  ASSERT_EQ(config.pipeline.funnels.size(), 1U);
  EXPECT_EQ(config.pipeline.funnels[0].name, "checkout");
  EXPECT_EQ(config.pipeline.funnels[0].steps.size(), 3U);
}

TEST(ConfigFile, tells_the_bounds_of_every_key_above_it) {
  const std::string yaml = documented_yaml_with_examples();
  const std::map<std::string, std::size_t> lines = lines_of(yaml);
  const std::regex bounds("from ([0-9]+[A-Za-z]*) to ([0-9]+[A-Za-z]*)");
  std::size_t bounded = 0;
  for (const OptionRow& row : option_table()) {
    ASSERT_TRUE(lines.contains(std::string(row.path))) << row.path;
    const std::string comment = comment_above(yaml, lines.at(std::string(row.path)));
    EXPECT_GT(comment.size(), 10U) << row.path;
    const std::string expected = row.kind->expected(row);
    std::smatch match;
    if (!std::regex_search(expected, match, bounds)) continue;
    ++bounded;
    EXPECT_NE(comment.find(match[1].str()), std::string::npos) << row.path << ": " << expected;
    const std::string maximum = match[2].str() == "168h" ? "7d" : match[2].str();
    EXPECT_NE(comment.find(maximum), std::string::npos) << row.path << ": " << expected;
  }
  EXPECT_GT(bounded, 25U);
}

TEST(ConfigTable, description_names_every_key_with_bounds_default_and_help) {
  const std::string text = describe_options();
  for (const OptionRow& row : option_table()) {
    const std::size_t start = text.find("\n" + std::string(row.path));
    const bool found = start != std::string::npos || text.starts_with(row.path);
    ASSERT_TRUE(found) << row.path;
    const std::string block = text.substr(start == std::string::npos ? 0 : start, text.find("\n\n", start + 1) - start);
    EXPECT_NE(block.find(row.help), std::string::npos) << row.path;
    EXPECT_NE(block.find(row.kind->expected(row)), std::string::npos) << row.path;
    EXPECT_NE(block.find("Default: " + option_text(row, default_config())), std::string::npos) << row.path;
  }
}

TEST(ConfigTable, every_key_reaches_its_own_field) {
  // Wherever a row's value can be changed by one of these texts, exactly that row changes.
  // A list this long would get a line for each.
  // clang-format off
  const std::vector<std::string> candidates{
      "false", "true", "20m", "7m", "50m", "50ms", "2MiB", "9KiB", "100KiB", "2001", "41", "2", "127.0.0.1:7001",
      "debug", "channel", "[]", "[midnight]", "[/a]", "[2m]", "/run/x", "include", "drop", "[{channel: a, medium: b}]",
      "native", "[{path: /x}]", "none", "2GiB"};
  // clang-format on
  std::size_t changed_rows = 0;
  for (const OptionRow& row : option_table()) {
    if (row.path.ends_with("NAME") || row.path == "pipeline.format") continue;
    std::string yaml;
    for (const std::string& candidate : candidates) {
      std::string path(row.path);
      std::string text;
      std::string indent;
      for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.')) {
        text += indent + path.substr(0, dot) + ":\n";
        indent += "  ";
        path.erase(0, dot + 1);
      }
      text += indent + path + ": " + candidate + "\n";
      // Turning off the only source is a fault, so another one is on while http.enabled is tried.
      if (row.path == "sources.http.enabled") text += "  stdin: {enabled: true}\n";
      const Result<Config> config = parse_config(text, "weir.yaml");
      if (!config || option_text(row, *config) == option_text(row, default_config())) continue;
      yaml = text;
      break;
    }
    ASSERT_FALSE(yaml.empty()) << row.path << " never changed";
    ++changed_rows;
    const Config config = accepted(yaml);
    for (const OptionRow& other : option_table()) {
      if (other.path == row.path) continue;
      if (row.path == "sources.http.enabled" && other.path == "sources.stdin.enabled") continue;
      EXPECT_EQ(option_text(other, config), option_text(other, default_config())) << yaml << other.path;
    }
  }
  EXPECT_EQ(changed_rows, option_table().size() - 4);
}

TEST(Config, nothing_given_is_the_default) {
  for (const std::string_view yaml : {"", "# only a comment\n", "---\n", "{}", "null", "\xEF\xBB\xBF# mark\n",
                                      "sessions:\npages:\n  rules:\nfunnels:\nrollups:\n"}) {
    const Config config = accepted(yaml);
    for (const OptionRow& row : option_table()) {
      EXPECT_EQ(option_text(row, config), option_text(row, default_config())) << yaml << row.path;
    }
  }
}

TEST(Config, values_of_every_kind_are_read) {
  struct Case {
    std::string yaml;
    std::string path;
    std::string text;
  };
  const std::vector<Case> cases{
      {"sessions: {timeout: 1s}", "sessions.timeout", "1s"},
      {"sessions: {timeout: 24h}", "sessions.timeout", "24h"},
      {"sessions: {timeout: 1d}", "sessions.timeout", "24h"},
      {"sessions: {lateness: 0}", "sessions.lateness", "0s"},
      {"limits: {memory: 64MiB}", "limits.memory", "64MiB"},
      {"limits: {memory: off}", "limits.memory", "off"},
      {"limits: {memory: auto}", "limits.memory", "auto"},
      {"sessions: {lateness: 1h, dedup: 1h}", "sessions.lateness", "1h"},
      {"sessions: {split_on: [midnight, campaign]}", "sessions.split_on", "[campaign, midnight]"},
      {"limits: {line_bytes: 64MiB}", "limits.line_bytes", "64MiB"},
      {"limits: {line_bytes: 20000}", "limits.line_bytes", "20000"},
      {"limits: {label_bytes: 1024}", "limits.label_bytes", "1KiB"},
      {"dead_letter: {bytes: 64GiB}", "dead_letter.bytes", "64GiB"},
      {"pipeline: {shards: 7}", "pipeline.shards", "7"},
      {"pipeline: {shards: auto}", "pipeline.shards", "auto"},
      {"sources: {http: {listen: \"[::1]:8080\"}}", "sources.http.listen", "[::1]:8080"},
      {"sources: {http: {listen: \"localhost:1\"}}", "sources.http.listen", "127.0.0.1:1"},
      {"sources: {http: {listen: 127.0.0.1:0}}\nadmin: {listen: 127.0.0.1:0}", "admin.listen", "127.0.0.1:0"},
      {"sources: {tcp: {listen: 127.0.0.1:9000}}", "sources.tcp.listen", "\"127.0.0.1:9000\""},
      {"sources: {tcp: {listen: \"\"}}", "sources.tcp.listen", "off"},
      {"sources: {unix: {path: /run/weir.sock}}", "sources.unix.path", "\"/run/weir.sock\""},
      {"sources: {http: {origins: [\"https://a.example:8443\", \"*\"]}}", "sources.http.origins",
       "[\"https://a.example:8443\", \"*\"]"},
      {"sources: {http: {origins: []}}", "sources.http.origins", "[]"},
      {"windows: [1m, 7d]", "windows", "[1m, 168h]"},
      {"windows: [\"1m\"]", "windows", "[1m]"},
      {"funnels: {slow_ms: 1}", "funnels.slow_ms", "1"},
      {"log: {level: trace}", "log.level", "trace"},
      {"rollups: {landing: {dimensions: [device, landing_page]}}", "rollups.NAME",
       "{landing: {dimensions: [landing_page, device], limit: 100}}"},
  };
  for (const Case& test : cases) EXPECT_EQ(value_of(test.path, accepted(test.yaml)), test.text) << test.yaml;
}

TEST(Config, funnels_pasted_as_json_work) {
  const Config config = accepted(
      "funnels: {\"checkout\":[{\"name\":\"product\",\"event\":\"product_view\"},{\"page\":\"/cart*\"},\n"
      "{\"name\":\"purchase\",\"conversion\":\"purchase\"}], \"slow_ms\": 500}");
  EXPECT_EQ(config.pipeline.slow_ms, 500);
  ASSERT_EQ(config.pipeline.funnels.size(), 1U);
  EXPECT_EQ(value_of("funnels.NAME", config),
            "{checkout: [{name: \"product\", event: \"product_view\"}, {name: \"/cart*\", page: \"/cart*\"}, "
            "{name: \"purchase\", conversion: \"purchase\"}]}");
}

TEST(Config, most_funnels_and_steps_allowed_are_accepted) {
  std::string yaml = "funnels:\n";
  for (int funnel = 0; funnel < 8; ++funnel) {
    yaml += "  f" + std::to_string(funnel) + ": [";
    for (int step = 0; step < 8; ++step) yaml += "{page: /" + std::to_string(step) + "}, ";
    yaml += "]\n";
  }
  EXPECT_EQ(accepted(yaml).pipeline.funnels.size(), 8U);
}

TEST(Config, tree_limits_hold) {
  EXPECT_EQ(faults_of(std::string(kMaxConfigBytes, '#')), "");
  EXPECT_EQ(faults_of(std::string(kMaxConfigBytes + 1, '#')),
            "weir.yaml:1:1: found more than 1048576 bytes; expected a file of at most 1MiB");
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "key" + std::to_string(i) + ": 1\n";
  const std::string faults = faults_of(many);
  EXPECT_EQ(std::count(faults.begin(), faults.end(), '\n'), 1000);
  EXPECT_TRUE(faults.ends_with("\nweir.yaml: and 2000 more faults"));
}

TEST(Config, hostile_yaml_is_refused_without_harm) {
  std::string doubling = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    doubling += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before + "]\n";
  }
  for (const std::string& yaml :
       {doubling, std::string(100'000, '['), std::string(100'000, '{'), std::string("\xff\xfe\0a", 4),
        std::string(100'000, '-') + " ", "a: \"" + std::string(100'000, '\\')}) {
    EXPECT_NE(faults_of(yaml), "") << yaml.substr(0, 20);
  }
}

TEST(LoadConfig, reads_the_documented_file) {
  const Result<Config> config = load_config(kSource / "config/weir.yaml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->pipeline.windows.rollups.size(), default_rollups().size());
}

TEST(LoadConfig, names_a_file_that_cannot_be_read) {
  const Result<Config> missing = load_config("/nowhere/weir.yaml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "cannot open /nowhere/weir.yaml: No such file or directory");
  const Result<Config> directory = load_config(kSource);
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().message, "cannot read " + kSource.string() + ": Is a directory");
}

class ConfigGolden : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(ConfigGolden, says_where_what_and_what_to_do) {
  const Result<Config> config = parse_config(support::read_whole_file(GetParam()), GetParam().filename().string());
  ASSERT_FALSE(config);
  support::expect_golden(GetParam(), config.error().message + "\n");
}

INSTANTIATE_TEST_SUITE_P(Files, ConfigGolden, testing::ValuesIn(support::files_in(kGolden, {".yaml"})),
                         [](const auto& file) { return file.param.stem().string(); });

TEST(ConfigGoldenFiles, no_expectation_is_without_its_input) {
  support::expect_inputs(kGolden, {".expected"}, {".yaml"});
}

std::uint64_t seed_of_run() {
  const char* given = std::getenv("WEIR_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

/// One to eight random edits of bytes and runs of bytes.
std::string mutated(std::string text, std::mt19937_64& random) {
  static constexpr std::string_view kSigns = ":-[]{}\"'*&!|>%@#?,\n\t \0\x80~";
  const auto below = [&random](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  for (std::size_t edits = 1 + below(8); edits > 0 && !text.empty(); --edits) {
    const std::size_t at = below(text.size());
    switch (below(5)) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text[at] = kSigns[below(kSigns.size())];
        break;
      case 2:
        text.insert(at, 1, kSigns[below(kSigns.size())]);
        break;
      case 3:
        text.erase(at, 1 + below(30));
        break;
      default:
        text.insert(below(text.size()), text.substr(at, 1 + below(60)));
        break;
    }
  }
  return text;
}

TEST(ConfigFuzz, any_bytes_give_a_configuration_or_faults_with_a_place) {
  const std::uint64_t seed = seed_of_run();
  RecordProperty("seed", std::to_string(seed));
  std::printf("seed %llu (rerun with WEIR_SEED)\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  const std::string original = documented_yaml_with_examples();
  std::size_t refused = 0;
  for (int round = 0; round < 1500; ++round) {
    const std::string yaml = mutated(original, random);
    ASSERT_NO_THROW({
      const Result<Config> config = parse_config(yaml, "weir.yaml");
      if (config) continue;
      ++refused;
      ASSERT_TRUE(config.error().message.starts_with("weir.yaml:")) << config.error().message;
      for (const char character : config.error().message) {
        ASSERT_TRUE(character == '\n' || static_cast<unsigned char>(character) >= 0x20) << config.error().message;
      }
    }) << "seed "
       << seed;
  }
  EXPECT_GT(refused, 0U);
}

}  // namespace
}  // namespace weir
