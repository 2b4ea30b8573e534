#include "analyzer/resolver/resolver_log.h"

#include <errno.h>
#include <string.h>

#include "analyzer/resolver/frame_stream.h"
#include "analyzer/resolver/log_file.h"
#include "analyzer/resolver/text_log.h"
#include "base/file.h"

enum { LINES_LOOKED_AT = 200 };

static bool is_frame_stream(const char *path)
{
	struct log_file *file;
	uint8_t bytes[12];
	size_t count = 0, got = 1;

	if (log_file_open(&file, path, NULL) < 0) {
		return false;
	}
	while (count < sizeof(bytes) && got > 0 &&
		log_file_read(file, bytes + count, sizeof(bytes) - count, &got, NULL) == 0) {
		count += got;
	}
	log_file_close(file);
	struct reader in = reader_over(bytes, count);
	bool is_control = reader_u32(&in) == 0;
	uint32_t length = reader_u32(&in), type = reader_u32(&in);
	return reader_ok(&in) && is_control && length >= 4 && length <= FRAME_CONTROL_BYTES_MAX &&
	       type == 2; /* START */
}

/* By the first line that tells; *format stays NULL where it is dnstap. */
static int detect(const char *path, const struct text_log_format **format, struct err *err)
{
	struct log_file *file;
	char nothing[] = "", *line = nothing;
	int status = log_file_open(&file, path, err);

	*format = NULL;
	if (status < 0) {
		return status;
	}
	for (unsigned i = 0; i < LINES_LOOKED_AT && line && !*format; i++) {
		status = log_file_line(file, &line, err);
		if (status < 0) {
			break;
		}
		*format = line ? text_log_of_line(line) : NULL;
	}
	log_file_close(file);
	return status < 0 || *format || is_frame_stream(path)
		       ? status
		       : err_set(err, EINVAL,
				 "%s: nothing in it tells which resolver's log it is; say so: "
				 "dnstap:, unbound:, dnsmasq: or zeek: before the path",
				 path);
}

int resolver_log_open(struct flow_source **source, const char *target, struct err *err)
{
	static const char dnstap[] = "dnstap:";
	const char *path = target;
	const struct text_log_format *format = text_log_named(target, &path);

	if (strncmp(target, dnstap, sizeof(dnstap) - 1) == 0) {
		return flow_source_dnstap.open(source, target + sizeof(dnstap) - 1, err);
	}
	if (!format && !file_is_readable_twice(path)) {
		return err_set(err, EINVAL,
			"%s: what can be read only once does not tell which resolver's log it is; "
			"say "
			"so: dnstap:, unbound:, dnsmasq: or zeek: before the path",
			path);
	}
	int status = format ? 0 : detect(path, &format, err);
	if (status < 0) {
		return status;
	}
	return format ? text_log_open(source, format, path, err)
		      : flow_source_dnstap.open(source, path, err);
}

void resolver_log_close(struct flow_source *source)
{
	if (source) {
		source->ops->close(source);
	}
}
