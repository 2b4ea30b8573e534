#include "base/print.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum { TAIL_MAX = 8 };

/* One of the two. What may yet become a whole character, line end or style waits in tail. */
struct door {
	FILE *raw;
	bool has_styles;
	size_t tail_length;
	char tail[TAIL_MAX];
	/* Where stdio finds no memory for a buffer of its own, the first byte is lost and nobody
	 * told. */
	char buffer[BUFSIZ];
};

static struct door doors[2];

/* How many bytes of a style stand here, 0 none. */
static size_t style_length(const char *bytes, size_t count)
{
	static const char *const styles[] = { "\x1b[0m", "\x1b[1m", "\x1b[2m" };

	for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++) {
		size_t length = strlen(styles[i]);
		if (count >= length && memcmp(bytes, styles[i], length) == 0) {
			return length;
		}
	}
	return 0;
}

/* Bytes that stay as they are, besides characters that deceive nobody. */
static size_t kept_length(const struct door *door, const char *bytes, size_t count)
{
	return *bytes == '\n' || *bytes == '\t'                     ? 1
	       : count >= 2 && bytes[0] == '\r' && bytes[1] == '\n' ? 2
	       : *bytes == '\x1b' && door->has_styles               ? style_length(bytes, count)
								    : 0;
}

static bool is_special(char byte)
{
	return byte == '\n' || byte == '\t' || byte == '\r' || byte == '\x1b';
}

/* How many bytes at the end may be the beginning of something longer: a character, a style, a line
 * end. */
static size_t open_length(const char *bytes, size_t count)
{
	size_t behind = 0;

	if (count > 0 && bytes[count - 1] == '\r') {
		return 1;
	}
	for (size_t left = 1; left <= 3 && left <= count; left++) {
		if (bytes[count - left] == '\x1b') {
			return left;
		}
	}
	while (behind < 3 && behind < count && (bytes[count - 1 - behind] & 0xc0) == 0x80) {
		behind++;
	}
	if (behind == count) {
		return 0;
	}
	unsigned char lead = (unsigned char)bytes[count - 1 - behind];
	size_t wanted = lead >= 0xf8   ? 0
			: lead >= 0xf0 ? 4
			: lead >= 0xe0 ? 3
			: lead >= 0xc0 ? 2
				       : 0;
	return behind + 1 < wanted ? behind + 1 : 0;
}

static void put_visible(const struct door *door, struct text *text, const char *bytes, size_t count)
{
	for (size_t at = 0; at < count;) {
		size_t kept = kept_length(door, bytes + at, count - at), plain = 0;
		if (kept > 0) {
			text_put_bytes(text, bytes + at, kept);
			at += kept;
			continue;
		}
		do {
			plain++;
		} while (at + plain < count && !is_special(bytes[at + plain]));
		text_put_terminal(text, bytes + at, plain);
		at += plain;
	}
}

static bool write_all(int fd, const char *bytes, size_t count)
{
	while (count > 0) {
		ssize_t written = write(fd, bytes, count);
		if (written < 0 && errno != EINTR) {
			return false;
		}
		bytes += written > 0 ? written : 0;
		count -= written > 0 ? (size_t)written : 0;
	}
	return true;
}

/* Nothing but ASCII that is seen, and line ends: most of what is ever printed. */
static bool is_harmless(const char *bytes, size_t count)
{
	unsigned other = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned char byte = (unsigned char)bytes[i];
		other |= (byte < 0x20 || byte >= 0x7f) & (byte != '\n');
	}
	return other == 0;
}

static ssize_t pass(void *cookie, const char *bytes, size_t count)
{
	struct door *door = cookie;
	struct text joined, text;

	if (door->tail_length == 0 && is_harmless(bytes, count)) {
		return write_all(fileno(door->raw), bytes, count) ? (ssize_t)count : -1;
	}
	text_init_heap(&joined);
	text_init_heap(&text);
	text_put_bytes(&joined, door->tail, door->tail_length);
	text_put_bytes(&joined, bytes, count);
	size_t told = joined.length - open_length(joined.at, joined.length);
	put_visible(door, &text, joined.at, told);
	door->tail_length = joined.length - told;
	memcpy(door->tail, joined.at + told, door->tail_length);
	bool is_written = !text.truncated && write_all(fileno(door->raw), text.at, text.length);
	int failure = text.truncated ? ENOMEM : errno;
	text_deinit(&joined);
	text_deinit(&text);
	errno = is_written ? errno : failure;
	return is_written ? (ssize_t)count : -1;
}

static FILE *open_door(struct door *door, FILE *raw, bool has_styles, int buffering)
{
	FILE *stream;

	*door = (struct door){ .raw = raw, .has_styles = has_styles };
	stream = fopencookie(door, "w", (cookie_io_functions_t){ .write = pass });
	if (stream) {
		setvbuf(stream, door->buffer, buffering, sizeof(door->buffer));
	}
	return stream ? stream : raw;
}

void print_open(bool has_styles)
{
	bool is_terminal = isatty(STDOUT_FILENO);

	fflush(stdout);
	stdout = open_door(&doors[0], stdout, has_styles, is_terminal ? _IOLBF : _IOFBF);
	stderr = open_door(&doors[1], stderr, has_styles, _IONBF);
}

FILE *print_raw(FILE *stream)
{
	struct door *door = &doors[stream == stderr];

	return door->raw ? door->raw : stream;
}
