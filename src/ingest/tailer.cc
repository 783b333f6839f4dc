#include "weir/ingest/tailer.h"

#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <utility>

#include "tail_path.h"
#include "tail_state.h"

namespace weir {

struct Tailer::Parts {
  const std::vector<TailOptions> options;
  const std::string state_path;
  TailShared shared;
  std::map<std::string, TailPath> paths;
  bool scanned = false;
  TimeMs scanned_ms = 0;
  TimeMs saved_ms = 0;
  std::string complaint;  // about the state file; the last one logged

  Parts(const SourceOptions& source_options, const TailerContext& context)
      : options(source_options.tail),
        state_path(source_options.tail_state),
        shared{.context = context, .files_limit = source_options.tail_files, .open_elsewhere = {}, .known = {}} {}

  bool open_elsewhere(const FileIdentity& identity) const {
    return std::ranges::any_of(paths, [&](const auto& entry) { return entry.second.has_open(identity); });
  }

  /// Places of all files that are or were read, open ones last.
  std::vector<TailPlace> all_places() const {
    std::vector<TailPlace> places = shared.places.all();
    for (const auto& [name, path] : paths) path.add_places(places);
    return places;
  }

  bool known(const OpenedFile& file) const {
    if (open_elsewhere(file.identity)) return true;
    return std::ranges::any_of(all_places(), [&](const TailPlace& place) {
      return place.head_bytes > 0 && begins_as(file, place);  // an inode alone may have been used again
    });
  }

  /// Of places that are kept with the events, those of the last list, and behind them those of the last events.
  static std::optional<std::vector<TailPlace>> places_of(const KeptPlaces& kept) {
    std::optional<std::vector<TailPlace>> places = std::vector<TailPlace>{};
    if (!kept.all.empty()) places = read_places(kept.all);
    for (const auto& [source, text] : kept.marked) {
      const std::optional<TailPlace> place = read_place(text);
      if (!place || !places) return std::nullopt;
      std::erase_if(*places, [&](const TailPlace& listed) { return listed.identity == place->identity; });
      places->push_back(*place);
    }
    return places;
  }

  /// Whether places were kept with the events; then those of the state file are older.
  bool load_kept() {
    const std::optional<KeptPlaces> kept = shared.context.intake.kept_places();
    if (!kept || (kept->all.empty() && kept->marked.empty())) return false;
    std::optional<std::vector<TailPlace>> places = places_of(*kept);
    if (!places) warn("the places of tailed files in the journal make no sense; reading begins anew");
    if (places) {
      for (TailPlace& place : *places) shared.places.remember(std::move(place));
    }
    return true;
  }

  void load() {
    if (load_kept() || state_path.empty()) return;
    Result<std::vector<TailPlace>> places = load_places(state_path);
    if (!places) return warn(places.error().message);
    for (TailPlace& place : *places) shared.places.remember(std::move(place));
  }

  void warn(const std::string& text) const {
    if (shared.context.warn) shared.context.warn(text);
  }

  /// Finds the paths of all patterns, and forgets those that are gone and done.
  void scan(TimeMs now_ms) {
    if (scanned && now_ms - scanned_ms < kScanMs) return;
    std::vector<std::string> found;
    for (const TailOptions& option : options) {
      // At the first look a file may be old; what comes later is new.
      const TailOptions::From from = scanned ? TailOptions::From::kStart : option.from;
      for (std::string& name : paths_of(option.path, shared.files_limit)) {
        if (paths.size() < shared.files_limit) paths.try_emplace(name, name, option, from);
        found.push_back(std::move(name));
      }
      if (!scanned) add_remembered(option, found);
    }
    std::ranges::sort(found);
    std::erase_if(paths, [&](const auto& entry) {
      return entry.second.idle() && !std::ranges::binary_search(found, entry.first);
    });
    scanned = true;
    scanned_ms = now_ms;
  }

  /// Paths of a pattern whose files were rotated while nobody watched, and which lead nowhere now.
  void add_remembered(const TailOptions& option, std::vector<std::string>& found) {
    for (const TailPlace& place : shared.places.all()) {
      if (!place.open || ::fnmatch(option.path.c_str(), place.path.c_str(), FNM_PATHNAME | FNM_PERIOD) != 0) continue;
      if (paths.size() < shared.files_limit)
        paths.try_emplace(place.path, place.path, option, TailOptions::From::kStart);
      found.push_back(place.path);
    }
  }

  void save_if_due(TimeMs now_ms) {
    if (!shared.changed || now_ms - saved_ms < kSaveMs) return;
    saved_ms = now_ms;
    save();
  }

  void save() {
    shared.changed = false;
    const std::vector<TailPlace> places = all_places();
    shared.context.intake.keep_places(text_of_places(places));
    if (state_path.empty()) return;
    // A start takes what was kept with the events before this file, but for where nothing was yet: then the file must
    // not be ahead of lines that still wait to be kept.
    if (!shared.context.intake.keeps() && shared.context.intake.kept_places()) {
      shared.changed = true;
      return;
    }
    const Result<std::monostate> saved = save_places(state_path, places);
    if (saved) return complaint.clear();
    shared.changed = true;
    shared.context.stats.add(Stat::kTailStateErrors);
    if (saved.error().message == complaint) return;
    complaint = saved.error().message;
    warn(complaint);
  }
};

Tailer::Tailer(const SourceOptions& options, const TailerContext& context)
    : parts_(std::make_unique<Parts>(options, context)) {
  Parts* const parts = parts_.get();
  parts->shared.open_elsewhere = [parts](const OpenedFile& file) { return parts->open_elsewhere(file.identity); };
  parts->shared.known = [parts](const OpenedFile& file) { return parts->known(file); };
  parts->load();
}

Tailer::~Tailer() = default;

Tailer::Round Tailer::round() {
  const TimeMs now_ms = parts_->shared.context.clock.steady_ms();
  parts_->scan(now_ms);
  Round result = Round::kAtEnd;
  for (auto& [name, path] : parts_->paths) {
    const Round round = path.attend(parts_->shared);
    if (round == Round::kHeldBack) {
      result = Round::kHeldBack;
      break;  // the others would be held back as well
    }
    if (round == Round::kMore) result = Round::kMore;
  }
  parts_->shared.context.stats.set(Stat::kTailFilesOpen, static_cast<std::int64_t>(parts_->shared.files_open));
  parts_->save_if_due(now_ms);
  return result;
}

void Tailer::save() { parts_->save(); }

std::vector<std::string> Tailer::directories() const {
  std::vector<std::string> directories;
  for (const TailOptions& option : parts_->options) {
    // Wildcards in a directory's name are left to the paths found.
    std::string fixed = option.path.substr(0, option.path.find_first_of("*?["));
    std::ranges::move(directories_of(fixed), std::back_inserter(directories));
  }
  for (const auto& [name, path] : parts_->paths) {
    std::ranges::move(directories_of(name), std::back_inserter(directories));
  }
  return directories;
}

}  // namespace weir
