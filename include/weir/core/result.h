// Result<T>: how set-up code fails. An Error carries one message that says what went wrong, where,
// and what to do. Per-event failures are counted enum values instead (model/rejection.h).
#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>

namespace weir {

/// Why a set-up step failed. The message is one or more whole lines, ready to print.
struct Error {
  std::string message;
};

/// Called by boost::system::result when `value()` is asked of a failed result: a broken assumption.
[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::logic_error("value() of a failed result: " + error.message);
}

/// A value or an Error. Test with `if (!result)`, then `*result` or `result.error().message`.
template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
 public:
  using boost::system::result<T, Error>::result;
};

}  // namespace weir
