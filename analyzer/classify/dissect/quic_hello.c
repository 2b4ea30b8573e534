#include "analyzer/classify/dissect/quic_hello.h"

#include <string.h>

#include "analyzer/classify/dissect/ja4.h"
#include "analyzer/classify/dissect/probe_hello.h"
#include "analyzer/classify/dissect/tls_hello.h"

enum { MESSAGE_CLIENT_HELLO = 1, HELLO_BYTES_LEAST = 38 };

static enum dissect_result read_hello(
	struct dissection *dissection, struct reader messages, bool is_last)
{
	struct client_hello hello;
	uint8_t type = reader_u8(&messages);
	uint32_t bytes = reader_u24(&messages);

	if (!reader_ok(&messages)) {
		return DISSECT_MORE;
	}
	if (type != MESSAGE_CLIENT_HELLO || bytes < HELLO_BYTES_LEAST) {
		return DISSECT_OTHER;
	}
	bool is_short = bytes > reader_left(&messages);
	if (is_short && !is_last) {
		return DISSECT_MORE;
	}
	struct reader body = is_short ? messages : reader_sub(&messages, bytes);
	if (!client_hello_parse(body, false, &hello)) {
		return DISSECT_OTHER;
	}
	hello.is_whole &= !is_short;
	client_hello_to_l7_info(&hello, true, dissection->tables->ech, dissection->l7);
	ja4_of_hello(&dissection->tables->ja4, &hello, JA4_QUIC, dissection->l7->ja4);
	probe_hello_note(dissection, &hello, PROBE_QUIC);
	return DISSECT_DONE;
}

/* Versions of a hello in pieces: with the first bytes for each place, and, where others came in
 * their place, with those. */
enum { RIVALS_MAX = DISSECT_STREAMS - 1 };

struct hello_pieces {
	uint32_t *stream;
	uint32_t *rivals[RIVALS_MAX]; /* what came in place of other bytes, and fits together */
	unsigned rival_count;
	bool is_contested; /* out: there were more versions than are kept */
};

/* Those of the connection at that place, as long as none is answered. The second one's stream is
 * free as long as there is none. */
static struct hello_pieces pieces_of(
	struct dissection *dissection, const struct quic_state *state, unsigned place)
{
	uint32_t *streams = dissection->state->streams;
	struct hello_pieces pieces = { .stream = &streams[place] };

	for (unsigned i = state->count == 1 ? 1 : QUIC_CONNECTIONS; i < DISSECT_STREAMS; i++) {
		pieces.rivals[pieces.rival_count++] = &streams[i];
	}
	return pieces;
}

static void keep_rival(struct dissection *dissection, struct hello_pieces *pieces, uint64_t offset,
	struct reader data)
{
	struct reassembly *reassembly = dissection->tables->reassembly;
	uint32_t at = (uint32_t)offset;
	size_t count = reader_left(&data);

	for (unsigned i = 0; i < pieces->rival_count; i++) {
		uint32_t *rival = pieces->rivals[i];
		if (!*rival) {
			*rival = reassembly_open(reassembly);
		}
		if (*rival && reassembly_agrees(reassembly, *rival, at, data.at, count)) {
			reassembly_add(reassembly, *rival, at, data.at, count);
			return;
		}
	}
	pieces->is_contested = true;
}

static struct reader rival_version(
	const struct dissection *dissection, const struct hello_pieces *pieces, unsigned rival)
{
	return reassembly_read_with(dissection->tables->reassembly, *pieces->stream,
		*pieces->rivals[rival], dissection->tables->overlay);
}

/* Adds one CRYPTO frame to what is known of a connection's hello; reads it in place where it is all
 * in this frame. */
