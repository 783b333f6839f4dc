// The limit of open descriptors: raised at the start, and never used up by connections. A process that has none left
// can neither sync its journal nor be asked what is wrong.
#pragma once

namespace weir {

/// Descriptors that connections of event sources leave to files, the journal and operators. A quarter of the limit when
/// that is less.
inline constexpr unsigned kSpareDescriptors = 64;

/// Raises the limit as far as the system lets this process: the usual 1,024 are fewer than the default of connections.
void raise_descriptor_limit();

/// Whether this descriptor is one of the last, which are spare. The system hands out the lowest one that is free.
bool is_spare(int descriptor);

}  // namespace weir
