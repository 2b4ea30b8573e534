#include "analyzer/policy/policy.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/record/digest.h"
#include "analyzer/policy/policy_history.h"
#include "analyzer/policy/policy_model.h"
#include "analyzer/policy/policy_segments.h"
#include "analyzer/policy/policy_words.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/local_time.h"

enum { GROUP_MINIMUM_DEFAULT = 5, GROUP_MINIMUM_MAX = 1000, COVERAGE_DEFAULT = 80 };
enum { REMEMBER_DAYS = 30 };

/* Where the networks of nobody else are: RFC 1918, RFC 6598 (carrier-grade NAT), RFC 4193. */
static const char private_networks[] =
	"10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7";

/* Own wherever they stand: RFC 1122 (loopback and this host), RFC 3927 and
 * RFC 4291 (link-local). */
static const char local_networks[] = "127.0.0.0/8,0.0.0.0/32,169.254.0.0/16,::1,::,fe80::/10";

#define HEADER_TEXT(field)                                                                         \
	static void read_##field(                                                                  \
		struct policy_reader *reader, const struct yaml_node *value, void *target)         \
	{                                                                                          \
		policy_read_free_text(reader, value, &((struct policy *)target)->header.field);    \
	}

HEADER_TEXT(organisation)
HEADER_TEXT(reference)
HEADER_TEXT(purpose)
HEADER_TEXT(legal_basis)
HEADER_TEXT(economic)
HEADER_TEXT(children)

static void read_consultation_date(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	uint64_t time_ns;

	if (policy_read_time(reader, value, false, &time_ns)) {
		struct policy_header *header = &((struct policy *)target)->header;
		header->consultation_date = value->text;
		header->consulted_ns = header->consulted_ns ? header->consulted_ns : time_ns;
	}
}