static enum dissect_result add_crypto(struct dissection *dissection, struct hello_pieces *pieces,
	uint64_t offset, struct reader data)
{
	struct reassembly *reassembly = dissection->tables->reassembly;
	uint64_t changed = reassembly_overlaps_changed(reassembly);
	uint32_t *stream = pieces->stream;

	if (!*stream && offset == 0) {
		enum dissect_result result = read_hello(dissection, data, false);
		if (result != DISSECT_MORE) {
			return result;
		}
	}
	if (!*stream) {
		*stream = reassembly_open(reassembly);
	}
	if (!*stream || offset >= REASSEMBLY_BYTES_MAX ||
		!reassembly_add(
			reassembly, *stream, (uint32_t)offset, data.at, reader_left(&data))) {
		return DISSECT_MORE;
	}
	if (reassembly_overlaps_changed(reassembly) != changed) {
		keep_rival(dissection, pieces, offset, data);
	}
	enum dissect_result result =
		read_hello(dissection, reassembly_read(reassembly, *stream), false);
	for (unsigned i = 0; i < pieces->rival_count && result != DISSECT_DONE; i++) {
		if (*pieces->rivals[i]) {
			result =
				read_hello(dissection, rival_version(dissection, pieces, i), false);
		}
	}
	return result;
}

/* All CRYPTO frames of an opened Initial. */
static enum dissect_result read_frames(
	struct dissection *dissection, struct quic_frames *frames, struct hello_pieces *pieces)
{
	enum dissect_result result = DISSECT_MORE;
	uint64_t offset;
	struct reader data;

	while (result != DISSECT_DONE && quic_next_crypto(frames, &offset, &data)) {
		result = add_crypto(dissection, pieces, offset, data);
	}
	return result;
}

unsigned quic_hello_names(const struct l7_info *l7)
{
	unsigned count = 0;

	for (unsigned i = 0; i < l7->name_count; i++) {
		count += l7->names[i].source == NAME_QUIC_SNI;
	}
	return count;
}

/* Reads a hello beside that which was read: its names stand beside those of the first one. True
 * where it is whole. */
static bool read_beside(struct dissection *dissection, struct reader messages)
{
	struct l7_info first, second, *l7 = dissection->l7;

	l7_info_copy(&first, l7);
	bool is_whole = read_hello(dissection, messages, false) == DISSECT_DONE;
	l7_info_copy(&second, l7);
	l7_info_copy(l7, &first);
	if (is_whole) {
		l7_info_add_names(l7, NAME_QUIC_SNI, &second);
	}
	return is_whole;
}

/* Adds CRYPTO frames to what is kept of a hello, in place of what was there. *is_other: that was
 * something else. */
static struct reader keep_frames(
	struct dissection *dissection, struct quic_frames frames, uint32_t *stream, bool *is_other)
{
	struct reassembly *reassembly = dissection->tables->reassembly;
	uint64_t offset;
	struct reader data;

	*is_other = false;
	if (!*stream) {
		*stream = reassembly_open(reassembly);
	}
	while (*stream && quic_next_crypto(&frames, &offset, &data)) {
		if (offset < REASSEMBLY_BYTES_MAX && reader_left(&data) > 0) {
			*is_other |= reassembly_replace(
				reassembly, *stream, (uint32_t)offset, data.at, reader_left(&data));
		}
	}
	return *stream ? reassembly_read(reassembly, *stream) : reader_over(NULL, 0);
}

/* Of that connection's hello there is more than one version. */
static void note_contested(struct dissection *dissection, struct quic_state *state, unsigned place)
{
	dissection->l7->is_contested = true;
	state->contested |= (uint8_t)(1U << place);
}

/* The hello of another connection, before any was answered: its bytes are kept until it is known
 * which of the two was meant. */
static enum dissect_result read_second(struct dissection *dissection, struct quic_frames frames,
	struct quic_state *state, unsigned place)
{
	bool is_other;
	struct reader messages =
		keep_frames(dissection, frames, &dissection->state->streams[place], &is_other);

	if (is_other) {
		note_contested(dissection, state, place);
	}
	if (read_beside(dissection, messages)) {
		dissection->l7->is_contested |=
			quic_hello_names(dissection->l7) > state->first_names;
		state->read |= (uint8_t)(1U << place);
		state->is_first_later = place == 0;
	}
	return DISSECT_MORE;
}

