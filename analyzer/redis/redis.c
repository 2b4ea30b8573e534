#include "analyzer/redis/redis.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyzer/redis/redis_cluster.h"
#include "analyzer/redis/redis_link.h"
#include "analyzer/redis/redis_refusal.h"
#include "analyzer/redis/redis_url.h"

enum { NODES_MAX = 32, REDIRECTS_MAX = 5, NO_NODE = 255 };

/* A server that we know of; the first is the one of the URL or the sentinels. */
struct node {
	struct redis_host host;
	struct redis_link *link; /* NULL: not connected */
};

struct redis {
	struct redis_url url;
	unsigned deadline_ms;
	unsigned host; /* of the URL: the one that answered last */
	struct node nodes[NODES_MAX];
	unsigned node_count;
	uint8_t slot_nodes[REDIS_SLOT_COUNT]; /* NO_NODE: the first */
	uint64_t connections;
};

int redis_open(struct redis **redis, const char *url, unsigned deadline_ms, struct err *err)
{
	struct redis *opened = calloc(1, sizeof(*opened));
	int status;

	*redis = NULL;
	if (!opened) {
		return err_set(err, ENOMEM, "Redis: out of memory");
	}
	status = redis_url_parse(&opened->url, url, err);
	if (status == 0 && opened->url.has_tls && !redis_link_has_tls()) {
		status = err_set(err, ENOTSUP,
			"this build has no TLS for Redis (hiredis older than 1.0): use a tunnel "
			"such as stunnel, and redis:// to it");
	}
	if (status == 0) {
		status = redis_url_read_password(&opened->url, err);
	}
	if (status < 0) {
		free(opened);
		return status;
	}
	opened->deadline_ms = deadline_ms;
	memset(opened->slot_nodes, NO_NODE, sizeof(opened->slot_nodes));
	*redis = opened;
	return 0;
}

/* The next command finds out anew where to go. */
static void forget_nodes(struct redis *redis)
{
	for (unsigned i = 0; i < redis->node_count; i++) {
		redis_link_close(redis->nodes[i].link);
	}
	redis->node_count = 0;
	memset(redis->slot_nodes, NO_NODE, sizeof(redis->slot_nodes));
}

void redis_close(struct redis *redis)
{
	if (redis) {
		forget_nodes(redis);
		explicit_bzero(redis->url.password, sizeof(redis->url.password));
		free(redis);
	}
}

const char *redis_name(const struct redis *redis)
{
	return redis->url.name;
}

uint64_t redis_connections(const struct redis *redis)
{
	return redis->connections;
}

/* An exchange in which a refusal is a failure. */
static int ask(struct redis_link *link, size_t count, const char *const *arguments,
	struct redis_answer *answer, struct err *err)
{
	int status = redis_link_exchange(link, count, arguments, NULL, answer, err);

	if (status == 0 && answer->kind == REDIS_ERROR) {
		status = redis_refusal(redis_link_name(link), answer->text, err);
	}
	return status;
}

/* Whatever answers everything with an empty list is no Redis in which there is nothing. One that
 * refuses the question speaks as Redis does, and may answer others. */
static int check_is_redis(struct redis_link *link, struct err *err)
{
	const char *ping[] = { "PING" };
	struct redis_answer answer;
	int status = redis_link_exchange(link, 1, ping, NULL, &answer, err);

	if (status == 0 && answer.kind != REDIS_ERROR &&
		(answer.kind != REDIS_TEXT || strcmp(answer.text, "PONG") != 0)) {
		return err_set(err, EPROTO,
			"Redis at %s does not answer PING with PONG: it is no Redis server, or "
			"something stands in between",
			redis_link_name(link));
	}
	return status;
}

static int log_in(const struct redis *redis, struct redis_link *link, struct err *err)
{
	const struct redis_url *url = &redis->url;
	const char *auth[] = { "AUTH", url->user, url->password };
	const char *old_auth[] = { "AUTH", url->password };
	char number[16];
	const char *select[] = { "SELECT", number };
	struct redis_answer answer;
	int status = 0;

	if (url->password[0] != '\0') {
		status = url->user[0] != '\0' ? ask(link, 3, auth, &answer, err)
					      : ask(link, 2, old_auth, &answer, err);
	}
	if (status == 0 && url->database > 0) {
		snprintf(number, sizeof(number), "%u", url->database);
		status = ask(link, 2, select, &answer, err);
	}
	return status < 0 ? status : check_is_redis(link, err);
}

static int open_link(const struct redis *redis, const struct redis_host *host,
	struct redis_link **link, struct err *err)
{
	const struct redis_url *url = &redis->url;
	struct redis_link_options options = { host->name, host->port, url->is_unix, url->has_tls,
		url->ca, url->certificate, url->key, redis->deadline_ms };

	return redis_link_open(link, &options, err);
}

