// THE format table: a format is one row here and one file beside this one. Must never know how a format works.
#include <array>

#include "native_parser.h"
#include "weir/parse/parser.h"

namespace weir {
namespace {

constexpr std::array kFormats{
    FormatRow{"native", "Weir's own JSON: an object, an array of objects, or one of them per line", make_native_parser},
};

}  // namespace

std::span<const FormatRow> format_table() { return kFormats; }

const FormatRow* find_format(std::string_view name) {
  for (const FormatRow& row : kFormats) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace weir
