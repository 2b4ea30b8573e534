/* Keys: the tenant's secrets, each in a file of its own in one folder.
 *
 *     pseudonym.key   what stands for a device (pseudonyms.h), in months without a key of their own
 *     pseudonym.2026-11.key   the same in that month alone; sealed and destroyed when it is over
 *     flow.key        ids of flows; the same for all sensors of a tenant
 *     flow.2026-11.key   the same in that month alone: follows from the month before, and not back
 *     signing.key     the seed that signs what is handed out (Ed25519); beside it signing.pub,
 *                     64 hexadecimal digits, for everybody
 *
 *     probe.key       markers of probes (probe_marker.h): on sensors, and where probes are sent
 *
 * A file holds 32 bytes, raw or as 64 hexadecimal digits (a final newline is allowed), and may be
 * used by its owner alone. Whatever else is found is refused: a pipe (and not waited for), a
 * folder, a file that others may read, a key of one repeated byte.
 *
 * Where a folder is not given, a systemd credential of the file's name is taken
 * ($CREDENTIALS_DIRECTORY, LoadCredential=pseudonym.key:/etc/borderflow/keys/pseudonym.key).
 *
 * Threads  any. Memory: nothing is kept; whoever reads a key wipes it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/record/public_key.h"
#include "base/err.h"

#define KEY_KINDS(X)                                                                               \
	X(PSEUDONYM, "pseudonym")                                                                  \
	X(FLOW, "flow")                                                                            \
	X(SIGNING, "signing")                                                                      \
	X(PROBE, "probe")

enum key_kind {
#define X(id, name) KEY_##id,
	KEY_KINDS(X)
#undef X
		KEY_KIND_COUNT
};

enum { KEY_BYTES = 32 };

const char *key_kind_name(enum key_kind kind);

/* 0 or -errno; the error names the file and what to do. */
int key_read_file(const char *path, uint8_t key[KEY_BYTES], struct err *err);

/* From the folder, or the credential where folder is NULL. is_there is false, and the key all
 * zeros, where there is neither. */
int key_read(enum key_kind kind, const char *folder, uint8_t key[KEY_BYTES], bool *is_there,
	struct err *err);

/* The key of that month ("2026-11") alone. */
int key_read_month(enum key_kind kind, const char *month, const char *folder,
	uint8_t key[KEY_BYTES], bool *is_there, struct err *err);
int key_write_month(enum key_kind kind, const char *month, const char *folder,
	const uint8_t key[KEY_BYTES], struct err *err);
/* A new pseudonym key. */
int key_make_month(const char *month, const char *folder, bool *made, struct err *err);

/* A pair for boxes (public_key.h): NAME.key and, for everybody, NAME.pub. */
int key_make_holder(const char *name, const char *folder, bool *made, struct err *err);
int key_read_holder(const char *name, const char *folder, uint8_t key[KEY_BYTES], struct err *err);

/* A new random key in the folder, which is made where it is not there. A key that is there already
 * is left alone (*made false), or with replace set it is kept beside the new one under its date
 * ("flow.key.2026-03-31T101500Z"). now_ns names it. */
int key_make(enum key_kind kind, const char *folder, bool replace, uint64_t now_ns, bool *made,
	struct err *err);

/* A public key: 64 hexadecimal digits, in a file that anybody may read. */
int public_key_read_file(const char *path, uint8_t key[PUBLIC_KEY_BYTES], struct err *err);
int public_key_write_file(const char *path, const uint8_t key[PUBLIC_KEY_BYTES], struct err *err);
