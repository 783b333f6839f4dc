// Closing of descriptors; the only place that calls close() on what Descriptor owns.
#include "weir/net/descriptor.h"

#include <unistd.h>

namespace weir {

void Descriptor::reset(int value) {
  // A failed close() leaves nothing to do: Linux has freed the number in every case.
  if (value_ >= 0) ::close(value_);
  value_ = value;
}

}  // namespace weir
