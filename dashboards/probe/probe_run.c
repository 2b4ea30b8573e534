/* What was asked for: probes one after the other, and a line for each. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "dashboards/probe/probe.h"
#include "dashboards/probe/probe_turn.h"

const char *probe_result_name(enum probe_result result)
{
	static const char *const names[] = {
#define X(id, name) [PROBE_##id] = (name),
		PROBE_RESULTS(X)
#undef X
	};
	return (unsigned)result < PROBE_RESULT_COUNT ? names[result] : "";
}

bool probe_set_name(struct probe_options *options, const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > PROBE_NAME_MAX) {
		return false;
	}
	for (size_t i = 0; i <= length; i++) {
		unsigned char letter = (unsigned char)name[i];
		if (letter != '\0' && !isalnum(letter) && letter != '.' && letter != '-' &&
			letter != '_') {
			return false;
		}
		options->name[i] = (char)tolower(letter);
	}
	return true;
}

bool probe_set_patience(struct probe_options *options, const char *text)
{
	enum { LEAST_S = 1, MOST_S = 30, DIGITS_MOST = 2 };
	unsigned seconds = 0;
	size_t digits = strspn(text, "0123456789");

	for (size_t i = 0; i < digits && digits <= DIGITS_MOST; i++) {
		seconds = seconds * 10 + (unsigned)(text[i] - '0');
	}
	options->patience_ms = seconds * UINT64_C(1000);
	return (text[digits] == '\0' || strcmp(text + digits, "s") == 0) && seconds >= LEAST_S &&
	       seconds <= MOST_S;
}

static int check_segment(const char *segment, struct err *err)
{
	enum { SEGMENT_BYTES_MOST = 255 };
	size_t length = strlen(segment);
	bool is_plain = length > 0 && length <= SEGMENT_BYTES_MOST;

	for (size_t i = 0; i < length && is_plain; i++) {
		is_plain = (unsigned char)segment[i] >= ' ' && segment[i] != 0x7f;
	}
	return is_plain ? 0
			: err_set(err, EINVAL,
				  "--segment: expected the name of a unit, in one line of at most "
				  "%d "
				  "bytes",
				  SEGMENT_BYTES_MOST);
}

/* A hello is for one machine. */
static int check_address(const struct addr *addr, struct err *err)
{
	static const struct addr nobody;
	bool is_v4 = addr_is_v4(addr);
	uint32_t v4 = is_v4 ? addr_v4(addr) : 0;
	bool is_one = is_v4 ? v4 >> 24 != 0 && v4 >> 28 < 14
			    : addr->bytes[0] != 0xff && !addr_equal(addr, &nobody);
	char text[ADDR_TEXT_MAX];

	addr_format(addr, text);
	return is_one ? 0
		      : err_set(err, EINVAL, "--to: expected one machine's address; found %s",
				text);
}

static void show(const struct probe_options *options, const char *transport,
	const struct probe_reply *reply, bool as_json)
{
	char address[ADDR_TEXT_MAX], time[CLOCK_TEXT_LENGTH + 1];
	struct text text;

	addr_format(&options->addr, address);
	clock_format(reply->time_s * NS_PER_S, time);
	if (!as_json) {
		printf("%.19sZ %s %s %s %s:%u: %s (%u ms)%s%s%s%s\n", time, options->segment,
			transport, options->name, address, options->port,
			probe_result_name(reply->result), reply->took_ms,
			reply->issuer[0] ? ", issuer " : "", reply->issuer,
			reply->told_by[0] ? ", told by " : "", reply->told_by);
		return;
	}
	text_init_heap(&text);
	struct json json = json_over(&text);
	json_object_begin(&json, NULL);
	json_string(&json, "@timestamp", time);
	json_string(&json, "segment", options->segment);
	json_string(&json, "transport", transport);
	json_string(&json, "name", options->name);
	json_string(&json, "address", address);
	json_u64(&json, "port", options->port);
	json_string(&json, "result", probe_result_name(reply->result));
	if (reply->issuer[0]) {
		json_string(&json, "issuer", reply->issuer);
	}
	if (reply->told_by[0]) {
		json_string(&json, "told_by", reply->told_by);
	}
	json_u64(&json, "took_ms", reply->took_ms);
	json_object_end(&json);
	puts(text.at);
	text_deinit(&text);
}

/* A hello of each kind. */
static int send_round(const struct probe_options *options, bool with_tls, bool with_quic,
	bool as_json, struct err *err)
{
	struct probe_reply reply;
	int status = 0;

	if (with_tls) {
		status = probe_send_tls(options, &reply, err);
		if (status == 0) {
			show(options, "tls", &reply, as_json);
		}
	}
	if (with_quic && status == 0) {
		status = probe_send_quic(options, &reply, err);
		if (status == 0) {
			show(options, "quic", &reply, as_json);
		}
	}
	fflush(stdout);
	return status;
}

int probe_run(const struct probe_options *options, bool with_tls, bool with_quic, unsigned count,
	bool as_json, struct err *err)
{
	int status = check_segment(options->segment, err);

	status = status < 0 ? status : check_address(&options->addr, err);
	for (unsigned i = 0; i < count && i < PROBE_COUNT_MAX && status == 0; i++) {
		struct probe_turn turn;
		status = probe_turn_take(&turn, err);
		if (status == 0) {
			status = send_round(options, with_tls, with_quic, as_json, err);
			probe_turn_end(&turn);
		}
	}
	return status;
}
