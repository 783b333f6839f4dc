// A part of the KPI table as it is shown. Shared by the renderers.
#pragma once

#include "weir/kpi/kpi_table.h"

namespace weir {

/// The value of a part in the unit of its name. Divides instead of multiplying by the scale: 0.001 has no exact
/// double, but its reciprocal rounds to 1000, so 403779 ms become 403.779 s and not 403.77900000000005.
inline double scaled_value(const PartRow& row, const Totals& totals) {
  return static_cast<double>(totals[row.part]) / (1.0 / row.scale);
}

}  // namespace weir
