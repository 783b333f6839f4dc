// Holds the sources to the layer table and to the rules of CONTRIBUTING.md, and the rules to their promise: every
// one is shown a fault it must find and a near miss it must not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "source_rules.h"
#include "support/files.h"

namespace weir::architecture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;

std::vector<SourceFile> all_sources() {
  const std::filesystem::path root = support::source_folder();
  std::vector<SourceFile> files;
  for (const std::string_view folder : {"include/weir", "src"}) {
    for (const std::filesystem::path& path : support::files_in(root / folder)) {
      files.push_back({std::filesystem::relative(path, root).generic_string(), support::read_whole_file(path)});
    }
  }
  std::ranges::sort(files, {}, &SourceFile::path);
  return files;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

/// A file that keeps all rules, with `body` from line 2 on.
SourceFile fake(const std::string& path, const std::string& body) {
  return {path, "// A file. #pragma once follows if it is a header.\n" + body};
}

TEST(Architecture, every_source_file_keeps_the_rules) {
  const std::vector<SourceFile> files = all_sources();
  std::vector<std::string> violations;
  for (const SourceFile& file : files) std::ranges::copy(violations_of(file), std::back_inserter(violations));
  EXPECT_GT(files.size(), 80U) << "the scan must see the sources";
  EXPECT_THAT(violations, IsEmpty()) << joined(violations);
}

TEST(Architecture, the_scan_sees_every_layer_that_exists) {
  std::set<std::string> seen;
  for (const SourceFile& file : all_sources()) {
    const std::size_t from = file.path.starts_with("src/") ? 4 : std::string("include/weir/").size();
    seen.insert(file.path.substr(from, file.path.find('/', from) - from));
  }
  EXPECT_THAT(seen, IsSupersetOf({"core", "model", "parse", "classify", "net", "ingest", "queue", "session", "kpi",
                                  "window", "sink", "pipeline", "app"}));
}

TEST(Architecture, the_layer_table_has_no_cycle) {
  std::set<std::string_view> above;
  for (const LayerRow& layer : layer_table()) {
    for (const std::string_view included : layer.may_include) {
      EXPECT_TRUE(above.contains(included)) << layer.name << " includes " << included << ", which is not above it";
    }
    above.insert(layer.name);
  }
}

TEST(Architecture, contributing_shows_the_same_layer_table) {
  const std::string guide = support::read_whole_file(support::source_folder() / "CONTRIBUTING.md");
  for (const LayerRow& layer : layer_table()) {
    std::string allowed;
    for (const std::string_view name : layer.may_include) allowed += (allowed.empty() ? "" : ", ") + std::string(name);
    if (allowed.empty()) allowed = "-";
    if (layer.name == "pipeline" || layer.name == "app") allowed = "all above";
    const std::string row = "| " + std::string(layer.name) + " | " + allowed + " |";
    EXPECT_NE(guide.find(row), std::string::npos) << "CONTRIBUTING.md lacks the row beginning: " << row;
  }
}

struct Fault {
  std::string path;
  std::string body;
  std::string expected;  // "" when the file is fine

  friend void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.path << ' ' << fault.expected; }
};

class RuleTest : public testing::TestWithParam<Fault> {};

