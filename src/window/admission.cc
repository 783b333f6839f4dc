// Admission: which cells are exported over time, such that no exported counter ever goes back.
#include <algorithm>

#include "weir/window/report_builder.h"

namespace weir {
namespace {

constexpr std::size_t kMaxOtherSites = 4;

}  // namespace

std::vector<std::string> OtherSites::fold_labels(const std::vector<std::string>& labels) {
  std::vector<std::string> folded(labels.size(), std::string(kOtherLabel));
  const std::string& site = labels[0];
  if (labels.size() > 1 && (sites_.contains(site) || sites_.size() < kMaxOtherSites)) {
    sites_.insert(site);
    folded[0] = site;
  }
  return folded;
}

void Admission::update(std::span<const CellSnapshot> cells, std::span<const std::int64_t> weights) {
  std::vector<Candidate> inside;
  std::vector<Candidate> outside;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    total += weights[i];
    if (cells[i].other) continue;
    (exported_->contains(cells[i].key) ? inside : outside).push_back({&cells[i], weights[i]});
  }
  const auto heavier = [](const Candidate& a, const Candidate& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.cell->labels < b.cell->labels;
  };
  std::sort(outside.begin(), outside.end(), heavier);
  std::sort(inside.begin(), inside.end(), heavier);
  exported_ = std::make_shared<CellKeySet>(*exported_);
  make_up_for_folding(inside);
  CellKeySet outside_now;
  const auto limit = static_cast<std::int64_t>(limit_);
  for (const Candidate& candidate : outside) {
    const bool has_sessions = candidate.cell->all_time[Part::kSessions] > 0;
    if (exported_->size() < limit_ && has_sessions) {
      admit(*candidate.cell);
      continue;
    }
    // A full house makes room for a cell of more than 1/limit of the sessions, and for one twice as heavy as the
    // lightest.
    if (!inside.empty() && candidate.weight > inside.back().weight) {
      const bool heavy = candidate.weight * limit > total;
      if (heavy || candidate.weight > 2 * inside.back().weight) {
        dismiss(inside.back().cell->key);
        outside_now.insert(inside.back().cell->key);
        inside.pop_back();
        admit(*candidate.cell);
        continue;
      }
    }
    outside_now.insert(candidate.cell->key);
  }
  outside_ = std::move(outside_now);
  for (const CellSnapshot& cell : cells) {
    if (exported_->contains(cell.key)) shown_[cell.key] = {cell.labels, cell.counters};
  }
}

void Admission::make_up_for_folding(std::span<const Candidate> inside) {
  CellKeySet present;
  for (const Candidate& candidate : inside) {
    const CellSnapshot& cell = *candidate.cell;
    present.insert(cell.key);
    Counters loss = shown_.at(cell.key).counters;
    if (cell.counters.totals[Part::kSessions] >= loss.totals[Part::kSessions]) continue;
    loss.merge(cell.counters, -1);
    before_[cell.key].merge(loss, -1);
    corrections_[fold_labels(cell.labels)].merge(loss);
  }
  std::vector<CellKey> gone;
  for (const auto& [key, shown] : shown_) {
    if (!present.contains(key)) gone.push_back(key);
  }
  for (const CellKey key : gone) dismiss(key);
}

void Admission::admit(const CellSnapshot& cell) {
  exported_->insert(cell.key);
  // A cell not yet seen as part of __other__ brings all its counts along.
  if (!outside_.contains(cell.key)) return;
  before_[cell.key] = cell.counters;
  corrections_[fold_labels(cell.labels)].merge(cell.counters, -1);
}

void Admission::dismiss(CellKey key) {
  exported_->erase(key);
  before_.erase(key);
  const auto shown = shown_.find(key);
  corrections_[fold_labels(shown->second.labels)].merge(shown->second.counters);
  shown_.erase(shown);
}

Counters Admission::counters_of(const CellSnapshot& cell) const {
  Counters counters = cell.counters;
  const auto before = before_.find(cell.key);
  if (before != before_.end()) counters.merge(before->second, -1);
  return counters;
}

std::vector<std::vector<std::string>> Admission::corrected_others() const {
  std::vector<std::vector<std::string>> labels;
  for (const auto& [other_labels, counters] : corrections_) labels.push_back(other_labels);
  return labels;
}

void Admission::correct_other(const std::vector<std::string>& other_labels, Counters& other) const {
  const auto correction = corrections_.find(other_labels);
  if (correction != corrections_.end()) other.merge(correction->second, -1);
}

}  // namespace weir
