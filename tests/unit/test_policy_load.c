#include "analyzer/policy/policy.h"
#include "analyzer/policy/policy_alerts.h"
#include "analyzer/policy/policy_register.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>

#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/file.h"
#include "tests/tap.h"

static struct catalogue *catalogue;
static struct policy_problems problems;

static struct policy *parse(const char *text, struct err *err)
{
	struct policy *policy;

	policy_parse(&policy, "test.yaml", text, strlen(text), NULL, catalogue, &problems, err);
	return policy;
}

/* The file is refused with exactly this first error. */
static void refuses(const char *text, unsigned line, unsigned column, const char *sentence)
{
	struct err err;
	struct policy *policy = parse(text, &err);
	const struct policy_problem *first = &problems.items[0];

	while (first->is_warning && first + 1 < problems.items + problems.count) {
		first++;
	}
	ok(!policy && problems.count > 0 && first->line == line && first->column == column &&
			strstr(first->text, sentence),
		"%u:%u: %s", line, column, sentence);
	if (!policy && problems.count > 0 &&
		(first->line != line || first->column != column ||
			!strstr(first->text, sentence))) {
		printf("# got %u:%u: %s\n", first->line, first->column, first->text);
	}
	policy_free(policy);
}

static void test_header(void)
{
	struct err err;
	struct policy *policy = parse("organisation: Exempelstad kommun\n"
				      "reference: KS 2026/0001\n"
				      "purpose: >-\n  to see\n  and to know\n"
				      "legal_basis: GDPR 6.1 e\n"
				      "consultation_date: 2026-01-15\n"
				      "language: sv\n"
				      "k: 7\n"
				      "mode: allow-list\n",
		&err);

	ok(policy != NULL, "a header alone is a policy");
	if (!policy) {
		return;
	}
	const struct policy_header *header = policy_header(policy);
	is_text(header->organisation, "Exempelstad kommun", "organisation");
	is_text(header->reference, "KS 2026/0001", "reference");
	is_text(header->purpose, "to see and to know", "a folded purpose");
	is_text(header->legal_basis, "GDPR 6.1 e", "legal basis");
	is_text(header->consultation_date, "2026-01-15", "date of consultation");
	is_text(header->language, "sv", "language");
	is_int(header->group_minimum, 7, "k");
	is_int(header->mode, POLICY_MODE_ALLOW_LIST, "mode");
	is_int((int)strlen(policy_hash(policy)), 64, "the hash of the file is known");
	policy_free(policy);
}

static void test_nothing(void)
{
	struct policy *policy;
	struct addr addr;
	struct err err;

	is_int(policy_load(&policy, NULL, NULL, catalogue, &err), 0, "no file is a policy");
	is_text(policy_header(policy)->language, "", "no language unless set");
	is_int(policy_header(policy)->group_minimum, 5, "k is 5 unless set");
	is_text(policy_hash(policy), "", "no file, no hash");
	is_int(policy_rule_count(policy), 0, "no rules");
	ok(policy_rule(policy, 0) == NULL && policy_rule(policy, 1) == NULL,
		"none to be asked for");
	is_text(symbol_name(SYMBOL_UNIT, 3), "", "no unit has no name");
	ok(addr_parse("192.168.3.4", &addr) && policy_is_own(policy, &addr), "RFC 1918 is own");
	ok(addr_parse("100.64.1.1", &addr) && policy_is_own(policy, &addr), "RFC 6598 is own");
	ok(addr_parse("fd12::1", &addr) && policy_is_own(policy, &addr), "RFC 4193 is own");
	ok(addr_parse("fe80::1", &addr) && policy_is_own(policy, &addr), "link-local is own");
	ok(addr_parse("8.8.8.8", &addr) && !policy_is_own(policy, &addr), "the rest is not");
	policy_free(policy);

	is_int(policy_load(&policy, NULL, "192.0.2.0/24, 2001:db8::/32", catalogue, &err), 0,
		"networks by option");
	ok(addr_parse("192.0.2.9", &addr) && policy_is_own(policy, &addr), "… are own");
	ok(addr_parse("10.1.1.1", &addr) && !policy_is_own(policy, &addr), "… and nothing else is");
	ok(addr_parse("127.0.0.1", &addr) && policy_is_own(policy, &addr), "… but loopback");
	policy_free(policy);
	ok(policy_load(&policy, NULL, "192.0.2.0/24,tuesday", catalogue, &err) == -EINVAL &&
			strstr(err.text, "tuesday") && !policy,
		"an option that is no network is refused: %s", err.text);
	ok(policy_load(&policy, "/nonexistent/policy.yaml", NULL, catalogue, &err) < 0 &&
			strstr(err.text, "/nonexistent/policy.yaml"),
		"a file that is not there is named");
	ok(policy_load(&policy, "/", NULL, catalogue, &err) < 0 && strstr(err.text, "/base.yaml"),
		"a folder needs a base: %s", err.text);
}

