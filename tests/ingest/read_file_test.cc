// read_file: plain and compressed files, whole and broken, progress and cancellation.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "fake_intake.h"
#include "gzip_text.h"
#include "weir/ingest/source.h"

namespace weir {
namespace {

using support::gzip;

class ReadFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir_read_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string file(const std::string& bytes) {
    const std::string path = directory_ + "/events";
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    return path;
  }
  std::string received() { return intake_.wait_for_stream(SourceKind::kFile); }

  std::string directory_;
  support::FakeIntake intake_;
  FileProgress progress_;
};

std::string lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "{\"n\":" + std::to_string(i * 7919 % 100'003) + "}\n";
  return text;
}

TEST_F(ReadFileTest, a_plain_file_is_read_whole) {
  for (const std::string& text : {std::string(), std::string("{"), std::string("{}\n{}"), lines(100'000)}) {
    FileProgress progress;
    const auto size = read_file(file(text), intake_, progress);
    ASSERT_TRUE(size.has_value()) << size.error().message;
    EXPECT_EQ(*size, text.size());
    EXPECT_EQ(progress.bytes_done.load(), text.size());
    EXPECT_EQ(received(), text);
  }
}

TEST_F(ReadFileTest, a_compressed_file_is_read_whole_whatever_its_name) {
  const std::string text = lines(200'000);
  for (const std::string& bytes : {gzip(text), gzip(text.substr(0, 1'000'000)) + gzip(text.substr(1'000'000)),
                                   gzip("") + gzip(text) + gzip(""), gzip(text) + std::string(512, '\0')}) {
    FileProgress progress;
    const auto size = read_file(file(bytes), intake_, progress);
    ASSERT_TRUE(size.has_value()) << size.error().message;
    EXPECT_EQ(*size, bytes.size());
    EXPECT_EQ(progress.bytes_done.load(), bytes.size());
    EXPECT_EQ(received(), text);
  }
}

TEST_F(ReadFileTest, a_highly_compressed_file_is_no_bomb_but_a_file) {
  const std::string text(30'000'000, ' ');
  ASSERT_TRUE(read_file(file(gzip(text)), intake_, progress_).has_value());
  EXPECT_EQ(received(), text);
}

TEST_F(ReadFileTest, a_truncated_file_is_an_error_that_says_where) {
  const std::string text = lines(1000);
  const std::string bytes = gzip(text);
  for (const std::size_t size : {std::size_t{2}, std::size_t{9}, bytes.size() / 2, bytes.size() - 1}) {
    const auto result = read_file(file(bytes.substr(0, size)), intake_, progress_);
    ASSERT_FALSE(result.has_value());
    EXPECT_NE(result.error().message.find("ends early, at byte " + std::to_string(size)), std::string::npos)
        << result.error().message;
    EXPECT_NE(result.error().message.find(directory_ + "/events"), std::string::npos);
    EXPECT_TRUE(text.starts_with(received()));
  }
}

TEST_F(ReadFileTest, a_corrupt_file_is_an_error_that_says_where) {
  const std::string bytes = gzip(lines(1000));
  std::string flipped = bytes;
  flipped[bytes.size() - 6] = static_cast<char>(flipped[bytes.size() - 6] ^ 1);
  for (const std::string& bad : {flipped, bytes + "garbage", bytes + std::string(3, '\0') + bytes}) {
    const auto result = read_file(file(bad), intake_, progress_);
    ASSERT_FALSE(result.has_value());
    EXPECT_NE(result.error().message.find("corrupt at byte "), std::string::npos) << result.error().message;
    static_cast<void>(received());
  }
}

TEST_F(ReadFileTest, what_cannot_be_opened_or_read_is_named_with_its_cause) {
  const auto missing = read_file(directory_ + "/missing", intake_, progress_);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().message, "cannot open " + directory_ + "/missing: No such file or directory");
  const auto folder = read_file(directory_, intake_, progress_);
  ASSERT_FALSE(folder.has_value());
  EXPECT_EQ(folder.error().message, "cannot read " + directory_ + ": Is a directory");
}

TEST_F(ReadFileTest, the_format_is_chosen_by_the_first_bytes_which_are_read_too) {
  for (const std::string& text : {std::string(), std::string("{"), lines(3), lines(100'000)}) {
    for (const std::string& bytes : {text, gzip(text)}) {
      std::string head;
      std::size_t asked = 0;
      const FormatChooser choose = [&](std::string_view start) {
        head = start;
        ++asked;
        return Result<std::string_view>(std::string_view("combined"));
      };
      const auto size = read_file(file(bytes), intake_, progress_, choose);
      ASSERT_TRUE(size.has_value()) << size.error().message;
      EXPECT_EQ(*size, bytes.size());
      EXPECT_EQ(asked, 1U);
      EXPECT_TRUE(text.starts_with(head));
      EXPECT_GE(head.size(), std::min<std::size_t>(text.size(), 64 * 1024));
      EXPECT_EQ(intake_.last_format(), "combined");
      EXPECT_EQ(received(), text);
    }
  }
}

TEST_F(ReadFileTest, a_file_for_which_no_format_is_chosen_is_read_no_further) {
  const std::string text = lines(500'000);
  for (const std::string& bytes : {text, gzip(text), std::string("x")}) {
    FileProgress progress;
    const std::string path = file(bytes);
    const FormatChooser choose = [](std::string_view) { return Result<std::string_view>(Error{"no such thing"}); };
    const auto size = read_file(path, intake_, progress, choose);
    ASSERT_FALSE(size.has_value());
    EXPECT_EQ(size.error().message, "cannot read " + path + ": no such thing");
    EXPECT_EQ(intake_.committed(), 0U);
    const bool large = bytes.size() > 1'000'000;
    EXPECT_EQ(progress.bytes_done.load() < bytes.size(), large) << bytes.size();
  }
}

TEST_F(ReadFileTest, reading_ends_early_when_cancelled) {
  const std::string text = lines(500'000);
  for (const std::string& bytes : {text, gzip(text)}) {
    support::FakeIntake intake;
    FileProgress progress;
    intake.on_commit = [&progress](std::size_t) { progress.cancelled = true; };
    const auto size = read_file(file(bytes), intake, progress);
    ASSERT_TRUE(size.has_value()) << size.error().message;
    EXPECT_LT(*size, bytes.size());
    const std::string part = intake.wait_for_stream(SourceKind::kFile);
    EXPECT_LT(part.size(), text.size());
    EXPECT_TRUE(text.starts_with(part));
  }
}

TEST_F(ReadFileTest, a_dash_reads_stdin_and_a_silent_pipe_can_be_cancelled) {
  const int saved = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
  const auto with_pipe = [&](std::string_view text, auto&& action) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    ASSERT_GE(::dup2(ends[0], STDIN_FILENO), 0);
    ::close(ends[0]);
    ASSERT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    action(ends[1]);
  };
  with_pipe("{}\n{}\n", [&](int writer) {
    ::close(writer);
    const auto size = read_file("-", intake_, progress_);
    ASSERT_TRUE(size.has_value());
    EXPECT_EQ(*size, 6U);
    EXPECT_EQ(received(), "{}\n{}\n");
  });
  with_pipe("{}\n{}\n", [&](int writer) {
    intake_.on_commit = [this](std::size_t) { progress_.cancelled = true; };
    const auto size = read_file("-", intake_, progress_);  // the writer stays open: only cancelling ends this
    ASSERT_TRUE(size.has_value());
    static_cast<void>(received());
    ::close(writer);
  });
  if (saved >= 0) {
    ::dup2(saved, STDIN_FILENO);
    ::close(saved);
  }
}

}  // namespace
}  // namespace weir