/* What was read first was a decoy's: what the hello of the connection at that place says counts. */
static void take_later(struct dissection *dissection, unsigned place)
{
	struct l7_info *l7 = dissection->l7;
	uint32_t stream = dissection->state->streams[place];

	l7_info_keep_names(l7, NAME_QUIC_SNI, 0);
	l7->hidden = NAME_HIDDEN_NONE;
	memset(l7->alpn, 0, sizeof(l7->alpn));
	if (stream) {
		read_hello(
			dissection, reassembly_read(dissection->tables->reassembly, stream), true);
	}
}

void quic_hello_narrow(
	struct dissection *dissection, const struct quic_state *state, unsigned place)
{
	bool both_are_read = state->read == 3;

	if (both_are_read && place == (state->is_first_later ? 0 : 1)) {
		take_later(dissection, place);
	} else if (both_are_read) {
		l7_info_keep_names(dissection->l7, NAME_QUIC_SNI, state->first_names);
	} else if (!(state->read >> place & 1)) {
		l7_info_keep_names(dissection->l7, NAME_QUIC_SNI, 0);
	}
}

/* Has a version of a hello that was read another name? Then both show: nobody but the server knows
 * which of the two it took. */
static void read_version(struct dissection *dissection, struct reader messages,
	struct quic_state *state, unsigned place)
{
	struct l7_info all, *l7 = dissection->l7;

	l7_info_copy(&all, l7);
	quic_hello_narrow(dissection, state, place);
	unsigned known = quic_hello_names(l7);
	bool is_rival = read_beside(dissection, messages) && quic_hello_names(l7) > known;
	l7_info_copy(l7, &all);
	if (is_rival) {
		read_beside(dissection, messages);
		note_contested(dissection, state, place);
	}
}

/* What comes under the numbers of a hello that was read, before it is answered: as a rule the same
 * once more, by itself or in some of its pieces. */
static enum dissect_result read_rival(struct dissection *dissection, struct quic_frames frames,
	struct quic_state *state, unsigned place)
{
	struct hello_pieces pieces = pieces_of(dissection, state, place);
	bool is_other;
	struct reader messages = keep_frames(dissection, frames, pieces.rivals[0], &is_other);

	read_version(dissection, messages, state, place);
	for (unsigned i = 0; i < pieces.rival_count && *pieces.stream; i++) {
		if (*pieces.rivals[i]) {
			read_version(
				dissection, rival_version(dissection, &pieces, i), state, place);
		}
	}
	if (state->count > 1) {
		reassembly_close(dissection->tables->reassembly, *pieces.rivals[0]);
		*pieces.rivals[0] = 0;
	}
	return DISSECT_MORE;
}

enum dissect_result quic_hello_take(struct dissection *dissection, struct quic_frames *frames,
	struct quic_state *state, unsigned place)
{
	if (state->read >> place & 1) {
		return read_rival(dissection, *frames, state, place);
	}
	if (state->read) {
		return read_second(dissection, *frames, state, place);
	}
	struct hello_pieces pieces = pieces_of(dissection, state, place);
	enum dissect_result result = read_frames(dissection, frames, &pieces);
	quic_pace_note(&dissection->tables->pace, result == DISSECT_DONE);
	if (result == DISSECT_DONE) {
		state->read |= (uint8_t)(1U << place);
		state->first_names = (uint8_t)quic_hello_names(dissection->l7);
		read_rival(dissection, *frames, state, place);
	}
	if (pieces.is_contested) {
		note_contested(dissection, state, place);
	}
	return result;
}

enum dissect_result quic_hello_give_up(struct dissection *dissection)
{
	uint32_t stream = dissection->state->streams[0];

	if (stream) {
		enum dissect_result result = read_hello(
			dissection, reassembly_read(dissection->tables->reassembly, stream), true);
		quic_pace_note(&dissection->tables->pace, result == DISSECT_DONE);
	}
	return DISSECT_DONE;
}
