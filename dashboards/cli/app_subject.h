/* What somebody asks `apps match` about: a host name, an address or a network.
 *
 * Pure; any thread. */
#pragma once

#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

enum app_subject_kind { APP_SUBJECT_NAME, APP_SUBJECT_ADDRESS, APP_SUBJECT_NETWORK };

enum { APP_SUBJECT_NAME_MAX = 253 };

struct app_subject {
	enum app_subject_kind kind;
	char name[APP_SUBJECT_NAME_MAX + 1]; /* lower case, without the final dot */
	struct addr addr;
	uint32_t asn;
};

/* 0, or -EINVAL with a sentence that says what was expected. */
int app_subject_parse(const char *text, struct app_subject *subject, struct err *err);
