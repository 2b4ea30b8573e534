/* What changed between two policies: each change once, and nothing that did not change. */
#include "analyzer/drafting/policy_tools.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "tests/tap.h"

static struct catalogue *catalogue;
static struct messages *messages;
static struct err err;

static struct policy *read_policy(const char *text)
{
	struct policy_problems problems;
	struct policy *policy = NULL;

	ok(policy_parse(
		   &policy, "test.yaml", text, strlen(text), NULL, catalogue, &problems, &err) == 0,
		"a policy %s", policy ? "" : err.text);
	return policy;
}

static const char ban[] = "rules:\n"
			  "  - {id: ban, match: {app: tiktok}, action: deny, basis: b}\n";

static void test_changes(void)
{
	static const struct {
		const char *what, *old, *changed;
		unsigned count;
		const char *said; /* in what is told */
	} cases[] = {
		{ "nothing", ban, ban, 0, "" },
		{ "a word of the policy", "organisation: A\n", "organisation: B\n", 1,
			"the policy: organisation was A, is now B\n" },
		{ "one more", "organisation: A\n", "organisation: A\nreference: R1\n", 1,
			"the policy: reference is new: R1\n" },
		{ "one less", "organisation: A\nreference: R1\n", "organisation: A\n", 1,
			"the policy: reference is gone; it was R1\n" },
		{ "a rule's word", ban,
			"rules:\n"
			"  - {id: ban, match: {app: zoom}, action: deny, basis: b}\n",
			1, "rule ban: match was {app: tiktok}, is now {app: zoom}\n" },
		{ "a longer list",
			"rules:\n  - {id: ban, match: {app: [tiktok]}, action: deny, basis: b}\n",
			"rules:\n  - {id: ban, match: {app: [tiktok, zoom]}, action: deny, "
			"basis: b}\n",
			1, "is now {app: [tiktok, zoom]}\n" },
		{ "a rule that is new", "organisation: A\nrules: []\n",
			"organisation: A\n"
			"rules:\n"
			"  - {id: ban, match: {app: tiktok}, action: deny, basis: b}\n",
			1, "rule ban is new: " },
		{ "the last rule is gone", ban, "rules: []\n", 1, "rule ban is gone: " },
		{ "… and their list with it",
			"organisation: A\n"
			"rules:\n"
			"  - {id: ban, match: {app: tiktok}, action: deny, basis: b}\n",
			"organisation: A\n", 1, "rule ban is gone: " },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy *old = read_policy(cases[i].old);
		struct policy *changed = read_policy(cases[i].changed);
		const struct policy_page pages[] = {
			{ .policy = old, .catalogue = catalogue, .messages = messages },
			{ .policy = changed, .catalogue = catalogue, .messages = messages },
		};
		char *told = NULL;
		size_t length;
		FILE *out = open_memstream(&told, &length);
		is_int(policy_diff(&pages[0], &pages[1], out), cases[i].count, "%s: so many",
			cases[i].what);
		fclose(out);
		ok(strstr(told, cases[i].said), "… in these words");
		unsigned lines = 0;
		for (const char *at = told; (at = strchr(at, '\n')); at++) {
			lines++;
		}
		is_int(lines, cases[i].count, "… a line each");
		free(told);
		policy_free(old);
		policy_free(changed);
	}
}

/* Is it the same rule, or exception, word by word? */
static void test_same(void)
{
	static const char *const texts[] = {
		"rules:\n  - {id: ban, match: {app: tiktok}, action: deny, basis: b}\n"
		"exceptions:\n  - {id: press, rules: [ban], scope: all, reason: r, approver: a,\n"
		"     valid_to: 2026-12-31}\n",
		"organisation: B\n"
		"rules:\n  - {id: ban, match: {app: tiktok}, action: deny, basis: b}\n"
		"exceptions:\n  - {id: press, rules: [ban], scope: all, reason: other,\n"
		"     approver: a, valid_to: 2026-12-31}\n",
		"rules:\n  - {id: ban, match: {app: zoom}, action: deny, basis: b}\n",
	};
	struct policy *policies[3];

	for (unsigned i = 0; i < 3; i++) {
		policies[i] = read_policy(texts[i]);
	}
	uint16_t rule = symbol_find(SYMBOL_RULE, "ban");
	uint16_t exception = policy_exception_at(policies[0], 0)->symbol;
	ok(policy_same_rule(policies[0], policies[1], rule), "the same rule of another policy");
	ok(!policy_same_rule(policies[0], policies[2], rule), "the same id of another rule");
	ok(!policy_same_rule(policies[0], policies[1], 0), "no rule");
	ok(policy_same_exception(policies[0], policies[0], exception), "the same exception");
	ok(!policy_same_exception(policies[0], policies[1], exception),
		"one for another reason is another one");
	ok(!policy_same_exception(policies[0], policies[2], exception), "nor is one that is gone");
	for (unsigned i = 0; i < 3; i++) {
		policy_free(policies[i]);
	}
}

int main(void)
{
	if (catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		messages_open(&messages, "en", &err) < 0) {
		ok(false, "what the test needs: %s", err.text);
		return done_testing();
	}
	test_changes();
	test_same();
	messages_close(messages);
	catalogue_close(catalogue);
	return done_testing();
}
