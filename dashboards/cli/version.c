#include "dashboards/cli/version.h"

#include "analyzer/classify/catalogue.h"
#include "base/clock.h"
#include "config.h"
#include "geo/geo.h"

static void put_catalogue(FILE *out)
{
	struct catalogue *catalogue;
	struct err err;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0) {
		fprintf(out, "catalogue: %s\n", err.text);
		return;
	}
	fprintf(out, "catalogue: %u apps, %.16s\n", catalogue_app_count(catalogue),
		catalogue_hash(catalogue));
	catalogue_close(catalogue);
}

static void put_geo(FILE *out)
{
	struct geo *geo;
	struct err err;

	if (geo_open(&geo, NULL, &err) < 0) {
		fprintf(out, "geo: %s\n", err.text);
		return;
	}
	geo_describe(geo, clock_now_ns(), out);
	geo_close(geo);
}

void version_print(FILE *out)
{
	fprintf(out, "borderflow %s\n", PACKAGE_VERSION);
	put_catalogue(out);
	put_geo(out);
}
