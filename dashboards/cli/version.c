#include "dashboards/cli/version.h"

#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/classify/catalogue/catalogue.h"
#include "base/clock.h"
#include "collector/simd/kernels.h"
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

/* The file behind a shared library carries its release: libpcap.so.1.10.3. */
static int put_library(struct dl_phdr_info *info, size_t size, void *context)
{
	static const char *const of_the_system[] = { "libc.so", "libm.so", "ld-linux", "libdl.so" };
	char path[PATH_MAX];

	(void)size;
	if (info->dlpi_name[0] != '/' || !realpath(info->dlpi_name, path)) {
		return 0;
	}
	const char *name = strrchr(path, '/') + 1;
	for (size_t i = 0; i < sizeof(of_the_system) / sizeof(of_the_system[0]); i++) {
		if (strncmp(name, of_the_system[i], strlen(of_the_system[i])) == 0) {
			return 0;
		}
	}
	fprintf(context, " %s", name);
	return 0;
}

void version_print(FILE *out)
{
	fprintf(out, "borderflow %s\ninstruction set: %s\nlibraries:", PACKAGE_VERSION,
		kernels_find(NULL)->name);
	dl_iterate_phdr(put_library, out);
	fputc('\n', out);
	put_catalogue(out);
	put_geo(out);
}
