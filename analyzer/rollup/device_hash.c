#include "analyzer/rollup/device_hash.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/record/pseudonyms.h"
#include "base/clock.h"

#define DAY_NS (24 * 3600 * NS_PER_S)

enum { KNOWN_DEVICES = 4096 };

struct known_device {
	struct addr identity;
	uint64_t day, hash;
};

struct device_hashes {
	struct hash_key key;
	struct known_device known[KNOWN_DEVICES]; /* direct-mapped; of pseudonyms alone */
};

struct device_hashes *device_hashes_create(const struct hash_key *key)
{
	struct device_hashes *hashes = calloc(1, sizeof(*hashes));

	if (hashes) {
		hashes->key = key ? *key : hash_key_fixed("borderflow devices");
	}
	return hashes;
}

void device_hashes_destroy(struct device_hashes *hashes)
{
	free(hashes);
}

/* A pseudonym is secret already: only who has its key can tell which address it is of. */
uint64_t device_hash_of_pseudonym(const char *pseudonym)
{
	/* hash_key_fixed("borderflow device") */
	static const struct hash_key key = { { 0x03226d318f90dcc8, 0x4ea87b8db7494c44 } };

	return hash_bytes(&key, pseudonym, strlen(pseudonym));
}

uint64_t device_hash(struct device_hashes *hashes, const struct pseudonyms *pseudonyms,
	const struct record *record)
{
	const struct addr *identity = &record->device.identity;
	uint64_t hash = hash_bytes(&hashes->key, identity, sizeof(*identity));
	char pseudonym[PSEUDONYM_LENGTH + 1];

	if (!pseudonyms) {
		return hash;
	}
	struct known_device *known = &hashes->known[hash % KNOWN_DEVICES];
	uint64_t day = record->flow.start_ns / DAY_NS;
	if (known->hash == 0 || known->day != day || !addr_equal(&known->identity, identity)) {
		pseudonyms_of_device(pseudonyms, &record->device, record->flow.start_ns, pseudonym);
		*known = (struct known_device){ *identity, day,
			device_hash_of_pseudonym(pseudonym) };
	}
	return known->hash;
}
