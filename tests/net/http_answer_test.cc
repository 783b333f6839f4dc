// Answers a load generator reads: whole, in pieces, several at once, and what is none.
#include "weir/net/http_answer.h"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

const std::string kAccepted =
    "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\ncontent-length:  15 \r\n\r\n{\"accepted\":12}";

TEST(HttpAnswer, is_whole_at_its_last_byte_and_partial_before) {
  HttpAnswer answer;
  for (std::size_t size = 0; size < kAccepted.size(); ++size) {
    EXPECT_EQ(read_http_answer(kAccepted.substr(0, size), answer), HttpAnswerState::kPartial) << size;
  }
  const std::string two = kAccepted + "HTTP/1.1 204";
  ASSERT_EQ(read_http_answer(two, answer), HttpAnswerState::kWhole);
  EXPECT_EQ(answer.status, 202U);
  EXPECT_EQ(answer.body, "{\"accepted\":12}");
  EXPECT_EQ(answer.size, kAccepted.size());
  EXPECT_FALSE(answer.closes);
  EXPECT_EQ(answer.retry_after_seconds, std::nullopt);
}

TEST(HttpAnswer, fields_are_read_in_any_case) {
  HttpAnswer answer;
  const std::string refusal = "HTTP/1.1 503 x\r\nRETRY-AFTER: 7\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n";
  ASSERT_EQ(read_http_answer(refusal, answer), HttpAnswerState::kWhole);
  EXPECT_EQ(answer.status, 503U);
  EXPECT_TRUE(answer.closes);
  EXPECT_EQ(answer.retry_after_seconds, 7U);
  ASSERT_EQ(read_http_answer("HTTP/1.1 204 No Content\r\n\r\n", answer), HttpAnswerState::kWhole);
  EXPECT_TRUE(answer.body.empty());
  EXPECT_EQ(answer.retry_after_seconds, std::nullopt);
}

TEST(HttpAnswer, a_connection_is_kept_as_the_version_and_the_server_say) {
  const auto closes = [](const std::string& version, const std::string& fields) {
    HttpAnswer answer;
    const std::string bytes = "HTTP/" + version + " 200 OK\r\nContent-Length: 0\r\n" + fields + "\r\n";
    EXPECT_EQ(read_http_answer(bytes, answer), HttpAnswerState::kWhole) << bytes;
    return answer.closes;
  };
  EXPECT_FALSE(closes("1.1", ""));
  EXPECT_TRUE(closes("1.1", "Connection: close\r\n"));
  EXPECT_TRUE(closes("1.1", "Connection: X-Hop, Close\r\n"));
  EXPECT_TRUE(closes("1.1", "Connection: close\r\nConnection: X-Hop\r\n"));
  EXPECT_FALSE(closes("1.1", "Connection: closed, ,\r\n"));
  EXPECT_TRUE(closes("1.0", ""));
  EXPECT_FALSE(closes("1.0", "Connection: Keep-Alive\r\n"));
  EXPECT_FALSE(closes("1.0", "Keep-Alive: timeout=5\r\nConnection: x , keep-alive\r\n"));
  EXPECT_TRUE(closes("1.0", "Connection: keep-alive, close\r\n"));
}

TEST(HttpAnswer, chunks_end_behind_the_last_trailer) {
  const std::string bytes =
      "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0b;name=value\r\nhello world\r\n2 \r\n!!\r\n0\r\nTrailer: x\r\n\r\n";
  HttpAnswer answer;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(read_http_answer(bytes.substr(0, size), answer), HttpAnswerState::kPartial) << size;
  }
  const std::string two = bytes + "HTTP/1.1 204";
  ASSERT_EQ(read_http_answer(two, answer), HttpAnswerState::kWhole);
  EXPECT_EQ(answer.body, "hello world");
  EXPECT_EQ(answer.size, bytes.size());
  EXPECT_FALSE(answer.closes);
}

TEST(HttpAnswer, without_a_length_it_ends_with_the_connection) {
  HttpAnswer answer;
  for (const std::string body : {"", "{\"rejected\":1}"}) {
    const std::string bytes = "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n" + body;
    ASSERT_EQ(read_http_answer(bytes, answer), HttpAnswerState::kUntilClose);
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body, body);
    EXPECT_TRUE(answer.closes);
  }
}

TEST(HttpAnswer, what_has_no_known_end_is_broken) {
  HttpAnswer answer;
  const std::string huge = std::to_string(kLongestHttpAnswer + 1);
  for (const std::string& bytes :
       {std::string("HTTQ"), std::string("SSH-2.0-OpenSSH"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2 x\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") + std::string(kLongestHttpAnswer, '0'),
        "HTTP/1.1 200 OK\r\n\r\n" + std::string(kLongestHttpAnswer, 'x'),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: " + huge + "\r\n\r\n"),
        std::string("HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n"), std::string("HTTP/1.1\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n"),
        "HTTP/1.1 200 OK\r\n" + std::string(kLongestHttpAnswer, 'x')}) {
    EXPECT_EQ(read_http_answer(bytes, answer), HttpAnswerState::kBroken) << bytes.substr(0, 60);
  }
}

}  // namespace
}  // namespace weir