static void test_rule(void)
{
	struct err err;
	struct policy *policy = parse("rules:\n"
				      "  - id: ban-1\n"
				      "    match: {app: [tiktok, telegram]}\n"
				      "    action: deny\n"
				      "    blocked: yes\n"
				      "    effective_from: 2023-03-31\n"
				      "    grace_until: 2023-04-14\n"
				      "    valid_to: 2030-12-31T12:00Z\n"
				      "    severity: high\n"
				      "    reference: KS 2023/1\n"
				      "    risk_reference: RISK 7\n"
				      "    basis: a recommendation\n"
				      "    author: head of security\n"
				      "    note: see the intranet\n",
		&err);
	uint64_t day_ns = 24 * 3600 * NS_PER_S, from, grace, end;

	clock_parse("2023-03-31", &from);
	clock_parse("2023-04-14", &grace);
	clock_parse("2030-12-31T12:00:00Z", &end);
	ok(policy && policy_rule_count(policy) == 1, "one rule");
	if (!policy) {
		printf("# %s\n", err.text);
		return;
	}
	const struct policy_rule *rule = policy_rule(policy, 1);
	is_text(rule->id, "ban-1", "id");
	is_int(rule->action, POLICY_ACTION_DENY, "action");
	ok(rule->blocked, "blocked");
	ok(rule->effective_from_ns == from, "from the first moment of a day");
	ok(rule->grace_until_ns == grace + day_ns - 1, "… to the last of another");
	ok(rule->valid_to_ns == end, "a time is itself");
	is_text(rule->severity, "high", "severity");
	is_text(rule->reference, "KS 2023/1", "reference");
	is_text(rule->risk_reference, "RISK 7", "risk reference");
	is_text(rule->basis, "a recommendation", "basis");
	is_text(rule->author, "head of security", "author");
	is_text(rule->note, "see the intranet", "note");
	is_int(rule->line, 2, "its line");
	policy_free(policy);
}

