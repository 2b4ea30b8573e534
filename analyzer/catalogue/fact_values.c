#include "analyzer/catalogue/fact_values.h"

#include <stdlib.h>
#include <string.h>

/* How many bytes from the start on stand in names: small letters, digits, - and _. */
static size_t name_span(const char *text)
{
	size_t length = 0;

	while ((text[length] >= 'a' && text[length] <= 'z') ||
		(text[length] >= '0' && text[length] <= '9') || text[length] == '-' ||
		text[length] == '_') {
		length++;
	}
	return length;
}

bool fact_is_id(const char *id)
{
	size_t length = name_span(id);

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

/* " 443 853", or nothing. */
static bool parse_ports(const char *text, uint16_t ports[FACT_PORTS_MAX])
{
	memset(ports, 0, FACT_PORTS_MAX * sizeof(ports[0]));
	for (unsigned count = 0; *text; count++) {
		char *end;
		unsigned long port = strtoul(text, &end, 10);
		if (end == text || port == 0 || port > 65535 || count == FACT_PORTS_MAX) {
			return false;
		}
		ports[count] = (uint16_t)port;
		text = end;
	}
	return true;
}

bool fact_parse_prefix(const char *text, struct prefix *prefix, uint16_t ports[FACT_PORTS_MAX])
{
	char address[64];
	size_t length = strcspn(text, " ");

	if (length >= sizeof(address)) {
		return false;
	}
	memcpy(address, text, length);
	address[length] = '\0';
	return parse_ports(text + length, ports) && strchr(address, '/') &&
	       prefix_parse(address, prefix);
}

bool fact_parse_label(const char *text, size_t *length, uint16_t ports[FACT_PORTS_MAX])
{
	*length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_*#");
	return *length > 0 && *length <= 63 && strspn(text, "*") < *length &&
	       (text[*length] == '\0' || text[*length] == ' ') &&
	       parse_ports(text + *length, ports);
}

bool fact_is_tld(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return length >= 2 && length <= 63 && name[length] == '\0';
}

bool fact_is_word(const char *word)
{
	size_t length = strlen(word);

	if (length == 0 || length > FACT_WORD_MAX || *word == '*') {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		if (word[i] < ' ' || word[i] > '~' || (word[i] == '*' && i + 1 < length)) {
			return false;
		}
	}
	return true;
}

/* The label in front of name; a star may stand in a pattern's. 0: there is none. */
static size_t label_length(const char *name, bool may_have_stars)
{
	size_t length = name_span(name);

	while (may_have_stars && name[length] == '*') {
		length += 1 + name_span(name + length + 1);
	}
	return length <= 63 ? length : 0;
}

bool fact_is_name(const char *name, bool pattern)
{
	unsigned labels = 0;

	for (;; labels++) {
		size_t length = label_length(name, pattern && labels == 0);
		if (length == 0) {
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
