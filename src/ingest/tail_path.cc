#include "tail_path.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace weir {
namespace {

using Read = TailedFile::Read;
using Round = Tailer::Round;

constexpr int kPiecesPerRound = 16;  // of one file, then the next gets its turn
constexpr const char* kTooManyOpen = "sources.tail_files are open already";

/// find_rest() among files that nobody reads. Another one that was read to its end is no copy either, however alike it
/// begins.
SearchResult<std::optional<OpenedFile>> find_unread_rest(const std::string& path, const TailPlace& place,
                                                         const TailShared& shared) {
  return find_rest(path, place, [&](const OpenedFile& file) {
    if (shared.open_elsewhere(file)) return true;
    const std::optional<TailPlace> read = shared.places.find(file);
    return read && read->identity.inode != place.identity.inode && read->offset >= file.size;
  });
}

}  // namespace

bool TailPath::has_open(const FileIdentity& identity) const {
  if (current_ != nullptr && current_->identity() == identity) return true;
  for (const Older& older : older_) {
    // The one that is being looked at has no file for the moment.
    if (older.file != nullptr && older.file->identity() == identity) return true;
  }
  return false;
}

void TailPath::add_places(std::vector<TailPlace>& places) const {
  const auto add = [&](const TailedFile& file) {
    places.push_back(file.place(name_));
    places.back().open = true;
  };
  for (const Older& older : older_) add(*older.file);
  if (current_ != nullptr) add(*current_);
}

Round TailPath::attend(TailShared& shared) {
  resume(shared);
  look(shared);
  const Round older = read_older(shared);
  if (older != Round::kAtEnd) return older;  // what is left of them comes first
  return read_current(shared);
}

/// At the first look of this process: goes on with files that left the path while nobody watched. Later: with those
/// that had to wait because too many were open, and with searches that could not look everywhere.
void TailPath::resume(TailShared& shared) {
  if (resumed_ && !waiting_) return;
  if (shared.files_open >= shared.files_limit) return;  // there is no current file yet, or this was complained about
  Lookup now = open_file(name_);
  if (is_shortage(now.problem)) return try_again(shared, now.problem);
  const bool first_look = !std::exchange(resumed_, true);
  waiting_ = false;
  const std::optional<TailPlace> stayed = now.problem == 0 ? shared.places.find(now.file) : std::nullopt;
  const std::vector<TailPlace> places = shared.places.all();
  std::int64_t newest_ns = 0;
  for (const TailPlace& place : places) {
    if (place.path != name_) continue;
    from_ = TailOptions::From::kStart;  // what is there now and not known came while nobody watched
    newest_ns = std::max(newest_ns, place.born_ns);
    if (!stayed || stayed->identity != place.identity) resume_at(shared, place);
  }
  if (now.problem != 0) return;
  if (first_look && !stayed) left_born_ns_ = newest_ns;
  if (const auto born_ns = std::exchange(left_born_ns_, std::nullopt)) add_missed(shared, *born_ns, now.file);
  // The path may lead elsewhere by now: then this file was rotated, and look() finds that out.
  if (current_ == nullptr) accept(shared, std::move(now.file));
}

/// Goes on with a file that is not at the path any more.
void TailPath::resume_at(TailShared& shared, TailPlace place) {
  auto [rest, problem] = find_unread_rest(name_, place, shared);
  if (!rest && problem != 0) return try_again(shared, problem);
  if (!rest) {
    if (!place.open || shared.open_elsewhere(OpenedFile{.descriptor = {}, .identity = place.identity})) return;
    warn_of_lost(shared, place);
    place.open = false;
    return shared.places.remember(std::move(place));
  }
  // A writer may be late with what it adds to a file that was not done.
  if (rest->size == place.offset && !place.open) return;
  const bool is_copy = rest->identity.inode != place.identity.inode;
  if (!add_older(shared, std::move(*rest), place.offset)) return;
  shared.places.forget(place.identity);
  if (!is_copy) return;
  // The file itself was begun anew, and perhaps renamed since.
  auto [begun, shortage] = find_renamed(name_, place.identity);
  if (begun && !shared.open_elsewhere(*begun)) add_from_start(shared, std::move(*begun));
  if (!begun && shortage != 0) try_again(shared, shortage);
}

void TailPath::warn_of_lost(TailShared& shared, const TailPlace& place) const {
  shared.context.stats.add(Stat::kTailFilesLost);
  shared.changed = true;
  if (!shared.context.warn) return;
  shared.context.warn(fmt::format(
      "cannot find the rest of {}, which was read up to byte {} when Weir stopped: what was added to it since "
      "is not counted. A file that is rotated while Weir is away must stay, not compressed "
      "(logrotate: delaycompress)",
      name_, place.offset));
}

