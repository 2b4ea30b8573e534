#include <stdio.h>
#include <string.h>

#include "analyzer/record/keys.h"
#include "base/clock.h"
#include "dashboards/cli/cli.h"

extern const struct command command_keys;

struct keys_settings {
	const char *keys;
};

static const struct option options[] = {
	{ .name = "keys",
		.type = OPTION_FOLDER,
		.offset = offsetof(struct keys_settings, keys),
		.argument = "DIR",
		.default_text = "/etc/borderflow/keys",
		.help = "The folder of the keys.",
		.group = "Keys" },
	{ 0 },
};

static int make(const struct keys_settings *settings, enum key_kind kind, bool replace)
{
	struct err err;
	bool made;

	if (key_make(kind, settings->keys, replace, clock_now_ns(), &made, &err) < 0) {
		cli_error("keys", err.text);
		return EXIT_USAGE;
	}
	printf("%-10s %s\n", key_kind_name(kind),
		!made     ? "was there already, and is left as it is"
		: replace ? "is new; the old one stands beside it under today's date"
			  : "is new");
	return EXIT_DONE;
}

static int init(const struct keys_settings *settings)
{
	int status = EXIT_DONE;

	for (unsigned kind = 0; kind < KEY_KIND_COUNT && status == EXIT_DONE; kind++) {
		status = make(settings, kind, false);
	}
	return status;
}

static int check(const struct keys_settings *settings)
{
	int status = EXIT_DONE;

	for (unsigned kind = 0; kind < KEY_KIND_COUNT; kind++) {
		uint8_t key[KEY_BYTES];
		bool is_there;
		struct err err;
		if (key_read(kind, settings->keys, key, &is_there, &err) < 0) {
			cli_error("keys", err.text);
			status = EXIT_FOUND;
		} else {
			printf("%-10s good\n", key_kind_name(kind));
		}
		explicit_bzero(key, sizeof(key));
	}
	return status;
}

static int run(void *values, char *const *arguments, unsigned count)
{
	const struct keys_settings *settings = values;
	const char *what = count > 0 ? arguments[0] : "";

	if (strcmp(what, "init") == 0 && count == 1) {
		return init(settings);
	}
	if (strcmp(what, "check") == 0 && count == 1) {
		return check(settings);
	}
	for (unsigned kind = 0; strcmp(what, "rotate") == 0 && count == 2 && kind < KEY_KIND_COUNT;
		kind++) {
		if (strcmp(arguments[1], key_kind_name(kind)) == 0) {
			return make(settings, kind, true);
		}
	}
	return cli_usage_error(&command_keys,
		"expected init, check, or rotate and which key: pseudonym, flow or signing");
}

const struct command command_keys = {
	.name = "keys",
	.arguments = "init | rotate KEY | check",
	.summary = "the organisation's keys: made, rotated, checked",
	.description =
		"init makes the keys that are not there yet, each in a file that its owner alone "
		"may read: pseudonym (what stands for a device), flow (ids of flows, the same on "
		"all sensors of an organisation: copy it to each) and signing (what is handed "
		"out).\n\n"
		"rotate pseudonym, rotate flow or rotate signing makes a new key. The old one "
		"stays beside it under the date, for whoever may need it to resolve what was "
		"written with it; a sensor takes the new one when it is started.\n\n"
		"check says whether each key can be used.\n\n"
		"Under systemd the keys may come as credentials instead: "
		"LoadCredential=pseudonym.key:/etc/borderflow/keys/pseudonym.key.",
	.examples =
		"  # borderflow keys init\n"
		"  # borderflow keys rotate pseudonym\n"
		"  $ borderflow keys init --keys keys && borderflow analyze --keys keys day.pcap\n",
	.settings_bytes = sizeof(struct keys_settings),
	.options = options,
	.run = run,
};
