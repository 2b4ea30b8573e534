#include "analyzer/resolver/resolver_log.h"

#include <errno.h>
#include <string.h>

#include "analyzer/resolver/frame_stream.h"
#include "analyzer/resolver/log_file.h"
#include "analyzer/resolver/text_log.h"

static const struct flow_source_ops unbound_ops, dnsmasq_ops, zeek_ops;

#define TEXT_LOG(id, name)                                                                         \
	static int open_##id(struct flow_source **source, const char *target, struct err *err)     \
	{                                                                                          \
		return text_log_open(source, &id##_ops, &text_log_##id, target, err);              \
	}                                                                                          \
	static const struct flow_source_ops id##_ops = { name, open_##id, text_log_next,           \
		text_log_read_stats, text_log_close }

TEXT_LOG(unbound, "unbound");
TEXT_LOG(dnsmasq, "dnsmasq");
TEXT_LOG(zeek, "zeek");

static const struct flow_source_ops *const formats[] = { &flow_source_dnstap, &unbound_ops,
	&dnsmasq_ops, &zeek_ops };

enum { FORMAT_COUNT = sizeof(formats) / sizeof(formats[0]), LINES_LOOKED_AT = 200 };

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

static const struct flow_source_ops *format_of_line(const char *line)
{
	if (strncmp(line, "#separator", 10) == 0 || strncmp(line, "#fields\t", 8) == 0 ||
		(line[0] == '{' && strstr(line, "\"id.orig_h\""))) {
		return &zeek_ops;
	}
	if (strstr(line, "dnsmasq[") || strncmp(line, "dnsmasq: ", 9) == 0) {
		return &dnsmasq_ops;
	}
	return strstr(line, "unbound[") ? &unbound_ops : NULL;
}

/* By the first line that tells. */
static int detect(const char *path, const struct flow_source_ops **format, struct err *err)
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
		*format = line ? format_of_line(line) : NULL;
	}
	log_file_close(file);
	if (status == 0 && !*format && is_frame_stream(path)) {
		*format = &flow_source_dnstap;
	}
	return status < 0 || *format
		       ? status
		       : err_set(err, EINVAL,
				 "%s: nothing in it tells which resolver's log it is; say so: "
				 "dnstap:, unbound:, dnsmasq: or zeek: before the path",
				 path);
}

int resolver_log_open(struct flow_source **source, const char *target, struct err *err)
{
	const struct flow_source_ops *format;

	for (unsigned i = 0; i < FORMAT_COUNT; i++) {
		size_t length = strlen(formats[i]->name);
		if (strncmp(target, formats[i]->name, length) == 0 && target[length] == ':') {
			return formats[i]->open(source, target + length + 1, err);
		}
	}
	int status = detect(target, &format, err);
	return status < 0 ? status : format->open(source, target, err);
}

void resolver_log_close(struct flow_source *source)
{
	if (source) {
		source->ops->close(source);
	}
}
