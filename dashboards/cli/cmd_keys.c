#include <stdio.h>
#include <string.h>

#include "analyzer/record/keys.h"
#include "base/clock.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/key_months.h"
#include "dashboards/cli/key_seal.h"

extern const struct command command_keys;

struct keys_settings {
	const char *keys, *soc, *officer, *glass;
};

static const struct option options[] = {
	{ .name = "keys",
		.type = OPTION_FOLDER,
		.offset = offsetof(struct keys_settings, keys),
		.argument = "DIR",
		.default_text = "/etc/borderflow/keys",
		.help = "The folder of the keys.",
		.group = "Keys" },
	{ .name = "soc",
		.type = OPTION_FILE,
		.offset = offsetof(struct keys_settings, soc),
		.argument = "PUBFILE",
		.help = "seal: the public key of who may ask (soc.pub)." },
	{ .name = "officer",
		.type = OPTION_FILE,
		.offset = offsetof(struct keys_settings, officer),
		.argument = "PUBFILE",
		.help = "seal: the public key of the data protection officer, who approves." },
	{ .name = "glass",
		.type = OPTION_FILE,
		.offset = offsetof(struct keys_settings, glass),
		.argument = "PUBFILE",
		.help = "seal: a third key, kept in a safe, that opens alone: breaking the glass "
			"is logged, told and stands in the report. Unless given, nobody can." },
	{ 0 },
};

static int make(const struct keys_settings *settings, enum key_kind kind, bool replace)
{
	struct err err;
	bool made;

	int status = key_make(kind, settings->keys, replace, clock_now_ns(), &made, &err);
	if (status < 0) {
		return cli_fail("keys", status, &err);
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
		char month[8];
		bool is_there;
		struct err err;
		key_month_name(clock_now_ns(), 0, month);
		if (key_read_month(kind, month, settings->keys, key, &is_there, &err) == 0 &&
			is_there) {
			printf("%-10s good, of %s\n", key_kind_name(kind), month);
		} else if (key_read(kind, settings->keys, key, &is_there, &err) < 0) {
			cli_error("keys", err.text);
			status = EXIT_FOUND;
		} else {
			printf("%-10s good\n", key_kind_name(kind));
		}
		explicit_bzero(key, sizeof(key));
	}
	return status;
}

/* A name becomes a file's. */
static int make_holder(const struct keys_settings *settings, const char *name)
{
	struct err err;
	bool made;

	if (name[0] == '\0' ||
		name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0') {
		return cli_usage_error(&command_keys,
			"holder: expected a name of small letters, digits and dashes");
	}
	int status = key_make_holder(name, settings->keys, &made, &err);
	if (status < 0) {
		return cli_fail("keys", status, &err);
	}
	printf("%-10s %s; give %s.pub to whoever seals, and %s.key to nobody\n", name,
		made ? "is new" : "was there already", name, name);
	return EXIT_DONE;
}

static int seal(const struct keys_settings *settings)
{
	const struct key_sealing sealing = { settings->keys, settings->soc, settings->officer,
		settings->glass, clock_now_ns() };
	struct err err;

	int status = key_seal_months(&sealing, &err);
	return status < 0 ? cli_fail("keys", status, &err) : EXIT_DONE;
}

static int run(void *values, char *const *arguments, unsigned count)
{
	const struct keys_settings *settings = values;
	const char *what = count > 0 ? arguments[0] : "";

	if (strcmp(what, "init") == 0 && count == 1) {
		return init(settings);
	}
	if (strcmp(what, "holder") == 0 && count == 2) {
		return make_holder(settings, arguments[1]);
	}
	if (strcmp(what, "seal") == 0 && count == 1) {
		return seal(settings);
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
		"expected init, check, seal, holder NAME, or rotate and which key: pseudonym, flow "
		"or signing");
}

const struct command command_keys = {
	.name = "keys",
	.arguments = "init | rotate KEY | check | holder NAME | seal",
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
		"holder makes a pair of keys for somebody who holds one of the two that open what "
		"is sealed: NAME.key, which stays with its holder, on a machine of their own, and "
		"NAME.pub.\n\n"
		"seal, run each month (borderflow-keys.timer), puts the pseudonym keys of months "
		"that are over into a box to the officer inside a box to the SOC, destroys them, "
		"and makes the next month's. Who a past month's pseudonym was, nobody learns with "
		"one of the two keys (borderflow reveal). The first month runs on pseudonym.key, "
		"later ones have a key each. The key of flows goes on as well: next month's "
		"follows "
		"from this one, the same on all sensors that began with the same flow.key, and "
		"those of past months are destroyed, since with them ids of flows could be "
		"tried.\n\n"
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
