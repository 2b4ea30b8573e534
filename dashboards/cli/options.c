#include "dashboards/cli/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

bool options_parse_duration(const char *text, uint64_t *duration_ns)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = { { "", NS_PER_S }, { "ms", NS_PER_MS }, { "s", NS_PER_S },
		{ "m", 60 * NS_PER_S }, { "h", 3600 * NS_PER_S }, { "d", 86400 * NS_PER_S } };
	char *end;

	if (*text < '0' || *text > '9') {
		return false;
	}
	uint64_t number = strtoull(text, &end, 10);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit) == 0) {
			*duration_ns = number * units[i].ns;
			return number <= UINT64_MAX / units[i].ns;
		}
	}
	return false;
}

static bool is_choice(const char *choices, const char *value)
{
	size_t length = strlen(value);

	for (const char *choice = choices; choice; choice = strchr(choice, '|')) {
		choice += *choice == '|';
		if (strncmp(choice, value, length) == 0 &&
			(choice[length] == '|' || choice[length] == '\0')) {
			return true;
		}
	}
	return false;
}

static int set_number(
	const struct option *option, const char *value, uint64_t *number, struct err *err)
{
	char *end;
	uint64_t most = option->most ? option->most : UINT64_MAX;

	errno = 0;
	*number = strtoull(value, &end, 10);
	if (*value < '0' || *value > '9' || *end != '\0' || errno || *number < option->least ||
		*number > most) {
		return err_set(err, EINVAL,
			"--%s takes a whole number from %" PRIu64 " to %" PRIu64 ", not \"%s\"",
			option->name, option->least, most, value);
	}
	return 0;
}

static int set_value(
	const struct option *option, void *settings, const char *value, struct err *err)
{
	void *at = (char *)settings + option->offset;
	struct option_list *list = at;

	switch (option->type) {
	case OPTION_FLAG:
		*(bool *)at = true;
		return 0;
	case OPTION_NUMBER:
		return set_number(option, value, at, err);
	case OPTION_DURATION:
		if (!options_parse_duration(value, at)) {
			return err_set(err, EINVAL,
				"--%s takes a time such as 90s, 5m or 2h, not \"%s\"", option->name,
				value);
		}
		return 0;
	case OPTION_CHOICE:
		if (!is_choice(option->choices, value)) {
			return err_set(err, EINVAL, "--%s takes one of %s, not \"%s\"",
				option->name, option->choices, value);
		}
		*(const char **)at = value;
		return 0;
	case OPTION_LIST:
		if (list->count == sizeof(list->items) / sizeof(list->items[0])) {
			return err_set(err, EINVAL, "--%s was given too often (at most %zu times)",
				option->name, sizeof(list->items) / sizeof(list->items[0]));
		}
		list->items[list->count++] = value;
		return 0;
	case OPTION_TEXT:
	case OPTION_FILE:
	case OPTION_FOLDER:
		*(const char **)at = value;
		return 0;
	}
	return 0;
}

static const struct option *find_long(
	const struct command *command, const char *name, size_t length)
{
	for (const struct option *option = command->options; option->name; option++) {
		if (strlen(option->name) == length && strncmp(option->name, name, length) == 0) {
			return option;
		}
	}
	return NULL;
}

static const struct option *find_letter(const struct command *command, char letter)
{
	for (const struct option *option = command->options; option->name; option++) {
		if (option->letter == letter) {
			return option;
		}
	}
	return NULL;
}

/* One option at argv[*at]; steps *at over its value where that is an argument of its own. */
static int take_option(const struct command *command, void *settings, char **argv, unsigned count,
	unsigned *at, struct err *err)
{
	const char *word = argv[*at], *value = NULL;
	const struct option *option;

	if (word[1] == '-') {
		size_t length = strcspn(word + 2, "=");
		option = find_long(command, word + 2, length);
		value = word[2 + length] == '=' ? word + 2 + length + 1 : NULL;
	} else {
		option = find_letter(command, word[1]);
		value = word[2] != '\0' ? word + 2 : NULL;
	}
	if (!option) {
		return err_set(err, EINVAL, "there is no option %s", word);
	}
	if (option->type == OPTION_FLAG) {
		if (value) {
			return err_set(err, EINVAL, "--%s takes no value", option->name);
		}
	} else if (!value) {
		if (*at + 1 == count) {
			return err_set(err, EINVAL, "--%s needs a value (%s)", option->name,
				option->argument);
		}
		value = argv[++*at];
	}
	return set_value(option, settings, value, err);
}

int options_parse(const struct command *command, void *settings, char **argv, unsigned count,
	unsigned *argument_count, struct err *err)
{
	bool only_arguments = false;

	*argument_count = 0;
	for (const struct option *option = command->options; option->name; option++) {
		int status = option->default_text
				     ? set_value(option, settings, option->default_text, err)
				     : 0;
		if (status < 0) {
			return status;
		}
	}
	for (unsigned at = 0; at < count; at++) {
		const char *word = argv[at];
		if (only_arguments || word[0] != '-' || word[1] == '\0') {
			argv[(*argument_count)++] = argv[at];
		} else if (strcmp(word, "--") == 0) {
			only_arguments = true;
		} else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
			return 1;
		} else {
			int status = take_option(command, settings, argv, count, &at, err);
			if (status < 0) {
				return status;
			}
		}
	}
	return 0;
}
