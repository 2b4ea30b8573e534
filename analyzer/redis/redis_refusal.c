#include "analyzer/redis/redis_refusal.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* By the first words of the answer. */
static const struct {
	const char *words;
	int code;
	const char *advice;
} refusals[] = {
	{ "OOM", ENOSPC, "its memory is full; raise maxmemory or free some" },
	{ "NOPERM", EACCES, "the user may not do this; give it the commands and keys it needs" },
	{ "NOAUTH", EACCES, "it wants a password; put it into the URL or use password_file" },
	{ "ERR Protocol error: unauthenticated", EACCES,
		"it wants a password; put it into the URL or use password_file" },
	{ "WRONGPASS", EACCES, "user or password is wrong" },
	{ "READONLY", EROFS, "it is a replica; give the URL of the primary" },
	{ "LOADING", EAGAIN, "it is still loading its data; try again in a moment" },
	{ "BUSY", EAGAIN, "it is busy with a script; try again in a moment" },
	{ "MISCONF", ENOSPC, "it cannot save its data to disk and refuses writes" },
	{ "MASTERDOWN", EAGAIN, "it is a replica without its primary; give the primary's URL" },
	{ "MOVED", EAGAIN, "the cluster keeps sending us elsewhere; try again in a moment" },
	{ "ASK", EAGAIN, "the cluster is moving these keys; try again in a moment" },
	{ "TRYAGAIN", EAGAIN, "the cluster is moving these keys; try again in a moment" },
	{ "CLUSTERDOWN", EAGAIN, "the cluster is down" },
	{ "NOREPLICAS", EAGAIN, "too few replicas are connected to accept writes" },
	{ "ERR Function not found", ENOSYS, "the function of borderflow is not loaded" },
};

int redis_refusal(const char *name, const char *text, struct err *err)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		size_t length = strlen(refusals[i].words);
		if (strncmp(text, refusals[i].words, length) == 0 &&
			(text[length] == ' ' || text[length] == '\0')) {
			return err_set(err, refusals[i].code, "Redis at %s refuses: %s (%.200s)",
				name, refusals[i].advice, text);
		}
	}
	return err_set(err, EPROTO, "Redis at %s refuses: %.300s", name, text);
}
