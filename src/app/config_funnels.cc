// The kind of funnels: a map of funnel names to lists of steps. A step that could never match is a fault here, because
// later it would only look like a funnel that leaks everything.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_set>

#include "weir/app/config_kinds.h"
#include "weir/core/text.h"

namespace weir {
namespace {

constexpr std::size_t kMaxStepTextBytes = 256;  // of a step's name or pattern

struct StepKindRow {
  std::string_view key;
  FunnelStep::Kind kind;
};
constexpr std::array<StepKindRow, 3> kStepKinds{{{"page", FunnelStep::Kind::kPage},
                                                 {"conversion", FunnelStep::Kind::kConversion},
                                                 {"event", FunnelStep::Kind::kEvent}}};
constexpr std::string_view kNameKey = "name";
constexpr std::string_view kStepExpected =
    "a step such as {name: cart, page: /cart} with one of page, conversion and event";

const StepKindRow* find_step_kind(std::string_view key) {
  for (const StepKindRow& row : kStepKinds) {
    if (row.key == key) return &row;
  }
  return nullptr;
}

/// What a pattern should have been; empty when it can match.
std::string problem_of_pattern(FunnelStep::Kind kind, std::string_view pattern) {
  if (pattern.empty() || !is_clean_label(pattern, kMaxStepTextBytes)) {
    return fmt::format("a text of 1 to {} bytes", kMaxStepTextBytes);
  }
  if (kind != FunnelStep::Kind::kPage) return {};
  if (pattern[0] != '/' && pattern[0] != '*' && pattern[0] != '?') return "a page pattern that starts with / or *";
  if (pattern.size() > 1 && pattern.ends_with('/')) return "a page without a slash at its end, as pages are kept";
  if (pattern.find('#') != std::string_view::npos) return "a page without fragment, as pages are kept";
  return {};
}

/// Where a step stands, for messages.
struct StepPlace {
  std::string key;  // "funnels.checkout, step 2"
  ConfigFaults& faults;
};

/// Reads one key of a step into it. False after a fault.
bool read_step_key(const StepPlace& place, const YamlKey& key, const YamlNode& value, FunnelStep& step) {
  const StepKindRow* row = find_step_kind(key.text);
  const std::string path = fmt::format("{}, {}", place.key, key.text);
  if (row == nullptr && key.text != kNameKey) {
    std::vector<std::string> known{std::string(kNameKey)};
    for (const StepKindRow& step_kind : kStepKinds) known.emplace_back(step_kind.key);
    place.faults.add(key.position, path, "unknown key" + cure_of_unknown(key.text, known));
    return false;
  }
  if (value.kind != YamlNode::Kind::kText) {
    add_value_fault(place.faults, path, value, "a text");
    return false;
  }
  if (row == nullptr) {
    const bool usable = !value.text.empty() && is_clean_label(value.text, kMaxStepTextBytes);
    if (!usable) {
      add_value_fault(place.faults, path, value, fmt::format("a name of 1 to {} bytes", kMaxStepTextBytes));
    }
    step.name = value.text;
    return usable;
  }
  const std::string problem = problem_of_pattern(row->kind, value.text);
  if (!problem.empty()) add_value_fault(place.faults, path, value, problem);
  step.kind = row->kind;
  step.pattern = value.text;
  return problem.empty();
}

std::optional<FunnelStep> read_step(const StepPlace& place, const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kMap) {
    add_value_fault(place.faults, place.key, node, kStepExpected);
    return std::nullopt;
  }
  FunnelStep step;
  bool good = true;
  std::vector<std::string> kinds;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const std::string& key = node.keys[i].text;
    const bool repeated = std::find(kinds.begin(), kinds.end(), key) != kinds.end();  // a fault already
    if (find_step_kind(key) != nullptr && !repeated) kinds.push_back(key);
    if (!read_step_key(place, node.keys[i], node.items[i], step)) good = false;
  }
  // A step with an unknown key most likely has its kind misspelled: one fault is enough for it.
  const bool kind_may_be_misspelled = kinds.empty() && !good;
  if (kinds.size() != 1 && !kind_may_be_misspelled) {
    const std::string found =
        kinds.empty() ? "none of page, conversion and event" : fmt::format("{}", fmt::join(kinds, " and "));
    place.faults.add(node.position, place.key,
                     fmt::format("found {}; expected exactly one of page, conversion, event", found));
    return std::nullopt;
  }
  if (!good) return std::nullopt;
  if (step.name.empty()) step.name = step.pattern;
  return step;
}

