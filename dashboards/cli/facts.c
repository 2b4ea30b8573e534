#include "dashboards/cli/facts.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/device/inventory.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/probe_marker.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "dashboards/cli/key_months.h"
#include "geo/geo.h"

/* The geo databases: half of what a start takes, and nothing else needs them. */
struct geo_opening {
	const char *folder;
	struct geo *geo;
	int status;
	struct err err;
};

static void *open_geo(void *argument)
{
	struct geo_opening *opening = argument;

	opening->status = geo_open(&opening->geo, opening->folder, &opening->err);
	return NULL;
}

static int open_rules(struct catalogue **catalogue, struct policy **policy,
	const struct fact_settings *settings, struct err *err)
{
	int status = catalogue_open(
		catalogue, settings->catalogue.items, settings->catalogue.count, err);

	return status < 0
		       ? status
		       : policy_load(policy, settings->policy, settings->networks, *catalogue, err);
}

static int open_inventory(struct inventory **inventory, const struct policy *policy,
	const struct fact_settings *settings, struct err *err)
{
	return settings->inventory
		       ? inventory_load(inventory, settings->inventory, settings->inventory_columns,
				 policy_header(policy)->zone, err)
		       : 0;
}

static void close_parts(const struct reference *parts)
{
	inventory_close((struct inventory *)parts->inventory);
	policy_free((struct policy *)parts->policy);
	messages_close((struct messages *)parts->messages);
	geo_close((struct geo *)parts->geo);
	catalogue_close((struct catalogue *)parts->catalogue);
}

void facts_say_no_geo(const struct geo *geo, const char *named)
{
	char overrides[PATH_MAX];
	bool is_empty =
		named && geo_database_count(geo) == 0 &&
		snprintf(overrides, sizeof(overrides), "%s/overrides.tsv", named) < PATH_MAX &&
		access(overrides, F_OK) < 0;

	if (is_empty) {
		log_warning(
			"%s: no geo database in it (*.mmdb), so that countries and networks are "
			"unknown; borderflow geo update --geo %s brings free ones",
			named, named);
	}
}

int facts_load(const struct reference **reference, const struct fact_settings *settings,
	const struct pseudonyms *pseudonyms, struct err *err)
{
	struct geo_opening opening = { .folder = settings->geo };
	struct catalogue *catalogue = NULL;
	struct policy *policy = NULL;
	struct messages *messages = NULL;
	struct inventory *inventory = NULL;
	pthread_t beside;

	*reference = NULL;
	bool is_beside = pthread_create(&beside, NULL, open_geo, &opening) == 0;
	int status = open_rules(&catalogue, &policy, settings, err);
	if (status == 0) {
		status = messages_open(&messages,
			messages_choose(settings->language, policy_header(policy)->language), err);
	}
	if (status == 0) {
		status = open_inventory(&inventory, policy, settings, err);
	}
	if (is_beside) {
		pthread_join(beside, NULL);
	} else {
		open_geo(&opening);
	}
	struct reference parts = { .catalogue = catalogue,
		.policy = policy,
		.geo = opening.geo,
		.messages = messages,
		.inventory = inventory,
		.pseudonyms = pseudonyms,
		.is_sensor = settings->is_sensor };
	if (status == 0 && opening.status < 0) {
		*err = opening.err;
		status = opening.status;
	}
	if (status == 0) {
		facts_say_no_geo(opening.geo, settings->geo);
		*reference = reference_create(&parts, close_parts);
		status = *reference ? 0 : err_set(err, ENOMEM, "out of memory");
	}
	if (status < 0) {
		close_parts(&parts);
	}
	return status;
}

/* Without a key of its own: the pseudonyms', else a public one, since where addresses are shown
 * there is nothing that ids could give away. */
static int open_flow_key(struct tenant_keys *keys, const char *folder, struct err *err)
{
	bool is_there;
	int status = flow_keys_open(&keys->flow, folder, clock_now_ns(), &is_there, err);

	if (!is_there) {
		keys->flow =
			(struct flow_keys){ .now = keys->pseudonyms
							   ? pseudonyms_flow_key(keys->pseudonyms)
							   : hash_key_fixed("borderflow flow id") };
	}
	return status;
}

/* Without one the archive is not signed, which it says. */
static int open_signing_key(struct tenant_keys *keys, const char *folder, struct err *err)
{
	uint8_t key[KEY_BYTES];
	bool is_there;
	int status = key_read(KEY_SIGNING, folder, key, &is_there, err);

	if (is_there) {
		keys->signing = secret_create(KEY_BYTES);
		if (keys->signing) {
			memcpy(keys->signing, key, KEY_BYTES);
		} else {
			status = err_set(err, ENOMEM, "out of memory");
		}
	}
	explicit_bzero(key, sizeof(key));
	return status == -ENOENT ? 0 : status;
}

static int open_probe_key(struct tenant_keys *keys, const char *folder, struct err *err)
{
	uint8_t key[KEY_BYTES];
	bool is_there;
	int status = key_read(KEY_PROBE, folder, key, &is_there, err);

	if (status == 0 && is_there) {
		keys->probe = probe_key_create(key);
		status = keys->probe ? 0 : err_set(err, ENOMEM, "out of memory");
	}
	explicit_bzero(key, sizeof(key));
	return status;
}

int tenant_keys_open(
	struct tenant_keys *keys, const struct fact_settings *settings, struct err *err)
{
	*keys = (struct tenant_keys){ .pseudonyms = NULL };
	int status =
		settings->pseudonymize
			? pseudonyms_open(&keys->pseudonyms, settings->pseudonymize, err)
			: key_months_open(&keys->pseudonyms, settings->keys, clock_now_ns(), err);
	if (status == 0) {
		status = open_flow_key(keys, settings->keys, err);
	}
	if (status == 0) {
		status = open_probe_key(keys, settings->keys, err);
	}
	return status < 0 ? status : open_signing_key(keys, settings->keys, err);
}

void tenant_keys_close(struct tenant_keys *keys)
{
	pseudonyms_close(keys->pseudonyms);
	probe_key_destroy(keys->probe);
	secret_destroy(keys->signing, KEY_BYTES);
	explicit_bzero(keys, sizeof(*keys));
}
