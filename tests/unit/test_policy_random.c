/* Decisions against a second, slow evaluator: random policies are made as plain values, written
 * down as YAML, and judged here by the words of policy.h, rule by rule, without index or memory.
 * Explain must say the same. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy_memo.h"
#include "analyzer/policy/policy_register.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/text.h"
#include "tests/tap.h"

enum { RULES_MAX = 12, EXCEPTIONS_MAX = 3, POLICIES = 1000, RECORDS = 100 };

static const char *const apps[] = { "tiktok", "capcut", "telegram", "zoom", "facebook" };
static const char *const categories[] = { "social_video", "messaging", "meeting" };
static const char *const parents[] = { "CN", "US", "RU" };
static const char *const names[] = { "video.a.example.org", "example.org", "x.se" };
static const char *const zones[] = { "eu", "third", "outside-eea" };
static const char *const units[] = { "North", "South" };
static const char *const groups[] = { "g1", "g2" };
static const char *const classes[] = { "staff", "pupils" };
static const char *const stages[] = { "in force", "draft", "watch" };
static const char *const actions[] = { "deny", "allow", "report", "pending", "assess" };

/* -1: not asked. */
struct slow_rule {
	int app, category, parent, name, zone, unit, group, class_, access, except_class;
	unsigned action;
	unsigned stage;       /* as in stages; of a deny alone watched */
	int from_day, to_day; /* of January 2026; 0 not set */
	unsigned opens;       /* bits of rules */
	unsigned lifts;       /* the same, of an exception */
};

struct slow_policy {
	unsigned rule_count, exception_count;
	struct slow_rule rules[RULES_MAX], exceptions[EXCEPTIONS_MAX];
};

struct slow_record {
	int app, name, zone, unit, class_; /* zone: of zone_values */
	bool has_access;
	int day;
};

static const uint8_t zone_values[] = { GEO_ZONE_EU, GEO_ZONE_THIRD, GEO_ZONE_ADEQUATE };

static struct catalogue *catalogue;
static uint64_t seed = 42;

static unsigned below(unsigned most)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % most;
}

/* One of so many, or not asked. */
static int perhaps(unsigned percent, unsigned count)
{
	return below(100) < percent ? (int)below(count) : -1;
}

static struct slow_rule make_rule(unsigned count)
{
	struct slow_rule rule = {
		.app = perhaps(40, 5),
		.category = perhaps(15, 3),
		.parent = perhaps(20, 3),
		.name = perhaps(10, 3),
		.zone = perhaps(20, 3),
		.unit = perhaps(20, 2),
		.group = perhaps(15, 2),
		.class_ = perhaps(25, 2),
		.access = perhaps(10, 2),
		.except_class = perhaps(10, 2),
		.action = below(5),
		.from_day = below(4) ? 0 : (int)(1 + below(20)),
		.to_day = below(4) ? 0 : (int)(10 + below(20)),
	};

	if (rule.from_day && rule.to_day && rule.to_day < rule.from_day) {
		rule.to_day = 0;
	}
	rule.stage = below(8) == 0 ? 1 : rule.action == 0 && below(5) == 0 ? 2 : 0;
	if (rule.action == 1 && below(5) == 0) {
		rule.opens = 1U << below(count);
	}
	return rule;
}

static void put_clause(struct text *text, const struct slow_rule *rule)
{
	bool is_first = true;
#define PUT(what, value)                                                                           \
	do {                                                                                       \
		text_printf(text, "%s%s: %s", is_first ? "{" : ", ", what, value);                 \
		is_first = false;                                                                  \
	} while (0)

	text_put(text, "match: ");
	if (rule->app >= 0) {
		PUT("app", apps[rule->app]);
	}
	if (rule->category >= 0) {
		PUT("category", categories[rule->category]);
	}
	if (rule->parent >= 0) {
		PUT("parent_country", parents[rule->parent]);
	}
	if (rule->name >= 0) {
		PUT("name", names[rule->name]);
	}
	if (rule->zone >= 0) {
		PUT("zone", zones[rule->zone]);
	}
	text_put(text, is_first ? "any" : "}");
	text_put(text, ", scope: ");
	is_first = true;
	if (rule->unit >= 0) {
		PUT("unit", units[rule->unit]);
	}
	if (rule->group >= 0) {
		PUT("group", groups[rule->group]);
	}
	if (rule->class_ >= 0) {
		PUT("class", classes[rule->class_]);
	}
	if (rule->access >= 0) {
		PUT("internal_access", rule->access ? "yes" : "no");
	}
	if (rule->except_class >= 0) {
		text_printf(text, "%sexcept: {class: %s}", is_first ? "{" : ", ",
			classes[rule->except_class]);
		is_first = false;
	}
	text_put(text, is_first ? "all" : "}");
}