static void test_alerts(void)
{
	struct err err;
	struct policy *policy = parse("country: SE\n"
				      "timezone: Europe/Stockholm\n"
				      "alerts:\n"
				      "  budget: 5\n"
				      "  series: 2400\n"
				      "  transfer_mb: 20\n"
				      "  free_days:\n"
				      "    - {unit: School, from: 2026-06-15, to: 2026-08-17}\n"
				      "    - {from: 2026-05-15}\n"
				      "units:\n"
				      "  School: {networks: 10.1.0.0/16}\n",
		&err);

	if (!policy) {
		ok(false, "a policy with alerts is read: %s", err.text);
		return;
	}
	const struct policy_alerts *alerts = policy_alerts(policy);
	ok(alerts->budget == 5 && alerts->series == 2400 && alerts->transfer_bytes == 20000000,
		"the budget of alerts");
	ok(policy_has_holidays(policy, "se") && !policy_has_holidays(policy, "no"),
		"holidays are the country's");
	ok(alerts->free_count == 2 &&
			alerts->free_days[0].unit == policy_find_unit(policy, "School") &&
			alerts->free_days[0].last_day - alerts->free_days[0].first_day == 63 &&
			alerts->free_days[1].unit == 0 &&
			alerts->free_days[1].first_day == alerts->free_days[1].last_day,
		"free days, of a unit and of everybody");
	policy_free(policy);
	policy = parse("country: SE\nalerts: {holidays: [no, fi]}\n", &err);
	ok(policy && policy_alerts(policy)->budget == 3 && policy_has_holidays(policy, "fi") &&
			!policy_has_holidays(policy, "se"),
		"… or those that are named");
	policy_free(policy);
	refuses("alerts: {budget: none}\n", 1, 18, "expected a number from 1");
	refuses("alerts: {holidays: [xx]}\n", 1, 21, "a country's holidays");
	refuses("alerts: {free_days: [{unit: None, from: 2026-01-01}]}\n", 1, 29,
		"no unit \"None\"");
	refuses("alerts: {free_days: [{to: 2026-01-01}]}\n", 1, 22, "expected from");
	refuses("alerts: {buget: 3}\n", 1, 10, "did you mean \"budget\"");
}

