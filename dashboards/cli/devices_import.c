/* borderflow devices import: an inventory is read, and said what is in it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "analyzer/device/inventory.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "base/file.h"
#include "base/local_time.h"
#include "base/text.h"
#include "dashboards/cli/devices_cmd.h"

/* A class or unit that the policy has not: once each. */
static void say_unknown(const struct inventory *inventory, const struct policy *policy)
{
	static bool said[2][SYMBOLS_MAX + 1];

	for (unsigned i = 0; i < inventory_count(inventory); i++) {
		const struct inventory_device *device = inventory_at(inventory, i);
		const char *class_ = symbol_name(SYMBOL_CLASS, device->class_);
		const char *unit = symbol_name(SYMBOL_UNIT, device->unit);
		if (device->class_ && !policy_find_class(policy, class_) &&
			!said[0][device->class_]) {
			cli_notice("devices", "the policy has no class \"%s\"", class_);
			said[0][device->class_] = true;
		}
		if (device->unit && !policy_find_unit(policy, unit) && !said[1][device->unit]) {
			cli_notice("devices", "the policy has no unit \"%s\"", unit);
			said[1][device->unit] = true;
		}
	}
}

static void put_date(struct text *text, const struct local_zone *zone, uint64_t time_ns)
{
	char date[11];

	if (time_ns != 0 && time_ns != UINT64_MAX) {
		local_format_date(zone, time_ns, date);
		text_put(text, date);
	}
}

static void put_device(struct text *text, const struct local_zone *zone,
	const struct inventory *inventory, unsigned index)
{
	static const char *const ownerships[] = { "", "owned", "private" };
	const struct inventory_device *device = inventory_at(inventory, index);
	const char *cells[] = { device->id, symbol_name(SYMBOL_CLASS, device->class_),
		ownerships[device->ownership], symbol_name(SYMBOL_UNIT, device->unit) };
	uint8_t mac[MAC_BYTES];

	for (unsigned i = 0; i < 4; i++) {
		text_put_csv(text, cells[i], strlen(cells[i]));
		text_put_char(text, ',');
	}
	for (unsigned k = 0; inventory_mac(inventory, index, k, mac); k++) {
		text_printf(text, "%s%02x:%02x:%02x:%02x:%02x:%02x", k ? " " : "", mac[0], mac[1],
			mac[2], mac[3], mac[4], mac[5]);
	}
	text_put_char(text, ',');
	if (device->serial_hash) {
		text_printf(text, "%016" PRIx64, device->serial_hash);
	}
	text_put_char(text, ',');
	put_date(text, zone, device->enrolled_from_ns);
	text_put_char(text, ',');
	put_date(text, zone,
		device->enrolled_to_ns == UINT64_MAX ? UINT64_MAX : device->enrolled_to_ns - 1);
	text_put(text, "\n");
}

static int write_out(const struct inventory *inventory, const struct local_zone *zone,
	const char *path, struct err *err)
{
	struct text text;
	int status;

	text_init_heap(&text);
	text_put(&text, "id,class,ownership,unit,mac,serial,enrolled_from,enrolled_to\n");
	for (unsigned i = 0; i < inventory_count(inventory); i++) {
		put_device(&text, zone, inventory, i);
	}
	status = text.truncated ? err_set(err, ENOMEM, "out of memory")
				: file_write_mode(path, text.at, text.length, 0600, err);
	text_deinit(&text);
	return status;
}

int devices_import(const struct devices_settings *settings, const char *path, struct err *err)
{
	struct fact_settings facts = settings->facts;
	const struct reference *reference;
	struct inventory_stats stats;

	facts.inventory = path;
	int status = facts_load(&reference, &facts, NULL, err);
	if (status < 0) {
		return status;
	}
	const struct local_zone *zone = policy_header(reference->policy)->zone;
	inventory_read_stats(reference->inventory, &stats);
	printf("%u %s in %u %s, columns as %s names them\n", stats.devices,
		stats.devices == 1 ? "device" : "devices", stats.rows,
		stats.rows == 1 ? "row" : "rows", stats.columns);
	printf("%u without a MAC: known by their network alone\n", stats.without_mac);
	printf("%u %s two devices have at the same time: of no use for either\n", stats.shared_macs,
		stats.shared_macs == 1 ? "MAC that" : "MACs that");
	if (settings->facts.policy) {
		say_unknown(reference->inventory, reference->policy);
	}
	status = settings->out ? write_out(reference->inventory, zone, settings->out, err) : 0;
	reference_release(reference);
	return status;
}
