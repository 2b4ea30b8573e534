#include "dashboards/cli/app_subject.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* What was typed, safe for a terminal and cut where it is long. */
struct shown {
	char memory[128];
};

static const char *show(const char *typed, struct shown *shown)
{
	struct text text;

	text_init(&text, shown->memory, sizeof(shown->memory));
	text_put_terminal(&text, typed, strlen(typed));
	return shown->memory;
}

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

static bool is_network(const char *text)
{
	return (text[0] | 0x20) == 'a' && (text[1] | 0x20) == 's' && is_digit(text[2]);
}

static int parse_network(const char *text, uint32_t *asn, struct err *err)
{
	struct shown shown;
	char *end;
	unsigned long long number = strtoull(text + 2, &end, 10);

	if (*end != '\0' || number == 0 || number > UINT32_MAX) {
		return err_set(err, EINVAL,
			"expected the number of a network from AS1 to AS4294967295, found \"%s\"",
			show(text, &shown));
	}
	*asn = (uint32_t)number;
	return 0;
}

/* The last label of a name is never a number (RFC 1123, 2.1): what ends in one is an address gone
 * wrong. */
static bool ends_in_number(const char *name)
{
	const char *last = strrchr(name, '.');
	const char *label = last ? last + 1 : name;

	return *label && label[strspn(label, "0123456789")] == '\0';
}

static bool has_good_labels(const char *name)
{
	enum { LABEL_MAX = 63 };

	while (true) {
		size_t length = strcspn(name, ".");
		if (length == 0 || length > LABEL_MAX) {
			return false;
		}
		if (name[length] == '\0') {
			return true;
		}
		name += length + 1;
	}
}

static int parse_name(const char *text, struct app_subject *subject, struct err *err)
{
	struct shown shown;
	size_t length = strlen(text);

	if (length > 0 && text[length - 1] == '.') {
		length--;
	}
	if (strcspn(text, "/ \t\r\n@") < length || strchr(text, ':')) {
		return err_set(err, EINVAL,
			"expected a host name without scheme, port or path, an address without a "
			"prefix length, or a network such as AS62041; found \"%s\"",
			show(text, &shown));
	}
	if (length == 0 || length > APP_SUBJECT_NAME_MAX) {
		return err_set(err, EINVAL,
			"expected a host name of 1 to 253 characters, an address or a network such "
			"as AS62041; found %s",
			length == 0 ? "an empty text" : "a longer one");
	}
	for (size_t i = 0; i < length; i++) {
		bool is_capital = text[i] >= 'A' && text[i] <= 'Z';
		subject->name[i] = (char)(is_capital ? text[i] | 0x20 : text[i]);
	}
	subject->name[length] = '\0';
	if (ends_in_number(subject->name)) {
		return err_set(err, EINVAL,
			"\"%s\" is no address, and no host name ends in a number",
			show(text, &shown));
	}
	if (!has_good_labels(subject->name)) {
		return err_set(err, EINVAL,
			"\"%s\" is no host name: each part between two dots has 1 to 63 characters",
			show(text, &shown));
	}
	return 0;
}

int app_subject_parse(const char *text, struct app_subject *subject, struct err *err)
{
	if (addr_parse(text, &subject->addr)) {
		subject->kind = APP_SUBJECT_ADDRESS;
		return 0;
	}
	if (is_network(text) && !strchr(text, '.')) {
		subject->kind = APP_SUBJECT_NETWORK;
		return parse_network(text, &subject->asn, err);
	}
	subject->kind = APP_SUBJECT_NAME;
	return parse_name(text, subject, err);
}
