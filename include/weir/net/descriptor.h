// Descriptor: sole owner of one file descriptor. Used wherever the operating system hands one out.
// Must never close what it does not own; standard streams are duplicated first.
#pragma once

#include <utility>

namespace weir {

/// Closes its descriptor when it goes away. Movable, not copyable.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(-1); }

  /// The number, -1 when there is none.
  int get() const { return value_; }
  bool open() const { return value_ >= 0; }
  /// Gives up ownership.
  int release() { return std::exchange(value_, -1); }
  /// Closes what is held and owns `value` from now on.
  void reset(int value);

 private:
  int value_ = -1;
};

}  // namespace weir
