#include "analyzer/redact/device_detail.h"

#include "analyzer/policy/policy.h"
#include "analyzer/policy/policy_register.h"
#include "base/local_time.h"
#include "base/text.h"

/* Each is a line of the policy. */
struct ground {
	const char *line;
	bool is_stated;
};

enum { GROUNDS = 3 };

static void list_grounds(const struct policy_header *header, struct ground grounds[GROUNDS])
{
	grounds[0] = (struct ground){ "purpose", header->purpose[0] != '\0' };
	grounds[1] = (struct ground){ "legal_basis", header->legal_basis[0] != '\0' };
	grounds[2] = (struct ground){ "consulted", header->consulted_ns != 0 };
}

static bool states_all(const struct policy_header *header)
{
	struct ground grounds[GROUNDS];

	list_grounds(header, grounds);
	return grounds[0].is_stated && grounds[1].is_stated && grounds[2].is_stated;
}

/* From when on the policy lets devices be kept: staff were consulted and informed. */
static uint64_t begins_ns(const struct policy_header *header)
{
	return header->consulted_ns > header->informed_ns ? header->consulted_ns
							  : header->informed_ns;
}

static bool has_ended(const struct policy_header *header, uint64_t time_ns)
{
	return header->ends_ns && time_ns > header->ends_ns;
}

static bool has_grounds(const struct policy_header *header, uint64_t time_ns)
{
	return states_all(header) && time_ns >= begins_ns(header) && !has_ended(header, time_ns);
}

enum device_detail device_detail_of(
	const struct reference *reference, uint16_t class_, uint64_t time_ns)
{
	bool has_pseudonyms = reference->pseudonyms != NULL;

	if (reference->is_sensor &&
		(!has_pseudonyms || !has_grounds(policy_header(reference->policy), time_ns))) {
		return DEVICE_DETAIL_NONE;
	}
	if (!has_pseudonyms) {
		return DEVICE_DETAIL_DEVICE;
	}
	return policy_detail_of(reference->policy, class_, time_ns) == POLICY_DETAIL_AGGREGATE
		       ? DEVICE_DETAIL_NETWORK
		       : DEVICE_DETAIL_DEVICE;
}

/* Under pseudonyms it must be known whose the flow is: what is shown of the other end might be of
 * ours. */
enum device_detail device_detail_of_record(
	const struct reference *reference, const struct record *record)
{
	enum device_detail detail =
		device_detail_of(reference, record->decision.class_, record->flow.start_ns);
	bool is_unknown = reference->pseudonyms && record->direction == RECORD_DIRECTION_EXTERNAL;

	return is_unknown && detail == DEVICE_DETAIL_DEVICE ? DEVICE_DETAIL_NETWORK : detail;
}

/* "; and the policy does not state purpose and consulted" */
static void put_unstated(struct text *text, const struct policy_header *header)
{
	struct ground grounds[GROUNDS];
	const char *before = "the policy does not state ";

	list_grounds(header, grounds);
	for (unsigned i = 0; i < GROUNDS; i++) {
		if (!grounds[i].is_stated) {
			text_printf(text, "%s\"%s\"", before, grounds[i].line);
			before = ", ";
		}
	}
	text_put(text, " (add these lines to it, and load it anew)");
}

static void put_outside(struct text *text, const struct policy_header *header, uint64_t now_ns)
{
	bool is_over = has_ended(header, now_ns);
	const char *line = is_over                                      ? "ends"
			   : header->consulted_ns > header->informed_ns ? "consulted"
									: "informed";
	char date[11];

	local_format_date(header->zone, is_over ? header->ends_ns : begins_ns(header), date);
	text_printf(text, "the policy lets devices be kept %s %s (\"%s\")",
		is_over ? "until" : "only from", date, line);
}

void device_detail_put_missing(
	struct text *text, const struct reference *reference, uint64_t now_ns)
{
	const struct policy_header *header = policy_header(reference->policy);
	bool has_key = reference->pseudonyms != NULL;

	if (!reference->is_sensor || (has_key && has_grounds(header, now_ns))) {
		return;
	}
	text_put(text, "only sums are kept, and no flows, devices or addresses: ");
	if (!has_key) {
		text_put(text, "there is no key for pseudonyms (make one with \"borderflow keys "
			       "init\" and start with --keys /etc/borderflow/keys)");
	}
	if (!has_grounds(header, now_ns)) {
		text_put(text, has_key ? "" : ", and ");
		if (states_all(header)) {
			put_outside(text, header, now_ns);
		} else {
			put_unstated(text, header);
		}
	}
}
