/* The dossier of one app: who owns it, who controls the owner, which names and networks prove it,
 * what is verified. For a reader who decides, not for one who programs. */
#pragma once

#include <stdio.h>

#include "analyzer/catalogue/catalogue.h"
#include "base/json.h"
#include "geo/geo.h"

/* geo gives countries their names and networks their owners; NULL leaves codes alone. Owner and
 * control are shown as they were at the time. */
struct dossier {
	const struct catalogue *catalogue;
	const struct geo *geo;
	uint64_t time_ns;
};

/* width: of the page, in columns. */
void app_dossier_print(const struct dossier *dossier, uint16_t app, unsigned width, FILE *out);

/* The same facts as one JSON object, every one with its source, file and line. */
void app_dossier_write_json(const struct dossier *dossier, uint16_t app, struct json *json);
