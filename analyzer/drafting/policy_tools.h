/* What whoever writes and keeps a policy does with it, beside what decides by it: a second look at
 * it, the rules as sentences, why they say what they do, what changed between two files, the
 * language for editors, and what a firewall is to block. */
#pragma once

#include <stdio.h>

#include "analyzer/messages/messages.h"
#include "analyzer/policy/policy.h"
#include "analyzer/policy/policy_register.h"

/* Everything that policy_load() does not ask, since it depends on the day and on who may know:
 * dates that are over, laws that ask for more, countries that are none, units that nobody can be
 * in, expectations that are not met. Adds to the problems; geo may be NULL. */
struct geo;
void policy_check_more(const struct policy *policy, const struct catalogue *catalogue,
	const struct geo *geo, uint64_t now_ns, struct policy_problems *problems);

/* For whom the rules are told. geo: whose names of countries; NULL: codes stand for them. */
struct policy_page {
	const struct policy *policy;
	const struct catalogue *catalogue;
	const struct geo *geo;
	const struct messages *messages;
	bool hides_devices; /* that a rule names: how many they are is told, and not which */
};

/* The rules as sentences of the language, a page for unions and committees. */
void policy_put_rules(const struct policy_page *page, struct text *text);

/* One of them, without its id and basis; nothing where the policy does not have it. */
void policy_put_rule(const struct policy_page *page, struct text *text, uint16_t rule);

/* Likewise of an exception, with who approved it, and why. */
void policy_put_exception(const struct policy_page *page, struct text *text, const char *id);

/* The answer to a question in plain sentences: which rules were looked at, in which order, why each
 * did or did not decide. */
void policy_explain(const struct policy *latest, const struct catalogue *catalogue,
	const struct policy_question *question, FILE *out);

/* The same of a record that was located: what the version in force at its time says of it by
 * itself, and, where that is something else, what was decided when more was known. */
void policy_explain_record(const struct policy *latest, const struct catalogue *catalogue,
	const struct record *record, FILE *out);

/* What changed, in words, a line each; how many. */
unsigned policy_diff(const struct policy_page *old, const struct policy_page *changed, FILE *out);

/* Do both have the rule, or the exception, of that symbol, in the same words? */
bool policy_same_rule(const struct policy *a, const struct policy *b, uint16_t rule);
bool policy_same_exception(const struct policy *a, const struct policy *b, uint16_t exception);

/* JSON Schema (2020-12) of a policy file. */
void policy_put_schema(FILE *out);

/* The names and networks of what is denied at that time to all devices, in the form of plain,
 * dnsmasq, unbound (a response policy zone) or nftables. What others use as well is left out and
 * told. False: no such form. */
bool policy_export(const struct policy *policy, const struct catalogue *catalogue, const char *form,
	uint64_t now_ns, FILE *out);
