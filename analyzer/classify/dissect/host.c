#include "analyzer/classify/dissect/host.h"

#include <string.h>

static bool is_blank(char character)
{
	return character == ' ' || character == '\t';
}

/* Digits and dots, or a bracketed literal: an address is not a name. */
static bool is_address(const char *host, size_t length)
{
	if (host[0] == '[') {
		return true;
	}
	for (size_t i = 0; i < length; i++) {
		if ((host[i] < '0' || host[i] > '9') && host[i] != '.') {
			return false;
		}
	}
	return true;
}

void host_to_l7_info(const char *host, size_t length, struct l7_info *l7)
{
	const char *user = memchr(host, '@', length);

	if (user) {
		length -= (size_t)(user + 1 - host);
		host = user + 1;
	}
	while (length > 0 && is_blank(host[0])) {
		host++;
		length--;
	}
	const char *end = length > 0 && host[0] != '[' ? memchr(host, ':', length) : NULL;
	if (end) {
		length = (size_t)(end - host);
	}
	while (length > 0 && is_blank(host[length - 1])) {
		length--;
	}
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)host[i] <= ' ' || host[i] == ',' || host[i] == '/') {
			return;
		}
	}
	if (length > 0 && !is_address(host, length)) {
		l7_info_add_name(l7, NAME_HTTP_HOST, host, length);
	}
}
