/* The rules as sentences: a page that a union or a committee can read without the file. */
#include <string.h>

#include "analyzer/policy/policy_model.h"
#include "analyzer/policy/policy_tools.h"
#include "base/local_time.h"

enum language { EN, SV, NB, NN, DA, FI, LANGUAGES };

static const char *const language_codes[LANGUAGES] = { "en", "sv", "nb", "nn", "da", "fi" };

/* Every piece of a sentence, by language. */
#define PIECES(X)                                                                                  \
	X(TITLE, "Rules for the use of network services", "Regler för användning av nättjänster",  \
		"Regler for bruk av nettjenester", "Reglar for bruk av nettenester",               \
		"Regler for brug af nettjenester", "Verkkopalvelujen käyttöä koskevat säännöt")    \
	X(PURPOSE, "Purpose", "Ändamål", "Formål", "Føremål", "Formål", "Tarkoitus")               \
	X(LEGAL, "Legal basis", "Rättslig grund", "Rettslig grunnlag", "Rettsleg grunnlag",        \
		"Retsgrundlag", "Oikeusperuste")                                                   \
	X(INFORMED, "Staff informed", "Personalen informerad", "Ansatte informert",                \
		"Tilsette informerte", "Medarbejdere informeret", "Henkilöstölle tiedotettu")      \
	X(CONSULTED, "Consulted", "Samråd", "Drøftet", "Drøfta", "Drøftet", "Yhteistoiminta")      \
	X(ENDS, "Ends", "Upphör", "Opphører", "Sluttar", "Ophører", "Päättyy")                     \
	X(EVALUATE, "Evaluated by", "Utvärderas senast", "Evalueres innen", "Evaluerast innan",    \
		"Evalueres senest", "Arvioidaan viimeistään")                                      \
	X(DENY, "is not allowed", "är inte tillåtet", "er ikke tillatt", "er ikkje tillate",       \
		"er ikke tilladt", "ei ole sallittu")                                              \
	X(ALLOW, "is allowed", "är tillåtet", "er tillatt", "er tillate", "er tilladt",            \
		"on sallittu")                                                                     \
	X(REPORT, "is followed up, and nobody is accused", "följs upp utan att någon pekas ut",    \
		"følges opp uten at noen pekes ut", "blir følgt opp utan at nokon blir peikt ut",  \
		"følges op, uden at nogen udpeges", "seurataan, eikä ketään syytetä")              \
	X(ASSESS, "is assessed by each unit", "bedöms av varje enhet", "vurderes av hver enhet",   \
		"blir vurdert av kvar eining", "vurderes af hver enhed",                           \
		"arvioidaan yksiköittäin")                                                         \
	X(PENDING, "is not decided yet", "är inte beslutat ännu", "er ikke avgjort ennå",          \
		"er ikkje avgjort enno", "er ikke afgjort endnu", "ei ole vielä päätetty")         \
	X(USE_OF, "Use of", "Användning av", "Bruk av", "Bruk av", "Brug af", "Käyttö:")           \
	X(ANYTHING, "anything", "vad som helst", "hva som helst", "kva som helst",                 \
		"hvad som helst", "mikä tahansa")                                                  \
	X(LIFTED, "what the named rules deny", "det som de nämnda reglerna nekar",                 \
		"det som de nevnte reglene nekter", "det som dei nemnde reglane nektar",           \
		"det, som de nævnte regler nægter", "se, minkä mainitut säännöt kieltävät,")       \
	X(FOR_ALL, "for everybody", "för alla", "for alle", "for alle", "for alle", "kaikille")    \
	X(FOR, "for", "för", "for", "for", "for", "kohde:")                                        \
	X(BUT_NOT, "but not for", "men inte för", "men ikke for", "men ikkje for", "men ikke for", \
		"mutta ei:")                                                                       \
	X(FROM, "from", "från och med", "fra og med", "frå og med", "fra og med", "alkaen")        \
	X(TO, "until", "till och med", "til og med", "til og med", "til og med", "saakka")         \
	X(GRACE, "period of grace until", "anståndstid till och med", "overgangstid til og med",   \
		"overgangstid til og med", "overgangsperiode til og med", "siirtymäaika saakka")   \
	X(BLOCKED, "the network blocks it", "nätet spärrar det", "nettet sperrer det",             \
		"nettet sperrar det", "nettet spærrer det", "verkko estää sen")                    \
	X(IS_DRAFT, "a draft, which decides nothing yet", "ett utkast, som inte avgör något ännu", \
		"et utkast, som ikke avgjør noe ennå", "eit utkast, som ikkje avgjer noko enno",   \
		"et udkast, som ikke afgør noget endnu", "luonnos, joka ei vielä ratkaise mitään") \
	X(IS_WATCHED, "watched only: counted, and nobody is accused",                              \
		"bara under observation: räknas, och ingen pekas ut",                              \
		"bare under observasjon: telles, og ingen pekes ut",                               \
		"berre under observasjon: blir talt, og ingen blir peikt ut",                      \
		"kun under observation: tælles, og ingen udpeges",                                 \
		"vain seurannassa: lasketaan, eikä ketään syytetä")                                \
	X(REASON, "Reason", "Skäl", "Begrunnelse", "Grunngiving", "Begrundelse", "Peruste")        \
	X(EXCEPTION, "Exception", "Undantag", "Unntak", "Unntak", "Undtagelse", "Poikkeus")        \
	X(APPROVED_BY, "approved by", "beviljat av", "godkjent av", "godkjent av", "godkendt af",  \
		"hyväksyjä")                                                                       \
	X(NO_INTERNAL, "as long as the device has no internal flows",                              \
		"så länge enheten inte har interna flöden",                                        \
		"så lenge enheten ikke har interne strømmer",                                      \
		"så lenge eininga ikkje har interne straumar",                                     \
		"så længe enheden ikke har interne strømme",                                       \
		"kunhan laitteella ei ole sisäistä liikennettä")                                   \
	X(TREATED, "By our policy it counts as controlled from",                                   \
		"Enligt vår policy räknas den som styrd från",                                     \
		"Etter vår policy regnes den som styrt fra",                                       \
		"Etter vår policy blir han rekna som styrt frå",                                   \
		"Efter vores politik regnes den som styret fra",                                   \
		"Käytäntömme mukaan sitä ohjataan maasta")                                         \
	X(UNLISTED,                                                                                \
		"Apps that no rule allows count as not approved, "                                 \
		"except for guests, pupils and private devices",                                   \
		"Appar som ingen regel tillåter räknas som inte godkända, "                     \
		"utom för gäster, elever och privata enheter",                                     \
		"Apper som ingen regel tillater, regnes som ikke godkjent, "                       \
		"unntatt for gjester, elever og private enheter",                                  \
		"Appar som ingen regel tillèt, blir rekna som ikkje godkjende, "                  \
		"unnateke for gjester, elevar og private einingar",                                \
		"Apps, som ingen regel tillader, regnes som ikke godkendt, "                       \
		"undtagen for gæster, elever og private enheder",                                  \
		"Sovelluksia, joita mikään sääntö ei salli, "                                 \
		"pidetään hyväksymättöminä, "                                                \
		"paitsi vieraiden, oppilaiden ja yksityisten laitteiden osalta")                   \
	X(RULE_SET, "Rule set", "Regelverk", "Regelsett", "Regelsett", "Regelsæt", "Sääntöjoukko") \
	X(KEPT, "Groups of fewer devices than this are never shown",                               \
		"Grupper med färre enheter än så visas aldrig",                                    \
		"Grupper med færre enheter enn dette vises aldri",                                 \
		"Grupper med færre einingar enn dette blir aldri viste",                           \
		"Grupper med færre enheder end dette vises aldrig",                                \
		"Tätä pienempiä laiteryhmiä ei koskaan näytetä")

