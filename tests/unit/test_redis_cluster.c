#include "analyzer/redis/redis_cluster.h"

#include "tests/tap.h"

static unsigned slot(const char *key)
{
	return redis_slot(key, strlen(key));
}

/* Slots as `CLUSTER KEYSLOT` of Redis 7.0 says. */
static void test_slots(void)
{
	is_int((int)slot("123456789"), 12739, "the check value of the CRC");
	is_int((int)slot("foo"), 12182, "foo");
	is_int((int)slot(""), 0, "nothing");
	is_int((int)slot("bf:1:{foo}:seq"), 12182, "the hash tag decides");
	is_int((int)slot("{foo}{bar}"), 12182, "the first one");
	ok(slot("{}foo") != slot("{}bar"), "an empty tag is none");
	ok(slot("{foo") != slot("foo"), "one that is not closed neither");
}

static void test_keys(void)
{
	const char *call[] = { "FCALL", "f", "1", "key", "x" };
	const char *none[] = { "FCALL", "f", "0" };
	const char *set[] = { "SET", "key", "x" };
	const char *ping[] = { "PING" };
	const char *list[] = { "FUNCTION", "LIST" };

	ok(strcmp(redis_key_of(5, call), "key") == 0, "of a function");
	ok(!redis_key_of(3, none), "without keys");
	ok(strcmp(redis_key_of(3, set), "key") == 0, "the first argument");
	ok(!redis_key_of(1, ping) && !redis_key_of(2, list), "none");
}

static void test_redirects(void)
{
	struct redis_redirect redirect;

	ok(redis_redirect_parse(&redirect, "MOVED 3999 192.0.2.1:6381") && !redirect.is_ask &&
			redirect.slot == 3999 && redirect.port == 6381 &&
			strcmp(redirect.host, "192.0.2.1") == 0,
		"moved");
	ok(redis_redirect_parse(&redirect, "ASK 1 2001:db8::1:7000") && redirect.is_ask &&
			strcmp(redirect.host, "2001:db8::1") == 0 && redirect.port == 7000,
		"ask, IPv6");
	ok(redis_redirect_parse(&redirect, "MOVED 1 :7000") && redirect.host[0] == '\0',
		"the same host");
	static const char *const wrong[] = { "", "MOVED", "MOVED 1", "MOVED 16384 h:1",
		"MOVED 1 h:0", "MOVED 1 h:65536", "MOVED 1 host", "MOVED -1 h:1", "OOM 1 h:1" };
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ok(!redis_redirect_parse(&redirect, wrong[i]), "none: \"%s\"", wrong[i]);
	}
}

int main(void)
{
	test_slots();
	test_keys();
	test_redirects();
	return done_testing();
}
