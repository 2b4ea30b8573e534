#include "dashboards/cli/reveal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/device/inventory.h"
#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "base/file.h"

enum { NETWORKS_MAX = 256, WIDEST_BITS = 24 };

struct trying {
	const struct pseudonyms *pseudonyms;
	const char *pseudonym;
	uint64_t time_ns;
	struct reveal_found *found;
};

bool reveal_month_time(const char *month, uint64_t *time_ns)
{
	char date[16];

	snprintf(date, sizeof(date), "%.7s-15", month);
	return strlen(month) == 7 && clock_parse(date, time_ns);
}

static bool is_it(struct trying *trying, const struct record_device *device)
{
	char pseudonym[PSEUDONYM_LENGTH + 1];

	pseudonyms_of_device(trying->pseudonyms, device, trying->time_ns, pseudonym);
	trying->found->tried++;
	trying->found->is_found = strcmp(pseudonym, trying->pseudonym) == 0;
	return trying->found->is_found;
}

/* Networks wider than 2^24 addresses are tried by their first so many: IPv6 is found by lists. */
static void try_network(struct trying *trying, const struct prefix *network)
{
	unsigned bits = 128u - network->bits;
	uint64_t count = UINT64_C(1) << (bits < WIDEST_BITS ? bits : WIDEST_BITS);

	for (uint64_t i = 0; i < count; i++) {
		struct record_device device = { network->addr, DEVICE_ADDRESS };
		for (unsigned byte = 0; byte < 4; byte++) {
			device.identity.bytes[15 - byte] |= (uint8_t)(i >> 8 * byte);
		}
		if (is_it(trying, &device)) {
			addr_format(&device.identity, trying->found->identity);
			return;
		}
	}
}

static int try_networks(
	struct trying *trying, const struct reveal_candidates *candidates, struct err *err)
{
	struct prefix networks[NETWORKS_MAX];
	struct catalogue *catalogue = NULL;
	struct policy *policy = NULL;
	int status = catalogue_open(&catalogue, NULL, 0, err);

	if (status == 0) {
		status = policy_load(
			&policy, candidates->policy, candidates->networks, catalogue, err);
	}
	size_t count = status == 0 ? policy_own_networks(policy, networks, NETWORKS_MAX) : 0;
	for (size_t i = 0; i < count && !trying->found->is_found; i++) {
		try_network(trying, &networks[i]);
	}
	policy_free(policy);
	catalogue_close(catalogue);
	return status;
}

static int try_inventory(struct trying *trying, const char *path, struct err *err)
{
	struct inventory *inventory;
	int status = path ? inventory_load(&inventory, path, NULL, NULL, err) : 0;

	for (unsigned i = 0; path && status == 0 && i < inventory_count(inventory); i++) {
		const struct inventory_device *enrolled = inventory_at(inventory, i);
		const struct record_device device = { enrolled->identity, DEVICE_ONE };
		if (is_it(trying, &device)) {
			snprintf(trying->found->identity, sizeof(trying->found->identity),
				"inventory %s", enrolled->id);
			break;
		}
	}
	if (path && status == 0) {
		inventory_close(inventory);
	}
	return status;
}

static bool parse_mac(const char *line, struct record_device *device)
{
	unsigned bytes[6];

	if (sscanf(line, "%2x:%2x:%2x:%2x:%2x:%2x", &bytes[0], &bytes[1], &bytes[2], &bytes[3],
		    &bytes[4], &bytes[5]) != 6) {
		return false;
	}
	*device = (struct record_device){ { { 0x01 } }, DEVICE_ONE }; /* station_identity() */
	for (unsigned i = 0; i < 6; i++) {
		device->identity.bytes[10 + i] = (uint8_t)bytes[i];
	}
	return true;
}

static int try_list(struct trying *trying, const char *path, struct err *err)
{
	char *content = NULL;
	int status = path ? file_read(path, &content, NULL, err) : 0;

	for (char *line = content, *end; line && *line && !trying->found->is_found;
		line = end ? end + 1 : NULL) {
		struct record_device device;
		end = strchr(line, '\n');
		if (end) {
			*end = '\0';
		}
		bool is_known = parse_mac(line, &device);
		if (!is_known && addr_parse(line, &device.identity)) {
			device.kind = DEVICE_ADDRESS;
			is_known = true;
		}
		if (is_known && is_it(trying, &device)) {
			snprintf(trying->found->identity, sizeof(trying->found->identity), "%s",
				line);
		}
	}
	free(content);
	return status;
}

int reveal_try(const struct pseudonyms *pseudonyms, const char *pseudonym, const char *month,
	const struct reveal_candidates *candidates, struct reveal_found *found, struct err *err)
{
	struct trying trying = { pseudonyms, pseudonym, 0, found };

	*found = (struct reveal_found){ .is_found = false };
	if (!reveal_month_time(month, &trying.time_ns)) {
		return err_set(err, EINVAL, "--month: expected 2026-10, found \"%s\"", month);
	}
	int status = try_inventory(&trying, candidates->inventory, err);
	if (status == 0 && !found->is_found) {
		status = try_list(&trying, candidates->list, err);
	}
	return status < 0 || found->is_found ? status : try_networks(&trying, candidates, err);
}
