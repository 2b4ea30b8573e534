/* Tokens, sessions and links: who comes in, for how long, and that no secret lies on the disk. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "dashboards/web/access.h"
#include "tests/tap.h"

#define DAY_NS (UINT64_C(86400) * NS_PER_S)
#define NOW    (UINT64_C(20000) * DAY_NS)

static char folder[] = "/tmp/borderflow-access-XXXXXX";
static struct err err;

static bool is_on_disk(const char *name, const char *secret)
{
	char path[128], *content = NULL;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	bool is_there = file_read(path, &content, NULL, NULL) == 0 && strstr(content, secret);
	free(content);
	return is_there;
}

static mode_t mode_of(const char *name)
{
	char path[128];
	struct stat status = { 0 };

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	stat(path, &status);
	return status.st_mode & 0777;
}

static struct access_token token_of(const char *name, enum web_role role)
{
	struct access_token token = { .role = role, .made_ns = NOW, .ends_ns = NOW + 10 * DAY_NS };

	strcpy(token.name, name);
	return token;
}

static void test_tokens(struct access *access, char *cookie)
{
	struct access_token token = token_of("anna", WEB_ANALYST);
	char secret[ACCESS_SECRET_BYTES], other[ACCESS_SECRET_BYTES];
	struct who who;

	strcpy(token.unit, "School");
	is_int(access_add_token(access, &token, secret, &err), 0, "a token is made");
	is_int(access_add_token(access, &token, other, &err), -EEXIST, "once: %s", err.text);
	ok(!is_on_disk("tokens", secret) && is_on_disk("tokens", "anna"),
		"its secret is not on the disk");
	is_int(mode_of("tokens"), 0600, "and nobody else reads the file");
	is_int(access_enter(access, "bft-wrong", NOW, cookie, &err), -EACCES,
		"not with a wrong one");
	is_int(access_enter(access, secret, NOW, cookie, &err), 0, "it opens a session");
	ok(!is_on_disk("sessions", cookie), "whose cookie is not on the disk");
	ok(access_check(access, cookie, NOW, &who) && strcmp(who.user, "anna") == 0 &&
			who.role == WEB_ANALYST && strcmp(who.unit, "School") == 0,
		"the session is hers, with her role and unit");
	ok(!access_check(access, secret, NOW, &who) && !access_check(access, "", NOW, &who),
		"a token is no cookie, and nothing is none");
	ok(!access_check(access, cookie, NOW + 8 * DAY_NS, &who), "a session ends after a week");
	is_int(access_enter(access, secret, NOW + 9 * DAY_NS, other, &err), 0,
		"later she comes again");
	ok(!access_check(access, other, NOW + 11 * DAY_NS, &who), "but not past her token");
	is_int(access_enter(access, secret, NOW + 11 * DAY_NS, other, &err), -EACCES,
		"an expired token opens nothing");
	access_enter(access, secret, NOW, cookie, &err);
}

static void test_restart(struct access **access, const char *cookie)
{
	struct who before, after;

	access_check(*access, cookie, NOW, &before);
	access_close(*access);
	is_int(access_open(access, folder, &err), 0, "the server starts again");
	ok(access_check(*access, cookie, NOW, &after), "her session goes on");
	is_text(after.csrf, before.csrf, "and so does what her changes carry");
}

static void test_revoked(struct access *access, const char *cookie)
{
	struct access *terminal;
	struct who who;

	is_int(access_open(&terminal, folder, &err), 0, "another process");
	is_int(access_revoke_token(terminal, "nobody", &err), -ENOENT,
		"revokes none that is not there");
	is_int(access_revoke_token(terminal, "anna", &err), 0, "and hers");
	access_close(terminal);
	ok(!access_check(access, cookie, NOW, &who), "her session is over at once");
}

/* Two servers over one folder: who came in at the one is known at the other, and neither forgets.
 */
