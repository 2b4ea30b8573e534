#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

bool prefix_contains(const struct prefix *prefix, const struct addr *addr)
{
	unsigned whole_bytes = prefix->bits / 8, rest_bits = prefix->bits % 8;

	if (memcmp(prefix->addr.bytes, addr->bytes, whole_bytes) != 0) {
		return false;
	}
	if (rest_bits == 0) {
		return true;
	}
	uint8_t mask = (uint8_t)(0xff << (8 - rest_bits));
	return (prefix->addr.bytes[whole_bytes] & mask) == (addr->bytes[whole_bytes] & mask);
}

bool addr_parse(const char *text, struct addr *addr)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1) {
		*addr = addr_from_v4(bytes);
		return true;
	}
	if (inet_pton(AF_INET6, text, bytes) == 1) {
		*addr = addr_from_v6(bytes);
		return true;
	}
	return false;
}

static void prefix_clear_host_bits(struct prefix *prefix)
{
	for (unsigned bit = prefix->bits; bit < 128; bit++) {
		prefix->addr.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	}
}

bool prefix_parse(const char *text, struct prefix *prefix)
{
	char address[ADDR_TEXT_MAX];
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);

	if (length >= sizeof(address)) {
		return false;
	}
	memcpy(address, text, length);
	address[length] = '\0';
	if (!addr_parse(address, &prefix->addr)) {
		return false;
	}
	/* "::ffff:0:0/96" is written in IPv6's own bits. */
	bool dotted = strchr(address, ':') == NULL;
	unsigned long most = dotted ? 32 : 128, bits = most;
	if (slash) {
		char *end;
		if (slash[1] < '0' || slash[1] > '9') {
			return false;
		}
		bits = strtoul(slash + 1, &end, 10);
		if (*end != '\0' || bits > most) {
			return false;
		}
	}
	prefix->bits = (uint8_t)(dotted ? 96 + bits : bits);
	prefix_clear_host_bits(prefix);
	return true;
}

static char *format_octet(char *out, unsigned octet)
{
	if (octet >= 100) {
		*out++ = (char)('0' + octet / 100);
	}
	if (octet >= 10) {
		*out++ = (char)('0' + octet / 10 % 10);
	}
	*out++ = (char)('0' + octet % 10);
	return out;
}

size_t addr_format(const struct addr *addr, char *text)
{
	if (!addr_is_v4(addr)) {
		inet_ntop(AF_INET6, addr->bytes, text, ADDR_TEXT_MAX);
		return strlen(text);
	}
	char *out = text;
	for (unsigned i = 12; i < 16; i++) {
		out = format_octet(out, addr->bytes[i]);
		*out++ = '.';
	}
	*--out = '\0';
	return (size_t)(out - text);
}

size_t prefix_format(const struct prefix *prefix, char *text)
{
	size_t length = addr_format(&prefix->addr, text);
	bool dotted = addr_is_v4(&prefix->addr) && prefix->bits >= 96;

	return length +
	       (size_t)sprintf(text + length, "/%u", dotted ? prefix->bits - 96u : prefix->bits);
}
