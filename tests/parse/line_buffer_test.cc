// LineBuffer: whatever pieces a stream arrives in, the same lines come out, and memory stays flat.
#include "weir/parse/line_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "parse_support.h"
#include "weir/parse/parser.h"

namespace weir::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Everything that came out of a buffer.
struct Received {
  std::string text;
  std::vector<std::string> oversize;
};

void take_oversize(LineBuffer& buffer, Received& received) {
  for (std::string_view head = buffer.take_oversize(); !head.empty(); head = buffer.take_oversize()) {
    received.oversize.emplace_back(head);
  }
}

void feed(LineBuffer& buffer, std::string_view piece, Received& received) {
  const std::span<char> room = buffer.prepare();
  ASSERT_GE(room.size(), std::max<std::size_t>(piece.size(), 64 * 1024));
  std::copy(piece.begin(), piece.end(), room.begin());
  buffer.commit(piece.size());
  const std::string_view lines = buffer.take_lines();
  EXPECT_TRUE(lines.empty() || lines.back() == '\n');
  received.text += lines;
  take_oversize(buffer, received);
}

Received finish(LineBuffer& buffer, Received received) {
  received.text += buffer.take_rest();
  take_oversize(buffer, received);
  return received;
}

Received receive(std::size_t line_bytes, const std::vector<std::string>& pieces) {
  LineBuffer buffer(line_bytes);
  Received received;
  for (const std::string& piece : pieces) feed(buffer, piece, received);
  return finish(buffer, std::move(received));
}

TEST(LineBuffer, line_comes_out_when_its_newline_is_there) {
  LineBuffer buffer(100);
  Received received;
  feed(buffer, "on", received);
  EXPECT_EQ(received.text, "");
  feed(buffer, "e\ntw", received);
  EXPECT_EQ(received.text, "one\n");
  feed(buffer, "o\nthree\nfo", received);
  EXPECT_EQ(received.text, "one\ntwo\nthree\n");
  EXPECT_EQ(buffer.take_rest(), "fo");
  EXPECT_EQ(buffer.take_rest(), "");
}

TEST(LineBuffer, lines_not_taken_wait) {
  LineBuffer buffer(100);
  for (const std::string_view piece : {"a\n", "b\nc"}) {
    std::copy(piece.begin(), piece.end(), buffer.prepare().begin());
    buffer.commit(piece.size());
  }
  EXPECT_EQ(buffer.take_lines(), "a\nb\n");
  EXPECT_EQ(buffer.take_lines(), "");
  EXPECT_EQ(buffer.take_rest(), "c");
}

TEST(LineBuffer, padding_behind_the_lines_is_readable) {
  LineBuffer buffer(8);
  const std::span<char> room = buffer.prepare();
  std::fill(room.begin(), room.end(), '\n');
  buffer.commit(room.size());
  const std::string_view lines = buffer.take_lines();
  unsigned sum = 0;
  for (std::size_t i = 0; i < kParserPadding; ++i) sum += static_cast<unsigned char>(lines.data()[lines.size() + i]);
  EXPECT_EQ(lines.size(), room.size());
  EXPECT_EQ(sum, 0U) << "a sanitizer would have stopped here if it were not ours to read";
}

TEST(LineBuffer, limit_is_exact_and_does_not_count_the_newline) {
  const Received received = receive(4, {"1234\n12345\n1234\n", "12345"});
  EXPECT_EQ(received.text, "1234\n\n1234\n");
  EXPECT_THAT(received.oversize, ElementsAre("1234", "1234"));
}

TEST(LineBuffer, oversize_line_leaves_an_empty_line_so_that_numbers_stay_right) {
  const Received received = receive(10, {"a\n" + std::string(50, 'x') + "\nb\n"});
  EXPECT_EQ(received.text, "a\n\nb\n");
}

