/* Small helpers that signatures are made of. */
#pragma once

#include <string.h>

#include "analyzer/classify/dissect/dissector.h"

enum prefix_match { PREFIX_NO, PREFIX_PART, PREFIX_YES };

/* Do the bytes begin with the text? PREFIX_PART: what is there does, but it is too
 * short to tell. */
static inline enum prefix_match prefix_of(const struct reader *in, const char *text, size_t length)
{
	size_t left = reader_left(in);
	size_t common = left < length ? left : length;

	/* Nearly always the first byte tells. */
	if (common > 0 && in->at[0] != (uint8_t)text[0]) {
		return PREFIX_NO;
	}
	if (memcmp(in->at, text, common) != 0) {
		return PREFIX_NO;
	}
	return left < length ? PREFIX_PART : PREFIX_YES;
}

static inline bool begins_with(const struct reader *in, const char *text)
{
	return prefix_of(in, text, strlen(text)) == PREFIX_YES;
}

/* The usual end of a signature that either fits or does not. */
static inline enum dissect_result claim_if(
	bool fits, struct dissection *dissection, enum l7_protocol protocol)
{
	if (!fits) {
		return DISSECT_OTHER;
	}
	dissection->l7->protocol = (uint8_t)protocol;
	dissection->other_done = true;
	return DISSECT_DONE;
}

static inline enum dissect_result claim_app(
	bool fits, struct dissection *dissection, enum l7_protocol protocol, enum app_hint app)
{
	if (fits) {
		dissection->l7->app_hint = (uint8_t)app;
	}
	return claim_if(fits, dissection, protocol);
}

/* Streams: too short to tell is worth another look, unless nothing more comes. */
static inline enum dissect_result wait_for_more(const struct dissection *dissection)
{
	return dissection->is_last ? DISSECT_OTHER : DISSECT_MORE;
}
