#include "analyzer/record/pseudonyms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/digest.h"
#include "base/clock.h"

struct month_key {
	char month[8]; /* "2026-11" */
	struct hmac_key *key;
};

struct pseudonyms {
	struct hmac_key *key; /* of months without one of their own */
	struct month_key months[PSEUDONYM_MONTHS];
	unsigned month_count;
};

int pseudonyms_create(struct pseudonyms **pseudonyms, const uint8_t key[KEY_BYTES], struct err *err)
{
	struct pseudonyms *created = calloc(1, sizeof(*created));

	*pseudonyms = NULL;
	if (created) {
		created->key = hmac_key_create(key, KEY_BYTES);
	}
	if (!created || !created->key) {
		free(created);
		return err_set(err, ENOMEM, "pseudonyms: out of memory");
	}
	*pseudonyms = created;
	return 0;
}

int pseudonyms_open(struct pseudonyms **pseudonyms, const char *key_path, struct err *err)
{
	uint8_t key[KEY_BYTES];
	int status = key_read_file(key_path, key, err);

	*pseudonyms = NULL;
	if (status == 0) {
		status = pseudonyms_create(pseudonyms, key, err);
	}
	explicit_bzero(key, sizeof(key));
	return status;
}

void pseudonyms_close(struct pseudonyms *pseudonyms)
{
	if (pseudonyms) {
		for (unsigned i = 0; i < pseudonyms->month_count; i++) {
			hmac_key_destroy(pseudonyms->months[i].key);
		}
		hmac_key_destroy(pseudonyms->key);
		free(pseudonyms);
	}
}

bool pseudonyms_add_month(
	struct pseudonyms *pseudonyms, const char month[8], const uint8_t key[KEY_BYTES])
{
	struct hmac_key *made =
		pseudonyms->month_count < PSEUDONYM_MONTHS ? hmac_key_create(key, KEY_BYTES) : NULL;

	if (made) {
		struct month_key *added = &pseudonyms->months[pseudonyms->month_count++];
		memcpy(added->month, month, sizeof(added->month));
		added->key = made;
	}
	return made != NULL;
}

static const struct hmac_key *key_of(const struct pseudonyms *pseudonyms, const char *date)
{
	for (unsigned i = 0; i < pseudonyms->month_count; i++) {
		if (memcmp(pseudonyms->months[i].month, date, 7) == 0) {
			return pseudonyms->months[i].key;
		}
	}
	return pseudonyms->key;
}

void pseudonyms_of_device(const struct pseudonyms *pseudonyms, const struct record_device *device,
	uint64_t time_ns, char text[PSEUDONYM_LENGTH + 1])
{
	enum { MONTH_LENGTH = 7 }; /* "2026-03" */
	uint8_t digest[DIGEST_SHA256_BYTES];
	char message[MONTH_LENGTH + 5 + sizeof(device->identity.bytes)], date[11];

	/* The kind of identity is part of the message, so that an address and another identity can
	 * never stand for each other. */
	clock_format_date(time_ns, date);
	memcpy(message, date, MONTH_LENGTH);
	bool is_known = device->kind == DEVICE_ONE || device->kind == DEVICE_STATION;
	memcpy(message + MONTH_LENGTH, is_known ? "/self" : "/addr", 5);
	memcpy(message + MONTH_LENGTH + 5, device->identity.bytes, sizeof(device->identity.bytes));
	hmac_sha256(key_of(pseudonyms, date), message, sizeof(message), digest);
	digest_base32(digest, PSEUDONYM_LENGTH * 5 / 8, text);
}

void pseudonyms_of_addr(const struct pseudonyms *pseudonyms, const struct addr *addr,
	uint64_t time_ns, char text[PSEUDONYM_LENGTH + 1])
{
	const struct record_device device = { *addr, DEVICE_ADDRESS };

	pseudonyms_of_device(pseudonyms, &device, time_ns, text);
}

struct hash_key pseudonyms_flow_key(const struct pseudonyms *pseudonyms)
{
	static const char purpose[] = "flow ids";
	uint8_t digest[DIGEST_SHA256_BYTES];
	struct hash_key key;

	hmac_sha256(pseudonyms->key, purpose, sizeof(purpose), digest);
	memcpy(&key, digest, sizeof(key));
	explicit_bzero(digest, sizeof(digest));
	return key;
}

static void mark_key(const struct hmac_key *key, char mark[PSEUDONYM_MARK_LENGTH + 1])
{
	static const char purpose[] = "mark of a pseudonym key";
	uint8_t digest[DIGEST_SHA256_BYTES];

	hmac_sha256(key, purpose, sizeof(purpose), digest);
	digest_hex(digest, PSEUDONYM_MARK_LENGTH / 2, mark);
}

unsigned pseudonyms_mark(const struct pseudonyms *pseudonyms,
	char marks[PSEUDONYM_MARKS_MAX][PSEUDONYM_MARK_LENGTH + 1])
{
	mark_key(pseudonyms->key, marks[0]);
	for (unsigned i = 0; i < pseudonyms->month_count; i++) {
		mark_key(pseudonyms->months[i].key, marks[1 + i]);
	}
	return 1 + pseudonyms->month_count;
}