TEST(LineBuffer, oversize_head_is_512_bytes_at_most) {
  EXPECT_THAT(receive(1000, {std::string(5000, 'x') + "\n"}).oversize, ElementsAre(std::string(512, 'x')));
}

TEST(LineBuffer, oversize_line_is_skipped_in_constant_memory) {
  LineBuffer buffer(1000);
  Received received;
  const std::string piece(60'000, 'x');
  feed(buffer, piece, received);
  const std::size_t room = buffer.prepare().size();
  for (int i = 0; i < 1000; ++i) feed(buffer, piece, received);
  EXPECT_EQ(buffer.prepare().size(), room);
  feed(buffer, "end of it\nshort\n", received);
  EXPECT_EQ(received.text, "\nshort\n");
  EXPECT_THAT(received.oversize, ElementsAre(std::string(512, 'x')));
}

TEST(LineBuffer, byte_order_mark_is_removed_at_the_start_only) {
  EXPECT_EQ(receive(100, {"\xEF\xBB\xBFhello\n\xEF\xBB\xBFhello\n"}).text, "hello\n\xEF\xBB\xBFhello\n");
  EXPECT_EQ(receive(100, {"\xEF", "\xBB", "\xBF", "hello\n"}).text, "hello\n");
  EXPECT_EQ(receive(100, {"\xEF\xBB", "x\n"}).text, "\xEF\xBBx\n");
  EXPECT_EQ(receive(100, {"\xEF\xBB"}).text, "\xEF\xBB");
  EXPECT_EQ(receive(100, {"\xEF\xBB\xBF"}).text, "");
  EXPECT_EQ(receive(2, {"\xEF\xBB\xBFok\n"}).text, "ok\n") << "the mark does not count as part of the line";
  EXPECT_EQ(receive(100, {"", "\n\xEF\xBB\xBF\n"}).text, "\n\xEF\xBB\xBF\n");
}

TEST(LineBuffer, empty_stream_holds_nothing) {
  EXPECT_EQ(receive(10, {}).text, "");
  EXPECT_EQ(receive(10, {"", ""}).text, "");
  EXPECT_THAT(receive(10, {""}).oversize, IsEmpty());
}

/// What must come out, by the plainest means.
Received expected_of(std::size_t line_bytes, std::string_view stream) {
  Received expected;
  if (stream.starts_with("\xEF\xBB\xBF")) stream.remove_prefix(3);
  while (!stream.empty()) {
    const std::size_t newline = stream.find('\n');
    const std::string_view line = stream.substr(0, newline);
    if (line.size() > line_bytes) {
      expected.oversize.emplace_back(line.substr(0, std::min<std::size_t>(512, line_bytes)));
    } else {
      expected.text += line;
    }
    if (newline == std::string_view::npos) break;
    expected.text += '\n';
    stream.remove_prefix(newline + 1);
  }
  return expected;
}

TEST(LineBuffer, pieces_of_any_size_give_the_same_lines) {
  std::mt19937_64 random(test_seed());
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  for (int round = 0; round < 3000; ++round) {
    const std::size_t line_bytes = 1 + below(round % 10 == 0 ? 2000 : 20);
    std::string stream = below(4) == 0 ? "\xEF\xBB\xBF" : "";
    for (std::size_t line = below(30); line > 0; --line) {
      stream.append(below(2 * line_bytes + 2), static_cast<char>('a' + below(26)));
      if (line > 1 || below(2) == 0) stream += '\n';
    }
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < stream.size();) {
      pieces.push_back(stream.substr(at, below(3) == 0 ? below(4) : below(3 * line_bytes)));
      at += pieces.back().size();
    }
    const Received received = receive(line_bytes, pieces);
    const Received expected = expected_of(line_bytes, stream);
    ASSERT_EQ(received.text, expected.text) << "round " << round;
    ASSERT_EQ(received.oversize, expected.oversize) << "round " << round;
  }
}

}  // namespace
}  // namespace weir::test
