/* UltraSurf: the client's own opening, eight bytes that are always the same. */
#include "analyzer/classify/dissect/signature.h"

static enum dissect_result ultrasurf_stream(struct dissection *dissection)
{
	static const char opening[] = "\xcc\x1c\x30\x41\x5b\xa4\x38\x66";
	enum prefix_match match = prefix_of(&dissection->in, opening, sizeof(opening) - 1);

	return claim_app(match == PREFIX_YES, dissection, L7_ULTRASURF, APP_HINT_ULTRASURF);
}

const struct dissector dissector_ultrasurf = { .protocol = L7_ULTRASURF,
	.stream = ultrasurf_stream,
	.stream_begins = BEGINS({ 0xcc, 0xcc }) };
