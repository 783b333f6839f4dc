// Lines damaged at random: the parser never crashes, never harms a neighbour, and agrees with another JSON parser
// on what is JSON. The seed is printed; WEIR_SEED repeats a run.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "parse_support.h"
#include "weir/parse/parser.h"

namespace weir::test {
namespace {

using RandomJson = nlohmann::json;

const std::vector<std::string>& seeds() {
  static const std::vector<std::string> lines{
      R"({"type":"page_view","ts":"2022-10-25T07:49:55.529000Z","visitor":"e20b","url":"http://localhost:3000/p?a=b"})",
      R"({"type":"conversion","ts":1767225600123,"value":12.50,"currency":"EUR","order":"o","engaged_ms":18,"id":"x"})",
      R"({"type":"a\n\"\\\/\u00e9\ud83d\ude00","x":{"y":[1,-2.5e+3,true,false,null,"\t",{"z":{}}],"w":[]},"url":"/"})",
      R"( { "type" : "b" , "\u0074s" : 1667000000.25 , "nothing" : null , "status" : 200 , "deep" : [ [ [ ] ] ] } )",
      R"({"type":"error","status":500,"duration_ms":0,"name":"Zoë","term":"","t":tru,"big":1e999,"lone":"\udc00"})",
      R"({"type":"a","x":{}})",
      R"({"type":"a"})",
      R"({})",
  };
  return lines;
}

/// Damages lines.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }

  std::string damaged_line() {
    std::string line = seeds()[below(seeds().size())];
    for (std::size_t count = below(4); count > 0; --count) damage(line);
    for (char& byte : line) {
      if (byte == '\n') byte = ' ';
    }
    return line;
  }

 private:
  void damage(std::string& line) {
    static constexpr std::string_view kPieces[] = {"{",    "}",        "[",      "]",    ",",       ":",   "\"",  "\\",
                                                   "\\u",  "null",     "\"a\":", "-",    "0",       "1e9", ".",   " ",
                                                   "\xFF", "\xC3\xA9", "\t",     "\x01", "\\ud800", "\r",  "tru", "{}"};
    const std::size_t at = below(line.size() + 1);
    switch (below(6)) {
      case 0:
        line.insert(at, kPieces[below(std::size(kPieces))]);
        break;
      case 1:
        if (at < line.size()) line[at] = static_cast<char>(random_());
        break;
      case 2:
        line.erase(at, 1 + below(3));
        break;
      case 3:
        line.insert(at, line.substr(below(line.size() + 1), below(12)));
        break;
      case 4:
        line.resize(at);
        break;
      default:
        if (at < line.size()) line[at] = kPieces[below(16)][0];
        break;
    }
  }

  std::mt19937_64 random_;
};

TEST(RandomLines, damage_never_reaches_a_neighbour) {
  Mutator mutator(test_seed());
  const std::unique_ptr<Parser> parser = find_format("native")->make({});
  const std::string good = R"({"type":"good","name":"n\u00e9"})";
  for (int round = 0; round < 20'000; ++round) {
    const std::string bad = mutator.damaged_line();
    const std::vector<Outcome> outcomes = parse_all(*parser, good + "\n" + bad + "\n" + good, Framing::kLines);
    ASSERT_GE(outcomes.size(), 2U) << bad;
    ASSERT_EQ(outcomes.front().said, R"(ok type="good" name="n\xC3\xA9")") << bad;
    ASSERT_EQ(outcomes.back().said, outcomes.front().said) << bad;
    ASSERT_EQ(outcomes.back().line_number, 3U) << bad;
  }
}

/// The same line, made so long by white space that it is read alone and not with its neighbours.
std::string read_alone(std::string line) {
  constexpr std::size_t kTooLongForARun = 8 * 1024;
  if (line.starts_with('{')) line.insert(1, kTooLongForARun, ' ');
  return line;
}

TEST(RandomLines, are_read_together_as_each_is_alone) {
  Mutator mutator(test_seed());
  const std::unique_ptr<Parser> parser = find_format("native")->make({});
  for (int round = 0; round < 4'000; ++round) {
    std::string text;
    std::string apart;
    for (std::size_t count = 1 + mutator.below(12); count > 0; --count) {
      const std::string line = mutator.below(3) == 0 ? mutator.damaged_line() : seeds()[mutator.below(seeds().size())];
      const std::size_t cut = mutator.below(4) == 0 ? mutator.below(line.size() + 1) : 0;  // a line cut in two
      for (const std::string& part : {line.substr(0, cut), line.substr(cut)}) {
        text += part + '\n';
        apart += read_alone(part) + '\n';
      }
    }
    const std::vector<Outcome> together = parse_all(*parser, text, Framing::kLines);
    const std::vector<Outcome> alone = parse_all(*parser, apart, Framing::kLines);
    ASSERT_EQ(together.size(), alone.size()) << text;
    for (std::size_t i = 0; i < alone.size(); ++i) {
      ASSERT_EQ(together[i].said, alone[i].said) << text << together[i].line;
      ASSERT_EQ(together[i].line_number, alone[i].line_number) << text;
    }
  }
}

