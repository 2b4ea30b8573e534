#include "dashboards/web/answer_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct answer_cache {
	pthread_mutex_t lock;
	unsigned next; /* the one that gives way */
	struct kept_answer {
		char *key, *answer;
		size_t length;
		uint64_t version;
	} answers[ANSWER_CACHE_MOST];
};

struct answer_cache *answer_cache_create(void)
{
	struct answer_cache *cache = calloc(1, sizeof(*cache));

	if (cache) {
		pthread_mutex_init(&cache->lock, NULL);
	}
	return cache;
}

void answer_cache_destroy(struct answer_cache *cache)
{
	if (!cache) {
		return;
	}
	for (unsigned i = 0; i < ANSWER_CACHE_MOST; i++) {
		free(cache->answers[i].key);
		free(cache->answers[i].answer);
	}
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

bool answer_cache_find(
	struct answer_cache *cache, const char *key, uint64_t version, struct text *answer)
{
	bool is_found = false;

	pthread_mutex_lock(&cache->lock);
	for (unsigned i = 0; i < ANSWER_CACHE_MOST && !is_found; i++) {
		const struct kept_answer *kept = &cache->answers[i];
		is_found = kept->key && kept->version == version && strcmp(kept->key, key) == 0;
		if (is_found) {
			text_put_bytes(answer, kept->answer, kept->length);
		}
	}
	pthread_mutex_unlock(&cache->lock);
	return is_found;
}

void answer_cache_put(
	struct answer_cache *cache, const char *key, uint64_t version, const struct text *answer)
{
	if (answer->length > ANSWER_CACHE_BYTES) {
		return;
	}
	struct kept_answer fresh = { strdup(key), malloc(answer->length + 1), answer->length,
		version };

	if (!fresh.key || !fresh.answer || answer->truncated) {
		free(fresh.key);
		free(fresh.answer);
		return;
	}
	memcpy(fresh.answer, answer->at, answer->length);
	pthread_mutex_lock(&cache->lock);
	struct kept_answer old = cache->answers[cache->next];
	cache->answers[cache->next] = fresh;
	cache->next = (cache->next + 1) % ANSWER_CACHE_MOST;
	pthread_mutex_unlock(&cache->lock);
	free(old.key);
	free(old.answer);
}
