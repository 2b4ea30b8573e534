#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "dashboards/report/findings.h"
#include "dashboards/report/table.h"

enum { APPS_SHOWN = 25, CELLS_SHOWN = 12, NAMES_SHOWN = 8, FILES_NAMED = 3 };

/* What every part of the page needs. */
struct page {
	FILE *out;
	const struct findings *findings;
	const struct summary_style *style;
};

static void put_heading(const struct page *page, const char *heading, const char *says)
{
	fprintf(page->out, page->style->color ? "\n\x1b[1m%s\x1b[0m  %s\n" : "\n%s  %s\n", heading,
		says);
}

static void put_table(const struct page *page, struct table *table)
{
	table_put(table, page->out, page->style->width, page->style->color, page->style->utf8);
	table_deinit(table);
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void put_size(FILE *out, uint64_t bytes)
{
	char memory[32];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	text_put_size(&text, bytes);
	fputs(memory, out);
}

static void put_count(FILE *out, uint64_t number)
{
	char memory[32];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	text_put_grouped(&text, number, ",");
	fputs(memory, out);
}

static const char *country(const struct page *page, const char *code)
{
	return findings_country(page->findings, code, GEO_EN);
}

static void put_inputs(const struct page *page)
{
	const struct findings *findings = page->findings;
	char memory[512];
	struct text text;

	for (unsigned i = 0; i < findings->input_count && i < FILES_NAMED; i++) {
		text_init(&text, memory, sizeof(memory));
		text_put_terminal(&text, findings->inputs[i], strlen(findings->inputs[i]));
		fprintf(page->out, "%s%s", i > 0 ? ", " : "", memory);
	}
	if (findings->input_count > FILES_NAMED) {
		fprintf(page->out, " and %u more", findings->input_count - FILES_NAMED);
	}
	fputc('\n', page->out);
}

/* "2026-03-17 06:02 to 18:11 UTC" */
static void put_period(const struct page *page)
{
	const struct source_stats *source = &page->findings->stats->source;
	char first[CLOCK_TEXT_LENGTH + 1], last[CLOCK_TEXT_LENGTH + 1];

	if (source->frames == 0) {
		fputs("no packets", page->out);
		return;
	}
	clock_format(source->first_ns, first);
	clock_format(source->last_ns, last);
	bool same_day = memcmp(first, last, 10) == 0;
	fprintf(page->out, "%.10s %.8s to %.*s%s%.8s UTC", first, first + 11, same_day ? 0 : 10,
		last, same_day ? "" : " ", last + 11);
}

static void put_opening(const struct page *page)
{
	const struct findings *findings = page->findings;
	const struct overview_row *total = overview_total(findings->overview);
	uint64_t internal = overview_zone(findings->overview, GEO_ZONE_INTERNAL)->bytes_up;
	uint64_t left = total->bytes_up - internal, outside = findings_bytes_outside(findings);
	FILE *out = page->out;

	put_inputs(page);
	put_period(page);
	fputs(", ", out);
	put_count(out, findings->stats->source.frames);
	fputs(" packets, ", out);
	put_count(out, total->flows);
	fputs(" flows, ", out);
	put_count(out, total->devices);
	fprintf(out, " own device%s%s\n\n", total->devices == 1 ? "" : "s",
		total->devices_estimated ? " (estimated)" : "");
	if (findings->lexicon->geo && geo_has_countries(findings->lexicon->geo)) {
		fputs("Of ", out);
		put_size(out, left);
		fputs(" sent out of our networks, ", out);
		put_size(out, outside);
		fprintf(out, " (%.0f %%) went to servers outside the EU/EEA.\n",
			percent(outside, left));
	} else {
		put_size(out, left);
		fputs(" left our networks. No country database was found, so where the servers\n"
		      "stand is not known; see: borderflow geo info\n",
			out);
	}
	if (findings->alerts > 0) {
		put_count(out, findings->alerts);
		fprintf(out, " alert%s: traffic that a rule of the policy denies.\n",
			findings->alerts == 1 ? "" : "s");
	}
}

static void put_app_row(
	const struct page *page, struct table *table, const struct overview_app *row)
{
	const struct app *app = catalogue_app(page->findings->lexicon->catalogue, row->app);
	char servers[48];
	struct text text;

	text_init(&text, servers, sizeof(servers));
	for (unsigned i = 0; i < 3 && row->server_countries[i][0]; i++) {
		text_printf(&text, "%s%s", i > 0 ? " " : "", row->server_countries[i]);
	}
	if (row->server_countries[3][0]) {
		text_put(&text, " +");
	}
	table_row(table);
	table_cell(table, 0, "%s%s", row->app ? app->name : "(not named)",
		row->flows_denied                                     ? " (denied)"
		: row->app && row->flows_embedded == row->total.flows ? " (embedded)"
								      : "");
	table->bold[table->rows] = row->flows_denied > 0;
	table_cell(table, 1, "%s", row->app ? country(page, app->parent_country) : "-");
	table_cell(table, 2, "%s", servers[0] ? servers : "-");
	table_cell_size(table, 3, row->total.bytes_up);
	table_cell_size(table, 4, row->total.bytes_down);
	table_cell_count(table, 5, row->total.flows);
	table_cell(table, 6, "%s%" PRIu64, row->total.devices_estimated ? "~" : "",
		row->total.devices);
}

static void put_apps(const struct page *page)
{
	static const char *const headings[] = { "app", "control", "servers in", ">sent",
		">received", ">flows", ">devices", NULL };
	const struct overview_app *rows;
	size_t count = overview_apps(page->findings->overview, &rows);
	struct table table;

	if (count == 0 || !table_init(&table, headings)) {
		return;
	}
	put_heading(page, "Apps",
		"most bytes first; control is the country of whoever controls the owner");
	for (size_t i = 0; i < count && i < APPS_SHOWN; i++) {
		put_app_row(page, &table, &rows[i]);
	}
	put_table(page, &table);
	if (count > APPS_SHOWN) {
		fprintf(page->out, "and %zu more (--summary json lists all)\n", count - APPS_SHOWN);
	}
}

static const char *const zone_words[GEO_ZONE_COUNT] = {
	[GEO_ZONE_UNKNOWN] = "country not known",
	[GEO_ZONE_INTERNAL] = "stays in our networks",
	[GEO_ZONE_EU] = "EU",
	[GEO_ZONE_EEA] = "EEA outside the EU",
	[GEO_ZONE_ADEQUATE] = "adequate protection",
	[GEO_ZONE_ADEQUATE_PARTIAL] = "partly adequate (US, Canada)",
	[GEO_ZONE_THIRD] = "third country, no adequacy",
};

static void put_zones(const struct page *page)
{
	static const char *const headings[] = { "legal zone of the server", ">sent", ">received",
		">flows", ">devices", NULL };
	static const enum geo_zone order[] = { GEO_ZONE_EU, GEO_ZONE_EEA, GEO_ZONE_ADEQUATE,
		GEO_ZONE_ADEQUATE_PARTIAL, GEO_ZONE_THIRD, GEO_ZONE_UNKNOWN, GEO_ZONE_INTERNAL };
	struct table table;

	if (!table_init(&table, headings)) {
		return;
	}
	put_heading(page, "Zones", "under GDPR chapter V");
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		const struct overview_row *row = overview_zone(page->findings->overview, order[i]);
		if (row->packets == 0) {
			continue;
		}
		table_row(&table);
		table_cell(&table, 0, "%s", zone_words[order[i]]);
		table_cell_size(&table, 1, row->bytes_up);
		table_cell_size(&table, 2, row->bytes_down);
		table_cell_count(&table, 3, row->flows);
		table_cell(
			&table, 4, "%s%" PRIu64, row->devices_estimated ? "~" : "", row->devices);
	}
	put_table(page, &table);
}