static void test_errors(void)
{
	refuses("", 1, 1, "empty");
	refuses("organisation: [a\n", 1, 15, "this \"[\" is not closed: a \"]\" or a comma");
	refuses("k: 5\norganisation: [a\n", 2, 15, "is not closed");
	refuses("k: 5\norganisation: \"a\nmode: deny-list\n", 2, 15, "quote is never closed");
	refuses("k: 5\norganisation: 'a\n", 2, 15, "quote is never closed");
	refuses("units:\n\tA: {vlans: 5}\n", 2, 1, "a tab; indent with blanks");
	refuses("k: 5\nunits:\n  A:\n    \tvlans: 5\n", 4, 5, "a tab");
	refuses("k: 5\norganisation: \xc3\xa5\xff\n", 2, 16, "not UTF-8");
	refuses("- a\n- b\n", 1, 1, "expected a policy as \"word: value\" lines, found a list");
	refuses("organisaton: x\n", 1, 1, "did you mean \"organisation\"?");
	refuses("zzzzz: x\n", 1, 1, "a policy has no word \"zzzzz\"");
	refuses("k: many\n", 1, 4, "expected a number from 1 to 1000, found \"many\"");
	refuses("k: 0\n", 1, 4, "from 1 to 1000");
	refuses("language: se\n", 1, 11, "expected a language");
	refuses("mode: [allow-list]\n", 1, 7, "expected a text, found a list");
	refuses("k: 5\nk: 6\n", 2, 1, "stands twice");
	refuses("organisation: &a x\nreference: *a\n", 1, 15, "anchors");
	refuses("organisation: !!str x\n", 1, 15, "tags");
	refuses("k: 5\n---\nk: 5\n", 2, 1, "one document");
	refuses("consultation_date: 15.1.2026\n", 1, 20, "expected a date such as 2026-03-31");
	refuses("base: other.yaml\n", 1, 1, "not supported in this version");
	refuses("assessments: {}\n", 1, 14, "expected a list of assessments");
	refuses("treat_as: {telegarm: RU, basis: b}\n", 1, 12, "the catalogue has no app");
	refuses("purpose: {sv: a, de: b}\n", 1, 18, "one a language");
	refuses("own_networks: [10.0.0.0/8, 10.0.0/99]\n", 1, 28, "expected a network such as");
	refuses("units: {School: {vlan: 3}}\n", 1, 18, "did you mean \"vlans\"?");
	refuses("units: {School: {vlans: 5000}}\n", 1, 25, "from 1 to 4094");
	refuses("units: {A: {vlans: 5}, B: {vlans: [4, 5]}}\n", 1, 39, "given to \"A\" already");
	refuses("units: {A: {networks: 10.1.0.0/16}, B: {networks: 10.1.0.0/16}}\n", 1, 51,
		"given to unit \"A\" already");
	refuses("units: {A: {protection: secret}}\n", 1, 25, "did you mean \"secrecy\"?");
	refuses("classes: {A: {macs: []}}\n", 1, 15, "not supported in this version");
	refuses("rules: {id: x}\n", 1, 8, "expected a list of rules");
	refuses("rules:\n - {id: x, match: any}\n", 2, 4, "a rule needs the word \"action\"");
	refuses("rules:\n - {id: x, match: any, action: forbid}\n", 2, 32, "expected an action");
	refuses("rules:\n - {id: 'a b', match: any, action: report}\n", 2, 9, "an id has 1 to 64");
	refuses("rules:\n - {id: x, match: {app: titkok}, action: deny}\n", 2, 25,
		"the catalogue has no app \"titkok\" (did you mean \"tiktok\"?)");
	refuses("rules:\n - {id: x, match: {app: bankid}, action: deny}\n", 2, 25,
		"the catalogue has no app \"bankid\"; did you mean bankid-se, bankid-no?");
	refuses("rules:\n - {id: x, match: {zone: tird}, action: report}\n", 2, 26,
		"did you mean \"third\"?");
	refuses("rules:\n - {id: x, match: {parent_country: China}, action: report}\n", 2, 36,
		"two capital letters");
	refuses("rules:\n - {id: x, match: {name: com}, action: report}\n", 2, 26,
		"expected a host name such as example.com");
	refuses("rules:\n - {id: x, match: {}, action: report}\n", 2, 19,
		"what the rule speaks of");
	refuses("rules:\n - {id: x, match: any, scope: {unit: Scool}, action: report}\n"
		"units: {School: {vlans: 3}}\n",
		2, 38, "did you mean \"School\"?");
	refuses("rules:\n - {id: x, match: any, scope: {device: a}, action: report}\n", 2, 40,
		"expected an address or a network");
	refuses("rules:\n - {id: x, match: {server_country: UK}, action: report}\n", 2, 36,
		"has the code GB");
	refuses("rules:\n - {id: x, match: {app: zoom}, action: allow, opens: [ban]}\n", 2, 55,
		"this file has no rule \"ban\"");
	refuses("timezone: Europe/Atlantis\n", 1, 11, "Europe/Atlantis");
	refuses("rules:\n - {id: x, match: any, action: report}\n - {id: x, match: any, action: "
		"report}\n",
		3, 9, "stands on line 2 already");
	refuses("rules:\n"
		" - {id: x, match: any, action: deny, effective_from: 2026-02-01, valid_to: "
		"2026-01-01}\n",
		2, 76, "ends before it begins");
	refuses("rules:\n - {id: x, match: any, action: report, grace_until: 2026-02-01}\n", 2, 53,
		"only a deny rule");
	refuses("exceptions:\n - {id: x, match: any, scope: all, reason: r, valid_to: "
		"2026-01-01}\n",
		2, 4, "needs the word \"approver\"");
}

