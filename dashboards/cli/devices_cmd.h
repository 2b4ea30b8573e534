/* borderflow devices: what its parts share. */
#pragma once

#include "analyzer/device/devices.h"
#include "analyzer/record/reference.h"
#include "base/err.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/facts.h"

struct devices_settings {
	struct fact_settings facts;
	const char *state, *at, *out, *format;
};

/* What every part but import opens: reference data, keys, and the state of a sensor. */
struct devices_view {
	const struct devices_settings *settings;
	struct tenant_keys keys;
	const struct reference *reference;
	const struct local_zone *zone;
	struct devices *devices;
};

/* Class and unit of an address by its network, and of an enrolled device by the inventory. */
void devices_locate(const struct devices_view *view, const struct addr *addr,
	const struct inventory_device *enrolled, uint16_t *class_, uint16_t *unit);

/* 0 or -errno. */
int devices_list(const struct devices_view *view, const char *pseudonym, struct err *err);
int devices_explain(const struct devices_view *view, const char *address, struct err *err);
int devices_import(const struct devices_settings *settings, const char *path, struct err *err);