static const char *const zone_short_words[GEO_ZONE_COUNT] = {
	[GEO_ZONE_UNKNOWN] = "unknown",
	[GEO_ZONE_INTERNAL] = "ours",
	[GEO_ZONE_EU] = "EU",
	[GEO_ZONE_EEA] = "EEA",
	[GEO_ZONE_ADEQUATE] = "adequate",
	[GEO_ZONE_ADEQUATE_PARTIAL] = "partly",
	[GEO_ZONE_THIRD] = "third",
};

static void put_matrix(const struct page *page)
{
	static const char *const headings[] = { "server in", "zone", "control", ">sent",
		">received", ">flows", ">devices", NULL };
	const struct overview_cell *cells;
	size_t count = overview_matrix(page->findings->overview, &cells);
	struct table table;

	if (count == 0 || !table_init(&table, headings)) {
		return;
	}
	put_heading(
		page, "Server country and control", "where it lands, and who controls the service");
	for (size_t i = 0; i < count && i < CELLS_SHOWN; i++) {
		table_row(&table);
		table_cell(&table, 0, "%s", country(page, cells[i].server_country));
		table_cell(&table, 1, "%s", zone_short_words[cells[i].zone]);
		table_cell(&table, 2, "%s", country(page, cells[i].parent_country));
		table_cell_size(&table, 3, cells[i].total.bytes_up);
		table_cell_size(&table, 4, cells[i].total.bytes_down);
		table_cell_count(&table, 5, cells[i].total.flows);
		table_cell(&table, 6, "%s%" PRIu64, cells[i].total.devices_estimated ? "~" : "",
			cells[i].total.devices);
	}
	put_table(page, &table);
	if (count > CELLS_SHOWN) {
		fprintf(page->out, "and %zu more\n", count - CELLS_SHOWN);
	}
}

