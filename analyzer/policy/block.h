/* Block outcome: what became of an attempt that a network may block.
 *
 * An unanswered SYN is not the only block. Next-generation firewalls let the handshake happen, read
 * the name in the first message and then drop or reset; others answer the lookup with nothing. An
 * attempt passed only when the service itself sent something of its own.
 *
 * Records hold IP bytes, so that payload is told from headers by size (block.c). Pure functions. */
#pragma once

#include <stdbool.h>

#include "analyzer/record/record.h"

enum { IP_PROTOCOL_TCP = 6, IP_PROTOCOL_UDP = 17, IP_PROTOCOL_SCTP = 132 };

/* Of the flow up to the end of this part. BLOCK_NONE where it cannot be told: a lookup that was
 * answered, a ping, nothing asked yet, the other direction out of sight. */
enum block_outcome block_outcome_of(const struct record *record);

/* Had the service answered before this part began? */
bool service_had_answered(const struct record *record);