TEST_P(RuleTest, finds_the_fault_and_only_the_fault) {
  const std::vector<std::string> violations = violations_of(fake(GetParam().path, GetParam().body));
  if (GetParam().expected.empty()) {
    EXPECT_THAT(violations, IsEmpty()) << joined(violations);
  } else {
    EXPECT_THAT(violations, ElementsAre(GetParam().expected)) << joined(violations);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Layers, RuleTest,
    testing::Values(
        Fault{"src/parse/a.cc", "#include \"weir/session/sessionizer.h\"\n",
              "src/parse/a.cc:2: layer parse must not include layer session"},
        Fault{"src/parse/a.cc", "\n#  include <weir/kpi/totals.h>  // why\n",
              "src/parse/a.cc:3: layer parse must not include layer kpi"},
        Fault{"include/weir/core/a.h", "#pragma once\n#include \"weir/model/event.h\"\n",
              "include/weir/core/a.h:3: layer core must not include layer model"},
        Fault{"src/sink/a.cc", "#include \"weir/window/rollups.h\"\n",
              "src/sink/a.cc:2: layer sink must not include layer window"},
        Fault{"src/session/a.cc", "#include \"weir/pipeline/pipeline.h\"\n",
              "src/session/a.cc:2: layer session must not include layer pipeline"},
        Fault{"src/window/a.cc", "#include \"weir/kpi/totals.h\"\n#include \"weir/window/a.h\"\n#include \"b.h\"\n",
              ""},
        Fault{"src/app/a.cc", "#include \"weir/parse/parser.h\"\n#include \"weir/pipeline/pipeline.h\"\n", ""},
        Fault{"src/queue/a.cc", "#include \"../session/private.h\"\n",
              "src/queue/a.cc:2: include \"../session/private.h\" goes around the layers; name it weir/LAYER/FILE.h"},
        Fault{"src/extra/a.cc", "", "src/extra/a.cc:1: folder 'extra' is not in the layer table"}));

INSTANTIATE_TEST_SUITE_P(
    Owners, RuleTest,
    testing::Values(
        Fault{"src/app/a.cc", "#include <simdjson.h>\n", "src/app/a.cc:2: <simdjson.h> belongs to layer parse alone"},
        Fault{"src/ingest/a.cc", "#include <boost/asio/io_context.hpp>\n",
              "src/ingest/a.cc:2: <boost/asio/io_context.hpp> belongs to layer net alone"},
        Fault{"src/app/a.cc", "#include <boost/beast/http.hpp>\n",
              "src/app/a.cc:2: <boost/beast/http.hpp> belongs to layer net alone"},
        Fault{"src/pipeline/a.cc", "#include <concurrentqueue/concurrentqueue.h>\n",
              "src/pipeline/a.cc:2: <concurrentqueue/concurrentqueue.h> belongs to layer queue alone"},
        Fault{"src/kpi/a.cc", "#include <prometheus/registry.h>\n",
              "src/kpi/a.cc:2: <prometheus/registry.h> belongs to layer sink alone"},
        Fault{"src/model/a.cc", "#include <re2/re2.h>\n",
              "src/model/a.cc:2: <re2/re2.h> belongs to layer classify alone"},
        Fault{"src/net/a.cc", "#include <librdkafka/rdkafka.h>\n",
              "src/net/a.cc:2: <librdkafka/rdkafka.h> belongs to layer ingest alone"},
        Fault{"src/session/a.cc", "#include <rocksdb/db.h>\n",
              "src/session/a.cc:2: <rocksdb/db.h> belongs to layer store alone"},
        Fault{"src/core/a.cc", "#include <CLI/CLI.hpp>\n", "src/core/a.cc:2: <CLI/CLI.hpp> belongs to layer app alone"},
        Fault{"src/core/a.cc", "#include <yaml-cpp/yaml.h>\n",
              "src/core/a.cc:2: <yaml-cpp/yaml.h> belongs to layer app alone"},
        Fault{"src/net/a.cc", "#include <boost/asio/ip/tcp.hpp>\n#include <vector>\n", ""}));

INSTANTIATE_TEST_SUITE_P(
    Words, RuleTest,
    testing::Values(
        Fault{"src/app/a.cc", "// TODO later\n", "src/app/a.cc:2: 'TODO' is banned: finish it, or write an issue"},
        Fault{"src/app/a.cc", "int a; /* FIXME */\n",
              "src/app/a.cc:2: 'FIXME' is banned: finish it, or write an issue"},
        Fault{"src/core/a.cc", "void f() { std::cout << 1; }\n",
              "src/core/a.cc:2: 'std::cout' is banned: only app prints; count it or return a Result"},
        Fault{"src/app/a.cc", "void f() { std::cout << 1; }\n", ""},
        Fault{"src/net/a.cc", "void f() { std::this_thread::sleep_for(wait); }\n",
              "src/net/a.cc:2: 'sleep_for' is banned: wait for a condition, never for time"},
        Fault{"src/net/a.cc", "void f() { usleep(10); }\n",
              "src/net/a.cc:2: 'usleep(' is banned: wait for a condition, never for time"},
        Fault{"src/kpi/a.cc", "auto t = std::chrono::system_clock::now();\n",
              "src/kpi/a.cc:2: 'system_clock::now' is banned: take a Clock&"},
        Fault{"src/core/clock.cc", "auto t = std::chrono::system_clock::now();\n", ""},
        Fault{"src/queue/a.cc", "void* f() { return malloc(8); }\n",
              "src/queue/a.cc:2: 'malloc(' is banned: use values or a container"},
        Fault{"src/queue/a.cc", "int* a = new int(1);\n",
              "src/queue/a.cc:2: 'new' is banned: use a value or std::make_unique"},
        Fault{"src/queue/a.cc", "// A new day.\nconst char* a = \"new sleep_for\"; int newest = 1'000;\n", ""},
        Fault{"src/queue/a.cc", "std::unique_ptr<Queue> queue(new Queue(1));\n", ""},
        Fault{"src/queue/a.cc", "std::unique_ptr<Base> queue(new Queue(1));\n",
              "src/queue/a.cc:2: 'new' is banned: use a value or std::make_unique"}));

std::string lines(int count, const std::string& line) {
  std::string text;
  for (int i = 0; i < count; ++i) text += line + "\n";
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, RuleTest,
    testing::Values(
        Fault{"src/kpi/a.cc", lines(399, "int a;"), ""},
        Fault{"src/kpi/a.cc", lines(400, "int a;"), "src/kpi/a.cc:401: file has 401 lines, at most 400 are allowed"},
        Fault{"include/weir/kpi/a.h", "int a;\n", "include/weir/kpi/a.h:1: the header lacks #pragma once"},
        Fault{"src/kpi/a.cc", "void f() {\n" + lines(58, "  g();") + "}\n", ""},
        Fault{"src/kpi/a.cc", "void f() {\n" + lines(59, "  g();") + "}\n",
              "src/kpi/a.cc:2: function has 61 lines, at most 60 are allowed"},
        Fault{
            "src/kpi/a.cc",
            "namespace weir {\nclass A {\n  int f(int a) const {\n" + lines(70, "    if (a) { g(); }") + "  }\n};\n}\n",
            "src/kpi/a.cc:4: function has 72 lines, at most 60 are allowed"},
        Fault{"src/kpi/a.cc", "A::A(int a)\n    : a_{a},\n      b_{a} {\n" + lines(60, "  g();") + "}\n",
              "src/kpi/a.cc:2: function has 64 lines, at most 60 are allowed"},
        Fault{"src/kpi/a.cc", "auto f(int a) -> std::vector<int> {\n" + lines(60, "  g();") + "}\n",
              "src/kpi/a.cc:2: function has 62 lines, at most 60 are allowed"},
        Fault{"src/kpi/a.cc", "constexpr std::array<Row, size(1)> kTable{{\n" + lines(80, "  {1, 2},") + "}};\n", ""},
        Fault{"src/kpi/a.cc", "namespace weir {\nstruct A {\n" + lines(80, "  int f() { return 1; }") + "};\n}\n",
              ""}));

TEST(Rules, a_file_opens_with_a_comment_or_with_its_header) {
  EXPECT_THAT(violations_of({"src/kpi/a.cc", "#include \"weir/kpi/a.h\"\n"}), IsEmpty());
  EXPECT_THAT(violations_of({"src/kpi/a.cc", "#include \"a.h\"\n"}), IsEmpty());
  EXPECT_THAT(violations_of({"src/kpi/a.cc", "#include \"weir/kpi/b.h\"\n"}),
              ElementsAre("src/kpi/a.cc:1: the file must open with a comment that says what it is"));
  EXPECT_THAT(violations_of({"src/kpi/a.cc", "int a;\n"}),
              ElementsAre("src/kpi/a.cc:1: the file must open with a comment that says what it is"));
}

TEST(Rules, comments_and_literals_are_blanked_and_lines_stay) {
  EXPECT_EQ(code_without_comments_and_literals("a; // new\nb /* x\ny */ c \"q\\\"{\" '{' 1'000\n"),
            "a;       \nb     \n     c            1'000\n");
  EXPECT_EQ(code_without_comments_and_literals("R\"x(a\n\")\")x\" b"), "     \n       b");
}

}  // namespace
}  // namespace weir::architecture
