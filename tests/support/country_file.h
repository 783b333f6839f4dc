// Writes small MaxMind databases for tests: a search tree over address bits, then the countries it points to.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/ip_address.h"

namespace weir::support {

/// A network and the two letters its entry has in map `field` ("country", "registered_country").
struct CountryRow {
  std::string_view network;
  std::string_view field;
  std::string_view code;
};

/// Format: MaxMind DB 2.0 with records of 24 bits. Networks must not overlap.
class CountryFile {
 public:
  CountryFile(const std::vector<CountryRow>& rows, std::string_view kind) {
    for (const CountryRow& row : rows) {
      const auto data_offset = static_cast<unsigned>(data_.size());
      data_ += map_of(1) + text_of(row.field) + map_of(1) + text_of("iso_code") + text_of(row.code);
      add(*parse_ip_network(row.network), data_offset);
    }
    kind_ = kind;
  }

  void write(const std::filesystem::path& path) const {
    const auto node_count = static_cast<unsigned>(nodes_.size());
    std::ofstream file(path, std::ios::binary);
    for (const Node& node : nodes_) {
      for (const unsigned record : {node.zero, node.one}) {
        const unsigned value = record == 0 ? node_count : record >= kData ? record - kData + node_count + 16 : record;
        file << number_of(value, 3);
      }
    }
    file << std::string(16, '\0') << data_ << "\xAB\xCD\xEFMaxMind.com" << map_of(9);
    file << text_of("binary_format_major_version") << "\xA1" << number_of(2, 1);
    file << text_of("binary_format_minor_version") << "\xA1" << number_of(0, 1);
    file << text_of("build_epoch") << "\x04\x02" << number_of(1'700'000'000, 4);
    file << text_of("database_type") << text_of(kind_);
    file << text_of("description") << map_of(0);
    file << text_of("ip_version") << "\xA1" << number_of(6, 1);
    file << text_of("languages") << std::string("\x00\x04", 2);
    file << text_of("node_count") << "\xC4" << number_of(node_count, 4);
    file << text_of("record_size") << "\xA1" << number_of(24, 1);
  }

 private:
  struct Node {
    unsigned zero = 0, one = 0;  // 0: nothing; from kData on: an offset into the data
  };
  static constexpr unsigned kData = 1U << 30;

  static std::string number_of(unsigned value, int bytes) {
    std::string text;
    for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i) & 0xff);
    return text;
  }
  static std::string text_of(std::string_view text) {
    return static_cast<char>(2 << 5 | static_cast<int>(text.size())) + std::string(text);
  }
  static std::string map_of(int pairs) { return {static_cast<char>(7 << 5 | pairs)}; }

  void add(IpNetwork network, unsigned data_offset) {
    if (network.base.is_v4()) network.base.bytes[10] = network.base.bytes[11] = 0;  // IPv4 lies at ::/96
    std::size_t node = 0;
    for (unsigned bit = 0; bit < network.bits; ++bit) {
      const bool one = network.base.bytes[bit / 8] >> (7 - bit % 8) & 1;
      const bool last = bit + 1 == network.bits;
      unsigned next = one ? nodes_[node].one : nodes_[node].zero;
      if (last) next = kData + data_offset;
      if (next == 0) {
        next = static_cast<unsigned>(nodes_.size());
        nodes_.emplace_back();
      }
      (one ? nodes_[node].one : nodes_[node].zero) = next;
      node = next;
    }
  }

  std::vector<Node> nodes_{1};
  std::string data_;
  std::string kind_;
};

}  // namespace weir::support
