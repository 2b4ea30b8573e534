#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/policy/policy.h"
#include "analyzer/record/state.h"
#include "dashboards/cli/devices_cmd.h"

extern const struct command command_devices;

#define AT(field) offsetof(struct devices_settings, field)

static const struct option options[] = {
	{ "state", 0, OPTION_FOLDER, AT(state), .argument = "DIR", .group = "Devices",
		.default_text = "/var/lib/borderflow/state",
		.help = "The folder that a sensor or analyze was given as --state." },
	{ "at", 0, OPTION_TEXT, AT(at), .argument = "TIME",
		.help = "explain: whose address it was at that time (2026-03-31T10:15); the "
			"latest that is known, unless given." },
	{ "out", 'o', OPTION_FILE, AT(out), .argument = "FILE",
		.help = "import: write the inventory here, in our own form, without names." },
	{ "format", 'f', OPTION_CHOICE, AT(format), .argument = "FORM", .choices = "table|ndjson",
		.default_text = "table",
		.help = "list and show: for people, or one object a line." },
	FACT_OPTIONS(AT(facts)),
	KEY_OPTIONS(AT(facts)),
	{ NULL },
};

void devices_locate(const struct devices_view *view, const struct addr *addr,
	const struct inventory_device *enrolled, uint16_t *class_, uint16_t *unit)
{
	static struct record record;

	record.flow.source = *addr;
	policy_locate(view->reference->policy, &record);
	*class_ = enrolled && enrolled->class_ ? enrolled->class_ : record.decision.class_;
	*unit = enrolled && enrolled->unit ? enrolled->unit : record.decision.unit;
}

static int open_devices(struct devices_view *view, struct err *err)
{
	struct state *state;
	int status = state_open_to_read(&state, view->settings->state, err);

	if (status < 0) {
		return status;
	}
	view->devices = devices_create();
	status = view->devices ? devices_load(view->devices, state, err)
			       : err_set(err, ENOMEM, "out of memory");
	state_close(state);
	return status;
}

static int open_view(struct devices_view *view, struct err *err)
{
	int status = tenant_keys_open(&view->keys, &view->settings->facts, err);

	if (status == 0) {
		status = facts_load(
			&view->reference, &view->settings->facts, view->keys.pseudonyms, err);
	}
	if (status == 0) {
		view->zone = policy_header(view->reference->policy)->zone;
		status = open_devices(view, err);
	}
	return status;
}

static void close_view(struct devices_view *view)
{
	devices_destroy(view->devices);
	reference_release(view->reference);
	tenant_keys_close(&view->keys);
}

static int run(void *values, char *const *arguments, unsigned count)
{
	const struct devices_settings *settings = values;
	const char *what = count > 0 ? arguments[0] : "";
	struct devices_view view = { .settings = settings };
	struct err err;
	bool lists = strcmp(what, "list") == 0 && count == 1;
	bool shows = strcmp(what, "show") == 0 && count == 2;
	bool explains = strcmp(what, "explain") == 0 && count == 2;
	int status;

	if (strcmp(what, "import") == 0 && count == 2) {
		status = devices_import(settings, arguments[1], &err);
	} else if (!lists && !shows && !explains) {
		return cli_usage_error(&command_devices,
			"expected list, show PSEUDONYM, explain ADDRESS, or import FILE");
	} else {
		status = open_view(&view, &err);
		if (status == 0) {
			status = explains ? devices_explain(&view, arguments[1], &err)
					  : devices_list(&view, shows ? arguments[1] : NULL, &err);
		}
		close_view(&view);
	}
	return status < 0 ? cli_fail("devices", status, &err) : EXIT_DONE;
}

const struct command command_devices = {
	.name = "devices",
	.arguments = "list | show PSEUDONYM | explain ADDRESS | import FILE",
	.summary = "who is a device: what is known of each, and why; the inventory",
	.description =
		"A device is not an address: leases change, phones make up MACs, IPv6 addresses "
		"rotate, and many devices stand behind one address. A sensor that is given "
		"--state keeps what it saw: which station had which address, from when to when, "
		"by which evidence (frames, ARP, neighbour discovery, DHCP), and where signs say "
		"that many devices stand behind one.\n\n"
		"list shows devices as pseudonyms, with the days' guests and, with --inventory, "
		"how many of the enrolled devices were seen. A class or unit with fewer devices "
		"than the policy's k is not named.\n\n"
		"show says the same of one pseudonym, and when it had an address in which "
		"network.\n\n"
		"explain says whose an address was at a time, and why: it names what was seen and "
		"how often, and no pseudonym; borderflow reveal resolves those.\n\n"
		"import reads an inventory (our own form, or an export of Intune or Jamf), says "
		"what is in it and what the policy does not know, and with --out writes it in our "
		"own form: without names, serial numbers as hashes.",
	.examples =
		"  $ borderflow devices list --state state --keys keys --inventory devices.csv\n"
		"  $ borderflow devices explain 10.20.0.22 --at 2026-03-17T10:15 --state state\n"
		"  $ borderflow devices import intune.csv --policy rules.yaml --out devices.csv\n",
	.settings_bytes = sizeof(struct devices_settings),
	.options = options,
	.run = run,
};
