#include "analyzer/classify/dissect/tls_offer.h"

#include <string.h>

#include "analyzer/classify/dissect/tls_hello.h"

enum { TLS_1_3 = 0x0304, SET_BITS = 64 };

/* Extensions of a server's hello that need no offer, or are sent without one and borne: supported
 * groups, point formats, the cookie of a second round (RFC 8446, 4.2.2). */
#define SENT_UNASKED (UINT64_C(1) << 10 | UINT64_C(1) << 11 | UINT64_C(1) << 44)

static uint64_t bit_of(uint16_t value)
{
	return UINT64_C(1) << (value * UINT32_C(2654435761) >> 26);
}

/* Of a list that holds fewer than were sent each may have been. */
static uint64_t set_of(const uint16_t values[], unsigned count, unsigned most)
{
	uint64_t set = count > most ? UINT64_MAX : 0;

	for (unsigned i = 0; i < count && i < most; i++) {
		set |= bit_of(values[i]);
	}
	return set;
}

static uint32_t hash_session(const uint8_t *session, unsigned bytes)
{
	uint32_t hash = bytes;

	for (unsigned i = 0; i < bytes; i++) {
		hash = (hash ^ session[i]) * UINT32_C(16777619);
	}
	return hash;
}

void tls_offer_note(struct tls_offer *offer, const struct client_hello *hello)
{
	*offer = (struct tls_offer){ .groups = UINT64_MAX };
	if (!hello->is_whole) {
		return;
	}
	offer->version = hello->best_version ? hello->best_version : hello->legacy_version;
	offer->session = hash_session(hello->session, hello->session_bytes);
	offer->ciphers = set_of(hello->ciphers, hello->cipher_count, HELLO_CIPHERS_MAX);
	offer->extensions = hello->extension_count > HELLO_EXTENSIONS_MAX ? UINT64_MAX : 0;
	for (unsigned i = 0; i < hello->extension_count && i < HELLO_EXTENSIONS_MAX; i++) {
		uint16_t type = hello->extensions[i];
		offer->extensions |= type < SET_BITS ? UINT64_C(1) << type : 0;
	}
	if (hello->group_count > 0) {
		offer->groups = set_of(hello->groups, hello->group_count, HELLO_GROUPS_MAX);
	}
}

bool tls_offer_takes(const struct tls_offer *offer, const struct server_hello *answer)
{
	bool says_session = answer->version == TLS_1_3;

	return offer->version == 0 ||
	       (answer->version <= offer->version && offer->ciphers & bit_of(answer->cipher) &&
		       !(answer->extensions & ~(offer->extensions | SENT_UNASKED)) &&
		       (!answer->group || offer->groups & bit_of(answer->group)) &&
		       (!says_session || offer->session == hash_session(answer->session,
								   answer->session_bytes)));
}