static void put_policy(struct text *text, const struct slow_policy *policy)
{
	text_put(text, "own_networks: [10.0.0.0/8]\n"
		       "units:\n"
		       "  North: {networks: [10.1.0.0/16], group: g1}\n"
		       "  South: {networks: [10.2.0.0/16], group: g2}\n"
		       "classes:\n"
		       "  staff: {networks: [10.1.1.0/24, 10.2.1.0/24]}\n"
		       "  pupils: {networks: [10.1.2.0/24, 10.2.2.0/24]}\n"
		       "rules:\n");
	for (unsigned i = 0; i < policy->rule_count; i++) {
		const struct slow_rule *rule = &policy->rules[i];
		text_printf(text, "  - {id: r%u, action: %s, ", i, actions[rule->action]);
		put_clause(text, rule);
		if (rule->stage) {
			text_printf(text, ", stage: %s", stages[rule->stage]);
		}
		if (rule->from_day) {
			text_printf(text, ", effective_from: 2026-01-%02d", rule->from_day);
		}
		if (rule->to_day) {
			text_printf(text, ", valid_to: 2026-01-%02d", rule->to_day);
		}
		for (unsigned j = 0; j < policy->rule_count; j++) {
			if (rule->opens >> j & 1) {
				text_printf(text, ", opens: [r%u]", j);
			}
		}
		text_put(text, "}\n");
	}
	text_put(text, policy->exception_count ? "exceptions:\n" : "");
	for (unsigned i = 0; i < policy->exception_count; i++) {
		const struct slow_rule *rule = &policy->exceptions[i];
		text_printf(text, "  - {id: e%u, approver: a, reason: b, ", i);
		put_clause(text, rule);
		for (unsigned j = 0; j < policy->rule_count; j++) {
			if (rule->lifts >> j & 1) {
				text_printf(text, ", rules: [r%u]", j);
			}
		}
		text_put(text, "}\n");
	}
}

static bool app_is(int app, const char *category, const char *parent)
{
	const struct app *known = catalogue_app(catalogue, catalogue_find(catalogue, apps[app]));

	return (!category || strcmp(known->category, category) == 0) &&
	       (!parent || strcmp(known->parent_country, parent) == 0);
}

static bool holds(const struct slow_rule *rule, const struct slow_record *record)
{
	static const bool is_in_zone[3][3] = { { true, false, false }, { false, true, false },
		{ false, true, true } };
	bool named = rule->name < 0 ||
		     (record->name >= 0 && (rule->name == record->name ||
						   (rule->name == 1 && record->name == 0)));

	return named && (rule->app < 0 || rule->app == record->app) &&
	       (rule->category < 0 || app_is(record->app, categories[rule->category], NULL)) &&
	       (rule->parent < 0 || app_is(record->app, NULL, parents[rule->parent])) &&
	       (rule->zone < 0 || is_in_zone[rule->zone][record->zone]) &&
	       (rule->unit < 0 || rule->unit == record->unit) &&
	       (rule->group < 0 || rule->group == record->unit) &&
	       (rule->class_ < 0 || rule->class_ == record->class_) &&
	       (rule->access < 0 || (rule->access != 0) == record->has_access) &&
	       (rule->except_class < 0 || rule->except_class != record->class_) &&
	       record->day >= rule->from_day && (!rule->to_day || record->day <= rule->to_day);
}

/* How exactly, axis by axis: service, place, unit, class, access; smaller is more exact. */
static void exactness(const struct slow_rule *rule, int axes[5])
{
	axes[0] = rule->name >= 0       ? 0
		  : rule->app >= 0      ? 1
		  : rule->category >= 0 ? 4
		  : rule->parent >= 0   ? 5
					: 6;
	axes[1] = rule->zone >= 0 ? 1 : 2;
	axes[2] = rule->unit >= 0 ? 0 : rule->group >= 0 ? 1 : 2;
	axes[3] = rule->class_ >= 0 ? 1 : 2;
	axes[4] = rule->access >= 0 ? 0 : 1;
}

