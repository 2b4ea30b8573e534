/* IP addresses and prefixes.
 *
 * One shape for both families: 16 bytes in network order, IPv4 as ::ffff:a.b.c.d (RFC
 * 4291, 2.5.5.2). A plain value, comparable with memcmp(). Nothing here allocates; every function
 * may be called from any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct addr {
	uint8_t bytes[16];
};

struct prefix {
	struct addr addr; /* host bits are zero */
	uint8_t bits;     /* 0..128; an IPv4 prefix of n bits is 96 + n */
};

/* The longest text of an address, with its final NUL (INET6_ADDRSTRLEN). */
enum { ADDR_TEXT_MAX = 46 };

static inline struct addr addr_from_v4(const void *four_bytes)
{
	struct addr addr = { { [10] = 0xff, [11] = 0xff } };
	memcpy(addr.bytes + 12, four_bytes, 4);
	return addr;
}

static inline struct addr addr_from_v6(const void *sixteen_bytes)
{
	struct addr addr;
	memcpy(addr.bytes, sixteen_bytes, 16);
	return addr;
}

static inline bool addr_is_v4(const struct addr *addr)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	return memcmp(addr->bytes, mapped, sizeof(mapped)) == 0;
}

/* The IPv4 address as a number in host order; only where addr_is_v4(). */
static inline uint32_t addr_v4(const struct addr *addr)
{
	return (uint32_t)addr->bytes[12] << 24 | (uint32_t)addr->bytes[13] << 16 |
	       (uint32_t)addr->bytes[14] << 8 | addr->bytes[15];
}

static inline bool addr_equal(const struct addr *a, const struct addr *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* Is the address inside the prefix? An IPv4 prefix holds IPv4 addresses only; ::/0 holds
 * everything. */
bool prefix_contains(const struct prefix *prefix, const struct addr *addr);

/* Text to value, "192.0.2.1", "2001:db8::1", "192.0.2.0/24"; a bare address is a full-length
 * prefix. The prefix's host bits are cleared. False where the text is neither. */
bool addr_parse(const char *text, struct addr *addr);
bool prefix_parse(const char *text, struct prefix *prefix);

/* Value to text (RFC 5952); returns the length. The buffer holds at least ADDR_TEXT_MAX (+ 4 for a
 * prefix). */
size_t addr_format(const struct addr *addr, char *text);
size_t prefix_format(const struct prefix *prefix, char *text);
