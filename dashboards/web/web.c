#include "dashboards/web/web.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "dashboards/web/api.h"
#include "dashboards/web/kept_command.h"

/* A question to a large archive keeps one of them busy; a view pool (views.h) has as many. */
enum { WORKERS = 6 };

static int open_messages(struct web *web, struct err *err)
{
	int status = 0;

	for (unsigned i = 0; status == 0 && i < GEO_LANGUAGE_COUNT; i++) {
		status = messages_open(&web->messages[i], messages_languages[i], err);
	}
	return status;
}

/* Alerts of Redis are where its figures are. */
static const char *desk_of(const struct web_options *options)
{
	return options->source.redis ? options->source.redis : options->source.desk;
}

static int open_parts(struct web *web, struct err *err)
{
	const struct web_options *options = &web->options;
	const char *desk = desk_of(options);
	int status = open_messages(web, err);

	web->answers = answer_cache_create();
	web->kept_commands = kept_commands_create();
	if (status == 0 && (!web->answers || !web->kept_commands)) {
		status = err_set(err, ENOMEM, "out of memory");
	}
	if (status == 0) {
		status = access_open(&web->access, options->access, err);
	}
	if (status == 0) {
		status = views_open(&web->views, &options->source, err);
	}
	if (status == 0 && !options->source.analysis) {
		status = extent_open(
			&web->extent, web->views, options->source.archive_count > 0, err);
	}
	if (status == 0 && desk) {
		status = alert_feed_open(
			&web->feed, desk, options->events ? options->events : options->access, err);
	}
	if (status == 0) {
		status = api_open(web, err);
	}
	return status;
}

int web_open(struct web **web, const struct web_options *options, struct err *err)
{
	struct web *opened = calloc(1, sizeof(*opened));

	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	opened->options = *options;
	pthread_mutex_init(&opened->reporting, NULL);
	opened->started_ns = clock_now_ns();
	int status = open_parts(opened, err);
	if (status == 0) {
		status = httpd_open(&opened->httpd, options->listen, WORKERS, &opened->router, err);
	}
	if (status < 0) {
		web_close(opened);
		return status;
	}
	*web = opened;
	return 0;
}

const char *web_address(const struct web *web)
{
	return httpd_address(web->httpd);
}

int web_make_link(struct web *web, struct text *link, struct err *err)
{
	const char *address = web_address(web), *host = web->options.host;
	const struct passwd *user = getpwuid(getuid()); /* who sits at the terminal */
	char secret[ACCESS_SECRET_BYTES];
	int status = access_make_link(
		web->access, user ? user->pw_name : "link", WEB_ADMIN, clock_now_ns(), secret, err);

	if (status == 0) {
		text_printf(link, "%s%s/enter?link=%s", host ? "" : "http://",
			host ? host : address, secret);
	}
	return status;
}

void web_close(struct web *web)
{
	if (!web) {
		return;
	}
	httpd_close(web->httpd);
	extent_close(web->extent);
	kept_commands_destroy(web->kept_commands);
	answer_cache_destroy(web->answers);
	alert_feed_close(web->feed);
	views_close(web->views);
	access_close(web->access);
	api_close(web);
	for (unsigned i = 0; i < GEO_LANGUAGE_COUNT; i++) {
		messages_close(web->messages[i]);
	}
	pthread_mutex_destroy(&web->reporting);
	free(web);
}
