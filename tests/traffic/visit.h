/* A visit: a device uses a service for a while. Looks its hosts up, opens the connections and talks
 * as the service's model says, with sizes that have a heavy tail. */
#pragma once

#include <stdbool.h>

#include "tests/traffic/scene.h"
#include "tests/traffic/services.h"

/* What stands in the way. */
enum visit_block {
	VISIT_PASSES,
	VISIT_NAME_ERROR,    /* the resolver denies the name */
	VISIT_SINKHOLE,      /* or answers with 0.0.0.0 */
	VISIT_REFUSED,       /* SYN answered by RST */
	VISIT_UNANSWERED,    /* SYN unanswered */
	VISIT_HELLO_DROPPED, /* the handshake stops after the hello */
	VISIT_HELLO_RESET,   /* or is reset */
};

struct visit {
	const char *group; /* of services */
	uint64_t start_ns;
	uint8_t block;   /* enum visit_block */
	bool every_host; /* all hosts of the group, not by chance */
	bool prefers_v6;
	bool is_work_device;  /* the sample policy (day-policy.yaml) denies an app to it */
	unsigned volume;      /* sizes in hundredths of the model's; 0: 100 */
	uint64_t duration_ns; /* of what stays open; 0: 20 minutes */
};

/* Ends the program where no service has this group. */
void visit(struct scene *scene, struct device *device, const struct visit *visit);
