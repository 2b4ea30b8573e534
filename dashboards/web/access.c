#include "dashboards/web/access.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/record/digest.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "dashboards/web/access_entries.h"

enum { SECRET_BYTES = 32, SESSIONS_MAX = 4096, TOKENS_MAX = 1024 };

#define LINK_NS    (600 * NS_PER_S)
#define SESSION_NS (UINT64_C(7) * 24 * 3600 * NS_PER_S)

static const char no_token[] = "-"; /* of a session that a link opened */

struct access {
	char folder[PATH_MAX];
	char salt[ACCESS_SECRET_BYTES]; /* of this process, for who comes through a proxy */
	pthread_mutex_t lock;           /* guards what follows */
	struct access_entries tokens, sessions;
	struct access_entry link; /* ends_ns 0: none */
};

static void hash_secret(const char *secret, char hash[ACCESS_HASH_TEXT])
{
	uint8_t digest[DIGEST_SHA256_BYTES];

	digest_sha256(secret, strlen(secret), digest);
	digest_hex(digest, sizeof(digest), hash);
}

static int make_secret(const char *prefix, char secret[ACCESS_SECRET_BYTES], struct err *err)
{
	uint8_t bytes[SECRET_BYTES];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) {
		return err_set(err, errno, "no random numbers: %s", strerror(errno));
	}
	strcpy(secret, prefix);
	digest_base32(bytes, sizeof(bytes), secret + strlen(prefix));
	explicit_bzero(bytes, sizeof(bytes));
	return 0;
}

/* What only the cookie's holder can know, and a page of another origin cannot read. */
static void make_csrf(const char *cookie, char csrf[65])
{
	char salted[2 * ACCESS_SECRET_BYTES];

	snprintf(salted, sizeof(salted), "csrf %s", cookie);
	hash_secret(salted, csrf);
}

int access_open(struct access **access, const char *folder, struct err *err)
{
	struct access *opened = calloc(1, sizeof(*opened));

	if (!opened || strlen(folder) >= sizeof(opened->folder)) {
		free(opened);
		return err_set(err, ENOMEM, "%.200s: the path is too long", folder);
	}
	strcpy(opened->folder, folder);
	opened->tokens = (struct access_entries){
		.folder = opened->folder, .file = "tokens", .most = TOKENS_MAX
	};
	opened->sessions = (struct access_entries){
		.folder = opened->folder, .file = "sessions", .most = SESSIONS_MAX
	};
	pthread_mutex_init(&opened->lock, NULL);
	int status = file_make_folder(folder, 0700, err);
	if (status == 0) {
		status = make_secret("", opened->salt, err);
	}
	if (status == 0) {
		status = access_entries_refresh(&opened->tokens, err);
	}
	if (status == 0) {
		status = access_entries_refresh(&opened->sessions, err);
	}
	if (status < 0) {
		access_close(opened);
		return status;
	}
	*access = opened;
	return 0;
}

void access_close(struct access *access)
{
	if (access) {
		free(access->tokens.items);
		free(access->sessions.items);
		pthread_mutex_destroy(&access->lock);
		free(access);
	}
}

typedef int change_entries(struct access *access, void *context, struct err *err);

/* Reads the file, lets change() change what it holds, writes it: no other process in between. */
static int change(struct access *access, struct access_entries *entries, change_entries *change_it,
	void *context, struct err *err)
{
	int fd = open(access->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX) < 0) {
		int code = errno;
		if (fd >= 0) {
			close(fd);
		}
		return err_set(err, code, "%s: cannot lock: %s", access->folder, strerror(code));
	}
	pthread_mutex_lock(&access->lock);
	int status = access_entries_refresh(entries, err);
	if (status == 0) {
		status = change_it(access, context, err);
	}
	if (status == 0) {
		status = access_entries_write(entries, err);
	}
	pthread_mutex_unlock(&access->lock);
	close(fd);
	return status;
}

static int add_entry(struct access *access, void *context, struct err *err)
{
	const struct access_entry *entry = context;

	return access_entries_find_name(&access->tokens, entry->name)
		       ? err_set(err, EEXIST, "there is a token of %s already: revoke it first",
				 entry->name)
		       : access_entries_add(&access->tokens, entry, err);
}

/* A line of the file: no control characters, and something at all. */
static bool is_plain(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f) {
			return false;
		}
	}
	return true;
}

int access_add_token(struct access *access, const struct access_token *token,
	char secret[ACCESS_SECRET_BYTES], struct err *err)
{
	struct access_entry entry = {
		.role = token->role, .made_ns = token->made_ns, .ends_ns = token->ends_ns
	};

	if (!token->name[0] || !is_plain(token->name) || !is_plain(token->unit)) {
		return err_set(err, EINVAL, "a token needs a name, without control characters");
	}
	strcpy(entry.token, no_token);
	strcpy(entry.name, token->name);
	strcpy(entry.unit, token->unit);
	int status = make_secret("bft-", secret, err);
	if (status == 0) {
		hash_secret(secret, entry.hash);
		status = change(access, &access->tokens, add_entry, &entry, err);
	}
	return status;
}

static int remove_entry(struct access *access, void *context, struct err *err)
{
	const struct access_entry *entry = context;
	struct access_entry *found = access_entries_find_name(&access->tokens, entry->name);

	if (!found) {
		return err_set(err, ENOENT, "there is no token of %s", entry->name);
	}
	access_entries_remove(&access->tokens, (size_t)(found - access->tokens.items));
	return 0;
}

