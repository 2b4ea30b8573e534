/* The door of everything printed: what steers a terminal becomes visible, however it is cut. */
#include "base/print.h"

#include <string.h>
#include <unistd.h>

#include "tests/tap.h"

/* What arrives behind the door when the pieces are printed one by one. */
static void arrives(bool has_styles, const char *const *pieces, char *arrived, size_t size)
{
	int pipe_fds[2], saved = dup(STDOUT_FILENO);
	FILE *before = stdout;

	fflush(stdout);
	if (pipe(pipe_fds) < 0 || dup2(pipe_fds[1], STDOUT_FILENO) < 0) {
		exit(1);
	}
	close(pipe_fds[1]);
	FILE *error_before = stderr;
	print_open(has_styles);
	for (; *pieces; pieces++) {
		fputs(*pieces, stdout);
		fflush(stdout);
	}
	stdout = before;
	stderr = error_before;
	dup2(saved, STDOUT_FILENO);
	close(saved);
	ssize_t count = read(pipe_fds[0], arrived, size - 1);
	arrived[count > 0 ? count : 0] = '\0';
	close(pipe_fds[0]);
}

static void check(const char *title, bool has_styles, const char *const *pieces, const char *wanted)
{
	char arrived[256];

	arrives(has_styles, pieces, arrived, sizeof(arrived));
	is_text(arrived, wanted, "%s", title);
}

#define PIECES(...)                                                                                \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

int main(void)
{
	check("plain text", false, PIECES("Väst\tnorr\n", "ok\n"), "Väst\tnorr\nok\n");
	check("an escape", false, PIECES("a\x1b[31mb\n"), "a\\x1b[31mb\n");
	check("marks of direction", false,
		PIECES("a\xe2\x80\xae"
		       "b\n"),
		"a\\xe2\\x80\\xaeb\n");
	check("a bell and a backspace", false, PIECES("\a\b\n"), "\\x07\\x08\n");
	check("CSV's line ends", false, PIECES("a,b\r\n"), "a,b\r\n");
	check("a carriage return alone", false, PIECES("good\rbad\n"), "good\\x0dbad\n");
	check("a character in two writes", false, PIECES("V\xc3", "\xa4st\n"), "Väst\n");
	check("an escape in two writes", false, PIECES("a\x1b", "[31mb\n"), "a\\x1b[31mb\n");
	check("a mark in three writes", false, PIECES("\xe2", "\x80", "\xae\n"),
		"\\xe2\\x80\\xae\n");
	check("what is no UTF-8", false,
		PIECES("a\xff\xfe"
		       "b\n"),
		"a\xef\xbf\xbd\xef\xbf\xbd"
		"b\n");
	check("a C1 control", false,
		PIECES("\xc2\x9b"
		       "31m\n"),
		"\\xc2\\x9b31m\n");
	check("our styles on a terminal", true, PIECES("\x1b[1mbold\x1b[0m\n"),
		"\x1b[1mbold\x1b[0m\n");
	check("… in two writes", true, PIECES("\x1b[", "1mbold\x1b[0m\n"), "\x1b[1mbold\x1b[0m\n");
	check("… and no others", true, PIECES("\x1b[8mhidden\x1b]0;title\a\n"),
		"\\x1b[8mhidden\\x1b]0;title\\x07\n");
	check("styles on no terminal", false, PIECES("\x1b[1mbold\n"), "\\x1b[1mbold\n");
	return done_testing();
}
