// Reads CSV as RFC 4180 has it: quoted fields may hold commas, quotes written twice, and newlines.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace weir::support {

/// Rows of a CSV text with a header row, as column name -> field.
inline std::vector<std::map<std::string, std::string>> read_csv(const std::string& text) {
  std::vector<std::vector<std::string>> table{{""}};
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char byte = text[i];
    if (byte == '"' && quoted && i + 1 < text.size() && text[i + 1] == '"') {
      table.back().back() += text[++i];
    } else if (byte == '"') {
      quoted = !quoted;
    } else if (byte == ',' && !quoted) {
      table.back().emplace_back();
    } else if (byte == '\n' && !quoted) {
      table.push_back({""});
    } else if (byte != '\r' || quoted) {
      table.back().back() += byte;
    }
  }
  std::vector<std::map<std::string, std::string>> rows;
  for (std::size_t i = 1; i < table.size(); ++i) {
    if (table[i].size() != table[0].size()) continue;  // the empty line at the end
    std::map<std::string, std::string> row;
    for (std::size_t k = 0; k < table[i].size(); ++k) row[table[0][k]] = table[i][k];
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace weir::support
