/* Community ID v1 of a flow (github.com/corelight/community-id-spec): the same text in every tool
 * that saw it.
 *
 * It can be turned back into addresses by trying them all, so it is never written where own devices
 * are pseudonyms. Threads: any. Cost: one SHA-1, about 300 ns. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "collector/flow.h"

enum { COMMUNITY_ID_TEXT_MAX = 31 }; /* "1:", 28 characters of base64, NUL */

/* Returns the length of the text. */
size_t community_id(
	const struct flow_record *flow, uint16_t seed, char text[COMMUNITY_ID_TEXT_MAX]);