/* Connects and logs in. */
static int connect_node(struct redis *redis, struct node *node, struct err *err)
{
	int status = open_link(redis, &node->host, &node->link, err);

	if (status == 0) {
		redis->connections++;
		status = log_in(redis, node->link, err);
	}
	if (status < 0) {
		redis_link_close(node->link);
		node->link = NULL;
	}
	return status;
}

/* One sentinel's word for where the primary is. */
static int ask_sentinel(const struct redis *redis, const struct redis_host *sentinel,
	struct redis_host *primary, struct err *err)
{
	const char *where[] = { "SENTINEL", "get-master-addr-by-name", redis->url.primary };
	struct redis_answer answer;
	struct redis_link *link;
	int status = open_link(redis, sentinel, &link, err);

	if (status < 0) {
		return status;
	}
	status = ask(link, 3, where, &answer, err);
	if (status == 0) {
		struct redis_answer name = redis_answer_item(&answer, 0);
		struct redis_answer port = redis_answer_item(&answer, 1);
		primary->port = (unsigned)strtoul(port.text, NULL, 10);
		if (name.kind != REDIS_TEXT || primary->port == 0 || primary->port > 65535 ||
			name.length >= sizeof(primary->name)) {
			status = err_set(err, ENOENT, "the sentinel at %s knows no primary \"%s\"",
				redis_link_name(link), redis->url.primary);
		} else {
			strcpy(primary->name, name.text);
		}
	}
	redis_link_close(link);
	return status;
}

/* Just after a failover a sentinel may still name the old primary, which says itself what it is. A
 * user without the right to ask finds out by writing. */
static int check_role(struct node *node, struct err *err)
{
	const char *role[] = { "ROLE" };
	struct redis_answer answer;
	int status = ask(node->link, 1, role, &answer, err);
	struct redis_answer first = { .text = "" };

	if (status == 0) {
		first = redis_answer_item(&answer, 0);
	}
	if (status == 0 && strcmp(first.text, "master") != 0) {
		return err_set(err, EROFS,
			"Redis at %s is a %.20s, though the sentinels call it the primary",
			redis_link_name(node->link), first.text);
	}
	return status == -EACCES ? 0 : status;
}

/* Connects to the first host that will do, beginning with the one that did last. */
static int find_first(struct redis *redis, struct err *err)
{
	const struct redis_url *url = &redis->url;
	struct node *first = &redis->nodes[0];
	int status = -EIO;

	for (unsigned i = 0; i < url->host_count && status < 0; i++) {
		unsigned at = (redis->host + i) % url->host_count;
		*first = (struct node){ url->hosts[at], NULL };
		status = url->primary[0] == '\0'
				 ? 0
				 : ask_sentinel(redis, &url->hosts[at], &first->host, err);
		if (status == 0) {
			status = connect_node(redis, first, err);
		}
		if (status == 0 && url->primary[0] != '\0') {
			status = check_role(first, err);
		}
		if (status == 0) {
			redis->host = at;
			redis->node_count = 1;
		} else {
			redis_link_close(first->link);
			first->link = NULL;
		}
	}
	return status;
}

/* The node that a server sent us to. */
static struct node *redirected(
	struct redis *redis, const struct node *from, const struct redis_redirect *redirect)
{
	const char *host = redirect->host[0] ? redirect->host : from->host.name;
	unsigned at = 0;

	while (at < redis->node_count && (redis->nodes[at].host.port != redirect->port ||
						 strcmp(redis->nodes[at].host.name, host) != 0)) {
		at++;
	}
	if (at == NODES_MAX) {
		return NULL;
	}
	if (at == redis->node_count) {
		redis->nodes[at].link = NULL;
		redis->nodes[at].host.port = redirect->port;
		snprintf(
			redis->nodes[at].host.name, sizeof(redis->nodes[at].host.name), "%s", host);
		redis->node_count++;
	}
	if (!redirect->is_ask) {
		redis->slot_nodes[redirect->slot] = (uint8_t)at;
	}
	return &redis->nodes[at];
}

/* The node for a key, connected. */
static int find_node(struct redis *redis, const char *key, struct node **node, struct err *err)
{
	int status = redis->node_count > 0 ? 0 : find_first(redis, err);

	if (status < 0) {
		return status;
	}
	unsigned at = key ? redis->slot_nodes[redis_slot(key, strlen(key))] : NO_NODE;
	*node = &redis->nodes[at == NO_NODE ? 0 : at];
	return (*node)->link ? 0 : connect_node(redis, *node, err);
}

/* Follows the servers' redirections to the answer. A function writes many keys, of which some may
 * be here and some there while a slot is moved: it waits until that is over. */
static int follow(struct redis *redis, struct node *node, size_t count,
	const char *const *arguments, const size_t *lengths, struct redis_answer *answer,
	struct err *err)
{
	static const char *const asking[] = { "ASKING" };
	bool is_function = strcmp(arguments[0], "FCALL") == 0;
	struct redis_redirect redirect = { .is_ask = false };
	int status = 0;

