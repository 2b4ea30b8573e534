#include "analyzer/classify/dissect/router.h"

#include "analyzer/classify/dissect/dns.h"

enum { PREFIX = 3, DOMAINS = 31, WORD_BYTES = 8 };

/* Several, one behind the other, and zeros. */
static void learn_domains(const struct own_network *own, struct reader in)
{
	struct dns_name name;

	while (reader_left(&in) > 0 && dns_read_name(in, &in, &name) && name.length > 0) {
		own->learn(own->whose, name.text);
	}
}

/* One that is longer than a link's is not told; a shorter one stands for its first link. */
static void learn_prefix(const struct own_network *own, struct reader in)
{
	enum { LINK_BITS = 64, ON_LINK_OR_OWN = 0xc0 };
	uint8_t bits = reader_u8(&in), flags = reader_u8(&in);

	reader_skip(&in, 12);
	const uint8_t *bytes = reader_bytes(&in, 16);
	if (bytes && bits <= LINK_BITS && flags & ON_LINK_OR_OWN) {
		struct addr network = addr_from_v6(bytes);
		own->learn_network(own->whose, &network);
	}
}

void router_learn(const struct own_network *own, const struct addr *sender, struct reader in)
{
	enum { FIXED = 14 };
	bool is_on_link = sender->bytes[0] == 0xfe && (sender->bytes[1] & 0xc0) == 0x80;

	if (!own->is_own || !is_on_link) {
		return;
	}
	reader_skip(&in, FIXED);
	while (reader_left(&in) >= WORD_BYTES) {
		uint8_t type = reader_u8(&in), words = reader_u8(&in);
		struct reader value = reader_sub(&in, words > 0 ? words * WORD_BYTES - 2U : 0);
		if (words == 0) {
			return;
		}
		if (type == PREFIX) {
			learn_prefix(own, value);
		} else if (type == DOMAINS) {
			reader_skip(&value, 6);
			learn_domains(own, value);
		}
	}
}
