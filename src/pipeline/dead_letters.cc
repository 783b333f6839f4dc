#include "weir/pipeline/dead_letters.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "weir/core/text.h"

namespace weir {
namespace {

constexpr std::size_t kMaxHeld = 16 * 1024;

/// Appends `text` as the inside of a JSON string; bytes that are not UTF-8 become U+FFFD.
void append_json(std::string& out, std::string_view text) {
  const bool valid = is_valid_utf8(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += fmt::format("\\u{:04x}", byte);
    } else if (byte >= 0x80 && !valid) {
      out += "\\ufffd";
    } else {
      out += c;
    }
  }
}

}  // namespace

Result<std::unique_ptr<DeadLetters>> DeadLetters::open(const std::string& path, std::size_t limit_bytes) {
  std::unique_ptr<DeadLetters> letters(new DeadLetters(path, limit_bytes));
  if (const Result<std::monostate> opened = letters->open_again(); !opened) return opened.error();
  return letters;
}

Result<std::monostate> DeadLetters::open_again() {
  if (path_.empty()) return std::monostate{};
  const std::uint64_t seen = times_opened();
  OpenFile fresh = open_file();  // a disk that hangs here keeps nobody from settling events
  if (!fresh) {
    return Error{fmt::format("cannot open the dead-letter file {}: {}", path_, std::strerror(errno))};
  }
  const std::lock_guard lock(mutex_);
  // Meanwhile the file may have become full: then the one that took its place is as new, and this one the older.
  if (seen == times_opened_) use(fresh);  // and closes the other one after the lock
  return std::monostate{};
}

std::uint64_t DeadLetters::times_opened() const {
  const std::lock_guard lock(mutex_);
  return times_opened_;
}

void DeadLetters::CloseFile::operator()(std::FILE* file) const { std::fclose(file); }

/// Gives the file that was used so far in return.
void DeadLetters::use(OpenFile& file) {
  std::swap(file_, file);
  ++times_opened_;
  const long position = std::fseek(file_.get(), 0, SEEK_END) == 0 ? std::ftell(file_.get()) : 0;
  file_bytes_ = position > 0 ? static_cast<std::size_t>(position) : 0;
}

/// Null, with errno set, when it cannot be opened.
DeadLetters::OpenFile DeadLetters::open_file() const {
  // It holds what visitors wrote, so nobody but its owner may read it.
  const int descriptor = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) return nullptr;
  OpenFile file(::fdopen(descriptor, "a"));
  if (file == nullptr) {
    const int problem = errno;
    ::close(descriptor);
    errno = problem;
  }
  return file;
}

void DeadLetters::write(std::string_view line, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  write_locked(line, reason);
}

void DeadLetters::write_locked(std::string_view line, std::string_view reason) {
  if (file_ == nullptr) {
    if (!path_.empty()) ++errors_;  // it could not be opened again after it had been full
    return;
  }
  buffer_ = fmt::format(R"({{"reason":"{}","line":")", reason);
  append_json(buffer_, line);
  buffer_ += "\"}\n";
  if (file_bytes_ + buffer_.size() > limit_bytes_) {
    const std::string older = path_ + ".1";
    const bool moved = std::rename(path_.c_str(), older.c_str()) == 0;
    OpenFile fresh = moved ? open_file() : nullptr;
    if (fresh == nullptr) {
      if (moved) file_.reset();  // it would grow beyond its bound
      ++errors_;
      return;
    }
    use(fresh);
  }
  const bool whole = std::fwrite(buffer_.data(), 1, buffer_.size(), file_.get()) == buffer_.size();
  if (!whole || std::fflush(file_.get()) != 0) {
    ++errors_;
    std::clearerr(file_.get());
    return;
  }
  file_bytes_ += buffer_.size();
  ++written_;
}

std::uint32_t DeadLetters::hold(std::string_view line) {
  if (path_.empty()) return 0;
  const std::lock_guard lock(mutex_);
  if (held_.size() >= kMaxHeld) {
    ++dropped_;
    return 0;
  }
  while (next_handle_ == 0 || held_.contains(next_handle_)) ++next_handle_;
  held_.emplace(next_handle_, line);
  return next_handle_++;
}

void DeadLetters::settle(std::uint32_t handle, std::string_view reason) {
  if (handle == 0) return;
  const std::lock_guard lock(mutex_);
  const auto held = held_.extract(handle);
  if (!held.empty() && !reason.empty()) write_locked(held.mapped(), reason);
}

void DeadLetters::add_stats(StatValues& stats) const {
  const std::lock_guard lock(mutex_);
  stats[Stat::kDeadLettersWritten] += written_;
  stats[Stat::kDeadLettersDropped] += dropped_;
  stats[Stat::kDeadLetterErrors] += errors_;
}

}  // namespace weir
