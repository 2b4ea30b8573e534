/* The query log of dnsmasq (log-queries, better log-queries=extra), from its own file or by way of
 * syslog:
 *
 *     Nov 29 01:47:30 dnsmasq[22102]: 5 192.0.2.1/40551 query[A] video.example from 192.0.2.1
 *     Nov 29 01:47:30 dnsmasq[22102]: 5 192.0.2.1/40551 reply video.example is <CNAME>
 *     Nov 29 01:47:30 dnsmasq[22102]: 5 192.0.2.1/40551 reply edge.example is 198.51.100.9
 *
 * Without "extra" the number and the client are missing from the answers: those out of the cache
 * follow their question at once, the others are for all who asked for the name and wait. */
#include <string.h>

#include "analyzer/resolver/log_words.h"
#include "analyzer/resolver/text_log.h"
#include "base/clock.h"
#include "base/hash.h"

enum { WAITING = 1024, CLIENTS_MAX = 4, WAIT_S = 10, TTL_S = 300 };

/* A question whose answers may still come. With numbers it has its place by them, else by its name;
 * another one in its place is forgotten. */
struct asked {
	uint64_t key, time_ns; /* key 0: free */
	bool is_answered;      /* who asks now asks anew */
	unsigned client_count;
	struct addr clients[CLIENTS_MAX];
	char name[FLOW_NAME_BYTES];
};

struct dnsmasq_log {
	struct asked waiting[WAITING];
	struct addr latest; /* who asked the question that came last */

	/* The answers that are being told, one line after the other. */
	bool has_chain, leads_on; /* leads on: the line before was a CNAME */
	struct asked chain;
	char owner[FLOW_NAME_BYTES]; /* of the line before */
	unsigned alias_count;
	char aliases[FLOW_NAME_ALIASES_MAX][FLOW_NAME_BYTES];
};

struct dnsmasq_line {
	uint64_t time_ns;
	uint32_t serial; /* 0: none */
	struct addr client;
	const struct log_word *words; /* from the verb on */
	unsigned count;
};

static uint64_t key_of(const struct dnsmasq_line *line, const char *name)
{
	static const struct hash_key fixed = { { 0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f } };

	return line->serial ? line->serial : hash_bytes(&fixed, name, strlen(name)) | 1ull << 63;
}

static struct asked *place_of(struct dnsmasq_log *log, uint64_t key)
{
	return &log->waiting[key % WAITING];
}

/* "query[A] NAME from CLIENT" */
static enum log_line read_question(struct dnsmasq_log *log, const struct dnsmasq_line *line)
{
	struct asked asked = { .time_ns = line->time_ns, .client_count = 1 };

	log->has_chain = false;
	if (line->count != 4 || !log_word_is(line->words[2], "from") ||
		!log_word_addr(line->words[3], &asked.clients[0]) ||
		!log_name_copy(asked.name, line->words[1].at, line->words[1].length)) {
		return LOG_LINE_MALFORMED;
	}
	asked.key = key_of(line, asked.name);
	log->latest = asked.clients[0];
	struct asked *place = place_of(log, asked.key);
	if (place->key != asked.key || place->is_answered || strcmp(place->name, asked.name) != 0 ||
		place->time_ns + WAIT_S * NS_PER_S < line->time_ns) {
		*place = asked;
	} else if (place->client_count < CLIENTS_MAX) {
		place->clients[place->client_count++] = asked.clients[0];
	}
	return LOG_LINE_TAKEN;
}

/* Whose answer the line is: it goes on with that of the line before, or is the first one to the
 * question for its name. False where nobody is known to have asked. */
static bool find_asked(struct dnsmasq_log *log, const struct dnsmasq_line *line, const char *owner)
{
	bool is_same = log->has_chain && (!line->serial || log->chain.key == line->serial);

	if (is_same && log->leads_on) {
		if (log->alias_count < FLOW_NAME_ALIASES_MAX) {
			strcpy(log->aliases[log->alias_count++], owner);
		}
	} else if (!is_same || strcmp(owner, log->owner) != 0) {
		uint64_t key = key_of(line, owner);
		struct asked *place = place_of(log, key);
		log->alias_count = 0;
		log->has_chain = place->key == key && strcmp(place->name, owner) == 0 &&
				 place->time_ns + WAIT_S * NS_PER_S >= line->time_ns;
		if (log->has_chain) {
			log->chain = *place;
			place->is_answered = true;
		}
	}
	log->leads_on = false;
	strcpy(log->owner, owner);
	return log->has_chain;
}

