#include "dashboards/cli/app_subject.h"
#include "tests/tap.h"

#include <errno.h>

static struct app_subject subject;
static struct err err;

static int kind_of(const char *text)
{
	err.text[0] = '\0';
	int status = app_subject_parse(text, &subject, &err);
	return status < 0 ? status : (int)subject.kind;
}

static void test_refused(void)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "", "an empty text" },
		{ ".", "an empty text" },
		{ "AS99999999999", "from AS1 to AS4294967295" },
		{ "AS99999999999999999999999", "from AS1 to AS4294967295" },
		{ "AS4294967296", "from AS1 to AS4294967295" },
		{ "AS0", "from AS1 to AS4294967295" },
		{ "AS12x", "from AS1 to AS4294967295" },
		{ "999.1.1.1", "no host name ends in a number" },
		{ "1.2.3", "no host name ends in a number" },
		{ "12", "no host name ends in a number" },
		{ "10.0.0.0/8", "without a prefix length" },
		{ "https://www.tiktok.com/live", "without scheme, port or path" },
		{ "www.tiktok.com:443", "without scheme, port or path" },
		{ "two words", "without scheme, port or path" },
		{ "a..example.org", "1 to 63 characters" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		is_int(kind_of(rows[i].text), -EINVAL, "refused: \"%s\"", rows[i].text);
		ok(strstr(err.text, rows[i].says), "… saying why: %s", err.text);
	}
	char label[80] = "", name[300];
	memset(label, 'a', 64);
	is_int(kind_of(label), -EINVAL, "a part of 64 characters");
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	is_int(kind_of(name), -EINVAL, "a name of 299 characters");
	is_int(kind_of("\033[2J/"), -EINVAL, "bytes that a terminal obeys");
	ok(!strchr(err.text, '\033'), "… are not handed on to it");
}

int main(void)
{
	is_int(kind_of("WWW.TikTok.com."), APP_SUBJECT_NAME, "a name");
	is_text(subject.name, "www.tiktok.com", "… in small letters, without the final dot");
	is_int(kind_of("as1.example.org"), APP_SUBJECT_NAME, "a name that begins like a network");
	is_int(kind_of("localhost"), APP_SUBJECT_NAME, "a name of one part");
	is_int(kind_of("AS62041"), APP_SUBJECT_NETWORK, "a network");
	is_int(subject.asn, 62041, "… and its number");
	is_int(kind_of("as4294967295"), APP_SUBJECT_NETWORK, "the last one, in small letters");
	is_int(subject.asn, UINT32_MAX, "… and its number");
	is_int(kind_of("192.0.2.7"), APP_SUBJECT_ADDRESS, "an address");
	is_int(kind_of("2001:db8::7"), APP_SUBJECT_ADDRESS, "… of the other family");
	test_refused();
	return done_testing();
}
