/* What fuzz targets of dissectors share: the input as one flow, cut into pieces by its own first
 * bytes. */
#pragma once

#include "tests/unit/dissect_fixture.h"

/* Asked in the table's order, as flows are. */
enum { FUZZ_EVERYBODY = PROGRESS_NO_DISSECTOR };

static inline void fuzz_check_l7_info(const struct l7_info *l7)
{
	if (l7->name_count > L7_INFO_NAMES_MAX || l7->text_length > L7_INFO_TEXT_MAX ||
		l7->protocol >= L7_PROTOCOL_COUNT || l7->app_hint >= APP_HINT_COUNT) {
		abort();
	}
	for (unsigned i = 0; i < l7->name_count; i++) {
		if (strlen(l7_info_name(l7, i)) != l7->names[i].length) {
			abort();
		}
	}
}

/* All is ours, and what is learnt of it is a name. */
static inline bool fuzz_is_own(void *whose, const struct addr *addr)
{
	(void)whose, (void)addr;
	return true;
}

static inline void fuzz_learn(void *whose, const char *name)
{
	(void)whose;
	if (strlen(name) > L7_INFO_NAME_MAX) {
		abort();
	}
}

static inline void fuzz_learn_network(void *whose, const struct addr *network)
{
	(void)whose, (void)network;
}

static const struct own_network fuzz_own = { .is_own = fuzz_is_own,
	.learn = fuzz_learn,
	.learn_host = fuzz_learn,
	.learn_network = fuzz_learn_network };

/* The first byte says how the rest is cut and ordered; both directions see it. first is asked
 * before all others, in both directions. Claims are checked for sense. */
static inline void fuzz_flow_first(
	unsigned first, uint8_t protocol, uint16_t port, const uint8_t *bytes, size_t count)
{
	static struct fixture fixture;

	if (!fixture.tables.store) {
		fixture_init(&fixture);
		fixture.tables.own = fuzz_own;
	}
	if (count < 2) {
		return;
	}
	uint8_t plan = bytes[0];
	size_t piece = plan % 8 == 0 ? count : (size_t)plan * 5 + 1;
	bytes++;
	count--;
	fixture_flow(&fixture, protocol, 50000, port);
	fixture.session.directions[0].dissector = (uint8_t)first;
	fixture.session.directions[1].dissector = (uint8_t)first;
	for (size_t at = 0; at < count; at += piece) {
		size_t length = count - at < piece ? count - at : piece;
		size_t place = plan & 0x40 && at + 2 * piece <= count ? at + piece : at;
		fixture_send(&fixture, !(plan & 0x20 && at / piece % 2), (uint32_t)place,
			bytes + place, length);
		if (plan & 0x40 && place != at) {
			fixture_send(&fixture, true, (uint32_t)at, bytes + at, length);
		}
	}
	fixture_end(&fixture);
	fuzz_check_l7_info(&fixture.l7);
	fixture_flow(&fixture, protocol, 50000, port);
	if (reassembly_bytes(fixture.tables.reassembly) != 0) {
		abort();
	}
}

static inline void fuzz_flow(uint8_t protocol, uint16_t port, const uint8_t *bytes, size_t count)
{
	fuzz_flow_first(FUZZ_EVERYBODY, protocol, port, bytes, count);
}