#define HEADER_DATE(field, is_end)                                                                 \
	static void read_##field(                                                                  \
		struct policy_reader *reader, const struct yaml_node *value, void *target)         \
	{                                                                                          \
		policy_read_time(                                                                  \
			reader, value, is_end, &((struct policy *)target)->header.field##_ns);     \
	}

HEADER_DATE(informed, false)
HEADER_DATE(consulted, false)
HEADER_DATE(ends, true)
HEADER_DATE(evaluate_by, true)

/* Whose law of watching staff it is. */
static void read_country(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	static const char *const names[] = { "SE", "NO", "DK", "FI", "IS" };
	int choice = policy_read_choice(reader, value, "a country", names, 5);

	if (choice >= 0) {
		((struct policy *)target)->header.country = names[choice];
	}
}

static void read_purpose_class(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	static const char *const names[] = { "operation", "breaches", "statistics" };
	int choice = policy_read_choice(reader, value, "a class of purposes", names, 3);

	if (choice >= 0) {
		((struct policy *)target)->header.purpose_class = names[choice];
	}
}

static void read_monitoring(
	struct policy_reader *reader, const struct yaml_node *value, void *target);

static void read_coverage(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	uint32_t percent;

	if (policy_read_number(reader, value, 1, 100, &percent)) {
		((struct policy *)target)->header.coverage_percent = percent;
	}
}

static void read_language(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	static const char *const names[] = { "en", "sv", "nb", "nn", "da", "fi" };
	int choice = policy_read_choice(reader, value, "a language", names, 6);

	if (choice >= 0) {
		((struct policy *)target)->header.language = names[choice];
	}
}

static void read_k(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	uint32_t number;

	if (policy_read_number(reader, value, 1, GROUP_MINIMUM_MAX, &number)) {
		((struct policy *)target)->header.group_minimum = number;
	}
}

static void read_mode(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	static const char *const names[] = {
#define X(id, name) name,
		POLICY_MODES(X)
#undef X
	};
	int choice = policy_read_choice(reader, value, "a mode", names, POLICY_MODE_COUNT);

	if (choice >= 0) {
		((struct policy *)target)->header.mode = (uint8_t)choice;
	}
}

/* Rules speak of units and classes, so that those are read first, wherever they stand. */
static void read_later(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	(void)reader;
	(void)value;
	(void)target;
}

static void read_consequences(
	struct policy_reader *reader, const struct yaml_node *value, void *target);

static const struct policy_word policy_words[] = {
	{ "organisation", read_organisation },
	{ "reference", read_reference },
	{ "purpose", read_purpose },
	{ "legal_basis", read_legal_basis },
	{ "consultation_date", read_consultation_date },
	{ "language", read_language },
	{ "k", read_k },
	{ "mode", read_mode },
	{ "own_networks", policy_read_own_networks },
	{ "units", policy_read_units },
	{ "classes", policy_read_classes },
	{ "blocking", policy_read_blocking },
	{ "proxies", policy_read_proxies },
	{ "counting", policy_read_counting },
	{ "rules", read_later },
	{ "exceptions", read_later },
	{ "timezone", read_later },
	{ "internal_services", policy_read_internal_services },
	{ "exempt_services", policy_read_exempt_services },
	{ "services", read_later },
	{ "assessments", read_later },
	{ "treat_as", policy_read_treatments },
	{ "watch_countries", policy_read_watch },
	{ "expect", read_later },
	{ "coverage", read_coverage },
	{ "monitoring", read_monitoring },
	{ "consequences", read_consequences },
	{ "country", read_country },
	{ "purpose_class", read_purpose_class },
	{ "informed", read_informed },
	{ "consulted", read_consulted },
	{ "ends", read_ends },
	{ "evaluate_by", read_evaluate_by },
	{ "alerts", read_later },
	{ "base", NULL },
	{ NULL, NULL },
};

static const struct policy_word monitoring_words[] = {
	{ "purpose", read_purpose },
	{ "purpose_class", read_purpose_class },
	{ "legal_basis", read_legal_basis },
	{ "country", read_country },
	{ "informed", read_informed },
	{ "consulted", read_consulted },
	{ "ends", read_ends },
	{ "evaluate_by", read_evaluate_by },
	{ NULL, NULL },
};

static void read_monitoring(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_words(reader, value, "monitoring", monitoring_words, target);
}

/* What the body itself says of what its decisions bring about, for its reports. */
static const struct policy_word consequences_words[] = {
	{ "economic", read_economic },
	{ "children", read_children },
	{ NULL, NULL },
};

static void read_consequences(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_words(reader, value, "consequences", consequences_words, target);
}

/* Free texts stand in the language of the file unless another one was asked for. */
static void choose_language(struct policy_reader *reader, const struct yaml_node *root)
{
	const struct yaml_node *value = yaml_map_get(root, "language");

	if (!reader->language) {
		reader->language = value && value->kind == YAML_TEXT ? value->text : "en";
	}
}

/* Every date of the file is a day of this place, so it is read before them. */
static void read_timezone(struct policy_reader *reader, const struct yaml_node *value)
{
	struct policy *policy = reader->policy;
	const char *name = value ? policy_read_text(reader, value) : NULL;
	struct err err;

	if (name && local_zone_open(&policy->zone, name, &err) < 0) {
		policy_error(reader, value, "timezone: %s", err.text);
	}
	policy->header.zone = policy->zone;
}

static void read_document(struct policy_reader *reader, const struct yaml_node *root)
{
	const struct yaml_node *rules = yaml_map_get(root, "rules");
	const struct yaml_node *exceptions = yaml_map_get(root, "exceptions");

	const struct {
		const char *word;
		void (*read)(
			struct policy_reader *reader, const struct yaml_node *value, void *target);
	} registers[] = { { "services", policy_read_services },
		{ "assessments", policy_read_assessments }, { "expect", policy_read_expectations },
		{ "alerts", policy_read_alerts } };

	choose_language(reader, root);
	read_timezone(reader, yaml_map_get(root, "timezone"));
	policy_read_words(reader, root, "a policy", policy_words, reader->policy);
	if (rules) {
		policy_read_rules(reader, rules, reader->policy);
	}
	if (exceptions) {
		policy_read_exceptions(reader, exceptions, reader->policy);
	}
	for (unsigned i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
		const struct yaml_node *value = yaml_map_get(root, registers[i].word);
		if (value) {
			registers[i].read(reader, value, reader->policy);
		}
	}
}

/* Own networks come from the option, else from the file, else they are the private ones. */
static int choose_own_networks(
	struct policy *policy, const struct yaml_node *root, const char *networks, struct err *err)
{
	uint32_t listed;
	int status = 0;

	if (networks) {
		for (uint32_t i = 0; i < policy->network_count; i++) {
			policy->networks[i].location.is_own = false;
		}
		status = policy_add_own_list(policy, networks, err);
	}
	listed = policy->network_count;
	if (!networks && (!root || !yaml_map_get(root, "own_networks"))) {
		status = policy_add_own_list(policy, private_networks, err);
	}
	status = status < 0 ? status : policy_add_own_list(policy, local_networks, err);
	for (uint32_t i = listed; i < policy->network_count; i++) {
		policy->networks[i].is_assumed = true;
	}
	return status;
}

static int set_load_error(const char *path, const struct policy_problems *problems, struct err *err)
{
	const struct policy_problem *problem = problems->items;

	while (problem->is_warning && problem < problems->items + problems->count - 1) {
		problem++;
	}
	err_set(err, EINVAL, "%s:%u:%u: %s", path, problem->line, problem->column, problem->text);
	if (err && problems->errors > 1) {
		size_t length = strlen(err->text);
		snprintf(err->text + length, sizeof(err->text) - length,
			" (and %u more; \"borderflow policy check\" shows all)",
			problems->errors - 1);
	}
	return -EINVAL;
}

static struct policy *policy_create(void)
{
	struct policy *policy = calloc(1, sizeof(*policy));

	if (policy) {
		policy->header = (struct policy_header){ .organisation = "",
			.reference = "",
			.purpose = "",
			.legal_basis = "",
			.economic = "",
			.children = "",
			.consultation_date = "",
			.language = "",
			.country = "",
			.purpose_class = "",
			.group_minimum = GROUP_MINIMUM_DEFAULT,
			.coverage_percent = COVERAGE_DEFAULT };
		policy_init_alerts(&policy->alerts);
		policy->remember_ns = REMEMBER_DAYS * 86400 * NS_PER_S;
	}
	return policy;
}

void policy_sort_problems(struct policy_problems *problems)
{
	for (unsigned i = 1; i < problems->count; i++) {
		struct policy_problem problem = problems->items[i];
		unsigned at = i;
		for (; at > 0 && (problems->items[at - 1].line > problem.line ||
					 (problems->items[at - 1].line == problem.line &&
						 problems->items[at - 1].column > problem.column));
			at--) {
			problems->items[at] = problems->items[at - 1];
		}
		problems->items[at] = problem;
	}
}

static int policy_finish(struct policy *policy, struct policy_reader *reader, const char *networks,
	const char *path, struct err *err)
{
	const struct yaml_node *root = policy->tree ? yaml_tree_root(policy->tree) : NULL;
	int status = choose_own_networks(policy, root, networks, err);

	if (status < 0) {
		return status;
	}
	status = policy_index_networks(reader);
	if (status == 0 && reader->problems->errors > 0) {
		policy_sort_problems(reader->problems);
		return set_load_error(path, reader->problems, err);
	}
	if (status < 0 || policy_index_symbols(policy) < 0 || policy_order_rules(policy) < 0 ||
		policy_find_segments(policy) < 0) {
		return err_set(err, ENOMEM, "policy: out of memory");
	}
	policy_lint(reader);
	policy_sort_problems(reader->problems);
	return 0;
}

static void hash_file(struct policy *policy, const char *bytes, size_t count)
{
	uint8_t digest[DIGEST_SHA256_BYTES];

	digest_sha256(bytes, count, digest);
	digest_hex(digest, sizeof(digest), policy->hash);
}

/* folder: where units' own files stand; NULL none. */
static int parse(struct policy **parsed, const char *path, const char *folder, const char *bytes,
	size_t count, const char *networks, const char *language, const struct catalogue *catalogue,
	struct policy_problems *problems, struct err *err)
{
	struct policy *policy = policy_create();
	struct policy_reader reader = { problems, catalogue, policy, language };
	struct yaml_fault fault;
	int status;

	*parsed = NULL;
	*problems = (struct policy_problems){ 0 };
	if (!policy) {
		return err_set(err, ENOMEM, "policy: out of memory");
	}
	if (bytes) {
		hash_file(policy, bytes, count);
		if (count >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
			bytes += 3; /* some editors begin a file with a byte order mark */
			count -= 3;
		}
		policy->tree = yaml_tree_create(bytes, count, &fault);
		if (!policy->tree) {
			const struct yaml_node at = { .line = fault.line, .column = fault.column };
			policy_error(&reader, &at, "%s", fault.text);
			status = set_load_error(path, problems, err);
			goto cleanup;
		}
		if (yaml_tree_root(policy->tree)) {
			read_document(&reader, yaml_tree_root(policy->tree));
		} else {
			policy_error(&reader, &(struct yaml_node){ .line = 1, .column = 1 },
				"the file is empty; expected a policy");
		}
	}
	status = folder ? policy_read_folder(&reader, folder, err) : 0;
	if (status == 0) {
		policy_resolve_rules(&reader);
		status = policy_finish(policy, &reader, networks, path, err);
	}
	if (status < 0) {
		goto cleanup;
	}
	*parsed = policy;
	return 0;
cleanup:
	policy_free(policy);
	return status;
}

int policy_parse(struct policy **policy, const char *path, const char *bytes, size_t count,
	const char *networks, const struct catalogue *catalogue, struct policy_problems *problems,
	struct err *err)
{
	return parse(policy, path, NULL, bytes, count, networks, NULL, catalogue, problems, err);
}

static bool is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

int policy_load_in(struct policy **policy, const char *path, const char *networks,
	const char *language, const struct catalogue *catalogue, struct policy_problems *problems,
	struct err *err)
{
	char *bytes = NULL;
	size_t count = 0;
	int status = 0;

	*policy = NULL;
	*problems = (struct policy_problems){ 0 };
	if (policy_history_is(path)) {
		return policy_load_history(
			policy, path, networks, language, catalogue, problems, err);
	}
	bool has_units = path && is_folder(path);
	char base[PATH_MAX];
	snprintf(base, sizeof(base), "%s%s", path ? path : "", has_units ? "/base.yaml" : "");
	if (path) {
		status = file_read(base, &bytes, &count, err);
	}
	if (status == 0) {
		status = parse(policy, base, has_units ? path : NULL, bytes, count, networks,
			language, catalogue, problems, err);
	}
	free(bytes);
	return status;
}

int policy_load_checked(struct policy **policy, const char *path, const char *networks,
	const struct catalogue *catalogue, struct policy_problems *problems, struct err *err)
{
	return policy_load_in(policy, path, networks, NULL, catalogue, problems, err);
}

int policy_load(struct policy **policy, const char *path, const char *networks,
	const struct catalogue *catalogue, struct err *err)
{
	struct policy_problems *problems = calloc(1, sizeof(*problems));
	int status;

	*policy = NULL;
	if (!problems) {
		return err_set(err, ENOMEM, "policy: out of memory");
	}
	status = policy_load_checked(policy, path, networks, catalogue, problems, err);
	free(problems);
	return status;
}

void policy_free(struct policy *policy)
{
	if (!policy) {
		return;
	}
	policy_free(policy->earlier);
	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		clause_deinit(&policy->rules[i].clause);
		free(policy->rules[i].opens.rows);
	}
	for (uint32_t i = 1; i <= policy->exception_count; i++) {
		clause_deinit(&policy->exceptions[i].clause);
		free(policy->exceptions[i].lifts.rows);
	}
	policy_free_blocking(&policy->blocking);
	policy_free_proxies(&policy->proxies);
	policy_free_counting(&policy->counting);
	free(policy->alerts.free_days);
	prefix_index_destroy(policy->index);
	yaml_tree_destroy(policy->tree);
	for (uint32_t i = 0; i < policy->unit_tree_count; i++) {
		yaml_tree_destroy(policy->unit_trees[i]);
	}
	free(policy->unit_trees);
	free(policy->networks);
	free(policy->locations);
	free(policy->units);
	free(policy->classes);
	free(policy->rules);
	free(policy->exceptions);
	rule_index_deinit(&policy->index_of_rules);
	policy_free_services(&policy->internal_services);
	policy_free_services(&policy->exempt_services);
	policy_free_registers(policy);
	for (uint32_t i = 0; i < policy->text_count; i++) {
		free(policy->texts[i]);
	}
	free(policy->texts);
	local_zone_close(policy->zone);
	free(policy->borders);
	free(policy->lines);
	symbol_rows_deinit(&policy->unit_rows);
	symbol_rows_deinit(&policy->class_rows);
	symbol_rows_deinit(&policy->rule_rows);
	symbol_rows_deinit(&policy->exception_rows);
	free(policy);
}
