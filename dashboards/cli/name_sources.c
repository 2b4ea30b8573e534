#include "dashboards/cli/name_sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/state.h"
#include "base/log.h"
#include "base/text.h"
#include "dashboards/cli/ownership.h"

static int check_count(
	const struct name_sources *sources, const struct option_list *list, struct err *err)
{
	return sources->count + list->count <= NAME_FEED_SOURCES_MAX
		       ? 0
		       : err_set(err, EINVAL, "more than %d sources of names",
				 NAME_FEED_SOURCES_MAX);
}

typedef int open_log(struct flow_source **source, const char *target, struct err *err);

static int open_each(struct name_sources *sources, const struct option_list *logs, open_log *open,
	struct err *err)
{
	int status = check_count(sources, logs, err);

	for (unsigned i = 0; i < logs->count && status == 0; i++) {
		status = open(&sources->items[sources->count], logs->items[i], err);
		sources->count += status == 0;
	}
	return status;
}

int name_sources_open_logs(
	struct name_sources *sources, const struct option_list *logs, struct err *err)
{
	return open_each(sources, logs, resolver_log_open, err);
}

int name_sources_follow(
	struct name_sources *sources, const struct option_list *logs, struct err *err)
{
	return open_each(sources, logs, resolver_log_follow, err);
}

int name_sources_listen(struct name_sources *sources, const struct option_list *targets,
	const char *user, struct err *err)
{
	static const char unix_prefix[] = "unix:";
	enum { PREFIX = sizeof(unix_prefix) - 1 };
	int status = check_count(sources, targets, err);

	for (unsigned i = 0; i < targets->count && status == 0; i++) {
		const char *target = targets->items[i];
		status = flow_source_dnstap_listen.open(
			&sources->items[sources->count], target, err);
		sources->count += status == 0;
		if (status == 0 && strncmp(target, unix_prefix, PREFIX) == 0) {
			ownership_give_socket(target + PREFIX, user ? ownership_heir(user) : NULL);
		}
	}
	return status;
}

static const struct state_part kept = { "resolver-logs", 1,
	"what resolvers wrote while the sensor stood still is not read" };

void name_sources_keep_places(const struct name_sources *sources, struct state *state)
{
	char place[RESOLVER_PLACE_BYTES];
	struct text text;
	struct err err;

	text_init_heap(&text);
	for (unsigned i = 0; i < sources->count; i++) {
		const struct flow_source *source = sources->items[i];
		if (resolver_log_put_place(source, place) && !strpbrk(source->title, "\t\n")) {
			text_printf(&text, "%s\t%s\n", source->title, place);
		}
	}
	if (sources->count > 0 &&
		state_save(state, kept.name, kept.version, text.at, text.length, &err) < 0) {
		log_warning("%s", err.text);
	}
	text_deinit(&text);
}

static void go_on_from(const struct name_sources *sources, const char *path, const char *place)
{
	for (unsigned i = 0; i < sources->count; i++) {
		const char *title = sources->items[i]->title;
		if (title && strcmp(title, path) == 0) {
			resolver_log_go_on(sources->items[i], place);
		}
	}
}

void name_sources_go_on(const struct name_sources *sources, struct state *state)
{
	char *content = NULL, *rest, *line;
	size_t count;
	struct err err;

	if (sources->count > 0 && state_load_part(state, &kept, &content, &count, &err) < 0) {
		log_warning("%s", err.text);
	}
	for (line = content ? strtok_r(content, "\n", &rest) : NULL; line;
		line = strtok_r(NULL, "\n", &rest)) {
		char *place = strchr(line, '\t');
		if (place) {
			*place = '\0';
			go_on_from(sources, line, place + 1);
		}
	}
	free(content);
}

void name_sources_close(struct name_sources *sources)
{
	for (unsigned i = 0; i < sources->count; i++) {
		resolver_log_close(sources->items[i]);
	}
	sources->count = 0;
}
