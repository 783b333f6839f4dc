#include "weir/pipeline/daily_salts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <optional>

#include "weir/core/check.h"

namespace weir {
namespace {

constexpr std::size_t kMostFileBytes = 4096;
constexpr std::size_t kMostDays = 32;  // written

/// Salts by day.
using SaltsByDay = std::map<std::int64_t, Salt>;

Salt random_salt() {
  Salt salt{};
  WEIR_CHECK(::getrandom(salt.data(), sizeof(salt), 0) == static_cast<ssize_t>(sizeof(salt)));
  return salt;
}

/// A salt file while it is in use: opened and locked, so that two processes do not draw two salts for one day.
class SaltFile {
 public:
  explicit SaltFile(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    if (descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX) != 0) close();
  }
  ~SaltFile() { close(); }
  SaltFile(const SaltFile&) = delete;
  SaltFile& operator=(const SaltFile&) = delete;

  bool is_open() const { return descriptor_ >= 0; }

  /// Why the file must not be used; empty when it may.
  std::string problem() const {
    struct stat facts {};
    if (::fstat(descriptor_, &facts) != 0) return std::strerror(errno);
    if (!S_ISREG(facts.st_mode)) return "it is no regular file";
    if ((facts.st_mode & 077U) == 0) return {};
    return fmt::format("others may use it (mode {:04o}); run chmod 600 on it", facts.st_mode & 07777U);
  }

  /// The salts in it; nullopt when it holds anything else.
  std::optional<SaltsByDay> read() const {
    std::array<char, kMostFileBytes> bytes{};
    const ssize_t size = ::pread(descriptor_, bytes.data(), bytes.size(), 0);
    if (size < 0 || static_cast<std::size_t>(size) == bytes.size()) return std::nullopt;
    bytes[static_cast<std::size_t>(size)] = '\0';
    SaltsByDay salts;
    for (const char* rest = bytes.data(); *rest != '\0';) {
      long long day = 0;
      unsigned long long high = 0, low = 0;
      int length = 0;
      const int found = std::sscanf(rest, "%10lld %16llx%16llx%n", &day, &high, &low, &length);
      if (found != 3 || length == 0 || rest[length] != '\n') return std::nullopt;
      salts[day] = {high, low};
      rest += length + 1;
    }
    return salts;
  }

  bool write(const SaltsByDay& salts) {
    std::string text;
    for (const auto& [day, salt] : salts) text += fmt::format("{} {:016x}{:016x}\n", day, salt[0], salt[1]);
    const auto size = static_cast<ssize_t>(text.size());
    // To the disk, too: visitors would be others after a loss of power.
    return ::pwrite(descriptor_, text.data(), text.size(), 0) == size && ::ftruncate(descriptor_, size) == 0 &&
           ::fdatasync(descriptor_) == 0;
  }

 private:
  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }
  int descriptor_;
};

}  // namespace

Result<DailySalts> DailySalts::open(const std::string& path) {
  DailySalts salts;
  if (path.empty()) return salts;
  SaltFile file(path);
  std::string problem = file.is_open() ? file.problem() : std::strerror(errno);
  if (problem.empty() && !file.read()) problem = "it holds something else than salts; remove it or name another file";
  if (!problem.empty()) return Error{fmt::format("cannot use the salt file {}: {}", path, problem)};
  salts.path_ = path;
  return salts;
}

DailySalts::~DailySalts() { wipe(); }

DailySalts::DailySalts(DailySalts&& other) noexcept { *this = std::move(other); }

DailySalts& DailySalts::operator=(DailySalts&& other) noexcept {
  path_ = other.path_;
  today_ = other.today_;
  today_salt_ = other.today_salt_;
  yesterday_salt_ = other.yesterday_salt_;
  file_errors_ = other.file_errors_;
  if (&other != this) other.wipe();
  return *this;
}

void DailySalts::wipe() {
  ::explicit_bzero(today_salt_.data(), sizeof(Salt));
  ::explicit_bzero(yesterday_salt_.data(), sizeof(Salt));
}

void DailySalts::advance_to(std::int64_t day) {
  if (day <= today_) return;
  const bool has_yesterday = day == today_ + 1;
  yesterday_salt_ = has_yesterday ? today_salt_ : random_salt();
  today_salt_ = random_salt();
  today_ = day;
  if (!path_.empty() && !share(has_yesterday)) ++file_errors_;
}

/// Takes the salts of others from the file, and leaves it with those of today and yesterday alone. A salt that this
/// process has used already wins over the file's.
bool DailySalts::share(bool has_yesterday) {
  SaltFile file(path_);
  if (!file.is_open() || !file.problem().empty()) return false;
  const std::optional<SaltsByDay> found = file.read();
  if (!found) return false;
  const auto salt_of = [&](std::int64_t day, const Salt& otherwise) {
    const auto place = found->find(day);
    return place == found->end() ? otherwise : place->second;
  };
  today_salt_ = salt_of(today_, today_salt_);
  if (!has_yesterday) yesterday_salt_ = salt_of(today_ - 1, yesterday_salt_);
  // Other processes may be ahead: what they drew must stay, as far as a file has room that can be read again.
  SaltsByDay kept{{today_ - 1, yesterday_salt_}, {today_, today_salt_}};
  for (const auto& [day, salt] : *found) {
    if (day > today_ && kept.size() < kMostDays) kept.emplace(day, salt);
  }
  return file.write(kept);
}

}  // namespace weir