static void add_names(struct dnsmasq_log *log, const struct dnsmasq_line *line,
	const struct addr *address, struct flow_source_batch *batch)
{
	const struct asked *asked = &log->chain;
	bool is_for_all = !line->serial && log_word_is(line->words[0], "reply");

	for (unsigned i = 0; i < (is_for_all ? asked->client_count : 1); i++) {
		const struct addr *client = line->serial ? &line->client
					    : is_for_all ? &asked->clients[i]
							 : &log->latest;
		struct flow_name *name = log_add_name(
			batch, client, line->time_ns, asked->name, strlen(asked->name));
		if (!name) {
			return;
		}
		name->ttl_s = TTL_S;
		for (unsigned at = 0; at < log->alias_count; at++) {
			log_add_alias(name, log->aliases[at], strlen(log->aliases[at]));
		}
		log_add_address(name, address);
	}
}

/* "reply NAME is ADDRESS", "cached NAME is <CNAME>" */
static enum log_line read_answer(
	struct dnsmasq_log *log, const struct dnsmasq_line *line, struct flow_source_batch *batch)
{
	char owner[FLOW_NAME_BYTES];
	struct addr address;

	if (line->count != 4 || !log_word_is(line->words[2], "is") ||
		!log_name_copy(owner, line->words[1].at, line->words[1].length)) {
		return line->count > 4 ? LOG_LINE_MALFORMED : LOG_LINE_OTHER;
	}
	if (!find_asked(log, line, owner)) {
		return LOG_LINE_OTHER;
	}
	if (log_word_is(line->words[3], "<CNAME>")) {
		log->leads_on = true;
		return LOG_LINE_TAKEN;
	}
	if (!log_word_addr(line->words[3], &address)) {
		return LOG_LINE_OTHER; /* NXDOMAIN, NODATA, other types */
	}
	add_names(log, line, &address, batch);
	return LOG_LINE_TAKEN;
}

/* The words behind "dnsmasq[1234]: "; NULL where the line is another program's. */
static const char *own_words(const char *text)
{
	const char *own = strstr(text, "dnsmasq");
	const char *words = own ? strstr(own, ": ") : NULL;

	return words && (own == text || own[-1] == ' ') ? words + 2 : NULL;
}

static bool is_answer(struct log_word verb)
{
	return log_word_is(verb, "reply") || log_word_is(verb, "cached") ||
	       log_word_is(verb, "cached-stale") || log_word_is(verb, "config") ||
	       log_word_is(verb, "DHCP") || (verb.length > 0 && verb.at[0] == '/');
}

static enum log_line dnsmasq_read(void *state, const char *text, const struct log_clock *clock,
	struct flow_source_batch *batch)
{
	struct dnsmasq_line line = { 0 };
	const char *rest = log_time_read(clock, text, &line.time_ns);
	const char *own = own_words(rest ? rest : text);

	if (!own) {
		return LOG_LINE_OTHER;
	}
	if (!rest) { /* to standard error it is written without a time */
		return strstr(own, "query[") ? LOG_LINE_MALFORMED : LOG_LINE_OTHER;
	}
	struct log_words words = log_words_of(own);
	if (words.count > LOG_WORDS_MAX) {
		return LOG_LINE_OTHER; /* no line that counts has so many */
	}
	unsigned first = 0;
	if (words.count > 2 && log_word_number(words.items[0], &line.serial)) {
		struct log_word client = words.items[1];
		const char *slash = memchr(client.at, '/', client.length);
		client.length = slash ? (size_t)(slash - client.at) : client.length;
		if (!log_word_addr(client, &line.client)) {
			return LOG_LINE_OTHER;
		}
		first = 2;
	}
	line.words = words.items + first;
	line.count = words.count - first;
	if (line.count > 0 && line.words[0].length > 6 &&
		strncmp(line.words[0].at, "query[", 6) == 0) {
		return read_question(state, &line);
	}
	return line.count > 0 && is_answer(line.words[0]) ? read_answer(state, &line, batch)
							  : LOG_LINE_OTHER;
}

static bool tells(const char *line)
{
	return strstr(line, "dnsmasq[") || strncmp(line, "dnsmasq: ", 9) == 0;
}

const struct text_log_format text_log_dnsmasq = { "dnsmasq", sizeof(struct dnsmasq_log), tells,
	dnsmasq_read };
