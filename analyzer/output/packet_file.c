#include "analyzer/output/packet_file.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/output/out_file.h"
#include "config.h"
#include "base/text.h"

enum block_type { BLOCK_INTERFACE = 1, BLOCK_PACKET = 6, BLOCK_SECTION = 0x0a0d0d0a };
enum option {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_NAME = 2,
	OPTION_DESCRIPTION = 3,
	OPTION_PROGRAM = 4,
	OPTION_RESOLUTION = 9
};
enum { NANOSECONDS = 9, INTERFACES_MAX = 4096 };

static const uint32_t order_magic = 0x1a2b3c4d;

struct interface {
	uint16_t number, link_type; /* of the source */
};

struct packet_file {
	struct out_file out;
	const char *path;      /* the caller's */
	char beside[PATH_MAX]; /* what becomes of path when it is whole; "": it is written itself */
	struct text text;      /* gathered, not yet written */
	struct text description; /* in letters: a file's name may hold anything */
	size_t block;            /* where the block in hand begins */
	unsigned interface_count;
	struct interface interfaces[INTERFACES_MAX];
};

static void put(struct packet_file *file, const void *bytes, size_t count)
{
	text_put_bytes(&file->text, bytes, count);
}

static void put_u16(struct packet_file *file, uint16_t value)
{
	const uint8_t bytes[] = { (uint8_t)value, (uint8_t)(value >> 8) };

	put(file, bytes, sizeof(bytes));
}

static void put_u32(struct packet_file *file, uint32_t value)
{
	put_u16(file, (uint16_t)value);
	put_u16(file, (uint16_t)(value >> 16));
}

static void put_padded(struct packet_file *file, const void *bytes, size_t count)
{
	static const uint8_t zeros[3];

	put(file, bytes, count);
	put(file, zeros, -count & 3);
}

static void put_option(
	struct packet_file *file, enum option option, const void *value, size_t count)
{
	count = count < UINT16_MAX ? count : UINT16_MAX;
	put_u16(file, (uint16_t)option);
	put_u16(file, (uint16_t)count);
	put_padded(file, value, count);
}

static void begin_block(struct packet_file *file, uint32_t type)
{
	file->block = file->text.length;
	put_u32(file, type);
	put_u32(file, 0);
}

/* Both lengths of the block, which are known by now. */
static void end_block(struct packet_file *file)
{
	uint32_t length = (uint32_t)(file->text.length - file->block) + 4;

	put_u32(file, length);
	if (!file->text.truncated) {
		uint8_t *at = (uint8_t *)file->text.at + file->block + 4;
		for (unsigned i = 0; i < 4; i++) {
			at[i] = (uint8_t)(length >> 8 * i);
		}
	}
}

static void put_section(struct packet_file *file)
{
	static const char program[] = "borderflow " PACKAGE_VERSION;

	begin_block(file, BLOCK_SECTION);
	put_u32(file, order_magic);
	put_u16(file, 1); /* version 1.0 */
	put_u16(file, 0);
	put_u32(file, UINT32_MAX); /* of a length that is not said */
	put_u32(file, UINT32_MAX);
	put_option(file, OPTION_PROGRAM, program, sizeof(program) - 1);
	put_option(file, OPTION_END, NULL, 0);
	end_block(file);
}

/* Where there is a file or nothing yet, nobody meets a half one under its name; pipes, devices and
 * links are written as they are. */
static int open_out(struct packet_file *file, struct err *err)
{
	struct stat there;
	uint64_t chance;
	bool is_new = lstat(file->path, &there) < 0;

	if (strcmp(file->path, "-") == 0 || (!is_new && !S_ISREG(there.st_mode))) {
		return out_file_open(&file->out, file->path, OUT_FILE_REPLACE, err);
	}
	if (getrandom(&chance, sizeof(chance), 0) != sizeof(chance) ||
		snprintf(file->beside, sizeof(file->beside), "%s.%016" PRIx64 ".new", file->path,
			chance) >= (int)sizeof(file->beside)) {
		return err_set(err, ENAMETOOLONG, "%s: the name is too long", file->path);
	}
	int status = out_file_open(&file->out, file->beside, OUT_FILE_REPLACE, err);
	if (status < 0) {
		return err_set(err, -status, "%s: cannot write: %s", file->path, strerror(-status));
	}
	file->out.path = file->path;
	return 0;
}

