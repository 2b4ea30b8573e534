/* Versions of a beginning: what was sent for the first bytes of a stream more than once, with other
 * content.
 *
 * Who hides a name sends false beginnings that the server never takes, or never sees: before the
 * true one, behind it, in place of one of its pieces, as another protocol's. From where we stand
 * all of them may have been taken. So each piece that does not simply go on is kept beside the
 * stream, and so is the beginning that was read, where it came in pieces, until the other end
 * answers. Then the pieces are put together again in the ways in which a receiver may have taken
 * them: that is a version.
 *
 * However many pieces there are, of each byte what came first and what came last is kept until
 * then: noise around true pieces leaves one of the two whole.
 *
 * Memory   four streams of the reassembly a direction, only where something is in doubt.
 * Threads  one.
 * Failure  no room: says so, and nothing is kept. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/classify/l7_session.h"
#include "collector/reassembly.h"

enum versions_news { VERSIONS_KNOWN, VERSIONS_KEPT, VERSIONS_FULL };

/* A piece of the stream, so many bytes behind its first one, that does not simply go on. */
struct version_piece {
	uint32_t place;
	struct reader in;
	bool is_cut;  /* the capture cut it off */
	bool is_late; /* some of its place had been acknowledged */
};
enum versions_news versions_keep(struct reassembly *reassembly, struct direction *direction,
	const struct version_piece *piece);

/* Do these bytes put nothing new in the place of what is known of the stream? What was used and is
 * not kept is not known. */
bool versions_agree(const struct reassembly *reassembly, const struct direction *direction,
	uint32_t place, struct reader in);

/* The stream is given up; what is there of it may still be a piece of a version. */
void versions_keep_stream(struct reassembly *reassembly, struct direction *direction);

/* Is all that is kept of the first place, so that none of it waits for what comes before? */
bool versions_begin(const struct reassembly *reassembly, const struct direction *direction);

/* The pieces, but not what came first and last of each byte; and all of it. */
void versions_forget_pieces(struct reassembly *reassembly, struct direction *direction);
void versions_forget(struct reassembly *reassembly, struct direction *direction);

/* What somebody makes of a version, as far as it is there. */
enum version_look { VERSION_OTHER, VERSION_GROWS, VERSION_WHOLE };

struct version {
	struct reader bytes;
	bool is_cut;   /* the capture cut it off there */
	bool is_mixed; /* of parts of segments: one was left before its end */
	bool is_late;  /* with a piece that came behind an acknowledgement */
};

typedef enum version_look version_look_fn(void *context, const struct version *version);

/* Looks at so many versions, beginning with the one of which each piece is the first that was sent
 * for its place, or the last. False where there are too many to look at all of them: then the one
 * of which each byte is the first, or the last, is among those that were. Memory:
 * REASSEMBLY_BYTES_MAX.
 */
bool versions_look(const struct reassembly *reassembly, const struct direction *direction,
	bool last_first, unsigned looks, uint8_t *memory, version_look_fn *look, void *context);

/* What was kept in order behind a version that ends at this place, for it to go on with; no bytes:
 * nothing. */
struct reader versions_behind(
	const struct reassembly *reassembly, const struct direction *direction, uint32_t end);
