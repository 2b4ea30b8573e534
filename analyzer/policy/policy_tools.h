/* What can be done with a policy beside deciding: a second look at it, the rules as sentences, what
 * changed between two files, the language for editors, and what a firewall is to block. */
#pragma once

#include <stdio.h>

#include "analyzer/policy/policy.h"
#include "analyzer/policy/policy_register.h"

/* Everything that policy_load() does not ask, since it depends on the day and on who may know:
 * dates that are over, laws that ask for more, countries that are none, units that nobody can be
 * in, expectations that are not met. Adds to the problems; geo may be NULL. */
struct geo;
void policy_check_more(const struct policy *policy, const struct catalogue *catalogue,
	const struct geo *geo, uint64_t now_ns, struct policy_problems *problems);

/* The rules as sentences, a page for unions and committees. language: en sv nb nn da fi. */
void policy_print(const struct policy *policy, const struct catalogue *catalogue,
	const char *language, FILE *out);

/* One of them, without its id and basis; nothing where the policy does not have it. */
void policy_print_rule(const struct policy *policy, const struct catalogue *catalogue,
	const char *language, uint16_t rule, FILE *out);

/* What changed, in words, a line each; how many. */
unsigned policy_diff(const struct policy *old, const struct policy *changed, FILE *out);

/* JSON Schema (2020-12) of a policy file. */
void policy_put_schema(FILE *out);

/* The names and networks of what is denied at that time to all devices, in the form of plain,
 * dnsmasq, unbound (a response policy zone) or nftables. What others use as well is left out and
 * told. False: no such form. */
bool policy_export(const struct policy *policy, const struct catalogue *catalogue, const char *form,
	uint64_t now_ns, FILE *out);
