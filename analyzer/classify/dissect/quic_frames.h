/* Frames of an opened Initial: the CRYPTO frames one after the other, with what may stand between
 * them stepped over.
 *
 * Versions of the IETF (RFC 9000, 19), and Google's Q050, T050 and T051, which put frames of their
 * own into packets of the IETF's: other numbers for the same things, and an acknowledgement whose
 * first byte says how long its numbers are. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/reader.h"

struct quic_frames {
	struct reader in;
	bool is_google;
	bool is_cut; /* the capture ends within: a frame is read as far as it goes */
};

bool quic_has_google_frames(uint32_t version);

/* The next CRYPTO frame; false where there is none, or one that does not belong here. */
bool quic_next_crypto(struct quic_frames *frames, uint64_t *offset, struct reader *data);
