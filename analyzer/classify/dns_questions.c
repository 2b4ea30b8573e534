#include "analyzer/classify/dns_questions.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/hash_table.h"
#include "collector/reserve.h"

enum { NAME_MAX_BYTES = 253, ASKED_MAX = 16, ANSWERED = 4096 };

/* The hash stands for the question: two of the same 64 keyed bits are not to be expected, and not
 * to be made. */
struct entry {
	uint64_t hash;
	uint32_t time_s;  /* of a free one: the place of the next free one + 1 */
	uint16_t waiting; /* how often it was asked, and not answered yet; 0: free */
	uint16_t asker;
};

struct dns_questions {
	struct entry *entries;
	struct hash_table by_hash;
	uint32_t touched;    /* so many of the entries were ever used */
	uint32_t first_free; /* place + 1; 0 none */
	uint32_t oldest;     /* as a rule: the place whose turn it is to be forgotten */
	struct hash_key key;
	uint64_t answered[ANSWERED]; /* hashes, each in its place */
};

struct dns_questions *dns_questions_create(void)
{
	struct dns_questions *questions = calloc(1, sizeof(*questions));

	if (!questions) {
		return NULL;
	}
	questions->key = hash_key_random();
	questions->entries = reserve_map(DNS_QUESTIONS * sizeof(struct entry));
	if (!questions->entries) {
		free(questions);
		return NULL;
	}
	return questions;
}

void dns_questions_destroy(struct dns_questions *questions)
{
	if (questions) {
		reserve_unmap(questions->entries, DNS_QUESTIONS * sizeof(struct entry));
		hash_table_deinit(&questions->by_hash);
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

static bool is_same(const void *entries, uint32_t place, const void *hash)
{
	return ((const struct entry *)entries)[place].hash == *(const uint64_t *)hash;
}

static uint32_t find(const struct dns_questions *questions, uint64_t hash)
{
	return hash_table_find(&questions->by_hash, hash, is_same, questions->entries, &hash);
}

static void forget(struct dns_questions *questions, uint32_t place)
{
	struct entry *entry = &questions->entries[place];

	hash_table_remove(&questions->by_hash, entry->hash, place);
	*entry = (struct entry){ .time_s = questions->first_free };
	questions->first_free = place + 1;
}

static uint32_t seconds(uint64_t now_ns)
{
	return (uint32_t)(now_ns / 1000000000);
}

/* Forgets the oldest where nobody waits for its answer any more, or where there is no room. */
static void make_room(struct dns_questions *questions, uint32_t now_s)
{
	const struct entry *oldest = &questions->entries[questions->oldest];
	bool is_full = !questions->first_free && questions->touched == DNS_QUESTIONS;
	bool is_stale = now_s > oldest->time_s + UINT64_C(0) + DNS_QUESTION_LIFE_S;

	if (oldest->waiting > 0 && !is_stale && !is_full) {
		return;
	}
	if (oldest->waiting > 0) {
		forget(questions, questions->oldest);
	}
	questions->oldest = questions->oldest + 1 < questions->touched ? questions->oldest + 1 : 0;
}

static uint32_t take_place(struct dns_questions *questions)
{
	uint32_t place = questions->first_free;

	if (!place) {
		return questions->touched++;
	}
	questions->first_free = questions->entries[place - 1].time_s;
	return place - 1;
}

int32_t dns_questions_add(
	struct dns_questions *questions, const struct dns_question *question, uint64_t now_ns)
{
	uint64_t hash = hash_of(questions, question);
	uint32_t now_s = seconds(now_ns), place = find(questions, hash);

	if (place != HASH_TABLE_NONE) {
		struct entry *entry = &questions->entries[place];
		entry->time_s = now_s;
		entry->waiting += entry->waiting < ASKED_MAX;
		return (int32_t)place;
	}
	make_room(questions, now_s);
	place = take_place(questions);
	questions->entries[place] = (struct entry){ hash, now_s, 1, question->asker };
	if (!hash_table_put(&questions->by_hash, hash, place)) {
		forget(questions, place);
		return -1;
	}
	return (int32_t)place;
}

int32_t dns_questions_answer(
	struct dns_questions *questions, struct dns_question *question, uint64_t now_ns)
{
	uint64_t hash = hash_of(questions, question), now_s = seconds(now_ns);
	uint64_t *answered = &questions->answered[hash % ANSWERED];
	uint32_t place = find(questions, hash);

	question->is_second = *answered == hash;
	if (place == HASH_TABLE_NONE) {
		return -1;
	}
	/* Captures are not always in order: the question may be a little younger. */
	struct entry *entry = &questions->entries[place];
	if (now_s + DNS_QUESTION_LIFE_S < entry->time_s ||
		entry->time_s + UINT64_C(0) + DNS_QUESTION_LIFE_S < now_s) {
		return -1;
	}
	question->asker = entry->asker;
	*answered = hash;
	if (--entry->waiting == 0) {
		forget(questions, place);
	}
	return (int32_t)place;
}
