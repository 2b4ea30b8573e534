#include "dashboards/report/report_versions.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/record/digest.h"
#include "base/file.h"

static void digest_file(const char *path, char digest[REPORT_DIGEST_TEXT])
{
	uint8_t bytes[DIGEST_SHA256_BYTES];
	char *content;
	size_t length;
	struct err ignored;

	if (file_read(path, &content, &length, &ignored) == 0) {
		digest_sha256(content, length, bytes);
		digest_hex(bytes, sizeof(bytes), digest);
		free(content);
	}
}

void report_versions_read(struct report_versions *versions, const struct geo *geo)
{
	char path[PATH_MAX];

	*versions = (struct report_versions){ .zones = "" };
	for (size_t i = 0; geo && i < geo_database_count(geo) && i < REPORT_DATABASES_MAX; i++) {
		if (snprintf(path, sizeof(path), "%s/%s", geo_folder(geo),
			    geo_database_file(geo, i)) < PATH_MAX) {
			digest_file(path, versions->databases[i]);
		}
	}
	if (file_find_data("geo/share/jurisdictions.tsv", path, NULL) == 0) {
		digest_file(path, versions->zones);
	}
}

const char *report_versions_database(const struct report_versions *versions, size_t database)
{
	return versions && database < REPORT_DATABASES_MAX ? versions->databases[database] : "";
}
