#include "analyzer/catalogue/catalogue_hash.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "analyzer/catalogue/catalogue_parts.h"
#include "analyzer/record/digest.h"

/* Hashing is a fifth of what a start takes, and most runs print none of it: the files' bytes are
 * kept until somebody asks. */
struct catalogue_hash {
	pthread_mutex_t lock;
	struct digest_sha256 *state; /* NULL once it is known */
	char text[65];
};

struct catalogue_hash *catalogue_hash_create(void)
{
	struct catalogue_hash *hash = calloc(1, sizeof(*hash));

	if (!hash || !(hash->state = digest_sha256_create())) {
		free(hash);
		return NULL;
	}
	pthread_mutex_init(&hash->lock, NULL);
	return hash;
}

void catalogue_hash_destroy(struct catalogue_hash *hash)
{
	if (hash) {
		digest_sha256_destroy(hash->state);
		pthread_mutex_destroy(&hash->lock);
		free(hash);
	}
}

static void hash_file(struct facts_file *file)
{
	uint8_t digest[DIGEST_SHA256_BYTES];

	digest_sha256(file->text, file->text_bytes, digest);
	digest_hex(digest, sizeof(digest), file->hash);
	free(file->text);
	file->text = NULL;
}

static void hash_files(struct catalogue_hash *hash, const struct facts *facts)
{
	uint8_t digest[DIGEST_SHA256_BYTES];

	for (unsigned i = 0; i < facts->file_count; i++) {
		hash_file(&facts->files[i]);
		digest_sha256_update(hash->state, facts->files[i].hash, 64);
	}
	digest_sha256_finish(hash->state, digest);
	digest_sha256_destroy(hash->state);
	hash->state = NULL;
	digest_hex(digest, sizeof(digest), hash->text);
}

const char *catalogue_hash(const struct catalogue *catalogue)
{
	struct catalogue_hash *hash = catalogue->hash;

	pthread_mutex_lock(&hash->lock);
	if (hash->state) {
		hash_files(hash, &catalogue->facts);
	}
	pthread_mutex_unlock(&hash->lock);
	return hash->text;
}

void catalogue_describe_files(const struct catalogue *catalogue, FILE *out)
{
	(void)catalogue_hash(catalogue);
	for (unsigned i = 0; i < catalogue->facts.file_count; i++) {
		const struct facts_file *file = &catalogue->facts.files[i];
		fprintf(out, "%.16s  %5u facts  %s\n", file->hash, file->fact_count, file->path);
	}
}
