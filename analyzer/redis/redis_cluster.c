#include "analyzer/redis/redis_cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* CRC-16/XMODEM: polynomial 0x1021, begins with 0. */
static uint16_t crc16(const char *bytes, size_t length)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < length; i++) {
		crc ^= (uint16_t)((uint8_t)bytes[i] << 8);
		for (unsigned bit = 0; bit < 8; bit++) {
			crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
		}
	}
	return crc;
}

unsigned redis_slot(const char *key, size_t length)
{
	const char *open = memchr(key, '{', length);
	const char *close = open ? memchr(open, '}', length - (size_t)(open - key)) : NULL;

	if (close && close > open + 1) {
		key = open + 1;
		length = (size_t)(close - key);
	}
	return crc16(key, length) % REDIS_SLOT_COUNT;
}

const char *redis_key_of(size_t count, const char *const *arguments)
{
	static const char *const behind_count[] = { "FCALL", "FCALL_RO", "EVAL", "EVAL_RO",
		"EVALSHA", "EVALSHA_RO" };
	static const char *const without[] = { "PING", "ROLE", "AUTH", "SELECT", "FUNCTION",
		"ASKING", "SENTINEL", "CONFIG", "INFO", "ACL", "CLUSTER", "CLIENT", "WAIT" };

	for (size_t i = 0; i < sizeof(behind_count) / sizeof(behind_count[0]); i++) {
		if (strcmp(arguments[0], behind_count[i]) == 0) {
			return count > 3 && strcmp(arguments[2], "0") != 0 ? arguments[3] : NULL;
		}
	}
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		if (strcmp(arguments[0], without[i]) == 0) {
			return NULL;
		}
	}
	return count > 1 ? arguments[1] : NULL;
}

bool redis_redirect_parse(struct redis_redirect *redirect, const char *text)
{
	char kind[8];
	int host_at = 0;

	if (sscanf(text, "%7s %u %n", kind, &redirect->slot, &host_at) != 2 || host_at == 0 ||
		redirect->slot >= REDIS_SLOT_COUNT) {
		return false;
	}
	redirect->is_ask = strcmp(kind, "ASK") == 0;
	if (!redirect->is_ask && strcmp(kind, "MOVED") != 0) {
		return false;
	}
	const char *host = text + host_at, *colon = strrchr(host, ':');
	size_t length = colon ? (size_t)(colon - host) : 0;
	if (!colon || length >= sizeof(redirect->host)) {
		return false;
	}
	memcpy(redirect->host, host, length);
	redirect->host[length] = '\0';
	unsigned long port = strtoul(colon + 1, NULL, 10);
	redirect->port = (unsigned)port;
	return port > 0 && port <= 65535;
}