static void test_two_servers(struct access *access)
{
	struct access_token token = token_of("berta", WEB_VIEWER);
	char secret[ACCESS_SECRET_BYTES], first[ACCESS_SECRET_BYTES], second[ACCESS_SECRET_BYTES];
	struct access *other;
	struct who who;

	access_add_token(access, &token, secret, &err);
	is_int(access_open(&other, folder, &err), 0, "a second server");
	access_enter(access, secret, NOW, first, &err);
	access_enter(other, secret, NOW, second, &err);
	ok(access_check(other, first, NOW, &who), "knows who came in at the first");
	ok(access_check(access, second, NOW, &who), "and the first who came in at it");
	access_leave(other, first);
	ok(!access_check(access, first, NOW, &who), "who leaves one has left both");
	ok(access_check(access, second, NOW, &who), "and nobody else has");
	access_close(other);
	is_int(access_open(&other, folder, &err), 0, "a third, started later");
	ok(access_check(other, second, NOW, &who), "finds every session");
	access_close(other);
}

static void test_link(struct access *access)
{
	char link[ACCESS_SECRET_BYTES], cookie[ACCESS_SECRET_BYTES];
	struct who who;

	access_make_link(access, "anna", WEB_ADMIN, NOW, link, &err);
	is_int(access_enter(access, link, NOW + 700 * NS_PER_S, cookie, &err), -EACCES,
		"a link is over after ten minutes");
	access_make_link(access, "anna", WEB_ADMIN, NOW, link, &err);
	is_int(access_enter(access, link, NOW, cookie, &err), 0, "within them it opens a session");
	ok(access_check(access, cookie, NOW, &who) && who.role == WEB_ADMIN, "of an admin");
	is_int(access_enter(access, link, NOW, cookie, &err), -EACCES, "once");
	access_leave(access, cookie);
}

static void test_hostile(struct access *access)
{
	struct access_token token = token_of("eve\tadmin", WEB_VIEWER);
	char secret[ACCESS_SECRET_BYTES];
	struct who who;

	is_int(access_add_token(access, &token, secret, &err), -EINVAL,
		"a name that would be two columns is none");
	strcpy(token.name, "");
	is_int(access_add_token(access, &token, secret, &err), -EINVAL, "nor is no name");
	ok(!access_trust(access, NULL, "admin", "", &who) &&
			!access_trust(access, "", "admin", "", &who) &&
			!access_trust(access, "eve", "root", "", &who),
		"a proxy must name a user and a role that there is");
	ok(access_trust(access, "ola", "auditor", "", &who) && who.role == WEB_AUDITOR &&
			strlen(who.csrf) == 64,
		"who it names is let in as that");
}

static void test_rights(void)
{
	ok(!web_role_may(WEB_VIEWER, WEB_MAY_DEVICES) && !web_role_may(WEB_VIEWER, WEB_MAY_ALERTS),
		"a viewer sees no devices and no alert whole");
	ok(!web_role_may(WEB_COMPLIANCE, WEB_MAY_DEVICES) &&
			!web_role_may(WEB_AUDITOR, WEB_MAY_DEVICES),
		"nor do compliance and auditors see devices");
	ok(!web_role_may(WEB_AUDITOR, WEB_MAY_TRIAGE) &&
			!web_role_may(WEB_AUDITOR, WEB_MAY_REPLAY) &&
			!web_role_may(WEB_AUDITOR, WEB_MAY_REPORTING),
		"an auditor changes nothing");
	const struct who bound = { .role = WEB_ADMIN, .unit = "School" };
	ok(!who_may(&bound, WEB_MAY_REPORTS) && !who_may(&bound, WEB_MAY_REPORTING) &&
			!who_may(&bound, WEB_MAY_REPLAY) && who_may(&bound, WEB_MAY_TRIAGE),
		"who is bound to a unit gets nothing that speaks of the whole body");
	for (unsigned right = 0; right < WEB_RIGHT_COUNT; right++) {
		ok(web_role_may(WEB_ADMIN, right), "an admin may: %s", web_right_name(right));
	}
}

int main(void)
{
	struct access *access;
	char cookie[ACCESS_SECRET_BYTES];

	if (!mkdtemp(folder) || access_open(&access, folder, &err) < 0) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	test_tokens(access, cookie);
	test_restart(&access, cookie);
	test_revoked(access, cookie);
	test_two_servers(access);
	test_link(access);
	test_hostile(access);
	test_rights();
	access_close(access);
	for (const char *const *name = (const char *const[]){ "tokens", "sessions", NULL }; *name;
		name++) {
		char path[128];
		snprintf(path, sizeof(path), "%s/%s", folder, *name);
		unlink(path);
	}
	rmdir(folder);
	return done_testing();
}
