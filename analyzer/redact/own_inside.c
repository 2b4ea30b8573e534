#include "analyzer/redact/own_inside.h"

#include <string.h>

#include "analyzer/policy/policy.h"

enum { V4_BYTES = 4, PARTS_MAX = 4 };

/* Where the four bytes of an IPv4 address stand in one of IPv6 that begins so. */
static const struct {
	uint8_t begin[12];
	uint8_t begin_bytes;
	uint8_t parts[PARTS_MAX];
	uint8_t inverted; /* each bit turned round */
} forms[] = {
	{ { 0x00, 0x64, 0xff, 0x9b }, 12, { 12, 13, 14, 15 }, 0x00 },
	{ { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 6, { 6, 7, 9, 10 }, 0x00 },
	{ { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 6, { 12, 13, 14, 15 }, 0x00 },
	{ { 0x20, 0x02 }, 2, { 2, 3, 4, 5 }, 0x00 },
	{ { 0x20, 0x01 }, 4, { 12, 13, 14, 15 }, 0xff },
	{ { 0 }, 12, { 12, 13, 14, 15 }, 0x00 },
};

static const uint8_t asked_devices[][13] = {
	{ 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0xff },
	{ 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0xff },
};

/* 0:5efe:a.b.c.d, or 200:5efe:a.b.c.d where the address is one of its own kind. */
static bool is_isatap(const uint8_t *bytes)
{
	return (bytes[8] & 0xfd) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe;
}

/* 0.0.0.0/8 is nobody's: what stands there is no address (RFC 6890). */
static bool is_own_v4(const struct policy *policy, const uint8_t *four)
{
	struct addr addr = addr_from_v4(four);

	return four[0] != 0 && policy_is_own(policy, &addr);
}

bool own_inside(const struct policy *policy, const struct addr *addr)
{
	const uint8_t *bytes = addr->bytes;
	uint8_t four[V4_BYTES];

	if (addr_is_v4(addr)) {
		return false;
	}
	for (size_t i = 0; i < sizeof(asked_devices) / sizeof(asked_devices[0]); i++) {
		if (memcmp(bytes, asked_devices[i], sizeof(asked_devices[i])) == 0) {
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (memcmp(bytes, forms[i].begin, forms[i].begin_bytes) != 0) {
			continue;
		}
		for (unsigned part = 0; part < V4_BYTES; part++) {
			four[part] = bytes[forms[i].parts[part]] ^ forms[i].inverted;
		}
		if (is_own_v4(policy, four)) {
			return true;
		}
	}
	return is_isatap(bytes) && is_own_v4(policy, bytes + 12);
}
