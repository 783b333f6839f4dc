// Query strings: names and values of "a=1&b=2", and what percent-encoding hides. For formats that are all query.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "text_room.h"

namespace weir {

/// Calls `visit(name, value)` for every parameter, both as written. Names are compared as written, too: the clients
/// of these formats do not encode theirs.
template <class Visit>
void each_parameter(std::string_view query, Visit visit) {
  while (!query.empty()) {
    const std::size_t size = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, size);
    query.remove_prefix(std::min(size + 1, query.size()));
    const std::size_t equals = parameter.find('=');
    if (equals != std::string_view::npos) visit(parameter.substr(0, equals), parameter.substr(equals + 1));
  }
}

/// What stands behind the '?' of a url or of "?a=1"; a text that is no url but a query is given back whole.
std::string_view query_of(std::string_view text);

/// `value` with %HH and '+' decoded into `texts` if there are any; malformed escapes stay as they are. Needs at most
/// value.size() bytes.
std::string_view decoded_value(std::string_view value, TextRoom& texts);

/// A decoded value as a number, or nullopt when it is none of JSON's.
std::optional<std::uint64_t> whole_of_value(std::string_view value);
std::optional<double> amount_of_value(std::string_view value);

/// The values of some names. kKeys: any number of names, found by their place in it.
template <std::size_t kCount>
class Parameters {
 public:
  explicit Parameters(const std::array<std::string_view, kCount>& keys) : keys_(keys) {}

  /// Takes the parameters of `query` that are not there yet and not empty.
  void take(std::string_view query) {
    each_parameter(query, [this](std::string_view name, std::string_view value) {
      for (std::size_t i = 0; i < kCount; ++i) {
        if (keys_[i] != name) continue;
        if (values_[i].empty()) values_[i] = value;
        return;
      }
    });
  }
  /// As written; empty when absent. `name` is one of the keys.
  std::string_view raw(std::string_view name) const {
    for (std::size_t i = 0; i < kCount; ++i) {
      if (keys_[i] == name) return values_[i];
    }
    return {};
  }
  std::string_view text(std::string_view name, TextRoom& texts) const { return decoded_value(raw(name), texts); }

 private:
  const std::array<std::string_view, kCount>& keys_;
  std::array<std::string_view, kCount> values_{};
};

}  // namespace weir
