#include "dashboards/report/report_desk.h"

#include <string.h>

#include "analyzer/alert/alert_entry.h"
#include "analyzer/alert/alert_store.h"

struct taking {
	struct report_desk *desk;
	uint64_t from_ns, to_ns;
};

static enum alert_kind kind_of(const char *name)
{
	unsigned kind = 0;

	while (kind < ALERT_KIND_COUNT && strcmp(alert_kind_name(kind), name) != 0) {
		kind++;
	}
	return kind;
}

/* Of what was erased the verdict is kept. */
static enum report_desk_state state_of(const struct alert_entry *entry)
{
	static const struct {
		const char *name;
		enum report_desk_state state;
	} states[] = {
		{ "new", REPORT_DESK_NEW },
		{ "acknowledged", REPORT_DESK_ACKNOWLEDGED },
		{ "escalated", REPORT_DESK_ESCALATED },
		{ "suppressed", REPORT_DESK_SUPPRESSED },
	};

	if (entry->verdict[0] != '\0') {
		return strcmp(entry->verdict, "true") == 0 ? REPORT_DESK_CLOSED_TRUE
							   : REPORT_DESK_CLOSED_FALSE;
	}
	for (unsigned i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(entry->state, states[i].name) == 0) {
			return states[i].state;
		}
	}
	return REPORT_DESK_SUPPRESSED; /* erased without a verdict: it was */
}

static int take(void *context, const char *id, const struct alert_record *record, struct err *err)
{
	struct taking *taking = context;
	struct report_desk *desk = taking->desk;
	struct alert_entry entry;

	(void)err;
	if (alert_entry_read(&entry, id, record, NULL) < 0) {
		desk->damaged++;
		return 0;
	}
	enum alert_kind kind = kind_of(entry.kind);
	if (kind < ALERT_KIND_COUNT && entry.first_ns >= taking->from_ns &&
		entry.first_ns < taking->to_ns) {
		desk->alerts[kind][state_of(&entry)]++;
		desk->count++;
	}
	alert_entry_clear(&entry);
	return 0;
}

int report_desk_read(struct report_desk *desk, const char *target, uint64_t from_ns, uint64_t to_ns,
	struct err *err)
{
	struct taking taking = { desk, from_ns, to_ns };
	struct alert_store *store;
	unsigned damaged = 0;

	*desk = (struct report_desk){ .count = 0 };
	int status = alert_store_open(&store, target, err);
	if (status < 0) {
		return status;
	}
	status = alert_store_list(store, 'a', take, &taking, &damaged, err);
	desk->damaged += damaged;
	alert_store_close(store);
	return status;
}
