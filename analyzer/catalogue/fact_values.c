#include "analyzer/catalogue/fact_values.h"

#include <stdlib.h>
#include <string.h>

bool fact_is_id(const char *id)
{
	size_t length = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-_");

	return length > 0 && length <= 48 && id[length] == '\0';
}

bool fact_parse_asn(const char *text, uint32_t *asn)
{
	char *end;

	if (strncmp(text, "AS", 2) != 0 || text[2] < '1' || text[2] > '9') {
		return false;
	}
	unsigned long number = strtoul(text + 2, &end, 10);
	*asn = (uint32_t)number;
	return *end == '\0' && number <= UINT32_MAX;
}

bool fact_parse_prefix(const char *text, struct prefix *prefix, uint16_t ports[FACT_PORTS_MAX])
{
	char address[64];
	size_t length = strcspn(text, " ");
	unsigned count = 0;

	if (length >= sizeof(address)) {
		return false;
	}
	memcpy(address, text, length);
	address[length] = '\0';
	memset(ports, 0, FACT_PORTS_MAX * sizeof(ports[0]));
	for (text += length; *text; count++) {
		char *end;
		unsigned long port = strtoul(text, &end, 10);
		if (end == text || port == 0 || port > 65535 || count == FACT_PORTS_MAX) {
			return false;
		}
		ports[count] = (uint16_t)port;
		text = end;
	}
	return strchr(address, '/') && prefix_parse(address, prefix);
}

bool fact_is_name(const char *name, bool pattern)
{
	unsigned labels = 0;

	for (;; labels++) {
		size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_*");
		if (length == 0 || length > 63 ||
			(memchr(name, '*', length) && !(pattern && labels == 0))) {
			return false;
		}
		if (name[length] == '\0') {
			return labels >= 1 + (unsigned)pattern;
		}
		if (name[length] != '.') {
			return false;
		}
		name += length + 1;
	}
}