enum piece {
#define X(id, en, sv, nb, nn, da, fi) PIECE_##id,
	PIECES(X)
#undef X
};

static const char *const pieces[][LANGUAGES] = {
#define X(id, en, sv, nb, nn, da, fi) { en, sv, nb, nn, da, fi },
	PIECES(X)
#undef X
};

struct page {
	const struct policy *policy;
	const struct catalogue *catalogue;
	enum language language;
	FILE *out;
};

static const char *say(const struct page *page, enum piece piece)
{
	return pieces[piece][page->language];
}

static void put_fact(const struct page *page, enum piece piece, const char *text)
{
	if (text[0]) {
		fprintf(page->out, "%s: %s\n", say(page, piece), text);
	}
}

static void put_date(const struct page *page, enum piece piece, uint64_t time_ns)
{
	char date[11];

	if (time_ns) {
		local_format_date(page->policy->zone, time_ns, date);
		put_fact(page, piece, date);
	}
}

static void put_date_within(const struct page *page, enum piece piece, uint64_t time_ns)
{
	char date[11];

	if (time_ns) {
		local_format_date(page->policy->zone, time_ns, date);
		fprintf(page->out, ", %s %s", say(page, piece), date);
	}
}

/* The values of a word, "a, b"; apps by their names. */
static void put_values(const struct page *page, const struct yaml_node *value, bool are_apps)
{
	const struct yaml_node *item = value->kind == YAML_LIST ? value->child : value;
	bool is_first = true;

	for (; item; item = value->kind == YAML_LIST ? item->next : NULL) {
		const char *text = item->kind == YAML_TEXT ? item->text : "";
		const struct app *app = are_apps ? catalogue_app(page->catalogue,
							   catalogue_find(page->catalogue, text))
						 : NULL;
		fprintf(page->out, "%s%s", is_first ? "" : ", ", app ? app->name : text);
		is_first = false;
	}
}

