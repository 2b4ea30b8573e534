#include "base/addr_cut.h"

#include <ctype.h>
#include <stddef.h>

enum { V4_KEPT = 96 + 24, V6_KEPT = 48 };

struct prefix addr_cut(const struct addr *addr)
{
	struct prefix prefix = { *addr, addr_is_v4(addr) ? V4_KEPT : V6_KEPT };

	memset(prefix.addr.bytes + prefix.bits / 8, 0, sizeof(prefix.addr.bytes) - prefix.bits / 8);
	return prefix;
}

static bool is_foreign(const struct addr *addr)
{
	static const char *const own[] = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
		"100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10",
		"::/127" };
	struct prefix network;

	for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (prefix_parse(own[i], &network) && prefix_contains(&network, addr)) {
			return false;
		}
	}
	return true;
}

/* An address, or a network of which more is told than we tell: at the start of at, so long. */
static size_t parse_word(const char *at, struct addr *addr)
{
	char word[ADDR_TEXT_MAX + 4];
	struct prefix prefix;
	size_t length = strspn(at, "0123456789abcdefABCDEF:./");

	for (length = length < sizeof(word) ? length : 0; length > 1; length--) {
		memcpy(word, at, length);
		word[length] = '\0';
		if (prefix_parse(word, &prefix) && !isalnum((unsigned char)at[length])) {
			*addr = prefix.addr;
			return prefix.bits > addr_cut(addr).bits ? length : 0;
		}
	}
	return 0;
}

void text_put_cut(struct text *text, const char *from)
{
	char cut[ADDR_TEXT_MAX + 4];
	bool is_within = false; /* a word */

	while (*from) {
		struct addr addr;
		size_t length = is_within ? 0 : parse_word(from, &addr);
		if (length > 0 && is_foreign(&addr)) {
			struct prefix network = addr_cut(&addr);
			text_put_bytes(text, cut, prefix_format(&network, cut));
			from += length;
			continue;
		}
		is_within = isalnum((unsigned char)*from) || (is_within && strchr(".:-_", *from));
		text_put_char(text, *from);
		from++;
	}
}