/// Finds out what the path leads to now.
void TailPath::look(TailShared& shared) {
  const std::optional<FileIdentity> identity = identity_of(name_);
  if (identity && current_ != nullptr && current_->identity() == *identity) return;
  if (identity && *identity == refused_) return;
  if (identity && bring_back(shared, *identity)) return;
  Lookup found = open_file(name_);
  if (found.problem == ENOENT) {
    from_ = TailOptions::From::kStart;  // what comes later is new from its first byte on
    if (current_ == nullptr) complain(shared, "it is not there yet");
    return;
  }
  if (found.problem == EINVAL) return complain(shared, "it is not a regular file");
  if (found.problem != 0) return complain(shared, std::strerror(found.problem));
  accept(shared, std::move(found.file));
}

/// Makes a file the current one unless something is against it.
void TailPath::accept(TailShared& shared, OpenedFile file) {
  if (file.identity == refused_) return;
  if (shared.open_elsewhere(file)) return;  // two paths, one file: it is read once
  if (shared.files_open >= shared.files_limit) {
    leave_current(shared);  // which makes room once it is quiet
    return complain(shared, kTooManyOpen);
  }
  take_over(shared, std::move(file));
}

/// A link that is turned back, or a file renamed back: goes on with a file that is still open.
bool TailPath::bring_back(TailShared& shared, const FileIdentity& identity) {
  for (std::size_t i = 0; i < older_.size(); ++i) {
    if (older_[i].file->identity() != identity) continue;
    std::unique_ptr<TailedFile> file = std::move(older_[i].file);
    older_.erase(older_.begin() + static_cast<std::ptrdiff_t>(i));
    leave_current(shared);
    current_ = std::move(file);
    return true;
  }
  return false;
}

/// The current file is not at the path any more.
void TailPath::leave_current(TailShared& shared) {
  if (current_ == nullptr) return;
  shared.context.stats.add(Stat::kTailRotations);
  left_born_ns_ = current_->born_ns();
  older_.push_back({std::move(current_), shared.context.clock.steady_ms(), Tailer::kQuietMs});
}

/// Makes a file that was just opened the current one.
void TailPath::take_over(TailShared& shared, OpenedFile file) {
  complaint_.clear();
  leave_current(shared);
  if (const auto born_ns = std::exchange(left_born_ns_, std::nullopt)) add_missed(shared, *born_ns, file);
  const std::optional<TailPlace> place = shared.places.find(file);
  const std::uint64_t offset = place ? place->offset : first_offset(file);
  if (place) shared.places.forget(place->identity);
  shared.places.forget(file.identity);  // of a file that had this inode before
  from_ = TailOptions::From::kStart;
  current_ = make(shared, std::move(file), offset);
  quiet_since_ms_ = shared.context.clock.steady_ms();
}

/// Where to begin in a file that was never read: at its start, or behind its last whole line.
std::uint64_t TailPath::first_offset(const OpenedFile& file) const {
  if (from_ == TailOptions::From::kStart) return 0;
  return end_of_lines(file);
}

/// A file was truncated, and perhaps copied before: the copy goes into older_ at `index`. Returns the file from its
/// start on; it is the same one, so its descriptor stays.
std::unique_ptr<TailedFile> TailPath::begin_anew(TailShared& shared, std::unique_ptr<TailedFile> file,
                                                 std::size_t index) {
  shared.context.stats.add(Stat::kTailTruncations);
  shared.changed = true;
  std::unique_ptr<ByteStream> stream = shared.context.intake.open_stream(SourceKind::kTail, options_.format);
  if (file->shrank_only()) {
    file->skip_to_end(std::move(stream));
    return file;
  }
  auto [copy, problem] = find_unread_rest(name_, file->place(name_), shared);
  if (!copy && problem != 0) complain(shared, std::strerror(problem));
  OpenedFile same;
  if (copy) {
    same = file->continue_in(std::move(*copy));
    older_.insert(older_.begin() + static_cast<std::ptrdiff_t>(index),
                  Older{std::move(file), shared.context.clock.steady_ms(), 0});
    ++shared.files_open;
  } else {
    same = file->finish(name_);
  }
  same.born_ns = same.changed_ns;  // copies of what it held were made before
  return std::make_unique<TailedFile>(std::move(same), std::move(stream), 0);
}

/// Files that came to the path and left it while nobody looked.
void TailPath::add_missed(TailShared& shared, std::int64_t after_ns, const OpenedFile& next) {
  const auto known = [&](const OpenedFile& file) { return file.identity == next.identity || shared.known(file); };
  const auto [missed, problem] = find_missed(name_, after_ns, next.born_ns, known);
  for (const MissedFile& file : missed) {
    shared.context.stats.add(Stat::kTailRotations);
    Lookup now = open_file(file.path);
    if (now.problem == 0 && now.file.identity == file.start.identity) {
      add_from_start(shared, std::move(now.file));
      continue;
    }
    shared.places.remember(file.start);  // renamed meanwhile, or there is no descriptor for it
    if (now.problem == 0) {
      waiting_ = true;
    } else {
      try_again(shared, now.problem);
    }
  }
  if (problem == 0) return;
  left_born_ns_ = after_ns;  // the search is not over
  try_again(shared, problem);
}

