#include "dashboards/cli/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
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

static bool parse_switch(const char *value, bool *is_on)
{
	static const char *const words[] = { "off", "on", "no", "yes", "false", "true" };

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(value, words[i]) == 0) {
			*is_on = i % 2;
			return true;
		}
	}
	return false;
}

static int set_number(const struct option *option, const char *label, const char *value,
	uint64_t *number, struct err *err)
{
	char *end;
	uint64_t most = option->most ? option->most : UINT64_MAX;

	errno = 0;
	*number = strtoull(value, &end, 10);
	if (*value < '0' || *value > '9' || *end != '\0' || errno || *number < option->least ||
		*number > most) {
		return err_set(err, EINVAL,
			"%s takes a whole number from %" PRIu64 " to %" PRIu64 ", not \"%s\"",
			label, option->least, most, value);
	}
	return 0;
}

static int add_to_list(
	struct option_list *list, const char *label, const char *value, struct err *err)
{
	if (list->count == sizeof(list->items) / sizeof(list->items[0])) {
		return err_set(err, EINVAL, "%s was given too often (at most %zu times)", label,
			sizeof(list->items) / sizeof(list->items[0]));
	}
	list->items[list->count++] = value;
	return 0;
}

int options_set(const struct option *option, const char *label, void *settings, const char *value,
	struct err *err)
{
	void *at = (char *)settings + option->offset;

	switch (option->type) {
	case OPTION_FLAG:
	case OPTION_SWITCH:
		if (!parse_switch(value, at)) {
			return err_set(err, EINVAL, "%s takes on or off, not \"%s\"", label, value);
		}
		return 0;
	case OPTION_NUMBER:
		return set_number(option, label, value, at, err);
	case OPTION_DURATION:
		if (!options_parse_duration(value, at)) {
			return err_set(err, EINVAL,
				"%s takes a time such as 90s, 5m or 2h, not \"%s\"", label, value);
		}
		if (*(uint64_t *)at < option->least) {
			return err_set(err, EINVAL, "%s takes a time %s, not \"%s\"", label,
				option->least < NS_PER_S ? "above 0" : "of at least 1s", value);
		}
		return 0;
	case OPTION_CHOICE:
		if (!is_choice(option->choices, value)) {
			return err_set(err, EINVAL, "%s takes one of %s, not \"%s\"", label,
				option->choices, value);
		}
		*(const char **)at = value;
		return 0;
	case OPTION_LIST:
		return add_to_list(at, label, value, err);
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

/* The option at argv[*at] and its value; steps *at over the value where that is an argument of its
 * own. */
static int find_option(const struct command *command, char **argv, unsigned count, unsigned *at,
	const struct option **found, const char **value, struct err *err)
{
	const char *word = argv[*at];
	const struct option *option;

	*value = NULL;
	if (word[1] == '-') {
		size_t length = strcspn(word + 2, "=");
		option = find_long(command, word + 2, length);
		*value = word[2 + length] == '=' ? word + 2 + length + 1 : NULL;
	} else {
		option = find_letter(command, word[1]);
		*value = word[2] != '\0' ? word + 2 : NULL;
	}
	if (!option) {
		return err_set(err, EINVAL, "there is no option %s", word);
	}
	if (option->type == OPTION_FLAG) {
		if (*value) {
			return err_set(err, EINVAL, "--%s takes no value", option->name);
		}
		*value = "on";
	} else if (!*value) {
		if (*at + 1 == count) {
			return err_set(err, EINVAL, "--%s needs a value (%s)", option->name,
				option->argument);
		}
		*value = argv[++*at];
	}
	*found = option;
	return 0;
}

/* A list from argv takes the place of what was there before, and of two folders one would be passed
 * over in silence: begun has a bit for each option that stood in argv. */
static int begin_option(const struct option *option, size_t place, void *settings,
	const char *value, uint64_t *begun, struct err *err)
{
	void *at = (char *)settings + option->offset;
	uint64_t bit = UINT64_C(1) << place % 64;
	bool is_again = (*begun & bit) != 0;

	*begun |= bit;
	if (option->type == OPTION_LIST && !is_again) {
		((struct option_list *)at)->count = 0;
	}
	if (option->type == OPTION_FOLDER && is_again && strcmp(*(const char **)at, value) != 0) {
		return err_set(err, EINVAL, "--%s: one is expected, found %s and %s", option->name,
			*(const char **)at, value);
	}
	return 0;
}

static int take_option(const struct command *command, void *settings, char **argv, unsigned count,
	unsigned *at, uint64_t *begun, struct err *err)
{
	const struct option *option = NULL;
	const char *value = NULL;
	char label[64];
	int status = find_option(command, argv, count, at, &option, &value, err);

	if (status < 0) {
		return status;
	}
	snprintf(label, sizeof(label), "--%s", option->name);
	status = begin_option(
		option, (size_t)(option - command->options), settings, value, begun, err);
	return status < 0 ? status : options_set(option, label, settings, value, err);
}

int options_set_defaults(const struct command *command, void *settings, struct err *err)
{
	int status = 0;

	for (const struct option *option = command->options; option->name && status == 0;
		option++) {
		if (option->default_text) {
			status = options_set(
				option, option->name, settings, option->default_text, err);
		}
	}
	return status;
}

int options_take(const struct command *command, void *settings, char **argv, unsigned count,
	unsigned *argument_count, struct err *err)
{
	bool only_arguments = false;
	uint64_t begun = 0;

	*argument_count = 0;
	for (unsigned at = 0; at < count; at++) {
		const char *word = argv[at];
		if (only_arguments || word[0] != '-' || word[1] == '\0') {
			argv[(*argument_count)++] = argv[at];
		} else if (strcmp(word, "--") == 0) {
			only_arguments = true;
		} else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
			return 1;
		} else {
			int status = take_option(command, settings, argv, count, &at, &begun, err);
			if (status < 0) {
				return status;
			}
		}
	}
	return 0;
}

int options_parse(const struct command *command, void *settings, char **argv, unsigned count,
	unsigned *argument_count, struct err *err)
{
	int status = options_set_defaults(command, settings, err);

	return status < 0 ? status
			  : options_take(command, settings, argv, count, argument_count, err);
}

const char *options_peek(char *const *argv, unsigned count, const char *name)
{
	const char *value = NULL;
	size_t length = strlen(name);

	for (unsigned i = 0; i < count && strcmp(argv[i], "--") != 0; i++) {
		if (strncmp(argv[i], "--", 2) != 0 || strncmp(argv[i] + 2, name, length) != 0) {
			continue;
		}
		if (argv[i][2 + length] == '=') {
			value = argv[i] + 2 + length + 1;
		} else if (argv[i][2 + length] == '\0' && i + 1 < count) {
			value = argv[i + 1];
		}
	}
	return value;
}
