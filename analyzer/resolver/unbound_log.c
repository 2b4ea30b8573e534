/* The log of unbound with log-queries or log-replies, from its own file or by way of syslog:
 *
 *     [1795916842] unbound[20702:0] info: 192.0.2.1 www.example. A IN NOERROR 0.000000 1 57
 *
 * Who asked for what is there, the answer is not: unbound tells answers by dnstap. Where the log,
 * or a file of its cache ("unbound-control dump_cache") read with it, holds records in the form of
 * zone files, a name has their addresses:
 *
 *     www.example.  300  IN  A  198.51.100.7
 *
 * Else the name is handed on without an address, for whoever has seen the resolver get it. */
#include <string.h>

#include "analyzer/resolver/log_words.h"
#include "analyzer/resolver/text_log.h"
#include "base/hash.h"

enum { KNOWN = 32768, KNOWN_ADDRESSES_MAX = 8, CHAIN_MAX = 8 };

/* What a name leads to, in its place by its hash; another one in the same place is forgotten. */
struct known {
	uint64_t key;   /* 0: free */
	uint64_t alias; /* key of the name it leads on to; 0: none */
	uint32_t ttl_s;
	unsigned address_count;
	struct addr addresses[KNOWN_ADDRESSES_MAX];
};

struct unbound_log {
	struct known known[KNOWN];
};

static uint64_t key_of(const char *name)
{
	static const struct hash_key fixed = { { 0xa0761d6478bd642f, 0xe7037ed1a0b428db } };

	return hash_bytes(&fixed, name, strlen(name)) | 1;
}

static struct known *place_of(struct unbound_log *log, uint64_t key)
{
	return &log->known[(key >> 1) % KNOWN];
}

static void learn_address(struct known *known, const struct addr *address)
{
	for (unsigned i = 0; i < known->address_count; i++) {
		if (addr_equal(&known->addresses[i], address)) {
			return;
		}
	}
	/* The oldest gives way. */
	if (known->address_count == KNOWN_ADDRESSES_MAX) {
		memmove(known->addresses, known->addresses + 1,
			sizeof(known->addresses) - sizeof(known->addresses[0]));
		known->address_count--;
	}
	known->addresses[known->address_count++] = *address;
}

/* "NAME. TTL IN TYPE VALUE" */
static enum log_line read_record(struct unbound_log *log, const struct log_words *words)
{
	const struct log_word *word = words->items;
	char name[FLOW_NAME_BYTES], target[FLOW_NAME_BYTES];
	struct addr address;
	uint32_t ttl_s;

	if (words->count != 5 || word[0].length < 2 || word[0].at[word[0].length - 1] != '.' ||
		!log_word_is(word[2], "IN") || !log_word_number(word[1], &ttl_s) ||
		!log_name_copy(name, word[0].at, word[0].length)) {
		return LOG_LINE_OTHER;
	}
	bool is_alias =
		log_word_is(word[3], "CNAME") && log_name_copy(target, word[4].at, word[4].length);
	bool is_address = (log_word_is(word[3], "A") || log_word_is(word[3], "AAAA")) &&
			  log_word_addr(word[4], &address);
	if (!is_alias && !is_address) {
		return LOG_LINE_OTHER;
	}
	uint64_t key = key_of(name);
	struct known *known = place_of(log, key);
	if (known->key != key) {
		*known = (struct known){ .key = key };
	}
	known->ttl_s = ttl_s;
	known->alias = is_alias ? key_of(target) : 0;
	if (is_address) {
		learn_address(known, &address);
	}
	return LOG_LINE_OTHER;
}

static void add_known(struct unbound_log *log, struct flow_name *name)
{
	uint64_t key = key_of(name->name);

	for (unsigned i = 0; key && i < CHAIN_MAX; i++) {
		const struct known *known = place_of(log, key);
		if (known->key != key) {
			return;
		}
		name->ttl_s = known->ttl_s;
		for (unsigned at = 0; at < known->address_count; at++) {
			log_add_address(name, &known->addresses[at]);
		}
		key = known->alias;
	}
}

/* "CLIENT NAME TYPE CLASS", of replies with "CODE SECONDS CACHED BYTES" behind it. */
static enum log_line read_lookup(struct unbound_log *log, const struct log_words *words,
	uint64_t time_ns, struct flow_source_batch *batch)
{
	const struct log_word *word = words->items;
	struct addr client;

	if (words->count < 4 || !log_word_addr(word[0], &client)) {
		return LOG_LINE_OTHER;
	}
	bool is_reply = words->count >= 8, is_question = words->count == 4;
	if (!log_word_is(word[3], "IN") || (!is_reply && !is_question)) {
		return words->count > LOG_WORDS_MAX || word[3].length == 0 ? LOG_LINE_MALFORMED
									   : LOG_LINE_OTHER;
	}
	bool leads_on = log_word_is(word[2], "A") || log_word_is(word[2], "AAAA") ||
			log_word_is(word[2], "HTTPS");
	if (!leads_on || (is_reply && !log_word_is(word[4], "NOERROR"))) {
		return LOG_LINE_TAKEN;
	}
	struct flow_name *name = log_add_name(batch, &client, time_ns, word[1].at, word[1].length);
	if (name) {
		add_known(log, name);
	}
	return name ? LOG_LINE_TAKEN : LOG_LINE_MALFORMED;
}

/* Behind "[20702:0] ", process and thread, whatever the log calls itself in front of it
 * (log-identity): "dns1[20702:0] ", by way of syslog "unbound[20702]: [20702:0] ". */
static const char *behind_thread(const char *text)
{
	while ((text = strchr(text, '[')) != NULL) {
		const char *process = ++text;
		const char *thread = process + strspn(process, "0123456789");
		const char *end = thread + 1;
		if (thread == process || *thread != ':') {
			continue;
		}
		end += strspn(end, "0123456789abcdef");
		if (end > thread + 1 && strncmp(end, "] ", 2) == 0) {
			return end + 2;
		}
	}
	return NULL;
}

/* What lookups are told as; with log-tag-queryreply by words of their own. */
static const char *own_words(const char *text)
{
	static const char *const tags[] = { "info: ", "query: ", "reply: " };
	const char *words = behind_thread(text);

	for (unsigned i = 0; words && i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (strncmp(words, tags[i], strlen(tags[i])) == 0) {
			return words + strlen(tags[i]);
		}
	}
	return NULL;
}

static enum log_line unbound_read(void *state, const char *text, const struct log_clock *clock,
	struct flow_source_batch *batch)
{
	uint64_t time_ns;
	const char *rest = log_time_read(clock, text, &time_ns);
	const char *own = rest ? own_words(rest) : NULL;

	if (own) {
		const struct log_words words = log_words_of(own);
		return read_lookup(state, &words, time_ns, batch);
	}
	if (!rest) {
		const struct log_words words = log_words_of(text);
		return read_record(state, &words);
	}
	return LOG_LINE_OTHER;
}

/* The first lines of a log are of its beginning. */
static bool tells(const char *line)
{
	static const char notice[] = "notice: ";
	const char *words = behind_thread(line);

	return words && (own_words(line) || strncmp(words, notice, sizeof(notice) - 1) == 0);
}

const struct text_log_format text_log_unbound = { "unbound", sizeof(struct unbound_log), tells,
	unbound_read };
