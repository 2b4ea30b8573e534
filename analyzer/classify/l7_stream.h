/* A TCP direction as its receiver takes it: which bytes of a segment count, and from where on.
 *
 * A stream begins behind its SYN. What lies before that was never sent for it, and what lies more
 * than REASSEMBLY_BYTES_MAX ahead is of no use to a reader of beginnings; a segment that
 * acknowledges nothing, or what the other end never said, is not taken (RFC 9293, 3.10.7.4; RFC
 * 5961, 5.2). Tools that hide a name send false hellos in all of these ways, and every way of
 * theirs looks right to a reader who passes over the numbers.
 *
 * Two things are not certain at once. Bytes in a SYN were taken only if what follows does not begin
 * with them again (RFC 7413). A few zeros at the start may be the padding of a small frame, which
 * some stacks count as payload; they may be the stream's own as well.
 *
 * An urgent byte has a number and is kept from who reads the stream (RFC 6093, 3.1; sockets are
 * asked to have it otherwise, and few are): what follows it moves up by one.
 *
 * What comes twice with different content at one place cannot be told by numbers: the first content
 * is the stream's, the other one is a version of it (l7_versions.h), until the other end answers.
 *
 * Threads  one. Failure  none: where there is no room the direction is given up, and counted. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/classify/l7_session.h"
#include "collector/collector.h"

/* What a segment did. */
enum l7_stream_news {
	L7_STREAM_NOTHING, /* nothing new that could be read */
	L7_STREAM_BYTES,   /* there is something to be read */
	L7_STREAM_ENOUGH,  /* it goes on without a piece that will not come */
	L7_STREAM_NO_ROOM
};

struct l7_segment {
	const struct packet *packet;
	const struct peek *peek;
	bool peer_has_spoken; /* payload of the other end was seen */
	bool may_begin_again; /* another version of what was said is of interest */
};

/* Takes a segment of the direction. *bytes: with L7_STREAM_BYTES and L7_STREAM_ENOUGH, all that can
 * be read, in the packet where nothing else is kept. */
enum l7_stream_news l7_stream_take(struct reassembly *reassembly, struct direction *direction,
	const struct l7_segment *segment, struct reader *bytes);

/* Where the segment does not simply go on with what is there it is kept, as a piece of another
 * version of the beginning. Before it is taken. */
enum l7_stream_version {
	L7_VERSION_NONE,
	L7_VERSION_KEPT,
	L7_VERSION_INSTEAD, /* kept, and it stands in place of what was used: not to be taken */
	L7_VERSION_NO_ROOM  /* what is kept is to be looked at now, and forgotten */
};
enum l7_stream_version l7_stream_keep_version(struct reassembly *reassembly,
	struct direction *direction, const struct l7_segment *segment);

/* Is the segment simply the next piece of a stream that goes on: nothing is kept of either
 * direction, nothing is in doubt, and its bytes can be read in the packet? Changes nothing. */
bool l7_stream_goes_on(const struct direction *direction, const struct direction *other,
	const struct l7_segment *segment);

/* The other end has acknowledged this number: true where bytes that were unsure turned out to have
 * been taken, and can be read now. */
bool l7_stream_acknowledge(
	struct reassembly *reassembly, struct direction *direction, uint32_t tcp_ack);

/* Nothing better came than bytes that acknowledged what was never said: where the other end began
 * more than once, with other numbers, they are the stream's. True where there are such bytes. */
bool l7_stream_take_doubtful(struct direction *direction);

/* The first `used` bytes of what was read are done with; `rest` is what is left of it, and is kept.
 * False where there is no room for it. */
bool l7_stream_use(struct reassembly *reassembly, struct direction *direction, size_t used,
	const struct reader *rest);

/* What is there from the start on is about to be used, and another version of it may come: where it
 * came in pieces it is kept as it is. */
void l7_stream_keep_said(struct direction *direction);

/* Of a client of whom something is kept, and whose first bytes were missed: have they been taken,
 * as the segment tells, and what is kept behind them as well? The other end has acknowledged it; or
 * nothing is heard of that one, and the client goes on behind it with an answer. Then it is read
 * from there on, as in the middle; true where that is so. */
bool l7_stream_skip_missed(struct reassembly *reassembly, struct direction *direction,
	const struct direction *other, const struct l7_segment *segment);

/* Nobody knows these bytes, and their place in the stream is not known either: the next segment is
 * looked at by itself. */
void l7_stream_forget(struct reassembly *reassembly, struct direction *direction);

/* More is wanted of a direction that was done: its next segment is looked at first. */
void l7_stream_reopen(struct reassembly *reassembly, struct direction *direction);

/* What was read of the beginning is not what counts: it is read anew, from its start on. */
void l7_stream_restart(struct reassembly *reassembly, struct direction *direction);

/* Gives back its memory, but for what was said and its versions; and all of it. */
void l7_stream_close_unread(struct reassembly *reassembly, struct direction *direction);
void l7_stream_close(struct reassembly *reassembly, struct direction *direction);