static bool is_as_exact(const struct slow_rule *a, const struct slow_rule *b)
{
	int left[5], right[5];
	bool is_so = true;

	exactness(a, left);
	exactness(b, right);
	for (unsigned i = 0; i < 5; i++) {
		is_so &= left[i] <= right[i];
	}
	return is_so;
}

/* The verdict, by the words of policy.h. The exact rule among several denies is a matter of print.
 */
static enum policy_verdict judge(const struct slow_policy *policy, const struct slow_record *record)
{
	bool is_held[RULES_MAX], is_lifted[RULES_MAX] = { false };
	bool any_lifted_deny = false, any_lifted = false, denied = false;
	bool allowed = false, reported = false, watched = false;

	for (unsigned i = 0; i < policy->rule_count; i++) {
		is_held[i] = policy->rules[i].stage != 1 && holds(&policy->rules[i], record);
	}
	for (unsigned e = 0; e < policy->exception_count; e++) {
		const struct slow_rule *exception = &policy->exceptions[e];
		for (unsigned i = 0; i < policy->rule_count; i++) {
			bool names_it = exception->lifts ? exception->lifts >> i & 1
							 : policy->rules[i].action != 1;
			if (is_held[i] && names_it && holds(exception, record)) {
				is_lifted[i] = true;
				any_lifted = true;
				any_lifted_deny |=
					policy->rules[i].action == 0 && policy->rules[i].stage == 0;
			}
		}
	}
	for (unsigned i = 0; i < policy->rule_count; i++) {
		const struct slow_rule *deny = &policy->rules[i];
		bool is_opened = false;
		if (!is_held[i] || is_lifted[i] || deny->action != 0) {
			continue;
		}
		for (unsigned j = 0; j < policy->rule_count; j++) {
			const struct slow_rule *allow = &policy->rules[j];
			bool adds_only = allow->unit >= 0 && deny->unit < 0;
			is_opened |= is_held[j] && !is_lifted[j] && allow->action == 1 &&
				     ((allow->opens >> i & 1) ||
					     (!adds_only && is_as_exact(allow, deny)));
		}
		denied |= !is_opened && deny->stage == 0;
		watched |= !is_opened && deny->stage == 2;
	}
	if (denied) {
		return POLICY_VERDICT_VIOLATION;
	}
	if (any_lifted_deny) {
		return POLICY_VERDICT_EXCEPTED;
	}
	for (unsigned i = 0; i < policy->rule_count; i++) {
		bool counts = is_held[i] && !is_lifted[i];
		allowed |= counts && policy->rules[i].action == 1;
		reported |= counts && policy->rules[i].action > 1;
	}
	if (watched && !allowed && (reported || !any_lifted)) {
		return POLICY_VERDICT_REPORTED;
	}
	if (!allowed && !reported) {
		return any_lifted ? POLICY_VERDICT_EXCEPTED : POLICY_VERDICT_NONE;
	}
	/* Which of both is printed is a matter of exactness; where only one kind holds it is that.
	 */
	return allowed && reported ? POLICY_VERDICT_COUNT
	       : allowed           ? POLICY_VERDICT_ALLOWED
				   : POLICY_VERDICT_REPORTED;
}

static struct slow_record make_record(void)
{
	return (struct slow_record){ .app = (int)below(5),
		.name = perhaps(50, 3),
		.zone = (int)below(3),
		.unit = (int)below(2),
		.class_ = (int)below(2),
		.has_access = below(3) == 0,
		.day = (int)(1 + below(31)) };
}

static void fill_record(struct record *record, const struct slow_record *slow)
{
	char text[32];
	const struct app *app =
		catalogue_app(catalogue, catalogue_find(catalogue, apps[slow->app]));

	memset(record, 0, sizeof(*record));
	snprintf(text, sizeof(text), "10.%d.%d.7", slow->unit + 1, slow->class_ + 1);
	addr_parse(text, &record->flow.source);
	addr_parse("192.0.2.80", &record->flow.destination);
	record->flow.protocol = 6;
	record->flow.tcp_state = TCP_STATE_CLOSED;
	record->flow.is_last = record->flow.start_seen = true;
	record->flow.total_packets[0] = record->flow.total_packets[1] = 40;
	record->flow.total_bytes[0] = record->flow.total_bytes[1] = 20000;
	snprintf(text, sizeof(text), "2026-01-%02dT12:00", slow->day);
	clock_parse(text, &record->flow.start_ns);
	record->l7.protocol = L7_TLS;
	record->l7.exchange = L7_EXCHANGE_MORE;
	if (slow->name >= 0) {
		l7_info_add_name(
			&record->l7, NAME_TLS_SNI, names[slow->name], strlen(names[slow->name]));
	}
	record->verdict.app = app->symbol;
	record->verdict.confidence = 95;
	memcpy(record->verdict.parent_country, app->parent_country,
		strnlen(app->parent_country, 2));
	record->place.zone = zone_values[slow->zone];
}

