/* What is known of flows is spread: a note, the session that it names, the streams of that, their
 * bytes. Each is waited for once for all flows of a batch, or of a run of records, not once a flow.
 */
#include "analyzer/classify/classify_parts.h"

#include "analyzer/classify/l7_info_store.h"
#include "analyzer/classify/l7_session.h"

/* What a note names, on its way; and what a session that is here by now refers to. */
static void fetch_noted(const struct classify *classify, uint32_t note)
{
	if (note & NOTE_PROGRESS) {
		l7_session_fetch(classify->session, note & ~NOTE_PROGRESS);
	} else {
		l7_info_store_fetch(classify->tables.store, note & ~NOTE_FLAGS);
	}
}

static void fetch_behind_session(const struct classify *classify, uint32_t note)
{
	if (note & NOTE_PROGRESS) {
		const struct l7_session *session =
			l7_session_get(classify->session, note & ~NOTE_PROGRESS);
		l7_info_store_fetch(classify->tables.store, session->l7);
		for (unsigned i = 0; i < 2; i++) {
			reassembly_fetch(
				classify->tables.reassembly, session->directions[i].stream);
		}
	}
}

static void fetch_stream_bytes(const struct classify *classify, uint32_t note)
{
	if (note & NOTE_PROGRESS) {
		const struct l7_session *session =
			l7_session_get(classify->session, note & ~NOTE_PROGRESS);
		for (unsigned i = 0; i < 2; i++) {
			reassembly_fetch_bytes(
				classify->tables.reassembly, session->directions[i].stream);
		}
	}
}

void classify_fetch(const struct classify *classify, struct collector *collector,
	const struct collector_batch *batch)
{
	const struct peek *peeks = batch->peeks;
	uint32_t notes[PACKET_BATCH_MAX];
	unsigned count = 0;

	/* Packets of a flow often follow each other. */
	for (unsigned i = 0; i < batch->peek_count; i++) {
		if (i == 0 || peeks[i].flow != peeks[i - 1].flow) {
			notes[count] = *collector_note(collector, peeks[i].flow);
			fetch_noted(classify, notes[count++]);
		}
	}
	for (unsigned i = 0; i < count; i++) {
		fetch_behind_session(classify, notes[i]);
	}
}

void classify_expect(
	const struct classify *classify, const struct flow_record *flows, size_t at, size_t count)
{
	enum { BEHIND_AHEAD = CLASSIFY_AHEAD * 2 / 3, BYTES_AHEAD = CLASSIFY_AHEAD / 3 };
	size_t first = at == 0 ? 0 : CLASSIFY_AHEAD;

	for (size_t i = at + first; i <= at + CLASSIFY_AHEAD && i < count; i++) {
		fetch_noted(classify, flows[i].note);
	}
	if (at + BEHIND_AHEAD < count) {
		fetch_behind_session(classify, flows[at + BEHIND_AHEAD].note);
	}
	if (at + BYTES_AHEAD < count) {
		fetch_stream_bytes(classify, flows[at + BYTES_AHEAD].note);
	}
}
