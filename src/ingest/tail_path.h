// TailPath: one path of a tail: the file it names now, and the files it named before that are not done. Knows what
// rotation, truncation and deletion look like from outside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tail_places.h"
#include "tail_search.h"
#include "tailed_file.h"
#include "weir/ingest/tailer.h"

namespace weir {

/// What all paths of a tailer share.
struct TailShared {
  TailerContext context;
  std::size_t files_limit;
  std::size_t files_open = 0;
  TailPlaces places{Tailer::kPlaces};
  Known open_elsewhere;  // true for files that any path has open
  Known known;           // the same, and files that were read before, and copies of any of them
  bool changed = false;  // places moved since they were saved
};

/// Owned by the tailer.
class TailPath {
 public:
  TailPath(std::string name, const TailOptions& options, TailOptions::From from)
      : name_(std::move(name)), options_(options), from_(from) {}

  /// Looks where the path leads, and reads a bounded piece of each of its files, the oldest first.
  Tailer::Round attend(TailShared& shared);
  /// True when no file of it is open, or waits for being opened.
  bool idle() const { return current_ == nullptr && older_.empty() && !waiting_; }
  bool has_open(const FileIdentity& identity) const;
  /// Places of its open files, the oldest first.
  void add_places(std::vector<TailPlace>& places) const;

 private:
  struct Older {
    std::unique_ptr<TailedFile> file;
    TimeMs quiet_since_ms;
    TimeMs quiet_ms;  // so long may it be quiet before it is done
  };

  void resume(TailShared& shared);
  void resume_at(TailShared& shared, TailPlace place);
  void warn_of_lost(TailShared& shared, const TailPlace& place) const;
  void look(TailShared& shared);
  void accept(TailShared& shared, OpenedFile file);
  void leave_current(TailShared& shared);
  void take_over(TailShared& shared, OpenedFile file);
  bool bring_back(TailShared& shared, const FileIdentity& identity);
  std::unique_ptr<TailedFile> begin_anew(TailShared& shared, std::unique_ptr<TailedFile> file, std::size_t index);
  void add_missed(TailShared& shared, std::int64_t after_ns, const OpenedFile& next);
  void try_again(TailShared& shared, int problem);
  void add_from_start(TailShared& shared, OpenedFile file);
  bool add_older(TailShared& shared, OpenedFile file, std::uint64_t offset);
  struct Progress {
    TailedFile::Read last;  // what the last piece was
    bool any;               // something was read before
  };
  Progress read(TailShared& shared, TailedFile& file);
  Tailer::Round read_older(TailShared& shared);
  Tailer::Round read_current(TailShared& shared);
  void close(TailShared& shared, std::unique_ptr<TailedFile> file);
  std::unique_ptr<TailedFile> make(TailShared& shared, OpenedFile file, std::uint64_t offset);
  std::uint64_t first_offset(const OpenedFile& file) const;
  void complain(TailShared& shared, const std::string& what);

  std::string name_;
  const TailOptions& options_;
  TailOptions::From from_;  // for the first file found
  bool resumed_ = false;
  bool waiting_ = false;  // a file that left the path could not be opened yet
  std::unique_ptr<TailedFile> current_;
  TimeMs quiet_since_ms_ = 0;                 // of current_
  std::vector<Older> older_;                  // the oldest first
  std::optional<std::int64_t> left_born_ns_;  // when the file was made after which others may have come unseen
  FileIdentity refused_;                      // not to be looked at again: it is compressed
  std::string complaint_;                     // the last one logged
};

}  // namespace weir
