// A tailer over a folder of its own: an intake that keeps whole lines, a clock that is moved by hand, and the things
// that writers and log rotation do to files.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/process.h"
#include "weir/core/check.h"
#include "weir/core/clock.h"
#include "weir/ingest/tailer.h"

namespace weir {

/// Keeps the lines of all streams in the order they came.
class LineIntake final : public Intake {
 public:
  std::unique_ptr<ByteStream> open_stream(SourceKind kind, std::string_view format) override {
    WEIR_CHECK(kind == SourceKind::kTail);
    last_format = format;
    return std::make_unique<Stream>(*this);
  }
  using Intake::take_body;
  BodyResult take_body(std::string_view, const Origin&, const Wording&) override { return {}; }
  std::optional<Stat> refusal() const override { return room ? std::nullopt : std::optional(Stat::kShedOverload); }
  void count_refused(std::size_t, Stat) override {}
  bool keeps() const override { return !waits; }
  std::optional<KeptPlaces> kept_places() const override { return kept; }

  /// Lines since the last call.
  std::vector<std::string> take() { return std::exchange(lines, {}); }

  std::vector<std::string> lines;
  std::string last_format;
  bool room = true;
  bool waits = false;              // lines that came wait to be kept
  std::optional<KeptPlaces> kept;  // with the events

 private:
  class Stream final : public ByteStream {
   public:
    explicit Stream(LineIntake& intake) : intake_(intake), room_(64 * 1024) {}
    std::span<char> prepare() override { return room_; }
    void commit(std::size_t size) override {
      rest_.append(room_.data(), size);
      for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
        intake_.lines.push_back(rest_.substr(0, end));
        rest_.erase(0, end + 1);
      }
    }
    void refuse_too_long(std::string_view) override {}
    void finish() override {
      if (!rest_.empty()) intake_.lines.push_back(std::exchange(rest_, {}));
    }

   private:
    LineIntake& intake_;
    std::vector<char> room_;
    std::string rest_;
  };
};

class TailTest : public testing::Test {
 protected:
  using Lines = std::vector<std::string>;

  std::string path(std::string_view name) const { return folder_.path(name); }
  void append(std::string_view name, std::string_view text) const {
    std::ofstream(path(name), std::ios::binary | std::ios::app) << text;
  }
  void rename(std::string_view from, std::string_view to) const { std::filesystem::rename(path(from), path(to)); }
  void copy(std::string_view from, std::string_view to) const {
    std::filesystem::copy_file(path(from), path(to), std::filesystem::copy_options::overwrite_existing);
  }
  void truncate(std::string_view name, std::uintmax_t size = 0) const {
    std::filesystem::resize_file(path(name), size);
  }
  void remove(std::string_view name) const { std::filesystem::remove(path(name)); }
  void point(std::string_view link, std::string_view target) const {
    std::filesystem::create_symlink(path(target), path("link.new"));
    rename("link.new", link);
  }

  /// Gives access.log.1 the number 2 and so on, as logrotate does.
  void shift_rotated() const {
    for (int number = 9; number > 0; --number) {
      const std::string from = "access.log." + std::to_string(number);
      if (std::filesystem::exists(path(from))) rename(from, "access.log." + std::to_string(number + 1));
    }
  }
  void rotate() const {
    shift_rotated();
    rename("access.log", "access.log.1");
  }

  /// Begins to tail `name`, which may be a pattern, as a new process does.
  void start(std::string_view name = "access.log", TailOptions::From from = TailOptions::From::kStart) {
    SourceOptions options;
    options.tail = {{.path = path(name), .format = "some", .from = from}};
    options.tail_state = path("state/tail");
    options.tail_files = files_limit_;
    std::filesystem::create_directories(path("state"));
    tailer_ = std::make_unique<Tailer>(options, TailerContext{intake_, stats_, clock_, [this](const std::string& text) {
                                                                warnings_.push_back(text);
                                                              }});
  }
  /// Ends as a process does that is stopped.
  void stop() {
    tailer_->save();
    tailer_.reset();
  }

  /// Reads all there is and returns it.
  Lines read() {
    clock_.advance(Tailer::kScanMs);
    while (tailer_->round() == Tailer::Round::kMore) {
    }
    return intake_.take();
  }
  /// What comes of files that wait until others were quiet.
  Lines read_turns(int turns) {
    Lines lines;
    for (int turn = 0; turn < turns; ++turn) {
      clock_.advance(Tailer::kQuietMs);
      for (std::string& line : read()) lines.push_back(std::move(line));
    }
    return lines;
  }
  /// Begins to tail access.log, and reads its first line.
  void start_with_line(const std::string& line) {
    start();
    append("access.log", line + "\n");
    ASSERT_EQ(read(), Lines{line});
  }
  std::int64_t stat(Stat stat) const { return stats_.read()[stat]; }

  support::TemporaryFolder folder_;
  LineIntake intake_;
  StatBoard stats_;
  ManualClock clock_{1'000'000};
  std::vector<std::string> warnings_;
  std::size_t files_limit_ = 256;
  std::unique_ptr<Tailer> tailer_;
};

}  // namespace weir
