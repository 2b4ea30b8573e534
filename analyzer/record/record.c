#include "analyzer/record/record.h"

#include <string.h>

void record_copy(struct record *to, const struct record *from)
{
	memcpy(to, from, offsetof(struct record, l7) + l7_info_used_bytes(&from->l7));
}

const char *record_direction_name(enum record_direction direction)
{
	static const char *const names[] = {
#define X(id, name) [RECORD_DIRECTION_##id] = (name),
		RECORD_DIRECTIONS(X)
#undef X
	};
	return (unsigned)direction < RECORD_DIRECTION_COUNT ? names[direction] : "";
}

const char *evidence_kind_name(enum evidence_kind kind)
{
	static const char *const names[] = {
#define X(id, name) [EVIDENCE_##id] = (name),
		EVIDENCE_KINDS(X)
#undef X
	};
	return (unsigned)kind < EVIDENCE_KIND_COUNT ? names[kind] : "";
}

const char *inferred_by_name(enum inferred_by ground)
{
	static const char *const names[] = {
#define X(id, name) [INFERRED_BY_##id] = (name),
		INFERRED_BY(X)
#undef X
	};
	return (unsigned)ground < INFERRED_BY_COUNT ? names[ground] : "";
}

const char *policy_action_name(enum policy_action action)
{
	static const char *const names[] = {
#define X(id, name) [POLICY_ACTION_##id] = (name),
		POLICY_ACTIONS(X)
#undef X
	};
	return (unsigned)action < POLICY_ACTION_COUNT ? names[action] : "";
}

const char *policy_verdict_name(enum policy_verdict verdict)
{
	static const char *const names[] = {
#define X(id, name) [POLICY_VERDICT_##id] = (name),
		POLICY_VERDICTS(X)
#undef X
	};
	return (unsigned)verdict < POLICY_VERDICT_COUNT ? names[verdict] : "";
}

const char *block_outcome_name(enum block_outcome block)
{
	static const char *const names[] = {
#define X(id, name) [BLOCK_##id] = (name),
		BLOCK_OUTCOMES(X)
#undef X
	};
	return (unsigned)block < BLOCK_OUTCOME_COUNT ? names[block] : "";
}