int packet_file_check(const char *path, struct err *err)
{
	char folder[PATH_MAX];
	struct stat there;

	if (strcmp(path, "-") == 0 ||
		(stat(path, &there) == 0 && !S_ISDIR(there.st_mode) && !S_ISREG(there.st_mode))) {
		return 0;
	}
	if (stat(path, &there) == 0 && S_ISDIR(there.st_mode)) {
		return err_set(err, EISDIR, "%s: cannot write: %s", path, strerror(EISDIR));
	}
	const char *slash = strrchr(path, '/');
	int length = !slash ? 0 : slash == path ? 1 : (int)(slash - path);
	snprintf(folder, sizeof(folder), "%.*s", length, path);
	if (access(slash ? folder : ".", W_OK | X_OK) < 0) {
		return err_set(err, errno, "%s: cannot write: %s", path, strerror(errno));
	}
	return 0;
}

int packet_file_open(
	struct packet_file **file, const char *path, const char *description, struct err *err)
{
	struct packet_file *made = calloc(1, sizeof(*made));

	*file = NULL;
	if (!made) {
		return err_set(err, ENOMEM, "out of memory");
	}
	made->path = path;
	int status = open_out(made, err);
	if (status < 0) {
		free(made);
		return status;
	}
	text_init_heap(&made->text);
	text_init_heap(&made->description);
	text_put_terminal(&made->description, description, strlen(description));
	put_section(made);
	*file = made;
	return 0;
}

static void put_interface(struct packet_file *file, const struct interface *interface)
{
	static const uint8_t resolution = NANOSECONDS;
	char name[32];
	struct text text;

	text_init(&text, name, sizeof(name));
	text_printf(&text, "interface %u", interface->number);
	begin_block(file, BLOCK_INTERFACE);
	put_u16(file, interface->link_type);
	put_u16(file, 0);
	put_u32(file, 0); /* of any length */
	put_option(file, OPTION_NAME, text.at, text.length);
	put_option(file, OPTION_DESCRIPTION, file->description.at, file->description.length);
	put_option(file, OPTION_RESOLUTION, &resolution, 1);
	put_option(file, OPTION_END, NULL, 0);
	end_block(file);
}

/* The number of the frame's interface in this file. */
static int find_interface(
	struct packet_file *file, const struct frame *frame, unsigned *number, struct err *err)
{
	for (*number = 0; *number < file->interface_count; (*number)++) {
		const struct interface *interface = &file->interfaces[*number];
		if (interface->number == frame->interface &&
			interface->link_type == frame->link_type) {
			return 0;
		}
	}
	if (file->interface_count == INTERFACES_MAX) {
		return err_set(err, E2BIG, "%s: packets of more than %d interfaces", file->out.path,
			INTERFACES_MAX);
	}
	struct interface *added = &file->interfaces[file->interface_count++];
	*added = (struct interface){ frame->interface, frame->link_type };
	put_interface(file, added);
	return 0;
}

static int write_out(struct packet_file *file, size_t least, struct err *err)
{
	int status = 0;

	if (file->text.truncated) {
		return err_set(err, ENOMEM, "%s: out of memory", file->out.path);
	}
	if (file->text.length >= least) {
		status = out_file_write(&file->out, file->text.at, file->text.length, err);
		text_clear(&file->text);
	}
	return status;
}

int packet_file_put(
	struct packet_file *file, const struct frame *frame, const char *comment, struct err *err)
{
	unsigned number;
	int status = find_interface(file, frame, &number, err);

	if (status < 0) {
		return status;
	}
	begin_block(file, BLOCK_PACKET);
	put_u32(file, number);
	put_u32(file, (uint32_t)(frame->time_ns >> 32));
	put_u32(file, (uint32_t)frame->time_ns);
	put_u32(file, frame->captured_bytes);
	put_u32(file, frame->wire_bytes);
	put_padded(file, frame->bytes, frame->captured_bytes);
	put_option(file, OPTION_COMMENT, comment, strlen(comment));
	put_option(file, OPTION_END, NULL, 0);
	end_block(file);
	return write_out(file, OUT_FILE_BUFFER_BYTES, err);
}

static void free_file(struct packet_file *file)
{
	text_deinit(&file->text);
	text_deinit(&file->description);
	free(file);
}

int packet_file_close(struct packet_file *file, struct err *err)
{
	struct err close_err;
	int status = write_out(file, 1, err);
	int closed = out_file_close(&file->out, &close_err);

	if (status == 0 && closed < 0) {
		*err = close_err;
		status = closed;
	}
	if (status == 0 && file->beside[0] && rename(file->beside, file->path) < 0) {
		status = err_set(err, errno, "%s: cannot write: %s", file->path, strerror(errno));
	}
	if (status < 0 && file->beside[0]) {
		unlink(file->beside);
	}
	free_file(file);
	return status;
}

void packet_file_discard(struct packet_file *file)
{
	struct err err;

	out_file_close(&file->out, &err);
	if (file->beside[0]) {
		unlink(file->beside);
	}
	free_file(file);
}