	for (unsigned i = 0; i < REDIRECTS_MAX; i++) {
		if (!node->link) {
			status = connect_node(redis, node, err);
		}
		if (status == 0 && redirect.is_ask) {
			status = ask(node->link, 1, asking, answer, err);
		}
		if (status == 0) {
			status = redis_link_exchange(
				node->link, count, arguments, lengths, answer, err);
		}
		if (status < 0) {
			redis_link_close(node->link);
			node->link = NULL;
			return status;
		}
		bool is_sent_on = answer->kind == REDIS_ERROR &&
				  redis_redirect_parse(&redirect, answer->text) &&
				  !(redirect.is_ask && is_function);
		struct node *next = is_sent_on ? redirected(redis, node, &redirect) : NULL;
		if (!next) {
			break;
		}
		node = next;
	}
	return answer->kind == REDIS_ERROR
		       ? redis_refusal(redis_link_name(node->link), answer->text, err)
		       : 0;
}

/* Refusals that say nothing about where the server is. */
static bool is_right_server(int status)
{
	return status == 0 || status == -EACCES || status == -ENOSPC || status == -ENOSYS ||
	       status == -EPROTO;
}

static int run(struct redis *redis, const char *key, size_t count, const char *const *arguments,
	const size_t *lengths, struct redis_answer *answer, struct err *err)
{
	struct node *node;
	int status = find_node(redis, key, &node, err);

	if (status == 0) {
		status = follow(redis, node, count, arguments, lengths, answer, err);
	}
	if (!is_right_server(status)) {
		forget_nodes(redis);
	}
	return status;
}

int redis_command(struct redis *redis, size_t count, const char *const *arguments,
	const size_t *lengths, struct redis_answer *answer, struct err *err)
{
	const char *key = redis_key_of(count, arguments);

	return run(redis, key, count, arguments, lengths, answer, err);
}

static int refuse_answer(const struct redis *redis, const char *command, const char *was,
	const char *wanted, struct err *err)
{
	return err_set(err, EPROTO,
		"Redis at %s answered %s with %s where %s was expected: it is no Redis server, or "
		"something stands in between",
		redis_name(redis), command, was, wanted);
}

int redis_ask(struct redis *redis, enum redis_answer_kind kind, size_t count,
	const char *const *arguments, const size_t *lengths, struct redis_answer *answer,
	struct err *err)
{
	static const char *const names[] = { "nothing", "a number", "a text", "a list",
		"an error" };
	int status = redis_command(redis, count, arguments, lengths, answer, err);

	return status == 0 && answer->kind != kind
		       ? refuse_answer(redis, arguments[0], names[answer->kind], names[kind], err)
		       : status;
}

int redis_ask_texts(struct redis *redis, size_t together, size_t count,
	const char *const *arguments, struct redis_answer *answer, struct err *err)
{
	int status = redis_ask(redis, REDIS_LIST, count, arguments, NULL, answer, err);

	if (status < 0) {
		return status;
	}
	bool are_texts = (size_t)answer->number % together == 0;
	for (size_t i = 0; are_texts && i < (size_t)answer->number; i++) {
		are_texts = redis_answer_item(answer, i).kind == REDIS_TEXT;
	}
	return are_texts ? 0
			 : refuse_answer(redis, arguments[0], "a list of other things",
				   together == 2 ? "a list of names and values" : "a list of texts",
				   err);
}

/* FUNCTION LIST answers a list of libraries, each a list of names and values. */
static bool has_library(const struct redis_answer *list, const char *code, size_t length)
{
	struct redis_answer library = redis_answer_item(list, 0);

	for (int64_t i = 0; i + 1 < library.number; i += 2) {
		struct redis_answer name = redis_answer_item(&library, (size_t)i);
		struct redis_answer value = redis_answer_item(&library, (size_t)i + 1);
		if (name.kind == REDIS_TEXT && strcmp(name.text, "library_code") == 0) {
			return value.kind == REDIS_TEXT && value.length == length &&
			       memcmp(value.text, code, length) == 0;
		}
	}
	return false;
}

int redis_load_library(struct redis *redis, const char *key, const char *name, const char *code,
	size_t length, struct err *err)
{
	const char *list[] = { "FUNCTION", "LIST", "LIBRARYNAME", name, "WITHCODE" };
	const char *load[] = { "FUNCTION", "LOAD", "REPLACE", code };
	const size_t lengths[] = { 8, 4, 7, length };
	struct redis_answer answer;
	int status = run(redis, key, 5, list, NULL, &answer, err);

	if (status == 0 && !has_library(&answer, code, length)) {
		status = run(redis, key, 4, load, lengths, &answer, err);
		if (status == 0 && (answer.kind != REDIS_TEXT || strcmp(answer.text, name) != 0)) {
			return err_set(err, EPROTO,
				"Redis at %s did not say that it has loaded the function: it is no "
				"Redis server, or something stands in between",
				redis_name(redis));
		}
	}
	if (status == -EPROTO) {
		err_prefix(err, "Redis 7.0 or newer is needed (functions)");
	}
	return status;
}
