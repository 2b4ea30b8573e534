#include "dashboards/cli/version.h"

#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/catalogue/catalogue.h"
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

enum { LIBRARIES_MAX = 64 };

/* The libraries that the program itself names, by the names they go by ("libpcap.so.0.8"). */
struct libraries {
	const char *names[LIBRARIES_MAX];
	unsigned count;
	FILE *out;
};

static void find_libraries(struct libraries *libraries)
{
	const char *strings = NULL;

	for (const ElfW(Dyn) *entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == DT_STRTAB) {
			strings = (const char *)entry->d_un.d_ptr;
		}
	}
	for (const ElfW(Dyn) *entry = _DYNAMIC; strings && entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == DT_NEEDED && libraries->count < LIBRARIES_MAX) {
			libraries->names[libraries->count++] = strings + entry->d_un.d_val;
		}
	}
}

static bool is_of_the_system(const char *name)
{
	static const char *const of_the_system[] = { "libc.so", "libm.so", "ld-linux", "libdl.so" };

	for (size_t i = 0; i < sizeof(of_the_system) / sizeof(of_the_system[0]); i++) {
		if (strncmp(name, of_the_system[i], strlen(of_the_system[i])) == 0) {
			return true;
		}
	}
	return false;
}

/* The file behind a shared library carries its release: libpcap.so.1.10.3. */
static int put_library(struct dl_phdr_info *info, size_t size, void *context)
{
	struct libraries *libraries = context;
	const char *name = strrchr(info->dlpi_name, '/');
	char path[PATH_MAX];

	(void)size;
	for (unsigned i = 0; name && i < libraries->count; i++) {
		if (strcmp(name + 1, libraries->names[i]) == 0 && !is_of_the_system(name + 1) &&
			realpath(info->dlpi_name, path)) {
			fprintf(libraries->out, " %s", strrchr(path, '/') + 1);
		}
	}
	return 0;
}

void version_print(FILE *out)
{
	struct libraries libraries = { .out = out };

	find_libraries(&libraries);
	fprintf(out, "borderflow %s\ninstruction set: %s\nlibraries:", PACKAGE_VERSION,
		kernels_find(NULL)->name);
	dl_iterate_phdr(put_library, &libraries);
	fputc('\n', out);
	put_catalogue(out);
	put_geo(out);
}
