// TailPlaces: places of files that are not open now, the oldest first, and never more than a limit. The memory of the
// tailer for files that come back: under another name, or after a restart.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tailed_file.h"

namespace weir {

/// Owned by one thread.
class TailPlaces {
 public:
  explicit TailPlaces(std::size_t limit) : limit_(limit) {}

  void remember(TailPlace place) {
    forget(place.identity);
    if (places_.size() >= limit_) places_.erase(places_.begin());
    places_.push_back(std::move(place));
  }
  void forget(const FileIdentity& identity) {
    std::erase_if(places_, [&](const TailPlace& place) { return place.identity == identity; });
  }
  /// The place in this file, if it begins as it did. Device numbers may change with a restart of the machine. In a file
  /// that shrank the place is its end.
  std::optional<TailPlace> find(const OpenedFile& file) const {
    for (const TailPlace& place : places_) {
      const bool same =
          place.identity == file.identity || (place.identity.inode == file.identity.inode && place.head_bytes > 0);
      // Any file begins as an empty one did, and inodes are used again.
      const bool told_apart = place.head_bytes > 0 || place.born_ns == file.born_ns;
      const bool whole = file.size >= place.offset || place.head_bytes == TailedFile::kHeadBytes;
      if (!same || !told_apart || !whole || !begins_as(file, place)) continue;
      TailPlace found = place;
      found.offset = std::min(found.offset, file.size);
      return found;
    }
    return std::nullopt;
  }
  const std::vector<TailPlace>& all() const { return places_; }

 private:
  std::size_t limit_;
  std::vector<TailPlace> places_;
};

}  // namespace weir
