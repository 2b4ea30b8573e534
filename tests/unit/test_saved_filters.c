/* @NAME stands for the filter that was saved under it. */
#include "analyzer/format/saved_filters.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/tap.h"

static char path[] = "/tmp/saved-filters-XXXXXX";
static struct err err;

static void save(const char *content)
{
	file_write(path, content, strlen(content), &err);
}

static void expands(const char *filter, const char *wanted, const char *title)
{
	struct text text;

	text_init_heap(&text);
	int status = saved_filters_expand(&text, filter, &err);
	is_text(status == 0 ? text.at : err.text, wanted, "%s", title);
	text_deinit(&text);
}

static void refuses(const char *filter, const char *pattern, const char *title)
{
	struct text text;

	text_init_heap(&text);
	ok(saved_filters_expand(&text, filter, &err) < 0 && strstr(err.text, pattern), "%s: %s",
		title, err.text);
	text_deinit(&text);
}

static void test_names(void)
{
	save("# far = no\nfar=zone == third\r\n  big \t= bytes > 1MB\nboth = @far and @big\n");
	expands("@far", "(zone == third)", "a name");
	expands("not @big or (@far)", "not (bytes > 1MB) or ((zone == third))", "in a filter");
	expands("@both", "((zone == third) and (bytes > 1MB))", "names in what is saved");
	expands("app == \"@far\" and name ~ a@far", "app == \"@far\" and name ~ a@far",
		"no name in quotes and inside of words");
	refuses("@", "an @ alone", "nor without letters");
	refuses("@none", "there are: far, big, both", "what is not there");
	refuses("@fa", "\"fa\"", "nor the beginning of a name");
}

/* Names are those that stand above: nothing goes round. */
static void test_order(void)
{
	save("early = @late\nlate = bytes > 1\n");
	refuses("@early", "\"late\"", "a name that stands below");
	save("a = @a\n");
	refuses("@a", "stands for itself", "a name that is itself");
	save("a = bytes > 1\na = @a and app\n");
	expands("@a", "((bytes > 1) and app)",
		"a later line of that name may add to the one above");
}

/* Each line twice the one above it: what it stands for has an end. */
static void test_size(void)
{
	char memory[1024];
	struct text lines;

	text_init(&lines, memory, sizeof(memory));
	text_put(&lines, "n0 = bytes > 1000000\n");
	for (unsigned i = 1; i < 8; i++) {
		text_printf(&lines, "n%u = @n%u or @n%u or @n%u or @n%u or @n%u or @n%u\n", i,
			i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	}
	save(lines.at);
	refuses("@n7", "longer than", "what grows without end");
	text_clear(&lines);
	text_put(&lines, "n0 = app\n");
	for (unsigned i = 1; i < 12; i++) {
		text_printf(&lines, "n%u = @n%u\n", i, i - 1);
	}
	save(lines.at);
	refuses("@n11", "one within the other", "names in names in names");
	expands("@n2", "(((app)))", "a few of them are fine");
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0) {
		return 1;
	}
	close(fd);
	setenv("BORDERFLOW_FILTERS", path, 1);
	test_names();
	test_order();
	test_size();
	unlink(path);
	refuses("@far", path, "no file, which is named");
	expands("bytes > 1", "bytes > 1", "and is not looked for where there is no name");
	return done_testing();
}