TEST(RandomLines, bodies_of_damaged_lines_are_read_to_their_end) {
  Mutator mutator(test_seed());
  const std::unique_ptr<Parser> parser = find_format("native")->make({});
  for (int round = 0; round < 5'000; ++round) {
    std::string body = mutator.below(3) == 0 ? "[" : "";
    const std::string separator = body.empty() ? "\n" : ",\n";
    for (std::size_t count = mutator.below(6); count > 0; --count) body += mutator.damaged_line() + separator;
    body += mutator.below(2) == 0 ? "{\"type\":\"x\"}]" : "";
    const std::size_t lines = static_cast<std::size_t>(std::count(body.begin(), body.end(), '\n')) + 1;
    const std::string padding(1, "}],\"{"[mutator.below(5)]);
    const std::vector<Outcome> outcomes = parse_all(*parser, body, Framing::kDocument, 1 + mutator.below(5), padding);
    std::size_t last = 1;
    for (const Outcome& outcome : outcomes) {
      ASSERT_GE(outcome.line_number, last) << body;
      ASSERT_LE(outcome.line_number, lines) << body;
      last = outcome.line_number;
    }
  }
}

/// What the other parser says of a line.
struct Verdict {
  bool object = false;     // complete JSON, and an object
  bool excused = false;    // refused for a reason this parser documents that it does not share
  bool duplicate = false;  // some key of the outer object comes twice
  std::size_t depth = 0;
  RandomJson json;
};

Verdict other_opinion(const std::string& line) {
  Verdict verdict;
  // The other parser takes a NUL for the end of the text; in JSON it has no place at all.
  if (line.find('\0') != std::string::npos) return verdict;
  std::size_t keys = 0;
  const auto watch = [&](int depth, RandomJson::parse_event_t event, RandomJson&) {
    verdict.depth = std::max(verdict.depth, static_cast<std::size_t>(depth) + 1);
    keys += depth == 1 && event == RandomJson::parse_event_t::key ? 1 : 0;
    return true;
  };
  try {
    verdict.json = RandomJson::parse(line, watch);
    verdict.object = verdict.json.is_object();
    verdict.duplicate = verdict.object && keys != verdict.json.size();
  } catch (const RandomJson::out_of_range&) {
    verdict.excused = true;  // a number too big for a double
  } catch (const RandomJson::parse_error& error) {
    verdict.excused = std::string_view(error.what()).find("surrogate") != std::string_view::npos;
  }
  return verdict;
}

bool is_json(const Outcome& outcome) {
  return !outcome.rejected || (outcome.reason != Rejection::kMalformed && outcome.reason != Rejection::kInvalidUtf8);
}

std::string text_in(const RandomJson& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

TEST(RandomLines, what_is_json_and_what_it_says_is_what_another_parser_finds) {
  Mutator mutator(test_seed());
  const std::unique_ptr<Parser> parser = find_format("native")->make({});
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (int round = 0; round < 60'000; ++round) {
    const std::string line = mutator.damaged_line();
    const std::string padding(1, "}],\"{"[mutator.below(5)]);
    const std::vector<Outcome> outcomes = parse_all(*parser, line, Framing::kLines, 32, padding);
    const Verdict verdict = other_opinion(line);
    if (outcomes.size() != 1 || line.find_first_not_of(" \t\r") == line.find('[')) continue;
    const Outcome& ours = outcomes[0];
    if (verdict.excused) continue;
    ASSERT_EQ(is_json(ours), verdict.object) << line;
    (verdict.object ? accepted : refused) += 1;
    if (!verdict.object || ours.rejected || verdict.duplicate) continue;
    std::string expected = "ok type=\"" + printable(text_in(verdict.json, "type")) + "\"";
    ASSERT_TRUE(ours.said.starts_with(expected)) << line << "\n" << ours.said;
    for (const char* key : {"url", "name", "order", "id", "currency", "term"}) {
      const std::string value = text_in(verdict.json, key);
      const std::string said = std::string(" ") + key + "=\"" + printable(value) + "\"";
      ASSERT_EQ(ours.said.find(said) != std::string::npos, !value.empty()) << line << "\n" << ours.said;
    }
  }
  EXPECT_GT(accepted, 1000U);
  EXPECT_GT(refused, 1000U);
}

}  // namespace
}  // namespace weir::test
