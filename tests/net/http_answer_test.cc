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

TEST(HttpAnswer, what_has_no_known_end_is_broken) {
  HttpAnswer answer;
  const std::string huge = std::to_string(kLongestHttpAnswer + 1);
  for (const std::string& bytes :
       {std::string("HTTQ"), std::string("SSH-2.0-OpenSSH"), std::string("HTTP/1.1 200 OK\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
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
