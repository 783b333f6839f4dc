// How an Event is put into bytes for a snapshot: all of it but the handle of its line. The journal, which has many
// more of them, has a shorter form of its own (store/event_record.h).
#pragma once

#include <cstddef>

#include "weir/core/codec.h"
#include "weir/model/event.h"

namespace weir {

/// No event takes fewer bytes.
inline constexpr std::size_t kLeastEventBytes = 3 + 8 * (6 + kDimensionCount);

/// The last byte of both forms: the type, and what an event is marked with.
std::uint8_t marks_of(const Event& event);
/// Takes the byte apart again; false when there is no such type.
bool set_marks(std::uint8_t marks, Event& event);

/// What parsers promise and the sums behind need: ids, and an amount within bounds.
bool may_be(const Event& event);

void save_event(const Event& event, ByteWriter& writer);
/// Fills `event`. False when the bytes are not what save_event() writes.
bool load_event(ByteReader& reader, Event& event);

}  // namespace weir
