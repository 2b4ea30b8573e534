/* Pseudonyms: what stands for an own device wherever something is stored, shown or sent.
 *
 * HMAC-SHA-256 over the month (UTC, of the record) and the device's identity, cut to 120 bits and
 * written in base32. The same device has the same pseudonym all month and another one in the next;
 * without the key nobody can tell which device it is, not even by trying every address.
 *
 * A month may have a key of its own, which is sealed and destroyed when it is over (sealed_key.h).
 *
 * Memory: the keys (keys.h), wiped on close. Threads: any number may ask. */
#pragma once

#include <stdint.h>

#include "analyzer/record/keys.h"
#include "analyzer/record/record.h"
#include "base/addr.h"
#include "base/err.h"
#include "base/hash.h"

enum { PSEUDONYM_LENGTH = 24 };

struct pseudonyms;

/* From the bytes of a key, or from its file. 0 or -errno; the error names the file and what to do.
 */
int pseudonyms_create(
	struct pseudonyms **pseudonyms, const uint8_t key[KEY_BYTES], struct err *err);
int pseudonyms_open(struct pseudonyms **pseudonyms, const char *key_path, struct err *err);
void pseudonyms_close(struct pseudonyms *pseudonyms);

/* A key that is for that month ("2026-11") alone, instead of the other; before anybody asks. False:
 * there are PSEUDONYM_MONTHS already, or no memory. */
enum { PSEUDONYM_MONTHS = 4 };
bool pseudonyms_add_month(
	struct pseudonyms *pseudonyms, const char month[8], const uint8_t key[KEY_BYTES]);

/* The pseudonym of a device at that time. */
void pseudonyms_of_device(const struct pseudonyms *pseudonyms, const struct record_device *device,
	uint64_t time_ns, char text[PSEUDONYM_LENGTH + 1]);

/* The same of one known by its address alone. */
void pseudonyms_of_addr(const struct pseudonyms *pseudonyms, const struct addr *addr,
	uint64_t time_ns, char text[PSEUDONYM_LENGTH + 1]);

/* The key for hashes of flows that are shown beside pseudonyms: with a public key a flow's id would
 * give its address away to whoever tries them all. For those who have no key of
 * their own for flows. */
struct hash_key pseudonyms_flow_key(const struct pseudonyms *pseudonyms);

/* Marks by which its keys are known again and not told: of the one, and of those of months. Returns
 * how many. */
enum { PSEUDONYM_MARK_LENGTH = 32, PSEUDONYM_MARKS_MAX = 1 + PSEUDONYM_MONTHS };
unsigned pseudonyms_mark(const struct pseudonyms *pseudonyms,
	char marks[PSEUDONYM_MARKS_MAX][PSEUDONYM_MARK_LENGTH + 1]);