/// Something could not be looked at now: resume() does it later.
void TailPath::try_again(TailShared& shared, int problem) {
  waiting_ = true;
  complain(shared, std::strerror(problem));
}

/// Reads all of a file that left the path, later when too many are open now.
void TailPath::add_from_start(TailShared& shared, OpenedFile file) {
  TailPlace start = start_of(file, name_);
  if (!add_older(shared, std::move(file), 0)) shared.places.remember(std::move(start));
}

/// False when too many files are open. Its place must be remembered then: resume() opens it when there is room.
bool TailPath::add_older(TailShared& shared, OpenedFile file, std::uint64_t offset) {
  if (shared.files_open >= shared.files_limit) {
    waiting_ = true;
    complain(shared, kTooManyOpen);
    return false;
  }
  older_.push_back({make(shared, std::move(file), offset), shared.context.clock.steady_ms(), Tailer::kQuietMs});
  return true;
}

/// A bounded piece of one file.
TailPath::Progress TailPath::read(TailShared& shared, TailedFile& file) {
  for (int piece = 0; piece < kPiecesPerRound; ++piece) {
    const Read read = file.read_some(name_);
    if (read != Read::kSome) return {read, piece > 0};
    shared.changed = true;
    if (!shared.context.intake.has_room()) break;
  }
  return {Read::kSome, true};
}

Round TailPath::read_older(TailShared& shared) {
  const TimeMs now_ms = shared.context.clock.steady_ms();
  for (std::size_t i = 0; i < older_.size();) {
    if (!shared.context.intake.has_room()) return Round::kHeldBack;
    Older& older = older_[i];
    const Progress progress = read(shared, *older.file);
    if (progress.any) older.quiet_since_ms = now_ms;
    if (progress.last == Read::kSome) return Round::kMore;
    if (progress.last == Read::kOtherContent) {
      const std::size_t count = older_.size();
      std::unique_ptr<TailedFile> fresh = begin_anew(shared, std::move(older.file), i);
      older_[i + older_.size() - count].file = std::move(fresh);  // a copy may have come in front of it
      return Round::kMore;
    }
    if (progress.last == Read::kAtEnd && now_ms - older.quiet_since_ms < older.quiet_ms) {
      ++i;
      continue;
    }
    if (progress.last == Read::kFailed) complain(shared, std::strerror(errno));
    close(shared, std::move(older.file));
    older_.erase(older_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return Round::kAtEnd;
}

Round TailPath::read_current(TailShared& shared) {
  if (current_ == nullptr) return Round::kAtEnd;
  if (!shared.context.intake.has_room()) return Round::kHeldBack;
  const TimeMs now_ms = shared.context.clock.steady_ms();
  const Progress progress = read(shared, *current_);
  if (progress.any) quiet_since_ms_ = now_ms;
  switch (progress.last) {
    case Read::kSome:
      return Round::kMore;
    case Read::kOtherContent:
      current_ = begin_anew(shared, std::move(current_), older_.size());
      return Round::kMore;
    case Read::kAtEnd:
      if (now_ms - quiet_since_ms_ >= Tailer::kDeletedMs && current_->deleted()) close(shared, std::move(current_));
      return Round::kAtEnd;
    case Read::kCompressed:
      refused_ = current_->identity();
      complain(shared, "it is compressed; only plain files are tailed");
      close(shared, std::move(current_));
      return Round::kAtEnd;
    case Read::kFailed:
      break;
  }
  complain(shared, std::strerror(errno));
  // Tried again from the same place at the next look; the start of a line that was read is read again.
  TailPlace place = current_->place(name_);
  place.open = true;
  waiting_ = true;  // it may be renamed by then
  left_born_ns_ = place.born_ns;
  shared.places.remember(std::move(place));
  current_.reset();
  --shared.files_open;
  return Round::kAtEnd;
}

std::unique_ptr<TailedFile> TailPath::make(TailShared& shared, OpenedFile file, std::uint64_t offset) {
  ++shared.files_open;
  shared.changed = true;
  return std::make_unique<TailedFile>(std::move(file),
                                      shared.context.intake.open_stream(SourceKind::kTail, options_.format), offset);
}

/// A file is done. Its place is kept as long as it may be found again.
void TailPath::close(TailShared& shared, std::unique_ptr<TailedFile> file) {
  const bool deleted = file->deleted();
  static_cast<void>(file->finish(name_));
  if (!deleted) shared.places.remember(file->place(name_));
  --shared.files_open;
  shared.changed = true;
}

/// Counts a problem, and logs it when it is not the one logged last.
void TailPath::complain(TailShared& shared, const std::string& what) {
  shared.context.stats.add(Stat::kTailReadErrors);
  std::string text = fmt::format("cannot tail {}: {}; will try again", name_, what);
  if (text == complaint_) return;
  complaint_ = std::move(text);
  if (shared.context.warn) shared.context.warn(complaint_);
}

}  // namespace weir
