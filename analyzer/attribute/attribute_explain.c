#include "analyzer/attribute/attribute.h"

#include <string.h>

#include "analyzer/attribute/candidates.h"
#include "base/text.h"

static const char *const source_sentences[NAME_SOURCE_COUNT] = {
	[NAME_TLS_SNI] = "The TLS hello names",
	[NAME_QUIC_SNI] = "The QUIC hello names",
	[NAME_HTTP_HOST] = "The HTTP request names",
	[NAME_DNS_QUERY] = "The client got this address when it asked for",
	[NAME_DNS_LOG] = "By the resolver's log the client got this address when it asked for",
	[NAME_DNS_CNAME] = "On the way to this address DNS pointed to",
	[NAME_CERT] = "The certificate names",
	[NAME_DNS_UNASKED] = "A DNS answer that nobody was seen to ask for names",
	[NAME_USED] = "The client named this address before as",
	[NAME_ECH_OUTER] = "The outer part of an encrypted hello names",
};

static const char *const match_sentences[] = {
	[MATCH_NONE] = "by the wire format",
	[MATCH_SUFFIX] = "by the suffix",
	[MATCH_FIRST_LABEL] = "by the first label,",
	[MATCH_EMBEDDED_IN_CDN] = "inside a CDN's name, by",
	[MATCH_PREFIX] = "by the prefix",
	[MATCH_ASN] = "by the network",
	[MATCH_HOST] = "by the whole name",
	[MATCH_LABEL] = "by the first label alone,",
	[MATCH_WORD] = "by the word",
};

/* Names come from the wire. */
static void put_name(FILE *out, const char *name, size_t length)
{
	char memory[1100];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	text_put_terminal(&text, name, length);
	fputs(text.at, out);
}

static void explain_finding(
	const struct catalogue *catalogue, const struct candidate *candidate, FILE *out)
{
	const struct app *app = catalogue_app(catalogue, candidate->match.app);

	fprintf(out, "%s, %s %s (%s, confidence %u)", app->name,
		match_sentences[candidate->match.kind], candidate->match.rule,
		evidence_kind_name(candidate->evidence), candidate->confidence);
	if (candidate->match.embedded) {
		fputs("; embedded in other apps and pages, so no proof of use", out);
	}
	if (candidate->match.source) {
		fputs("; ", out);
		put_name(out, candidate->match.source, strlen(candidate->match.source));
		fputs(candidate->match.source[0] ? " says so" : "unverified", out);
	}
	if (candidate->match.weak) {
		fputs("; a weak rule", out);
	}
	if (candidate->match.region && candidate->match.region[0]) {
		fprintf(out, "; the service's part %s", candidate->match.region);
	}
	if (app->shared) {
		fputs("; infrastructure that others stand on", out);
	}
	if (candidate->match.hides == APP_HIDES_LOOKUPS) {
		fputs("; a resolver, which hides the names that are asked for", out);
	}
	if (candidate->ignored) {
		fputs("; left out: it belongs to another flow, or says only who carries this one",
			out);
	}
	fputs(".\n", out);
}

static void explain_names(const struct catalogue *catalogue, const struct l7_info *l7,
	const struct candidates *candidates, FILE *out)
{
	for (unsigned i = 0; i < l7->name_count; i++) {
		const struct clue_name *name = &l7->names[i];
		const struct candidate *candidate = NULL;
		for (unsigned k = 0; k < candidates->count; k++) {
			if (candidates->items[k].name == i) {
				candidate = &candidates->items[k];
			}
		}
		fprintf(out, "%s ", source_sentences[name->source]);
		put_name(out, l7->text + name->offset, name->length);
		if (candidate) {
			fputs(": ", out);
			explain_finding(catalogue, candidate, out);
		} else if (candidates->is_lookup) {
			struct match match = catalogue_match_name(
				catalogue, l7->text + name->offset, name->length);
			fprintf(out, "%s%s.\n", match.app ? ", a name of " : "",
				match.app ? catalogue_app(catalogue, match.app)->name : "");
		} else {
			fprintf(out, "%s.\n",
				name->source == NAME_ECH_OUTER ? ", which is not the app's name"
							       : ", which no app lists");
		}
	}
}

static void explain_others(const struct catalogue *catalogue, const struct record *record,
	const struct candidates *candidates, FILE *out)
{
	for (unsigned i = 0; i < candidates->count; i++) {
		if (candidates->items[i].name == NAME_INDEX_NONE) {
			enum match_kind kind = candidates->items[i].match.kind;
			fputs(kind == MATCH_NONE || kind == MATCH_WORD ? "The packets themselves: "
								       : "The address: ",
				out);
			explain_finding(catalogue, &candidates->items[i], out);
		}
	}
	if (record->place.asn != 0) {
		struct match match = catalogue_match_asn(catalogue, record->place.asn);
		const struct app *app = catalogue_app(catalogue, match.app);
		fprintf(out, "The address is in AS%u%s%s%s.\n", record->place.asn,
			app ? ", a network of " : "", app ? app->name : "",
			app ? ": it shows the owner, and names no app by itself" : "");
	}
}

static void explain_verdict(
	const struct catalogue *catalogue, const struct verdict *verdict, FILE *out)
{
	const struct app *app = catalogue_app(catalogue, verdict->app);

	if (!app) {
		fputs("Verdict: application unknown.\n", out);
	} else {
		fprintf(out, "Verdict: %s (%s), confidence %u, evidence", app->name, app->id,
			verdict->confidence);
		for (unsigned kind = 0; kind < EVIDENCE_KIND_COUNT; kind++) {
			if (verdict->evidence & 1 << kind) {
				fprintf(out, " %s", evidence_kind_name(kind));
			}
		}
		fputs(verdict->embedded ? "; embedded, not use of the app.\n" : ".\n", out);
	}
	if (verdict->parent_country[0] != '\0') {
		fprintf(out, "Under the control of %s (%s); contracted by an owner in %s.\n",
			verdict->parent_country, geo_zone_name(verdict->control),
			verdict->owner_country[0] ? verdict->owner_country : "various countries");
	}
}

void attribute_explain(const struct catalogue *catalogue, const struct geo *geo,
	const struct record *record, FILE *out)
{
	struct record copy = *record;
	struct candidates candidates;

	attribute(catalogue, geo, &copy);
	candidates_gather(catalogue, record, &candidates);
	explain_names(catalogue, &record->l7, &candidates, out);
	if (candidates.is_lookup) {
		fputs("The flow is a lookup: it goes to the resolver, not to what it asks about.\n",
			out);
	}
	explain_others(catalogue, record, &candidates, out);
	explain_verdict(catalogue, &copy.verdict, out);
}
