/* What other tools take of a flow: a capture filter (pcap-filter), a display filter (tshark,
 * Wireshark), its Community ID where that is stored, and its time window.
 *
 * Pure; any thread. */
#pragma once

#include "analyzer/format/fields.h"
#include "base/text.h"

/* Nothing is put where no such filter finds the flow: of a device that is a pseudonym its own end
 * is left out, and inside most tunnels a capture filter sees nothing. */
void flows_pivot_capture(struct text *text, const struct field_view *view);
void flows_pivot_display(struct text *text, const struct field_view *view);
/* Seconds since 1970 with nine decimals, as frame.time_epoch has it. */
void flows_pivot_from(struct text *text, const struct field_view *view);
void flows_pivot_to(struct text *text, const struct field_view *view);
