/* Alerts as mail: one for each new one and each growth, plain text.
 *
 * Message-ID is the same whenever the same revision comes again; growth refers to the first, so
 * that mail programs show one thread an alert. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/alert/alert_outputs.h"
#include "analyzer/alert/alert_target.h"
#include "analyzer/output/transfer.h"
#include "analyzer/record/digest.h"
#include "base/clock.h"
#include "base/text.h"

/* An encoded word holds at most 75 characters (RFC 2047): so many bytes of text. */
enum { WORD_BYTES = 42, LINE_BYTES = 72 };

struct alert_output {
	struct transfer *transfer;
	char from[128], to[ALERT_TARGET_BYTES], list[ALERT_TARGET_BYTES];
	const char *recipients[ALERT_RECIPIENTS_MAX + 1];
	struct text mail, body;
};

static int mail_close(struct alert_output *output, struct err *err)
{
	(void)err;
	transfer_close(output->transfer);
	text_deinit(&output->mail);
	text_deinit(&output->body);
	free(output);
	return 0;
}

static int take_recipients(
	struct alert_output *output, const struct alert_target *target, struct err *err)
{
	unsigned count = 0;

	snprintf(output->from, sizeof(output->from), "%s", target->from);
	snprintf(output->to, sizeof(output->to), "%s", target->to);
	snprintf(output->list, sizeof(output->list), "%s", target->to);
	for (char *rest = output->list, *one; (one = strsep(&rest, ","));) {
		if (!strchr(one, '@') || strpbrk(one, " <>\"")) {
			return err_set(err, EINVAL, "\"%.80s\" is no address of mail", one);
		}
		if (count == ALERT_RECIPIENTS_MAX) {
			return err_set(
				err, EINVAL, "more than %d recipients", ALERT_RECIPIENTS_MAX);
		}
		output->recipients[count++] = one;
	}
	return strpbrk(target->from, " <>\"")
		       ? err_set(err, EINVAL, "\"%.80s\" is no address of mail", target->from)
		       : 0;
}

static int open_transfer(
	struct alert_output *output, const struct alert_target *target, struct err *err)
{
	char password[ALERT_SECRET_BYTES] = "";
	int status = 0;

	if (target->password[0] != '\0') {
		status = alert_target_read_secret(target->password, password, err);
	}
	if (status == 0) {
		/* A password never goes over a line that anybody may read. */
		const struct transfer_options options = { .url = target->url,
			.ca = target->ca,
			.user = target->user,
			.password = password,
			.needs_tls = target->needs_tls || target->user[0] != '\0' };
		status = transfer_open(&output->transfer, &options, err);
	}
	explicit_bzero(password, sizeof(password));
	return status;
}

static int mail_open(
	struct alert_output **output, const struct alert_output_options *options, struct err *err)
{
	struct alert_output *opened = calloc(1, sizeof(*opened));
	struct alert_target target;

	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	text_init_heap(&opened->mail);
	text_init_heap(&opened->body);
	int status = alert_target_parse(&target, options->target, err);
	if (status == 0) {
		status = take_recipients(opened, &target, err);
	}
	if (status == 0) {
		status = open_transfer(opened, &target, err);
	}
	if (status < 0) {
		mail_close(opened, NULL);
		return status;
	}
	*output = opened;
	return 0;
}

/* The text in encoded words, each of whole characters; no byte of it can end the header. */
static void put_encoded(struct text *text, const char *value)
{
	char encoded[4 * ((WORD_BYTES + 2) / 3) + 1];
	size_t left = strlen(value);

	for (bool is_first = true; left > 0; is_first = false) {
		size_t count = left < WORD_BYTES ? left : WORD_BYTES;
		while (count < left && count > 1 && ((unsigned char)value[count] & 0xc0) == 0x80) {
			count--;
		}
		digest_base64((const uint8_t *)value, count, encoded);
		text_printf(text, "%s=?utf-8?B?%s?=", is_first ? "" : "\r\n ", encoded);
		value += count;
		left -= count;
	}
}

static void put_date(struct text *text, uint64_t time_ns)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t seconds = (time_t)(time_ns / NS_PER_S);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	text_printf(text, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday],
		tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void put_headers(struct alert_output *output, const struct alert_post *post, uint64_t now_ns)
{
	struct text *mail = &output->mail;
	char memory[256];
	struct text subject;

	text_init(&subject, memory, sizeof(memory));
	text_printf(&subject, "borderflow: %s, %s%s%s", post->severity, post->kind,
		post->unit[0] ? ", " : "", post->unit);
	put_date(mail, now_ns);
	text_printf(mail, "From: borderflow <%s>\r\nTo: %s\r\nSubject: ", output->from, output->to);
	put_encoded(mail, memory);
	text_printf(mail, "\r\nMessage-ID: <%s.%" PRIu32 ".%.8s@borderflow>\r\n", post->id,
		post->revision, post->digest);
	text_printf(mail, "References: <%s@borderflow>\r\n", post->id);
	text_put(mail, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
		       "Content-Type: text/plain; charset=utf-8\r\n"
		       "Content-Transfer-Encoding: base64\r\n\r\n");
}

static void put_body(struct text *body, const struct alert_post *post)
{
	char first[CLOCK_TEXT_LENGTH + 1], last[CLOCK_TEXT_LENGTH + 1];

	clock_format(post->first_ns, first);
	clock_format(post->last_ns, last);
	text_clear(body);
	text_put_terminal(body, post->sentence, strlen(post->sentence));
	text_printf(body, "\n\n%s, %s, %s\n%.19sZ – %.19sZ\n", post->kind, post->severity,
		post->notice, first, last);
	if (post->observer[0] != '\0') {
		text_printf(body, "%s\n", post->observer);
	}
	text_printf(body, "\nborderflow alerts show %s\n", post->id);
	if (post->page[0] != '\0') {
		text_printf(body, "%s\n", post->page);
	}
}

/* Base64 in lines: whatever a name holds, it is no command of SMTP and no header. */
static void put_base64(struct text *mail, const struct text *body)
{
	enum { TAKEN = LINE_BYTES / 4 * 3 };
	char line[LINE_BYTES + 8];

	for (size_t at = 0; at < body->length; at += TAKEN) {
		size_t left = body->length - at;
		digest_base64((const uint8_t *)body->at + at, left < TAKEN ? left : TAKEN, line);
		text_printf(mail, "%s\r\n", line);
	}
}

static int mail_write(struct alert_output *output, const struct alert_post *post, struct err *err)
{
	text_clear(&output->mail);
	put_headers(output, post, clock_now_ns());
	put_body(&output->body, post);
	put_base64(&output->mail, &output->body);
	if (output->mail.truncated || output->body.truncated) {
		return err_set(err, ENOMEM, "out of memory");
	}
	return transfer_mail(output->transfer, output->from, output->recipients, output->mail.at,
		output->mail.length, err);
}

const struct alert_output_ops alert_output_mail = {
	.name = "alerts by mail",
	.open = mail_open,
	.write = mail_write,
	.close = mail_close,
};
