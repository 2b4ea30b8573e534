#include "analyzer/classify/dns_questions.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "collector/reserve.h"

enum { WAYS = 4, SETS = DNS_QUESTIONS / WAYS, NAME_MAX_BYTES = 253, ASKED_MAX = 16 };

struct entry {
	uint64_t hash;
	uint32_t time_s;  /* 0: free */
	uint32_t waiting; /* how often it was asked, and not answered yet */
};

struct set {
	struct entry entries[WAYS];
};

_Static_assert(sizeof(struct set) == 64, "one cache line");

struct dns_questions {
	struct set *sets;
	struct hash_key key;
};

struct dns_questions *dns_questions_create(void)
{
	struct dns_questions *questions = calloc(1, sizeof(*questions));

	if (!questions) {
		return NULL;
	}
	questions->key = hash_key_random();
	questions->sets = reserve_map(SETS * sizeof(struct set));
	if (!questions->sets) {
		free(questions);
		return NULL;
	}
	return questions;
}

void dns_questions_destroy(struct dns_questions *questions)
{
	if (questions) {
		reserve_unmap(questions->sets, SETS * sizeof(struct set));
		free(questions);
	}
}

static uint64_t hash_of(const struct dns_questions *questions, const struct dns_question *question)
{
	struct {
		struct addr ends[2];
		uint16_t numbers[4];
		char name[NAME_MAX_BYTES + 3];
	} key;
	size_t length = question->length < NAME_MAX_BYTES ? question->length : NAME_MAX_BYTES;

	key.ends[0] = question->client;
	key.ends[1] = question->server;
	key.numbers[0] = question->client_port;
	key.numbers[1] = question->server_port;
	key.numbers[2] = question->id;
	key.numbers[3] = question->type;
	memcpy(key.name, question->name, length);
	return hash_bytes(&questions->key, &key, sizeof(key.ends) + sizeof(key.numbers) + length);
}

static int32_t place_of(const struct dns_questions *questions, const struct entry *entry)
{
	return (int32_t)(entry - questions->sets->entries);
}

int32_t dns_questions_add(
	struct dns_questions *questions, const struct dns_question *question, uint64_t now_ns)
{
	uint64_t hash = hash_of(questions, question);
	struct set *set = &questions->sets[hash % SETS];
	struct entry *place = set->entries;

	for (unsigned i = 0; i < WAYS && place->hash != hash; i++) {
		struct entry *entry = &set->entries[i];
		if (entry->hash == hash || entry->time_s < place->time_s) {
			place = entry;
		}
	}
	uint32_t waiting = place->hash == hash ? place->waiting : 0;
	*place = (struct entry){ .hash = hash,
		.time_s = (uint32_t)(now_ns / 1000000000) + 1,
		.waiting = waiting < ASKED_MAX ? waiting + 1 : ASKED_MAX };
	return place_of(questions, place);
}

int32_t dns_questions_answer(
	struct dns_questions *questions, const struct dns_question *question, uint64_t now_ns)
{
	uint64_t hash = hash_of(questions, question);
	struct set *set = &questions->sets[hash % SETS];
	uint32_t now_s = (uint32_t)(now_ns / 1000000000) + 1;

	for (unsigned i = 0; i < WAYS; i++) {
		struct entry *entry = &set->entries[i];
		/* Captures are not always in order: the question may be a little younger. */
		if (entry->waiting > 0 && entry->hash == hash &&
			now_s + DNS_QUESTION_LIFE_S >= entry->time_s &&
			entry->time_s + DNS_QUESTION_LIFE_S >= now_s) {
			entry->waiting--;
			return place_of(questions, entry);
		}
	}
	return -1;
}
