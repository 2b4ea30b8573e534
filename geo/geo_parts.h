/* The parts of struct geo, for the files of this folder. */
#pragma once

#include "geo/geo.h"
#include "geo/geo_compile.h"
#include "geo/geo_index.h"

struct geo {
	char *folder; /* NULL: none of the usual places is there */
	struct geo_inputs inputs;
	struct jurisdictions *jurisdictions;
	struct owners *owners;
	struct overrides *overrides;
	struct geo_index index;
	bool index_was_stored; /* loaded from the folder, or stored there now */
};

/* The IPv4 address that an IPv6 address carries, or the address itself. */
struct addr geo_carried_addr(const struct addr *addr);