static const char *const unnamed_words[UNNAMED_REASON_COUNT] = {
	[UNNAMED_NO_PAYLOAD] = "no data was exchanged",
	[UNNAMED_ENCRYPTED_HELLO] = "the hello is encrypted (ECH)",
	[UNNAMED_NO_SNI] = "the hello carries no name",
	[UNNAMED_ENCRYPTED_DNS] = "encrypted name lookup",
	[UNNAMED_LATE] = "it began before the capture",
	[UNNAMED_NAME_NOT_LISTED] = "a name that the catalogue does not list",
	[UNNAMED_PROTOCOL_ONLY] = "the protocol is known and carries no app",
	[UNNAMED_OPAQUE] = "nothing in it tells",
};

static void put_unlisted(const struct page *page)
{
	const struct overview_name *names;
	size_t count = overview_unlisted(page->findings->overview, &names);

	if (count == 0) {
		return;
	}
	fputs("Names not listed, most flows first: ", page->out);
	for (size_t i = 0; i < count && i < NAMES_SHOWN; i++) {
		char memory[300];
		struct text text;
		text_init(&text, memory, sizeof(memory));
		text_put_terminal(&text, names[i].name, strlen(names[i].name));
		fprintf(page->out, "%s%s", i > 0 ? ", " : "", memory);
	}
	fprintf(page->out, "%s\n", count > NAMES_SHOWN ? ", ..." : "");
}

static void put_unnamed(const struct page *page)
{
	static const char *const headings[] = { "why there is no app", ">sent", ">received",
		">flows", NULL };
	struct overview *overview = page->findings->overview;
	uint64_t unnamed = 0,
		 flows = overview_total(overview)->flows -
			 overview_direction(overview, RECORD_DIRECTION_INTERNAL)->flows;
	struct table table;

	for (unsigned i = 0; i < UNNAMED_REASON_COUNT; i++) {
		unnamed += overview_unnamed(overview, i)->flows;
	}
	if (unnamed == 0 || !table_init(&table, headings)) {
		return;
	}
	put_heading(page, "Not named", "what stays hidden, and why");
	fprintf(page->out, "%.1f %% of the flows that cross our border have no app.\n",
		percent(unnamed, flows));
	for (unsigned i = 0; i < UNNAMED_REASON_COUNT; i++) {
		const struct overview_row *row = overview_unnamed(overview, i);
		if (row->packets == 0) {
			continue;
		}
		table_row(&table);
		table_cell(&table, 0, "%s", unnamed_words[i]);
		table_cell_size(&table, 1, row->bytes_up);
		table_cell_size(&table, 2, row->bytes_down);
		table_cell_count(&table, 3, row->flows);
	}
	put_table(page, &table);
	put_unlisted(page);
}

static void put_packets(const struct page *page)
{
	const struct findings *findings = page->findings;
	const struct decode_stats *decode = &findings->stats->collector.decode;
	uint64_t refused = findings_refused(findings);

	put_heading(page, "Packets", "every one is accounted for");
	put_count(page->out, findings->stats->source.frames);
	fputs(" read = ", page->out);
	put_count(page->out, findings->stats->packets);
	fputs(" in flows + ", page->out);
	put_count(page->out, refused);
	fputs(" refused.\n", page->out);
	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		if (decode->refused[i] > 0) {
			fputs("  ", page->out);
			put_count(page->out, decode->refused[i]);
			fprintf(page->out, "  %s: %s\n", decode_refusal_name(i),
				decode_refusal_sentence(i));
		}
	}
	if (findings->trouble) {
		fprintf(page->out, "Not everything could be read: %s\n", findings->trouble);
	}
}

void summary_put_text(FILE *out, const struct findings *findings, const struct summary_style *style)
{
	struct page page = { out, findings, style };

	put_opening(&page);
	if (overview_total(findings->overview)->packets > 0) {
		put_apps(&page);
		put_zones(&page);
		put_matrix(&page);
		put_unnamed(&page);
	}
	put_packets(&page);
}
