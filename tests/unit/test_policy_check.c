/* The second look at a policy: what it says of dates, laws, places and names, and what it leaves.
 */
#include "analyzer/drafting/policy_tools.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tests/tap.h"

#define BAN     "rules:\n - {id: ban, match: {app: tiktok}, action: deny, basis: b"
#define REASONS "purpose: p\ninformed: 2026-01-01\n"

static struct catalogue *catalogue;

/* The first problem with these words; NULL: none has them. */
static const struct policy_problem *find(const struct policy_problems *problems, const char *words)
{
	for (unsigned i = 0; i < problems->count; i++) {
		if (strstr(problems->items[i].text, words)) {
			return &problems->items[i];
		}
	}
	return NULL;
}

static void test_cases(void)
{
	static const struct {
		const char *what, *policy, *when;
		uint64_t before_ns; /* that time */
		const char *words;  /* of a problem */
		bool is_said;
	} cases[] = {
		{ "a rule on its last day", BAN ", valid_to: 2026-03-31}\n", "2026-04-01", 1,
			"rule \"ban\" is over since 2026-03-31", false },
		{ "… and on the next", BAN ", valid_to: 2026-03-31}\n", "2026-04-01", 0,
			"rule \"ban\" is over since 2026-03-31", true },
		{ "a review on its day", BAN ", next_review: 2026-03-31}\n", "2026-04-01", 1,
			"its review is overdue", false },
		{ "… and on the next", BAN ", next_review: 2026-03-31}\n", "2026-04-01", 0,
			"its review is overdue", true },
		{ "an exception on its last day",
			BAN "}\nexceptions:\n - {id: press, rules: [ban], scope: all, reason: r,\n"
			    "    approver: a, valid_to: 2026-03-31}\n",
			"2026-04-01", 1, "exception \"press\" is over", false },
		{ "… and on the next",
			BAN "}\nexceptions:\n - {id: press, rules: [ban], scope: all, reason: r,\n"
			    "    approver: a, valid_to: 2026-03-31}\n",
			"2026-04-01", 0, "exception \"press\" is over", true },
		{ "a service", "services:\n - {app: zoom, next_review: 2026-03-31}\n", "2026-04-01",
			0, "service \"zoom\": its review is overdue", true },
		{ "… on its day", "services:\n - {app: zoom, next_review: 2026-03-31}\n",
			"2026-04-01", 1, "overdue", false },
		{ "an evaluation on its day", "country: SE\nevaluate_by: 2026-03-31\n",
			"2026-04-01", 1, "evaluation of the monitoring is overdue", false },
		{ "… and on the next", "country: SE\nevaluate_by: 2026-03-31\n", "2026-04-01", 0,
			"evaluation of the monitoring is overdue", true },
		{ "monitoring on its last day", "country: SE\nends: 2026-03-31\n", "2026-04-01", 1,
			"the monitoring has ended", false },
		{ "… and on the next", "country: SE\nends: 2026-03-31\n", "2026-04-01", 0,
			"the monitoring has ended", true },
		{ "no country, no law", "organisation: A\n", "2026-04-01", 0, "informed", false },
		{ "Sweden wants staff to know", "country: SE\n", "2026-04-01", 0,
			"SE: when staff were informed", true },
		{ "… and is content", "country: SE\ninformed: 2026-01-01\n", "2026-04-01", 0,
			"when staff were informed", false },
		{ "Finland wants a procedure", "country: FI\n", "2026-04-01", 0,
			"FI: the co-operation procedure", true },
		{ "… and is content", "country: FI\nconsulted: 2026-01-01\n", "2026-04-01", 0,
			"co-operation procedure", false },
		{ "… by the older word too", "country: FI\nconsultation_date: 2026-01-01\n",
			"2026-04-01", 0, "co-operation procedure", false },
		{ "Denmark wants it said beforehand", "country: DK\n", "2026-04-01", 0,
			"DK: staff are to be informed", true },
		{ "Norway wants a class of purposes", "country: \"NO\"\n", "2026-04-01", 0,
			"purpose_class", true },
		{ "… and is content with either", "country: \"NO\"\npurpose_class: breaches\n",
			"2026-04-01", 0, "purpose_class", false },
		{ "Norway wants an end and an evaluation", "country: \"NO\"\nends: 2027-01-01\n",
			"2026-04-01", 0, "are to be said beforehand", true },
		{ "… and is content with both",
			"country: \"NO\"\nends: 2027-01-01\nevaluate_by: 2026-12-01\n",
			"2026-04-01", 0, "are to be said beforehand", false },
		{ "who denies says why", BAN "}\n", "2026-04-01", 0,
			"denies without purpose or consultation", true },
		{ "… and to whom", "purpose: p\n" BAN "}\n", "2026-04-01", 0,
			"denies without purpose or consultation", true },
		{ "… and has", REASONS BAN "}\n", "2026-04-01", 0, "denies without", false },
		{ "who denies nothing need not",
			"rules:\n - {id: see, match: {app: tiktok}, action: report}\n",
			"2026-04-01", 0, "denies without", false },
		{ "k of one", "k: 1\n", "2026-04-01", 0, "shows every device by itself", true },
		{ "k of five", "k: 5\n", "2026-04-01", 0, "shows every device", false },
		{ "a unit without networks", "units: {Care: {group: care}}\n", "2026-04-01", 0,
			"unit \"Care\" has neither networks nor VLANs", true },
		{ "one of IPv4", "units: {Care: {networks: [10.1.0.0/16]}}\n", "2026-04-01", 0,
			"networks of IPv4 only", true },
		{ "one of both", "units: {Care: {networks: [10.1.0.0/16, 'fd00:1::/32']}}\n",
			"2026-04-01", 0, "networks of IPv4 only", false },
		{ "one by VLAN as well", "units: {Care: {networks: [10.1.0.0/16], vlans: [7]}}\n",
			"2026-04-01", 0, "networks of IPv4 only", false },
		{ "one outside our networks",
			"own_networks: [10.2.0.0/16]\nunits: {Care: {networks: [10.1.0.0/16]}}\n",
			"2026-04-01", 0, "has a network outside own_networks", true },
		{ "one inside",
			"own_networks: [10.0.0.0/8]\nunits: {Care: {networks: [10.1.0.0/16]}}\n",
			"2026-04-01", 0, "outside own_networks", false },
		{ "a scope that nobody is in",
			"units: {Care: {networks: [10.1.0.0/16]}}\n"
			"classes: {phones: {networks: [10.2.0.0/16]}}\n"
			"rules:\n - {id: see, match: {app: tiktok}, action: report,\n"
			"    scope: {unit: Care, class: phones}}\n",
			"2026-04-01", 0, "\"see\" holds for nobody", true },
		{ "one that somebody is in",
			"units: {Care: {networks: [10.1.0.0/16]}}\n"
			"classes: {phones: {networks: [10.1.2.0/24]}}\n"
			"rules:\n - {id: see, match: {app: tiktok}, action: report,\n"
			"    scope: {unit: Care, class: phones}}\n",
			"2026-04-01", 0, "holds for nobody", false },
		{ "a suffix of many",
			"rules:\n - {id: see, match: {name: github.io}, action: report}\n",
			"2026-04-01", 0, "stand the names of many others", true },
		{ "a host below it",
			"rules:\n - {id: see, match: {name: a.github.io}, action: report}\n",
			"2026-04-01", 0, "names of many others", false },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy_problems problems = { 0 }, more = { 0 };
		struct policy *policy;
		uint64_t now_ns = 0;
		struct err err = { "" };
		if (!ok(policy_parse(&policy, "test.yaml", cases[i].policy, strlen(cases[i].policy),
				NULL, catalogue, &problems, &err) == 0 &&
				    clock_parse(cases[i].when, &now_ns),
			    "a policy %s", err.text)) {
			continue;
		}
		policy_check_more(policy, catalogue, NULL, now_ns - cases[i].before_ns, &more);
		const struct policy_problem *said = find(&more, cases[i].words);
		ok((said != NULL) == cases[i].is_said, "%s: %s", cases[i].what,
			said ? said->text : "nothing");
		policy_free(policy);
	}
}

int main(void)
{
	struct err err;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0) {
		ok(false, "what the test needs: %s", err.text);
		return done_testing();
	}
	test_cases();
	catalogue_close(catalogue);
	return done_testing();
}
