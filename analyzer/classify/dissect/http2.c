/* HTTP/2 with prior knowledge (RFC 9113, 3.4): the preface that cannot be mistaken. */
#include "analyzer/classify/dissect/signature.h"

static enum dissect_result http2_stream(struct dissection *dissection)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	enum prefix_match match = prefix_of(&dissection->in, preface, sizeof(preface) - 1);

	if (match == PREFIX_PART) {
		return wait_for_more(dissection);
	}
	return claim_if(match == PREFIX_YES, dissection, L7_HTTP2);
}

const struct dissector dissector_http2 = { .protocol = L7_HTTP2, .stream = http2_stream };
