#include "weir/pipeline/memory_guard.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

namespace weir {
namespace {

constexpr std::array<std::size_t, 4> kBeginsPercent{0, 80, 90, 95};  // by MemoryGrade
constexpr std::size_t kHysteresisPercent = 5;
constexpr unsigned kLooksPerTrim = 16;  // while memory is not ample; it walks through all free memory
constexpr std::size_t kStatmBytes = 256;

/// `percent` of `bytes`, of any size.
std::size_t share_of(std::size_t bytes, std::size_t percent) { return bytes / 100 * percent; }

/// The number in the first line of a file; nullopt when there is none, such as of a file that says "max".
std::optional<std::size_t> number_in(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::size_t number = 0;
  if (!std::getline(file, line)) return std::nullopt;
  const auto [rest, problem] = std::from_chars(line.data(), line.data() + line.size(), number);
  return problem == std::errc() && rest == line.data() + line.size() ? std::optional(number) : std::nullopt;
}

/// "/system.slice/weir.service" of the line "0::/system.slice/weir.service"; empty when there is none.
std::string own_group(const std::string& path) {
  std::ifstream file(path);
  constexpr std::string_view kVersion2 = "0::/";
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(kVersion2)) return line.substr(kVersion2.size() - 1);
  }
  return {};
}

}  // namespace

std::size_t resident_bytes() {
  const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  std::array<char, kStatmBytes> text{};
  const ssize_t size = ::read(file, text.data(), text.size());
  ::close(file);
  if (size <= 0) return 0;
  // "size resident shared ...", in pages.
  const std::string_view fields(text.data(), static_cast<std::size_t>(size));
  const std::size_t begin = fields.find(' ') + 1;
  std::size_t pages = 0;
  if (begin == 0) return 0;
  std::from_chars(fields.data() + begin, fields.data() + fields.size(), pages);
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t cgroup_memory_limit(const std::string& root, const std::string& own) {
  std::string group = own_group(own);
  if (group.empty()) return kNoMemoryLimit;
  if (group.back() == '/') group.pop_back();
  std::size_t least = kNoMemoryLimit;
  // The group itself and all it is in, up to the root: in a container its own group is mounted there.
  for (bool more = true; more;) {
    for (const char* file : {"/memory.max", "/memory.high"}) {
      const std::optional<std::size_t> bytes = number_in(root + group + file);
      if (bytes) least = std::min(least, *bytes);
    }
    more = !group.empty();
    if (more) group.resize(group.rfind('/'));
  }
  return least == kNoMemoryLimit ? kNoMemoryLimit : least / 10 * 9;
}

MemoryGuard::MemoryGuard(std::size_t limit_bytes, Reading reading)
    : limit_bytes_(limit_bytes == kAutoMemory ? cgroup_memory_limit() : limit_bytes),
      reading_(reading ? std::move(reading) : resident_bytes) {}

MemoryGrade MemoryGuard::look() {
  if (!limited()) return MemoryGrade::kAmple;
  const std::size_t used = reading_();
  const auto before = static_cast<std::size_t>(grade());
  std::size_t now = 0;
  for (std::size_t grade = 1; grade < kBeginsPercent.size(); ++grade) {
    const std::size_t percent = kBeginsPercent[grade] - (grade <= before ? kHysteresisPercent : 0);
    if (used >= share_of(limit_bytes_, percent)) now = grade;
  }
  used_bytes_.store(used, std::memory_order_relaxed);
  grade_.store(static_cast<MemoryGrade>(now), std::memory_order_relaxed);
  // What was freed is not resident any more only when the allocator is told to let it go.
  if (now > before) looks_until_trim_ = 0;
  if (now > 0 && looks_until_trim_-- == 0) {
    ::malloc_trim(0);
    looks_until_trim_ = kLooksPerTrim;
  }
  return grade();
}

}  // namespace weir
