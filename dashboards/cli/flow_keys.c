#include "dashboards/cli/flow_keys.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/record/digest.h"
#include "analyzer/record/keys.h"
#include "analyzer/record/sealed_key.h"
#include "base/clock.h"
#include "dashboards/cli/key_months.h"

/* A sensor that was off for longer begins anew with flow.key. */
enum { MONTHS_BACK = 24 };

static struct hash_key as_hash_key(const uint8_t key[KEY_BYTES])
{
	struct hash_key hash_key;

	memcpy(&hash_key, key, sizeof(hash_key));
	return hash_key;
}

static int open_next(struct flow_keys *keys, const char *folder, uint64_t now_ns, struct err *err)
{
	uint8_t key[KEY_BYTES];
	char month[8], start[32];
	bool is_there;

	key_month_name(now_ns, 1, month);
	int status = key_read_month(KEY_FLOW, month, folder, key, &is_there, err);
	if (is_there) {
		snprintf(start, sizeof(start), "%s-01T00:00:00Z", month);
		keys->next = as_hash_key(key);
		clock_parse(start, &keys->next_ns);
	}
	explicit_bzero(key, sizeof(key));
	return status;
}

int flow_keys_open(struct flow_keys *keys, const char *folder, uint64_t now_ns, bool *is_there,
	struct err *err)
{
	uint8_t key[KEY_BYTES];
	char month[8];

	*keys = (struct flow_keys){ .next_ns = 0 };
	key_month_name(now_ns, 0, month);
	int status = key_read_month(KEY_FLOW, month, folder, key, is_there, err);
	if (status == 0 && !*is_there) {
		status = key_read(KEY_FLOW, folder, key, is_there, err);
	}
	if (*is_there) {
		keys->now = as_hash_key(key);
	}
	explicit_bzero(key, sizeof(key));
	return status == 0 && *is_there ? open_next(keys, folder, now_ns, err) : status;
}

/* The latest key that there is: of this month or one before it, so many months back; else flow.key,
 * as that of this month. */
static int find_latest(const char *folder, uint64_t now_ns, uint8_t key[KEY_BYTES], int *months,
	bool *is_there, struct err *err)
{
	char month[8];
	int status = 0;

	*is_there = false;
	for (int back = 0; back <= MONTHS_BACK && status == 0 && !*is_there; back++) {
		key_month_name(now_ns, -back, month);
		status = key_read_month(KEY_FLOW, month, folder, key, is_there, err);
		*months = -back;
	}
	if (status == 0 && !*is_there) {
		*months = 0;
		status = key_read(KEY_FLOW, folder, key, is_there, err);
		status = status == -ENOENT ? 0 : status;
	}
	return status;
}

/* One way: nobody gets from a month's key to that of the month before. */
static void follow(uint8_t key[KEY_BYTES], const char month[8])
{
	char message[40];
	uint8_t next[DIGEST_SHA256_BYTES];
	struct hmac_key *hmac = hmac_key_create(key, KEY_BYTES);

	snprintf(message, sizeof(message), "borderflow flow ids of %.7s", month);
	if (hmac) {
		hmac_sha256(hmac, message, strlen(message), next);
		memcpy(key, next, KEY_BYTES);
	}
	hmac_key_destroy(hmac);
	explicit_bzero(next, sizeof(next));
}

/* Month by month up to the next one; each is written, as long as it is not there. */
static int write_months(const char *folder, uint64_t now_ns, int from, uint8_t key[KEY_BYTES],
	bool *made, struct err *err)
{
	uint8_t known[KEY_BYTES];
	char month[8];
	bool is_there = false;
	int status = 0;

	for (int at = from + 1; at <= 1 && status == 0; at++) {
		key_month_name(now_ns, at, month);
		follow(key, month);
		status = key_read_month(KEY_FLOW, month, folder, known, &is_there, err);
		if (status == 0 && !is_there && at >= 0) {
			status = key_write_month(KEY_FLOW, month, folder, key, err);
			*made |= status == 0;
		}
	}
	explicit_bzero(known, sizeof(known));
	return status;
}

static int destroy(const char *folder, const char *name, struct err *err)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= PATH_MAX) {
		return err_set(err, ENAMETOOLONG, "%.200s: the name is too long", folder);
	}
	return access(path, F_OK) < 0 ? 0 : sealed_key_destroy(path, err);
}

/* flow.key is over once this month has a key of its own. */
static int destroy_past(const char *folder, uint64_t now_ns, struct err *err)
{
	char month[8], name[32], path[PATH_MAX];
	int status = 0;

	for (int back = 1; back <= MONTHS_BACK && status == 0; back++) {
		key_month_name(now_ns, -back, month);
		snprintf(name, sizeof(name), "flow.%s.key", month);
		status = destroy(folder, name, err);
	}
	key_month_name(now_ns, 0, month);
	snprintf(path, sizeof(path), "%s/flow.%s.key", folder, month);
	return status == 0 && access(path, F_OK) == 0 ? destroy(folder, "flow.key", err) : status;
}

int flow_keys_rotate(const char *folder, uint64_t now_ns, bool *made, struct err *err)
{
	uint8_t key[KEY_BYTES];
	bool is_there;
	int months;
	int status = find_latest(folder, now_ns, key, &months, &is_there, err);

	*made = false;
	if (status == 0 && is_there) {
		status = write_months(folder, now_ns, months, key, made, err);
	}
	explicit_bzero(key, sizeof(key));
	return status < 0 || !is_there ? status : destroy_past(folder, now_ns, err);
}