static void put_match(const struct page *page, const struct yaml_node *match)
{
	if (!match || match->kind != YAML_MAP) {
		fputs(say(page, PIECE_ANYTHING), page->out);
		return;
	}
	for (const struct yaml_node *value = match->child; value; value = value->next) {
		bool are_apps = strcmp(value->key->text, "app") == 0;
		if (!are_apps) {
			fprintf(page->out, "%s: ", value->key->text);
		}
		put_values(page, value, are_apps);
		fputs(value->next ? "; " : "", page->out);
	}
}

static void put_devices(const struct page *page, const struct yaml_node *scope)
{
	bool is_first = true;

	for (const struct yaml_node *value = scope->child; value; value = value->next) {
		if (strcmp(value->key->text, "except") == 0) {
			continue;
		}
		fputs(is_first ? "" : ", ", page->out);
		if (strcmp(value->key->text, "unit") != 0 &&
			strcmp(value->key->text, "class") != 0) {
			fprintf(page->out, "%s: ", value->key->text);
		}
		put_values(page, value, false);
		is_first = false;
	}
}

static void put_scope(const struct page *page, const struct yaml_node *scope)
{
	const struct yaml_node *except = yaml_map_get(scope, "except");
	bool is_for_some = scope && scope->kind == YAML_MAP && scope->child &&
			   !(except && scope->child == except && !except->next);

	if (!is_for_some) {
		fprintf(page->out, " %s", say(page, PIECE_FOR_ALL));
	} else {
		fprintf(page->out, " %s ", say(page, PIECE_FOR));
		put_devices(page, scope);
	}
	if (except && except->kind == YAML_MAP) {
		fprintf(page->out, ", %s ", say(page, PIECE_BUT_NOT));
		put_devices(page, except);
	}
}

/* "Use of X is not allowed for Y, from D." */
static void put_sentence(const struct page *page, const struct rule *rule)
{
	static const enum piece actions[POLICY_ACTION_COUNT] = {
		[POLICY_ACTION_DENY] = PIECE_DENY,
		[POLICY_ACTION_ALLOW] = PIECE_ALLOW,
		[POLICY_ACTION_REPORT] = PIECE_REPORT,
		[POLICY_ACTION_ASSESS] = PIECE_ASSESS,
		[POLICY_ACTION_PENDING] = PIECE_PENDING,
	};
	const struct policy_rule *public = &rule->public;

	fprintf(page->out, "%s ", say(page, PIECE_USE_OF));
	put_match(page, yaml_map_get(rule->node, "match"));
	fprintf(page->out, " %s", say(page, actions[public->action]));
	put_scope(page, yaml_map_get(rule->node, "scope"));
	put_date_within(page, PIECE_FROM, public->effective_from_ns);
	put_date_within(page, PIECE_TO, public->valid_to_ns);
	put_date_within(page, PIECE_GRACE, public->grace_until_ns);
	if (public->blocked) {
		fprintf(page->out, "; %s", say(page, PIECE_BLOCKED));
	}
	if (public->stage != POLICY_STAGE_IN_FORCE) {
		fprintf(page->out, "; %s",
			say(page, public->stage == POLICY_STAGE_DRAFT ? PIECE_IS_DRAFT
								      : PIECE_IS_WATCHED));
	}
	fputs(".", page->out);
}

