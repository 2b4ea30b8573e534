#include "dashboards/cli/options.h"
#include "tests/tap.h"

#include <errno.h>

struct settings {
	bool loud;
	const char *path, *choice;
	uint64_t count, time_ns;
	struct option_list names;
};

#define AT(field) offsetof(struct settings, field)

static const struct option options[] = {
	{ "loud", 'l', OPTION_FLAG, AT(loud), .help = "" },
	{ "path", 'p', OPTION_FILE, AT(path), .argument = "PATH", .help = "" },
	{ "choice", 0, OPTION_CHOICE, AT(choice), .argument = "C", .choices = "one|two|twofold",
		.default_text = "two", .help = "" },
	{ "count", 'n', OPTION_NUMBER, AT(count), .argument = "N", .least = 1, .most = 10,
		.help = "" },
	{ "time", 0, OPTION_DURATION, AT(time_ns), .argument = "T", .help = "" },
	{ "name", 0, OPTION_LIST, AT(names), .argument = "NAME", .help = "" },
	{ NULL },
};

static const struct command command = { .name = "test", .options = options };

static struct settings settings;
static unsigned argument_count;
static struct err err;

static int parse(const char *line)
{
	static char words[256];
	char *argv[32], *rest = words;
	unsigned count = 0;

	settings = (struct settings){ 0 };
	snprintf(words, sizeof(words), "%s", line);
	while (rest && *rest) {
		argv[count++] = strsep(&rest, " ");
	}
	return options_parse(&command, &settings, argv, count, &argument_count, &err);
}

int main(void)
{
	is_int(parse("a --loud b -p x --count=7 -- --c"), 0, "options and arguments mix");
	ok(settings.loud && settings.count == 7, "values arrive");
	is_text(settings.path, "x", "… also of letters");
	is_text(settings.choice, "two", "the default stands");
	is_int(argument_count, 3, "what is no option is an argument");
	is_int(parse("-n3 --name a --name b --time 5m"), 0,
		"a letter with its value, a list, a time");
	ok(settings.count == 3 && settings.names.count == 2, "… arrive");
	ok(settings.time_ns == UINT64_C(300000000000), "five minutes");
	is_int(parse("--choice twofold -"), 0, "a choice that begins like another; a lone dash");
	is_int(argument_count, 1, "… which is an argument");
	is_int(parse("--help"), 1, "help is asked for");
	is_int(parse("--count 11"), -EINVAL, "past the range");
	ok(strstr(err.text, "from 1 to 10") != NULL, "… the range is said: %s", err.text);
	is_int(parse("--choice tw"), -EINVAL, "half a choice");
	is_int(parse("--count"), -EINVAL, "a value is missing");
	is_int(parse("--loud=1"), -EINVAL, "a flag takes none");
	is_int(parse("--nonsense"), -EINVAL, "an unknown option");
	is_int(parse("--time 5x"), -EINVAL, "an unknown unit");
	is_int(parse("--time 99999999999999d"), -EINVAL, "a time past the end of time");
	return done_testing();
}
