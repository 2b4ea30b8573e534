/* Why a policy says what it does, in sentences. */
#include "analyzer/drafting/policy_tools.h"

#include "tests/unit/policy_fixture.h"

static void test_explain(void)
{
	struct policy_question question = { .app = catalogue_find(catalogue, "tiktok") };
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	use("units:\n  Press: {networks: [10.1.0.0/16]}\n"
	    "rules:\n"
	    "  - {id: later, match: {app: tiktok}, action: allow, effective_from: 2027-01-01}\n"
	    "  - {id: ban, match: {app: tiktok}, action: deny, basis: a decision}\n"
	    "  - {id: press, match: {app: tiktok}, scope: {unit: Press}, action: allow}\n"
	    "  - {id: kin, match: {family: bytedance}, action: report}\n"
	    "  - {id: other, match: {app: telegram}, action: deny, basis: b}\n");
	question.unit = policy_find_unit(policy, "Press");
	clock_parse("2026-05-01", &question.time_ns);
	policy_explain(policy, catalogue, &question, out);
	fclose(out);
	ok(strstr(text, "app tiktok, unit Press, class none, on 2026-05-01"), "the question");
	ok(strstr(text, "later") && strstr(text, "is not in force yet"), "a rule of later");
	ok(strstr(text, "may only be stricter"), "a unit that may not");
	ok(strstr(text, "holds, but a deny wins"), "a rule that only reports");
	ok(strstr(text, "speaks of other apps"), "a rule about something else");
	ok(strstr(text, "Answer    violation, by rule ban (deny)") && strstr(text, "a decision"),
		"the answer with its basis");
	free(text);
}

int main(void)
{
	struct err err;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	test_explain();
	policy_free(policy);
	catalogue_close(catalogue);
	return done_testing();
}
