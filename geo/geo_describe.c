#include "geo/geo_parts.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

/* Addresses change hands: a table older than half a year is called old. */
enum { OLD_DAYS = 180 };

static const char *maker_licence(enum geo_db_maker maker)
{
	switch (maker) {
	case GEO_DB_MAXMIND:
		return "MaxMind's licence (GeoLite2: attribution, delete within 30 days of a newer "
		       "one)";
	case GEO_DB_IPINFO:
		return "IPinfo's licence (free databases: CC BY-SA 4.0, attribution)";
	case GEO_DB_DBIP:
		return "DB-IP's licence (Lite: CC BY 4.0, \"IP Geolocation by DB-IP\")";
	default:
		return "";
	}
}

/* The file beside a database that says where it came from: lines of a word, a tab and a text
 * (source, licence, attribution). NULL where there is none; the caller frees. */
static char *read_about(const struct geo_db_info *info)
{
	char path[PATH_MAX], *content = NULL;

	if (snprintf(path, sizeof(path), "%s.about", info->path) < (int)sizeof(path)) {
		(void)file_read(path, &content, NULL, NULL);
	}
	return content;
}

static void put_escaped(FILE *out, const char *bytes, size_t count)
{
	char memory[512];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	text_put_terminal(&text, bytes, count);
	fputs(memory, out);
}

static void describe_about(const struct geo_db_info *info, FILE *out)
{
	char *about = read_about(info);

	for (char *line = about ? strtok(about, "\n") : NULL; line; line = strtok(NULL, "\n")) {
		char *tab = strchr(line, '\t');
		if (tab) {
			fprintf(out, "            ");
			put_escaped(out, line, (size_t)(tab - line));
			fprintf(out, ": ");
			put_escaped(out, tab + 1, strlen(tab + 1));
			fprintf(out, "\n");
		}
	}
	if (!about && maker_licence(info->maker)[0]) {
		fprintf(out, "            licence: %s\n", maker_licence(info->maker));
	}
	free(about);
}

static void describe_age(const struct geo_db_info *info, uint64_t now_ns, FILE *out)
{
	char date[11];

	if (info->built_ns == 0) {
		fprintf(out, "build date not said");
		return;
	}
	/* From date to date, as they are shown: two files of one day have one age. */
	const uint64_t day_ns = 86400 * NS_PER_S;
	clock_format_date(info->built_ns, date);
	uint64_t days = now_ns > info->built_ns ? now_ns / day_ns - info->built_ns / day_ns : 0;
	fprintf(out, "built %s, %" PRIu64 " day%s old", date, days, days == 1 ? "" : "s");
	if (days > OLD_DAYS) {
		fprintf(out, " - warning: older than %d days, renew it", OLD_DAYS);
	}
}

static const char *kinds_name(unsigned kinds)
{
	static const char *const names[] = { "", "countries", "networks", "both" };

	return names[kinds & 3];
}

static void describe_database(const struct geo_db_info *info, uint64_t now_ns, FILE *out)
{
	char grouped[40];
	struct text text;

	text_init(&text, grouped, sizeof(grouped));
	text_put_grouped(&text, info->node_count, ",");
	fprintf(out, "  %-9s ", kinds_name(info->kinds));
	put_escaped(out, info->file, strlen(info->file));
	fprintf(out, "\n            ");
	describe_age(info, now_ns, out);
	fprintf(out, "\n            type \"");
	put_escaped(out, info->type, strlen(info->type));
	fprintf(out, "\", %s, %s nodes\n", info->has_v6 ? "IPv4 and IPv6" : "IPv4 only", grouped);
	describe_about(info, out);
}

static void describe_databases(const struct geo *geo, uint64_t now_ns, FILE *out)
{
	if (!geo->folder) {
		fprintf(out, "Databases   none: no folder was named and none of the usual places "
			     "is there\n");
		return;
	}
	fprintf(out, "Databases in %s, the most believed first\n", geo->folder);
	for (size_t i = 0; i < geo->inputs.database_count; i++) {
		describe_database(geo_db_info(geo->inputs.databases[i]), now_ns, out);
	}
	if (geo->inputs.database_count == 0) {
		fprintf(out, "  none      put *.mmdb files there (borderflow geo update brings "
			     "free ones)\n");
	}
}

static void describe_table(FILE *out, const char *name, const char *path, unsigned rows)
{
	if (path[0]) {
		fprintf(out, "  %-9s %s, %u rows\n", name, path, rows);
	} else {
		fprintf(out, "  %-9s not found\n", name);
	}
}

static void describe_tables(const struct geo *geo, FILE *out)
{
	fprintf(out, "Tables\n");
	describe_table(out, "zones", jurisdictions_path(geo->jurisdictions),
		jurisdictions_count(geo->jurisdictions));
	describe_table(out, "owners", owners_path(geo->owners), owners_count(geo->owners));
	for (unsigned i = 0; i < overrides_file_count(geo->overrides); i++) {
		unsigned rows = 0;
		for (unsigned row = 0; row < overrides_count(geo->overrides); row++) {
			rows += overrides_row(geo->overrides, row)->list == i;
		}
		describe_table(out, "overrides", overrides_path(geo->overrides, i), rows);
	}
}

static void describe_index(const struct geo *geo, FILE *out)
{
	char memory[160];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	text_put_grouped(&text, geo->index.v4_count, ",");
	text_put(&text, " IPv4 and ");
	text_put_grouped(&text, geo->index.v6_count, ",");
	text_put(&text, " IPv6 ranges, ");
	text_put_size(&text, geo_index_bytes(&geo->index));
	fprintf(out, "Index       %s, %s\n", memory,
		geo->index_was_stored ? "stored in the folder" : "made anew at every start");
}

void geo_describe(const struct geo *geo, uint64_t now_ns, FILE *out)
{
	describe_databases(geo, now_ns, out);
	describe_tables(geo, out);
	describe_index(geo, out);
}