static struct policy *make_policy(struct slow_policy *slow, char **yaml)
{
	struct policy_problems problems;
	struct policy *policy;
	struct text text;
	struct err err;

	slow->rule_count = 1 + below(RULES_MAX);
	slow->exception_count = below(EXCEPTIONS_MAX + 1);
	for (unsigned i = 0; i < slow->rule_count; i++) {
		slow->rules[i] = make_rule(slow->rule_count);
	}
	for (unsigned i = 0; i < slow->exception_count; i++) {
		slow->exceptions[i] = make_rule(slow->rule_count);
		slow->exceptions[i].stage = 0;
		slow->exceptions[i].from_day = slow->exceptions[i].to_day = 0;
		slow->exceptions[i].lifts = below(2) ? 1U << below(slow->rule_count) : 0;
	}
	text_init_heap(&text);
	put_policy(&text, slow);
	*yaml = strndup(text.at, text.length);
	if (policy_parse(&policy, "random.yaml", text.at, text.length, NULL, catalogue, &problems,
		    &err) < 0) {
		printf("# %s\n%s", err.text, text.at);
		policy = NULL;
	}
	text_deinit(&text);
	return policy;
}

/* What explain says of the same question. */
static enum policy_verdict ask(
	const struct policy *policy, const struct slow_record *slow, const struct record *record)
{
	const struct policy_question question = { .app = record->verdict.app,
		.unit = symbol_find(SYMBOL_UNIT, units[slow->unit]),
		.class_ = symbol_find(SYMBOL_CLASS, classes[slow->class_]),
		.time_ns = record->flow.start_ns,
		.name = slow->name >= 0 ? names[slow->name] : NULL,
		.has_access = slow->has_access,
		.zone = record->place.zone };

	return policy_answer(policy, catalogue, &question);
}

int main(void)
{
	static struct record record;
	struct policy_memo *memo = policy_memo_create();
	unsigned wrong = 0, apart = 0, unlike = 0, judged = 0;
	struct err err;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	for (unsigned i = 0; i < POLICIES; i++) {
		struct slow_policy slow;
		char *yaml;
		struct policy *policy = make_policy(&slow, &yaml);
		for (unsigned j = 0; policy && j < RECORDS; j++) {
			struct slow_record given = make_record();
			fill_record(&record, &given);
			struct policy_context context = { .contact_ns = 0,
				.contact_today = given.has_access,
				.memo = memo,
				.version = i + 1 };
			policy_locate(policy, &record);
			record.place.zone = zone_values[given.zone];
			policy_decide_in(policy, catalogue, &context, &record);
			enum policy_verdict wanted = judge(&slow, &given);
			enum policy_verdict got = record.decision.verdict;
			bool is_right =
				got == wanted || (wanted == POLICY_VERDICT_COUNT &&
							 (got == POLICY_VERDICT_ALLOWED ||
								 got == POLICY_VERDICT_REPORTED));
			judged++;
			if (!is_right && wrong++ < 3) {
				printf("# %s, wanted %s: app %s, unit %s, class %s, day %d, name "
				       "%d, zone "
				       "%d, access %d\n%s",
					policy_verdict_name(got), policy_verdict_name(wanted),
					apps[given.app], units[given.unit], classes[given.class_],
					given.day, given.name, given.zone, given.has_access, yaml);
			}
			unlike += ask(policy, &given, &record) != got;
			context.memo = NULL;
			record.decision.rule = 0;
			policy_decide_in(policy, catalogue, &context, &record);
			apart += record.decision.verdict != got;
		}
		policy_free(policy);
		free(yaml);
	}
	is_int(judged, POLICIES * RECORDS, "random pairs of policy and record are judged");
	is_int(wrong, 0, "… as the slow evaluator judges them");
	is_int(apart, 0, "… with and without what is remembered");
	is_int(unlike, 0, "… and explain says the same");
	policy_memo_destroy(memo);
	catalogue_close(catalogue);
	return done_testing();
}