static void test_many_errors(void)
{
	char text[4096] = "rules:\n";
	struct err err;
	struct policy *policy;

	for (unsigned i = 0; i < 30; i++) {
		size_t length = strlen(text);
		snprintf(text + length, sizeof(text) - length,
			" - {id: r%u, match: {app: nosuchapp}, action: report}\n", i);
	}
	policy = parse(text, &err);
	ok(!policy && problems.errors == 30 && problems.count == POLICY_PROBLEMS_MAX,
		"one run finds all 30 errors and keeps 20");
	is_int(problems.items[19].line, 21, "… each with its line");
	ok(strstr(err.text, "test.yaml:2:") && strstr(err.text, "and 29 more"),
		"the one sentence counts the rest: %s", err.text);
	policy_free(policy);

	policy = parse("rules:\n - {id: a, match: {app: tiktok}, action: deny}\n", &err);
	ok(policy && problems.errors == 0 && problems.warnings == 1,
		"a denial without a basis is a warning: %s", problems.items[0].text);
	policy_free(policy);

	policy = parse("units: {Press: {vlans: 3}}\n"
		       "rules:\n"
		       " - {id: ban, match: {family: bytedance}, action: deny, basis: b}\n"
		       " - {id: press, match: {app: tiktok}, scope: {unit: Press}, action: allow}\n"
		       " - {id: other, match: {app: zoom}, scope: {unit: Press}, action: allow}\n",
		&err);
	ok(policy && problems.warnings == 1 && problems.items[0].line == 4 &&
			strstr(problems.items[0].text, "write an exception instead"),
		"a unit that would be laxer is told so");
	policy_free(policy);

	policy = parse("organisation: \"a\\e[31mb\"\nrules: [{id: \"\\e[2J\"}]\n", &err);
	ok(!policy && !strchr(err.text, '\033'), "what the file quotes cannot move the cursor");
	policy_free(policy);
}

/* What is read well and was surely meant otherwise, or in other letters. */
static void test_texts(void)
{
	struct err err;
	struct policy *policy = parse("\xef\xbb\xbfpurpose: Case #31 is open\n", &err);

	ok(policy && problems.warnings == 1 && strstr(problems.items[0].text, "put it in quotes"),
		"a byte order mark is passed over, a text cut by its # is told");
	policy_free(policy);
	policy = parse("purpose: {sv: Att se, en: To see}\nlanguage: nn\n", &err);
	is_text(policy ? policy_header(policy)->purpose : "", "To see [en]",
		"another language stands in, and says so");
	policy_free(policy);
	policy = parse(
		"rules:\n - {id: x, match: {name: [Ålesund.example, bücher.example]}, action: "
		"report}\nexpect:\n - {name: xn--lesund-hua.example, date: 2026-01-01, verdict: "
		"reported}\n - {name: www.xn--bcher-kva.example, date: 2026-01-01, verdict: "
		"reported}\n",
		&err);
	ok(policy != NULL, "names in other letters: %s", policy ? "" : err.text);
	for (unsigned i = 0; policy && i < policy_expectation_count(policy); i++) {
		const struct policy_expectation *row = policy_expectation(policy, i);
		is_int(policy_answer(policy, catalogue, &row->question), row->verdict,
			"… are those that go over the wire");
	}
	policy_free(policy);
	refuses("purpose: Decision: yes\n", 1, 18, "in quotes");
	refuses("units: {A: {networks: 10.1.2.3/16}}\n", 1, 23, "the network is 10.1.0.0/16");
}

static void test_profiles(void)
{
	char folder[PATH_MAX], path[PATH_MAX * 2];
	struct dirent **entries;
	struct err err;
	int count, profiles = 0;

	if (file_find_data("analyzer/share/policies", folder, &err) < 0) {
		ok(false, "%s", err.text);
		return;
	}
	count = scandir(folder, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		size_t length = strlen(entries[i]->d_name);
		if (length > 5 && strcmp(entries[i]->d_name + length - 5, ".yaml") == 0) {
			struct policy *policy;
			snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
			int status = policy_load_checked(
				&policy, path, NULL, catalogue, &problems, &err);
			ok(status == 0 && problems.warnings == 0, "%s loads without edits%s%s",
				entries[i]->d_name, status < 0 ? ": " : "",
				status < 0 ? err.text : "");
			policy_free(policy);
			profiles++;
		}
		free(entries[i]);
	}
	if (count >= 0) {
		free(entries);
	}
	is_int(profiles, 7, "seven ready-made profiles");
}

int main(void)
{
	struct err err;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	test_header();
	test_nothing();
	test_rule();
	test_alerts();
	test_errors();
	test_many_errors();
	test_texts();
	test_profiles();
	catalogue_close(catalogue);
	return done_testing();
}
