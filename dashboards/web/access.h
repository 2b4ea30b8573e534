/* Who may come in, and what each may do.
 *
 * Somebody comes in with a token (made by `borderflow serve token add`), with the one-time link
 * that the server prints where it starts, or through a reverse proxy that says who it is on the
 * unix socket. Tokens and links are given once for a session, which a cookie names.
 *
 * Kept in a folder, none of it readable by others: "tokens" and "sessions", a line each, with the
 * SHA-256 of the secret and never the secret. Secrets have 256 bits, so that their plain digest is
 * enough. A session outlives a restart of the server.
 *
 * Memory   struct who is a value.
 * Threads  any.
 * Failure  0 or -errno and a sentence. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* What a role may do; each route needs one of these. */
#define WEB_RIGHTS(X)                                                                              \
	X(FIGURES, "figures")     /* tables, series, coverage: as the role may see them */         \
	X(SENSORS, "sensors")     /* how they are, and what they cannot see */                     \
	X(NOTICES, "notices")     /* alerts in a line each, never of a device */                   \
	X(DEVICES, "devices")     /* single devices: flows, bindings, evidence */                  \
	X(ALERTS, "alerts")       /* alerts and what was done about them */                        \
	X(TRIAGE, "triage")       /* do something about them */                                    \
	X(POLICY, "policy")       /* the rules and what came of them */                            \
	X(REPLAY, "replay")       /* a draft over what has been */                                 \
	X(REPORTS, "reports")     /* read reports */                                               \
	X(REPORTING, "reporting") /* make them */                                                  \
	X(AUDIT, "audit")         /* who looked at what */

enum web_right {
#define X(id, name) WEB_MAY_##id,
	WEB_RIGHTS(X)
#undef X
		WEB_RIGHT_COUNT
};

const char *web_right_name(enum web_right right);

#define RIGHT(id) (1u << WEB_MAY_##id)
#define WEB_ROLES(X)                                                                               \
	X(VIEWER, "viewer",                                                                        \
		RIGHT(FIGURES) | RIGHT(SENSORS) | RIGHT(NOTICES) | RIGHT(POLICY) | RIGHT(REPORTS)) \
	X(ANALYST, "analyst",                                                                      \
		RIGHT(FIGURES) | RIGHT(SENSORS) | RIGHT(NOTICES) | RIGHT(POLICY) |                 \
			RIGHT(REPORTS) | RIGHT(DEVICES) | RIGHT(ALERTS) | RIGHT(TRIAGE) |          \
			RIGHT(REPLAY))                                                             \
	X(COMPLIANCE, "compliance",                                                                \
		RIGHT(FIGURES) | RIGHT(SENSORS) | RIGHT(NOTICES) | RIGHT(POLICY) |                 \
			RIGHT(REPORTS) | RIGHT(ALERTS) | RIGHT(REPORTING) | RIGHT(REPLAY))         \
	X(AUDITOR, "auditor",                                                                      \
		RIGHT(FIGURES) | RIGHT(SENSORS) | RIGHT(NOTICES) | RIGHT(POLICY) |                 \
			RIGHT(REPORTS) | RIGHT(ALERTS) | RIGHT(AUDIT))                             \
	X(ADMIN, "admin", (1u << WEB_RIGHT_COUNT) - 1)

enum web_role {
#define X(id, name, rights) WEB_##id,
	WEB_ROLES(X)
#undef X
		WEB_ROLE_COUNT
};

const char *web_role_name(enum web_role role);
bool web_role_find(const char *name, enum web_role *role);
bool web_role_may(enum web_role role, enum web_right right);

enum { ACCESS_NAME_BYTES = 64, ACCESS_SECRET_BYTES = 80, ACCESS_UNIT_BYTES = 96 };

/* Somebody who has come in. */
struct who {
	char user[ACCESS_NAME_BYTES];
	char unit[ACCESS_UNIT_BYTES]; /* "": all of them */
	enum web_role role;
	uint64_t ends_ns; /* 0: when the server says so */
	char csrf[65];    /* what a change must carry */
};

/* Who is bound to a unit may nothing that speaks of the body as a whole, whatever the role. */
bool who_may(const struct who *who, enum web_right right);

struct access;

/* folder is made where it is missing. */
int access_open(struct access **access, const char *folder, struct err *err);
void access_close(struct access *access); /* NULL is accepted */

/* A new token, whose secret is told this once. */
struct access_token {
	char name[ACCESS_NAME_BYTES]; /* whose it is */
	char unit[ACCESS_UNIT_BYTES];
	enum web_role role;
	uint64_t made_ns, ends_ns; /* ends_ns 0: never */
};
int access_add_token(struct access *access, const struct access_token *token,
	char secret[ACCESS_SECRET_BYTES], struct err *err);
/* Its sessions end with it. -ENOENT: there is none of that name. */
int access_revoke_token(struct access *access, const char *name, struct err *err);
typedef void access_tell(void *context, const struct access_token *token);
int access_list_tokens(struct access *access, access_tell *tell, void *context, struct err *err);

/* A link that opens one session, within ten minutes, of that user. */
int access_make_link(struct access *access, const char *user, enum web_role role, uint64_t now_ns,
	char secret[ACCESS_SECRET_BYTES], struct err *err);

/* A session for a token's or a link's secret. -EACCES: it is none (any more). */
int access_enter(struct access *access, const char *secret, uint64_t now_ns,
	char cookie[ACCESS_SECRET_BYTES], struct err *err);
/* Who the cookie's session is of; false: of nobody. */
bool access_check(struct access *access, const char *cookie, uint64_t now_ns, struct who *who);
void access_leave(struct access *access, const char *cookie);

/* Who a reverse proxy says that somebody is; false: nobody. */
bool access_trust(struct access *access, const char *user, const char *role, const char *unit,
	struct who *who);
