/* Alerts as syslog, RFC 5424: over TCP (RFC 6587, counted), TLS (RFC 5425), or to the daemon of
 * this machine through its socket.
 *
 * The message is the sentence; what a machine reads stands in structured data. With format=json it
 * is the whole alert. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "analyzer/alert/alert_outputs.h"
#include "analyzer/alert/alert_target.h"
#include "analyzer/output/transfer.h"
#include "base/clock.h"
#include "base/text.h"

enum { FACILITY_LOCAL0 = 16, FACILITY_MOST = 23 };

/* Of examples (RFC 5612): this project has no number of its own. */
#define STRUCTURED_DATA "borderflow@32473"

struct alert_output {
	struct transfer *transfer; /* NULL: through the socket */
	int socket;
	char path[ALERT_TARGET_BYTES], host[256];
	unsigned facility;
	bool is_json;
	struct text message, frame;
};

static int syslog_close(struct alert_output *output, struct err *err)
{
	(void)err;
	transfer_close(output->transfer);
	if (output->socket >= 0) {
		close(output->socket);
	}
	text_deinit(&output->message);
	text_deinit(&output->frame);
	free(output);
	return 0;
}

static int open_parts(
	struct alert_output *output, const struct alert_target *target, struct err *err)
{
	const struct transfer_options options = { .url = target->url, .ca = target->ca };
	char *end = NULL;

	output->facility = FACILITY_LOCAL0;
	if (target->facility[0] != '\0') {
		output->facility = (unsigned)strtoul(target->facility, &end, 10);
		if (*end != '\0' || output->facility > FACILITY_MOST) {
			return err_set(err, EINVAL, "facility=%s: expected a number up to %d",
				target->facility, FACILITY_MOST);
		}
	}
	output->is_json = strcmp(target->format, "json") == 0;
	if (target->scheme == ALERT_TARGET_SYSLOG_UNIX) {
		snprintf(output->path, sizeof(output->path), "%s", target->url);
		return 0;
	}
	return transfer_open(&output->transfer, &options, err);
}

static int syslog_open(
	struct alert_output **output, const struct alert_output_options *options, struct err *err)
{
	struct alert_output *opened = calloc(1, sizeof(*opened));
	struct alert_target target;

	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	opened->socket = -1;
	gethostname(opened->host, sizeof(opened->host) - 1);
	text_init_heap(&opened->message);
	text_init_heap(&opened->frame);
	int status = alert_target_parse(&target, options->target, err);
	if (status == 0) {
		status = open_parts(opened, &target, err);
	}
	if (status < 0) {
		syslog_close(opened, NULL);
		return status;
	}
	*output = opened;
	return 0;
}

/* RFC 5424, 6.2.1: critical, error, warning, notice. */
static unsigned severity_of(const struct alert_post *post)
{
	return post->severity_number >= 90   ? 2
	       : post->severity_number >= 70 ? 3
	       : post->severity_number >= 40 ? 4
					     : 5;
}

/* A field of the header: printable ASCII without blanks, "-" where nothing is left. */
static void put_header(struct text *text, const char *value, size_t most)
{
	size_t length = text->length;

	for (; *value && most > 0; value++, most--) {
		if (*value > 0x20 && *value < 0x7f) {
			text_put_char(text, *value);
		}
	}
	if (text->length == length) {
		text_put_char(text, '-');
	}
}

/* A parameter, RFC 5424, 6.3.3: UTF-8 with three characters escaped. Controls are made visible. */
static void put_parameter(struct text *text, const char *name, const char *value)
{
	struct text safe;

	if (value[0] == '\0') {
		return;
	}
	text_init_heap(&safe);
	text_put_terminal(&safe, value, strlen(value));
	text_printf(text, " %s=\"", name);
	for (const char *at = safe.at ? safe.at : ""; *at; at++) {
		if (*at == '"' || *at == '\\' || *at == ']') {
			text_put_char(text, '\\');
		}
		text_put_char(text, *at);
	}
	text_put_char(text, '"');
	text_deinit(&safe);
}

static void put_message(struct alert_output *output, const struct alert_post *post)
{
	struct text *text = &output->message;
	char time[CLOCK_TEXT_LENGTH + 1], number[24];

	text_clear(text);
	clock_format(clock_now_ns(), time);
	text_printf(text, "<%u>1 %.26sZ ", output->facility * 8 + severity_of(post), time);
	put_header(text, output->host, 255);
	text_printf(text, " borderflow %d ", (int)getpid());
	put_header(text, post->kind, 32);
	text_put(text, " [" STRUCTURED_DATA);
	put_parameter(text, "id", post->id);
	snprintf(number, sizeof(number), "%" PRIu32, post->revision);
	put_parameter(text, "revision", number);
	put_parameter(text, "notice", post->notice);
	put_parameter(text, "severity", post->severity);
	put_parameter(text, "app", post->app);
	put_parameter(text, "unit", post->unit);
	put_parameter(text, "rule", post->rule);
	put_parameter(text, "sensor", post->observer);
	put_parameter(text, "organization", post->organization);
	put_parameter(text, "url", post->page);
	text_put(text, "] ");
	if (output->is_json) {
		text_put_bytes(text, post->json, post->json_length);
	} else {
		text_put(text, "\xef\xbb\xbf"); /* the mark of UTF-8, RFC 5424, 6.4 */
		text_put_terminal(text, post->sentence, strlen(post->sentence));
	}
}

static int connect_socket(struct alert_output *output, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(output->path) >= sizeof(address.sun_path)) {
		return err_set(
			err, ENAMETOOLONG, "%s: the name of the socket is too long", output->path);
	}
	strcpy(address.sun_path, output->path);
	output->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (output->socket < 0 ||
		connect(output->socket, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		return err_set(err, errno, "%s: %s", output->path, strerror(errno));
	}
	return 0;
}

static int send_datagram(struct alert_output *output, struct err *err)
{
	int status = output->socket < 0 ? connect_socket(output, err) : 0;

	if (status == 0 && send(output->socket, output->message.at, output->message.length,
				   MSG_NOSIGNAL) < 0) {
		status = err_set(err, errno == EMSGSIZE ? EBADMSG : errno, "%s: %s", output->path,
			strerror(errno));
	}
	if (status < 0 && output->socket >= 0) {
		close(output->socket);
		output->socket = -1;
	}
	return status;
}

static int syslog_write(struct alert_output *output, const struct alert_post *post, struct err *err)
{
	put_message(output, post);
	if (!output->transfer) {
		return send_datagram(output, err);
	}
	text_clear(&output->frame);
	text_printf(&output->frame, "%zu ", output->message.length);
	text_put_bytes(&output->frame, output->message.at, output->message.length);
	return output->frame.truncated ? err_set(err, ENOMEM, "out of memory")
				       : transfer_send(output->transfer, output->frame.at,
						 output->frame.length, err);
}

const struct alert_output_ops alert_output_syslog = {
	.name = "alerts to syslog",
	.open = syslog_open,
	.write = syslog_write,
	.close = syslog_close,
};
