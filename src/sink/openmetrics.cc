// OpenMetrics 1.0 from the text format 0.0.4, which it differs from in three things: the name of a counter's family is
// without _total, help escapes quotes, and there is an end.
#include <string>
#include <string_view>

#include "weir/sink/sinks.h"

namespace weir {
namespace {

constexpr std::string_view kHelp = "# HELP ";
constexpr std::string_view kTotal = "_total";

/// "weir_x_total rest" as "weir_x rest".
void append_family(std::string& out, std::string_view line) {
  std::string_view name = line.substr(0, line.find(' '));
  const std::string_view rest = line.substr(name.size());
  if (name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
  out.append(name).append(rest);
}

void append_help(std::string& out, std::string_view line) {
  std::string escaped;
  for (const char byte : line) {
    if (byte == '"') escaped += '\\';
    escaped += byte;
  }
  append_family(out, escaped);
}

}  // namespace

std::string render_openmetrics(const Report& report, const SinkOptions& options) {
  const std::string text = render_prometheus(report, options);
  std::string out;
  out.reserve(text.size() + 64);
  std::string_view rest = text;
  while (!rest.empty()) {
    // Samples are the same; each run of them is copied at once. Labels hold no line breaks, so none of them matches.
    const std::size_t end = rest.starts_with('#') ? 0 : rest.find("\n#");
    const std::string_view samples = rest.substr(0, end == 0 ? 0 : end == std::string_view::npos ? end : end + 1);
    out += samples;
    rest.remove_prefix(samples.size());
    if (rest.empty()) break;
    const std::string_view line = rest.substr(0, rest.find('\n') + 1);
    const std::string_view body = line.substr(kHelp.size());
    out += line.substr(0, kHelp.size());
    line.starts_with(kHelp) ? append_help(out, body) : append_family(out, body);
    rest.remove_prefix(line.size());
  }
  return out += "# EOF\n";
}

}  // namespace weir
