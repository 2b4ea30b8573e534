/* The page of a case file: one HTML file without script, style from within, that needs no network
 * and no borderflow. It is handed on: addresses of others are cut; the files beside it have them.
 */
#include <inttypes.h>
#include <string.h>

#include "base/addr_cut.h"
#include "dashboards/cli/alerts.h"
#include "dashboards/cli/alerts_case.h"

static const char style[] =
	"body{font:15px/1.45 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em;"
	"color:#16202b}h1{font-size:1.4em}h2{font-size:1.1em;margin-top:2em}"
	"p.said{font-size:1.15em}table{border-collapse:collapse;width:100%;"
	"font-variant-numeric:tabular-nums}th,td{text-align:left;padding:.3em .8em .3em 0;"
	"border-bottom:1px solid #d9dee5;vertical-align:top}td.n,th.n{text-align:right}"
	"code{word-break:break-all}";

static void put_escaped(struct text *text, const char *value)
{
	text_put_html(text, value, strlen(value));
}

/* What was seen on the network, and so may be an address. */
static void put_seen(struct text *text, const char *value)
{
	struct text cut;

	text_init_heap(&cut);
	text_put_cut(&cut, value);
	put_escaped(text, cut.at ? cut.at : "");
	text_deinit(&cut);
}

static void put_line(struct text *text, struct desk *desk)
{
	text_put(text, "<p>");
	put_escaped(text, desk->line.at);
	text_put(text, "</p>\n");
}

static void put_heading(struct text *text, const struct desk *desk, const char *key)
{
	text_put(text, "<h2>");
	put_escaped(text, messages_get(desk->messages, key));
	text_put(text, "</h2>\n");
}

/* The device is ours, whatever its address: it stays whole, as it stands in the table. */
static void put_sentence(struct text *text, const struct alert_entry *entry)
{
	const char *device =
		alert_entry_flow_count(entry) > 0 ? alert_entry_flow(entry, 0).device : "";
	struct text named, before;

	text_init_heap(&named);
	text_init_heap(&before);
	text_printf(&named, "(%s)", device);
	const char *at = device[0] != '\0' && named.at ? strstr(entry->sentence, named.at) : NULL;
	if (at) {
		text_put_bytes(&before, entry->sentence, (size_t)(at - entry->sentence));
		put_seen(text, before.at ? before.at : "");
		put_escaped(text, named.at);
		put_seen(text, at + named.length);
	} else {
		put_seen(text, entry->sentence);
	}
	text_deinit(&named);
	text_deinit(&before);
}

static void put_cell(struct text *text, const char *value)
{
	text_put(text, "<td>");
	put_escaped(text, value);
	text_put(text, "</td>");
}

static void put_flows(struct text *text, const struct desk *desk, const struct alert_entry *entry)
{
	static const char *const columns[] = { "desk_flow", "desk_device", "desk_name",
		"desk_network", "desk_country", "desk_bytes" };
	unsigned count = alert_entry_flow_count(entry);

	put_heading(text, desk, "desk_evidence");
	if (count == 0) {
		text_put(text, "<p>");
		put_escaped(text, messages_get(desk->messages, "desk_no_evidence"));
		text_put(text, "</p>\n");
		return;
	}
	text_put(text, "<table><thead><tr>");
	for (unsigned i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		text_put(text, "<th scope=\"col\">");
		put_escaped(text, messages_get(desk->messages, columns[i]));
		text_put(text, "</th>");
	}
	text_put(text, "</tr></thead><tbody>\n");
	for (unsigned i = 0; i < count; i++) {
		struct alert_evidence_flow flow = alert_entry_flow(entry, i);
		text_put(text, "<tr>");
		put_cell(text, flow.id);
		put_cell(text, flow.device);
		text_put(text, "<td>");
		put_seen(text, flow.name);
		text_put(text, "</td>");
		put_cell(text, flow.network);
		put_cell(text, flow.country);
		text_put(text, "<td class=\"n\">");
		messages_put_size(desk->messages, text, flow.bytes);
		text_put(text, "</td></tr>\n");
	}
	text_put(text, "</tbody></table>\n");
}

static void put_notes(struct text *text, const struct desk *desk, const char *notes)
{
	struct alert_note note;

	if (notes[0] == '\0') {
		return;
	}
	put_heading(text, desk, "desk_done");
	text_put(text, "<table><tbody>\n");
	while (alert_note_next(&notes, &note)) {
		text_put(text, "<tr>");
		put_cell(text, note.time);
		put_cell(text, note.who);
		put_cell(text, note.step);
		text_put(text, "<td>");
		text_put_html(text, note.text, note.length);
		text_put(text, "</td></tr>\n");
	}
	text_put(text, "</tbody></table>\n");
}

static void put_facts(struct text *text, struct desk *desk, const struct alert_entry *entry)
{
	char first[64], last[64], steps[160];
	struct text time;

	text_init(&time, first, sizeof(first));
	alerts_put_time(&time, desk, entry->first_ns);
	text_init(&time, last, sizeof(last));
	alerts_put_time(&time, desk, entry->last_ns);
	text_printf(&time, " (%s)", desk->settings->time_zone);
	messages_put(desk->messages, alerts_line(desk), "desk_first_last", "first", first, "last",
		last, NULL);
	put_line(text, desk);
	text_init(&time, steps, sizeof(steps));
	alert_entry_put_steps(entry, desk->messages, &time);
	messages_put(desk->messages, alerts_line(desk), "desk_why_severity", "severity",
		messages_get2(desk->messages, "desk_severity", entry->severity), "steps", steps,
		NULL);
	put_line(text, desk);
	if (entry->policy_hash[0] != '\0') {
		messages_put(desk->messages, alerts_line(desk), "desk_policy", "hash",
			entry->policy_hash, NULL);
		put_line(text, desk);
	}
}

void alerts_put_page(
	struct text *text, struct desk *desk, const struct alert_entry *entry, const char *files)
{
	text_printf(text,
		"<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'unsafe-inline'\"><meta name=\"viewport\" "
		"content=\"width=device-width\"><title>",
		messages_language(desk->messages));
	put_escaped(text, entry->id);
	text_printf(text, "</title><style>%s</style></head><body>\n<h1>", style);
	put_escaped(text, entry->kind);
	text_put(text, " <code>");
	put_escaped(text, entry->id);
	text_put(text, "</code></h1>\n<p class=\"said\">");
	put_sentence(text, entry);
	text_put(text, "</p>\n");
	put_facts(text, desk, entry);
	put_flows(text, desk, entry);
	put_notes(text, desk, entry->notes);
	put_heading(text, desk, "desk_files");
	text_put(text, "<p>");
	put_escaped(text, messages_get(desk->messages, "desk_addresses_cut"));
	text_put(text, "</p>\n");
	text_printf(text, "<pre>%s</pre>\n</body></html>\n", files);
}