void read_steps(const OptionReading& reading, const YamlKey& name, const YamlNode& node, Funnel& funnel) {
  const std::string path = "funnels." + name.text;
  const bool counted = node.items.size() >= 2 && node.items.size() <= kMaxFunnelSteps;
  if (node.kind != YamlNode::Kind::kList) {
    return add_value_fault(reading.faults, path, node, reading.row.kind->expected(reading.row));
  }
  if (!counted) {
    reading.faults.add(node.position, path,
                       fmt::format("found a list of {}; expected 2 to {} steps", node.items.size(), kMaxFunnelSteps));
  }
  std::unordered_set<std::string> names;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const StepPlace place{fmt::format("{}, step {}", path, i + 1), reading.faults};
    std::optional<FunnelStep> step = read_step(place, node.items[i]);
    if (!step) continue;
    if (!names.insert(step->name).second) {
      reading.faults.add(
          node.items[i].position, place.key,
          fmt::format("found \"{}\" a second time; expected a name of its own for each step", step->name));
    }
    funnel.steps.push_back(std::move(*step));
  }
}

void read_funnels(const OptionReading& reading) {
  const YamlNode& node = reading.node;
  std::vector<Funnel> funnels;
  std::size_t total_steps = 0;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const YamlKey& key = node.keys[i];
    const std::string path = "funnels." + key.text;
    if (!is_metric_name(key.text)) {
      reading.faults.add(key.position, path,
                         fmt::format("found the name \"{}\"; expected a to z, 0 to 9 and _, a letter first, at most {} "
                                     "bytes",
                                     clean_label(key.text, kMaxNameBytes), kMaxNameBytes));
    }
    if (i == kMaxFunnels) {
      reading.faults.add(key.position, path,
                         fmt::format("found {} funnels; expected at most {}", node.keys.size(), kMaxFunnels));
    }
    Funnel funnel{.name = key.text, .steps = {}};
    read_steps(reading, key, node.items[i], funnel);
    const std::size_t steps_before = total_steps;
    total_steps += funnel.steps.size();
    if (steps_before <= kMaxFunnelStepsTotal && total_steps > kMaxFunnelStepsTotal) {
      reading.faults.add(key.position, path,
                         fmt::format("found {} steps up to here; expected at most {} in all funnels together",
                                     total_steps, kMaxFunnelStepsTotal));
    }
    funnels.push_back(std::move(funnel));
  }
  *std::get<std::vector<Funnel>*>(reading.slot) = std::move(funnels);
}

std::string text_of_step(const FunnelStep& step) {
  for (const StepKindRow& row : kStepKinds) {
    if (row.kind != step.kind) continue;
    return fmt::format("{{name: {}, {}: {}}}", yaml_quoted(step.name), row.key, yaml_quoted(step.pattern));
  }
  return {};
}

std::string text_of_funnels(const OptionSlot& slot) {
  std::vector<std::string> funnels;
  for (const Funnel& funnel : *std::get<std::vector<Funnel>*>(slot)) {
    std::vector<std::string> steps;
    for (const FunnelStep& step : funnel.steps) steps.push_back(text_of_step(step));
    funnels.push_back(fmt::format("{}: [{}]", funnel.name, join_words(steps)));
  }
  return "{" + join_words(funnels) + "}";
}

}  // namespace

const OptionKind kFunnelsKind{
    .read = read_funnels,
    .text = text_of_funnels,
    .expected =
        [](const OptionRow& row) {
          return fmt::format("a list of {} to {} steps such as [{{page: /cart}}, {{conversion: purchase}}]",
                             row.minimum, row.maximum);
        },
};

}  // namespace weir
