/* Where requests of HTTP/1 end: however they are cut into segments, and where some are missing. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/classify/request_ends.h"
#include "tests/tap.h"

enum { FLOW = 7, SEQ = 0xffffffe0 };

static struct request_ends *ends;

static enum request_place take(size_t at, const char *bytes, size_t count)
{
	return request_ends_take(ends, FLOW, SEQ + (uint32_t)at, reader_over(bytes, count));
}

/* Cut in three at all places: only where the second request begins may one begin. */
static unsigned wrong_places(const char *first, const char *then)
{
	char all[512];
	size_t end = strlen(first), count = end + strlen(then);
	unsigned wrong = 0;

	memcpy(all, first, end);
	memcpy(all + end, then, count - end);
	for (size_t one = 1; one < end; one++) {
		for (size_t two = one + 1; two < count; two++) {
			request_ends_begin(ends, FLOW, SEQ);
			wrong += take(0, all, one) != REQUEST_MAY_BEGIN;
			wrong += take(one, all + one, two - one) == REQUEST_MAY_BEGIN;
			wrong += (take(two, all + two, count - two) == REQUEST_MAY_BEGIN) !=
				 (two == end);
		}
	}
	return wrong;
}

static void test_cuts(void)
{
	static const char next[] = "GET /next HTTP/1.1\r\nHost: b.example\r\n\r\n";

	is_int(wrong_places("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", next), 0,
		"behind a head without content");
	is_int(wrong_places(
		       "POST / HTTP/1.1\r\ncontent-LENGTH:  16\r\n\r\nGET / HTTP/1.1\r\n", next),
		0, "behind content of a length");
	is_int(wrong_places("POST / HTTP/1.1\r\nContent-Length: 3\r\n"
			    "Transfer-Encoding: gzip, chunked\r\n\r\n"
			    "10;x=y\r\nGET / HTTP/1.1\r\n\r\na\r\n\r\n\r\nGET /\r\n\r\n0\r\nA: "
			    "b\r\n\r\n",
		       next),
		0, "behind content in chunks");
}

static void test_gaps(void)
{
	static const char head[] = "POST / HTTP/1.1\r\nContent-Length: 4000000000\r\n\r\n";
	static const char word[] = "GET / HTTP/1.1\r\n";
	size_t at = sizeof(head) - 1, count = sizeof(word) - 1;

	is_int(take(0, word, count), REQUEST_NOT_FOLLOWED, "nothing is known of a flow at first");
	request_ends_begin(ends, FLOW, SEQ);
	take(0, head, at);
	is_int(take(at, word, count), REQUEST_INSIDE, "long content");
	is_int(take(at, word, count), REQUEST_INSIDE, "… that comes again");
	is_int(take(at + 2000000000, word, count), REQUEST_INSIDE, "… of which much is missing");
	is_int(take(at + 4000000000 - 4, "abcd", 4), REQUEST_INSIDE, "… up to its end");
	is_int(take(at + 4000000000, word, count), REQUEST_MAY_BEGIN, "… and behind it");
	is_int(take(at + 4000000000 + count, "A: b\r\n", 6), REQUEST_IN_HEAD, "a head goes on");
	is_int(take(at + 4000001000, word, count), REQUEST_MAY_BEGIN,
		"where a piece of a head is missing the next one may begin");
	is_int(take(at + 4000000000 + count + 6, word, count), REQUEST_MAY_BEGIN,
		"… and so may what fills that gap");
	request_ends_begin(ends, FLOW, SEQ);
	take(0, head, at);
	is_int(take(0, word, count), REQUEST_BEGINS_AGAIN,
		"another beginning in the same place is one");
	is_int(take(count, "A: b\r\n\r\n", 8), REQUEST_IN_HEAD, "… and goes on");
	is_int(take(count + 8, word, count), REQUEST_MAY_BEGIN, "… up to its own end");
	is_int(request_ends_take(ends, FLOW + REQUEST_ENDS_PLACES, SEQ, reader_over(word, count)),
		REQUEST_NOT_FOLLOWED, "another flow of that place is not followed");
	request_ends_forget(ends, FLOW);
	is_int(take(0, word, count), REQUEST_NOT_FOLLOWED, "nor one that was forgotten");
}

/* What the server has acknowledged is not said in another way any more. */
static void test_acknowledged(void)
{
	static const char word[] = "GET / HTTP/1.1\r\n\r\n";
	size_t count = sizeof(word) - 1;

	request_ends_begin(ends, FLOW, SEQ);
	take(0, word, count);
	is_int(request_ends_ahead(ends, FLOW, SEQ + (uint32_t)count), 0, "what comes next");
	is_int(request_ends_ahead(ends, FLOW, SEQ + (uint32_t)count + 9), 9, "… and after a gap");
	is_int(request_ends_ahead(ends, FLOW + 1, SEQ + 9), 0, "a flow that is not followed");
	request_ends_acknowledge(ends, FLOW, SEQ);
	is_int(take(0, word, count - 1), REQUEST_BEGINS_AGAIN, "another beginning");
	request_ends_acknowledge(ends, FLOW, SEQ + 1);
	is_int(take(0, word, count), REQUEST_INSIDE, "… not once the server has the first");
	is_int(take(count, word, count), REQUEST_MAY_BEGIN, "what begins behind it …");
	is_int(take(count, word, count), REQUEST_BEGINS_AGAIN, "… may begin otherwise");
}

int main(void)
{
	ends = calloc(1, sizeof(*ends));
	test_gaps();
	test_cuts();
	test_acknowledged();
	free(ends);
	return done_testing();
}