int access_revoke_token(struct access *access, const char *name, struct err *err)
{
	struct access_entry entry = { 0 };

	snprintf(entry.name, sizeof(entry.name), "%s", name);
	return change(access, &access->tokens, remove_entry, &entry, err);
}

int access_list_tokens(struct access *access, access_tell *tell, void *context, struct err *err)
{
	pthread_mutex_lock(&access->lock);
	int status = access_entries_refresh(&access->tokens, err);
	for (size_t i = 0; status == 0 && i < access->tokens.count; i++) {
		const struct access_entry *entry = &access->tokens.items[i];
		struct access_token token = {
			.role = entry->role, .made_ns = entry->made_ns, .ends_ns = entry->ends_ns
		};
		strcpy(token.name, entry->name);
		strcpy(token.unit, entry->unit);
		tell(context, &token);
	}
	pthread_mutex_unlock(&access->lock);
	return status;
}

int access_make_link(struct access *access, const char *user, enum web_role role, uint64_t now_ns,
	char secret[ACCESS_SECRET_BYTES], struct err *err)
{
	int status = make_secret("", secret, err);

	if (status == 0) {
		pthread_mutex_lock(&access->lock);
		access->link = (struct access_entry){
			.role = role, .made_ns = now_ns, .ends_ns = now_ns + LINK_NS
		};
		strcpy(access->link.token, no_token);
		snprintf(access->link.name, sizeof(access->link.name), "%s", user);
		hash_secret(secret, access->link.hash);
		pthread_mutex_unlock(&access->lock);
	}
	return status;
}

/* What the secret stands for by now; a link is used up. False: nothing. */
static bool take_secret(
	struct access *access, const char *secret, uint64_t now_ns, struct access_entry *session)
{
	char hash[ACCESS_HASH_TEXT];
	struct access_entry *token;

	hash_secret(secret, hash);
	if (access->link.ends_ns > now_ns && strcmp(access->link.hash, hash) == 0) {
		*session = access->link;
		session->ends_ns = now_ns + SESSION_NS;
		access->link = (struct access_entry){ 0 };
		return true;
	}
	token = access_entries_find(&access->tokens, hash);
	if (!token || (token->ends_ns && token->ends_ns <= now_ns)) {
		return false;
	}
	*session = *token;
	strcpy(session->token, token->hash);
	bool ends_before = token->ends_ns && token->ends_ns < now_ns + SESSION_NS;
	session->ends_ns = ends_before ? token->ends_ns : now_ns + SESSION_NS;
	return true;
}

struct entering {
	const char *secret, *cookie;
	uint64_t now_ns;
};

static int add_session(struct access *access, void *context, struct err *err)
{
	const struct entering *entering = context;
	struct access_entry session;
	int status = access_entries_refresh(&access->tokens, err);

	if (status < 0) {
		return status;
	}
	if (!take_secret(access, entering->secret, entering->now_ns, &session)) {
		return err_set(err, EACCES, "that token or link is not valid (any more)");
	}
	session.made_ns = entering->now_ns;
	hash_secret(entering->cookie, session.hash);
	access_entries_remove_ended(&access->sessions, entering->now_ns);
	return access_entries_add(&access->sessions, &session, err);
}

int access_enter(struct access *access, const char *secret, uint64_t now_ns,
	char cookie[ACCESS_SECRET_BYTES], struct err *err)
{
	struct entering entering = { secret, cookie, now_ns };
	int status = make_secret("", cookie, err);

	return status < 0 ? status : change(access, &access->sessions, add_session, &entering, err);
}

bool access_check(struct access *access, const char *cookie, uint64_t now_ns, struct who *who)
{
	char hash[ACCESS_HASH_TEXT];

	hash_secret(cookie, hash);
	pthread_mutex_lock(&access->lock);
	bool is_read = access_entries_refresh(&access->tokens, NULL) == 0 &&
		       access_entries_refresh(&access->sessions, NULL) == 0;
	const struct access_entry *session =
		is_read ? access_entries_find(&access->sessions, hash) : NULL;
	bool is_good = session && session->ends_ns > now_ns &&
		       (strcmp(session->token, no_token) == 0 ||
			       access_entries_find(&access->tokens, session->token));
	if (is_good) {
		*who = (struct who){ .role = session->role, .ends_ns = session->ends_ns };
		strcpy(who->user, session->name);
		strcpy(who->unit, session->unit);
		make_csrf(cookie, who->csrf);
	}
	pthread_mutex_unlock(&access->lock);
	return is_good;
}

static int remove_session(struct access *access, void *context, struct err *err)
{
	struct access_entry *session = access_entries_find(&access->sessions, context);

	(void)err;
	if (session) {
		access_entries_remove(
			&access->sessions, (size_t)(session - access->sessions.items));
	}
	return 0;
}

void access_leave(struct access *access, const char *cookie)
{
	char hash[ACCESS_HASH_TEXT];

	hash_secret(cookie, hash);
	change(access, &access->sessions, remove_session, hash, NULL);
}

bool access_trust(struct access *access, const char *user, const char *role, const char *unit,
	struct who *who)
{
	char salted[sizeof(access->salt) + ACCESS_NAME_BYTES];

	*who = (struct who){ .role = WEB_VIEWER };
	bool is_known = user && *user && strlen(user) < sizeof(who->user) && is_plain(user) &&
			strlen(unit) < sizeof(who->unit) && is_plain(unit) &&
			web_role_find(role, &who->role);

	if (is_known) {
		strcpy(who->user, user);
		strcpy(who->unit, unit);
		snprintf(salted, sizeof(salted), "%s%s", access->salt, user);
		make_csrf(salted, who->csrf);
	}
	return is_known;
}
