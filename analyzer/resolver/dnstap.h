/* dnstap's frames (dnstap.proto, protocol buffers): what a resolver answered whom. Of its messages
 * the answers to clients count alone; those between resolvers and servers tell of no client.
 *
 * Memory   none.
 * Threads  any; a pure function of its arguments. */
#pragma once

#include "base/reader.h"
#include "collector/flow_source.h"

enum dnstap_result {
	DNSTAP_OTHER, /* another message, or an answer without names */
	DNSTAP_NAMES, /* were added to the batch */
	DNSTAP_MALFORMED
};

/* The batch has room for so many more. */
enum { DNSTAP_NAMES_MAX = 4 };

enum dnstap_result dnstap_read(struct reader frame, struct flow_source_batch *batch);