static void put_rule(const struct page *page, const struct rule *rule)
{
	const struct policy_rule *public = &rule->public;

	fprintf(page->out, "\n%s. ", public->id);
	put_sentence(page, rule);
	if (public->basis[0]) {
		fprintf(page->out, " %s: %s.", say(page, PIECE_REASON), public->basis);
	}
	fputc('\n', page->out);
}

static void put_exception(const struct page *page, const struct exception *exception)
{
	const struct policy_exception *public = &exception->public;
	const struct yaml_node *rules = yaml_map_get(exception->node, "rules");

	fprintf(page->out, "\n%s %s", say(page, PIECE_EXCEPTION), public->id);
	if (rules) {
		fputs(" (", page->out);
		put_values(page, rules, false);
		fputs(")", page->out);
	}
	fprintf(page->out, ": %s ", say(page, PIECE_USE_OF));
	if (rules && !yaml_map_get(exception->node, "match")) {
		fputs(say(page, PIECE_LIFTED), page->out);
	} else {
		put_match(page, yaml_map_get(exception->node, "match"));
	}
	fprintf(page->out, " %s", say(page, PIECE_ALLOW));
	put_scope(page, yaml_map_get(exception->node, "scope"));
	put_date_within(page, PIECE_FROM, public->valid_from_ns);
	put_date_within(page, PIECE_TO, public->valid_to_ns);
	if (public->no_internal_flows) {
		fprintf(page->out, ", %s", say(page, PIECE_NO_INTERNAL));
	}
	fprintf(page->out, "; %s %s. %s: %s.\n", say(page, PIECE_APPROVED_BY), public->approver,
		say(page, PIECE_REASON), public->reason);
}

static void put_head(const struct page *page)
{
	const struct policy_header *header = &page->policy->header;
	char number[16];

	fprintf(page->out, "%s\n%s", header->organisation, header->organisation[0] ? "" : "");
	fprintf(page->out, "%s%s%s\n\n", say(page, PIECE_TITLE), header->reference[0] ? ", " : "",
		header->reference);
	put_fact(page, PIECE_PURPOSE, header->purpose);
	put_fact(page, PIECE_LEGAL, header->legal_basis);
	put_date(page, PIECE_INFORMED, header->informed_ns);
	if (header->consulted_ns) {
		put_date(page, PIECE_CONSULTED, header->consulted_ns);
	} else {
		put_fact(page, PIECE_CONSULTED, header->consultation_date);
	}
	put_date(page, PIECE_ENDS, header->ends_ns);
	put_date(page, PIECE_EVALUATE, header->evaluate_by_ns);
	snprintf(number, sizeof(number), "%u", header->group_minimum);
	put_fact(page, PIECE_KEPT, number);
}

static enum language language_of(const char *code)
{
	enum language language = EN;

	for (unsigned i = 0; i < LANGUAGES; i++) {
		language = strcmp(language_codes[i], code) == 0 ? i : language;
	}
	return language;
}

void policy_print_rule(const struct policy *policy, const struct catalogue *catalogue,
	const char *language, uint16_t rule, FILE *out)
{
	struct page page = { policy, catalogue, language_of(language), out };
	uint16_t row = symbol_rows_find(&policy->rule_rows, rule);

	if (row) {
		put_sentence(&page, &policy->rules[row]);
	}
}

void policy_print(const struct policy *policy, const struct catalogue *catalogue,
	const char *language, FILE *out)
{
	struct page page = { policy, catalogue, language_of(language), out };

	put_head(&page);
	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		put_rule(&page, &policy->rules[i]);
	}
	if (policy->header.mode == POLICY_MODE_ALLOW_LIST) {
		fprintf(out, "\n%s.\n", say(&page, PIECE_UNLISTED));
	}
	for (uint32_t i = 1; i <= policy->exception_count; i++) {
		put_exception(&page, &policy->exceptions[i]);
	}
	for (unsigned i = 0; i < policy->treatment_count; i++) {
		const struct policy_treatment *treatment = &policy->treatments[i];
		fprintf(out, "\n%s: %s %s. %s: %s.\n", symbol_name(SYMBOL_APP, treatment->app),
			say(&page, PIECE_TREATED), treatment->country, say(&page, PIECE_REASON),
			treatment->basis);
	}
	fprintf(out, "\n%s: %s\n", say(&page, PIECE_RULE_SET), policy->hash);
}
