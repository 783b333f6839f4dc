#include "tail_state.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>
#include <variant>

namespace weir {
namespace {

// One line per place: device inode offset head_bytes head_hash born_ns open path. The last line says how many there
// are.
constexpr std::string_view kTitle = "weir tail state 2\n";
constexpr std::size_t kMaxStateBytes = 16 * 1024 * 1024;
constexpr mode_t kStateMode = 0600;

std::optional<std::uint64_t> take_number(std::string_view& line) {
  std::uint64_t value = 0;
  const auto [rest, problem] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (problem != std::errc() || rest == line.data() + line.size() || *rest != ' ') return std::nullopt;
  line.remove_prefix(static_cast<std::size_t>(rest - line.data()) + 1);
  return value;
}

constexpr std::uint64_t kLatestNs = std::numeric_limits<std::int64_t>::max();

/// Writes all of it to the disk.
bool write_whole(const Descriptor& file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(file.get(), text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::fdatasync(file.get()) == 0;
}

Error state_error(std::string_view what, const std::string& path, std::string_view why) {
  return Error{fmt::format("cannot {} the tail state {}: {}", what, path, why)};
}

}  // namespace

std::optional<TailPlace> read_place(std::string_view line) {
  const auto device = take_number(line);
  const auto inode = take_number(line);
  const auto offset = take_number(line);
  const auto head_bytes = take_number(line);
  const auto head_hash = take_number(line);
  const auto born_ns = take_number(line);
  const auto open = take_number(line);
  if (!device || !inode || !offset || !head_bytes || !head_hash || !born_ns || !open) return std::nullopt;
  if (*open > 1 || line.empty() || *born_ns > kLatestNs) return std::nullopt;
  if (*head_bytes > TailedFile::kHeadBytes || *head_bytes > *offset) return std::nullopt;
  return TailPlace{.identity = {*device, *inode},
                   .offset = *offset,
                   .head_bytes = *head_bytes,
                   .head_hash = *head_hash,
                   .born_ns = static_cast<std::int64_t>(*born_ns),
                   .path = std::string(line),
                   .open = *open == 1};
}

std::optional<std::vector<TailPlace>> read_places(std::string_view text) {
  if (!text.starts_with(kTitle)) return std::nullopt;
  text.remove_prefix(kTitle.size());
  std::vector<TailPlace> places;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line == fmt::format("end {}", places.size())) {
      return text.empty() ? std::optional(std::move(places)) : std::nullopt;
    }
    std::optional<TailPlace> place = read_place(line);
    if (!place) return std::nullopt;
    places.push_back(std::move(*place));
  }
  return std::nullopt;
}

std::string text_of_place(const TailPlace& place) {
  return fmt::format("{} {} {} {} {} {} {:d} {}", place.identity.device, place.identity.inode, place.offset,
                     place.head_bytes, place.head_hash, place.born_ns, place.open, place.path);
}

std::string text_of_places(const std::vector<TailPlace>& places) {
  std::string text(kTitle);
  for (const TailPlace& place : places) (text += text_of_place(place)) += '\n';
  return text += fmt::format("end {}\n", places.size());
}

Result<std::vector<TailPlace>> load_places(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.open()) {
    if (errno == ENOENT) return std::vector<TailPlace>{};
    return state_error("open", path, std::strerror(errno));
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return state_error("read", path, std::strerror(errno));
  if (!S_ISREG(status.st_mode) || static_cast<std::size_t>(status.st_size) > kMaxStateBytes) {
    return state_error("read", path, "it is not a state file");
  }
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  const ssize_t count = ::pread(file.get(), text.data(), text.size(), 0);
  if (count < 0) return state_error("read", path, std::strerror(errno));
  text.resize(static_cast<std::size_t>(count));
  std::optional<std::vector<TailPlace>> places = read_places(text);
  if (!places) return state_error("read", path, "it is not a whole state file; remove it to begin anew");
  return std::move(*places);
}

Result<std::monostate> save_places(const std::string& path, const std::vector<TailPlace>& places) {
  const std::string text = text_of_places(places);
  const std::string fresh = path + ".new";
  const Descriptor file(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kStateMode));
  if (!file.open()) return state_error("write", fresh, std::strerror(errno));
  if (!write_whole(file, text) || ::rename(fresh.c_str(), path.c_str()) != 0) {
    const int problem = errno;
    ::unlink(fresh.c_str());
    return state_error("write", path, std::strerror(problem));
  }
  return std::monostate{};
}

}  // namespace weir
