/* A file of settings against the table of options: what it may say, and where mistakes are found.
 */
#include "dashboards/cli/settings.h"

#include <unistd.h>

#include "base/file.h"
#include "dashboards/cli/options.h"
#include "tests/tap.h"

struct values {
	bool loud;
	const char *config, *path, *choice;
	uint64_t count, time_ns;
	struct option_list names;
};

#define AT(field) offsetof(struct values, field)

static const struct option options[] = {
	{ "loud", 0, OPTION_SWITCH, AT(loud), .argument = "on|off", .default_text = "on" },
	{ "config", 0, OPTION_FILE, AT(config), .argument = "FILE" },
	{ "some-path", 0, OPTION_FILE, AT(path), .argument = "PATH" },
	{ "choice", 0, OPTION_CHOICE, AT(choice), .argument = "C", .choices = "one|two" },
	{ "ring-size", 0, OPTION_NUMBER, AT(count), .argument = "MB", .least = 1, .most = 10,
		.default_text = "3" },
	{ "time", 0, OPTION_DURATION, AT(time_ns), .argument = "T" },
	{ "name", 0, OPTION_LIST, AT(names), .argument = "NAME" },
	{ NULL },
};

static const struct command command = { .name = "test", .options = options };

static char path[] = "/tmp/borderflow-settings-XXXXXX";

static int read_text(
	const char *text, struct values *values, struct settings_file **file, struct err *err)
{
	memset(values, 0, sizeof(*values));
	options_set_defaults(&command, values, err);
	file_write(path, text, strlen(text), err);
	return settings_read(file, path, true, &command, values, err);
}

static void test_reading(void)
{
	char name[] = "--name", given[] = "eth9";
	char *argv[] = { name, given };
	struct settings_file *file;
	struct values values;
	unsigned arguments;
	struct err err = { "" };

	is_int(read_text("# a comment\nloud: no\nring_size: 7\nsome_path: /tmp/x\nchoice: two\n"
			 "time: 5m\nname: [eth0, eth1]\n",
		       &values, &file, &err),
		0, "read: %s", err.text);
	ok(!values.loud && values.count == 7 && values.time_ns == 300000000000, "values");
	is_text(values.path, "/tmp/x", "an underscore stands for a dash");
	is_text(values.choice, "two", "a choice");
	is_int(values.names.count, 2, "a list");
	is_text(values.names.items[1], "eth1", "… in order");
	is_int(options_take(&command, &values, argv, 2, &arguments, &err), 0, "then options");
	is_int(values.names.count, 1, "a list that is typed replaces the file's");
	is_text(values.names.items[0], "eth9", "… with its own");
	is_int((int64_t)values.count, 7, "what is not typed stays");
	settings_close(file);

	is_int(read_text("name: eth0\n", &values, &file, &err), 0, "one item needs no list");
	is_int(values.names.count, 1, "… and is one");
	ok(values.loud && values.count == 3, "defaults are there");
	settings_close(file);
	is_int(read_text("", &values, &file, &err), 0, "an empty file says nothing");
	settings_close(file);
}

static void test_mistakes(void)
{
	static const struct {
		const char *text, *place, *says;
	} mistakes[] = {
		{ "loud: on\nring_size: 11\n", ":2:12:", "from 1 to 10" },
		{ "ring_size: many\n", ":1:12:", "many" },
		{ "loud: maybe\n", ":1:7:", "on or off" },
		{ "volume: 3\n", ":1:1:", "no setting \"volume\"" },
		{ "config: other.yaml\n", ":1:1:", "no setting" },
		{ "choice: three\n", ":1:9:", "one|two" },
		{ "time: soon\n", ":1:7:", "90s" },
		{ "some_path: [a, b]\n", ":1:12:", "not a list" },
		{ "name:\n  - eth0\n  - [eth1]\n", ":3:5:", "not a list" },
		{ "- eth0\n", ":1:1:", "key: value" },
		{ "loud: on\nloud: off\n", ":2:", "" },
		{ "loud: \"on\n", ":", "" },
	};
	struct settings_file *file;
	struct values values;

	for (unsigned i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct err err = { "" };
		int status = read_text(mistakes[i].text, &values, &file, &err);
		ok(status < 0 && file == NULL && strstr(err.text, path) == err.text &&
				strstr(err.text, mistakes[i].place) &&
				strstr(err.text, mistakes[i].says),
			"refused: %s", err.text);
	}
}

static void test_absence(void)
{
	struct settings_file *file;
	struct values values = { 0 };
	struct err err = { "" };

	is_int(settings_read(&file, "/nonexistent/a.yaml", false, &command, &values, &err), 0,
		"a file that need not be there");
	ok(file == NULL, "… is none");
	ok(settings_read(&file, "/nonexistent/a.yaml", true, &command, &values, &err) < 0 &&
			strstr(err.text, "/nonexistent/a.yaml"),
		"one that must be is named: %s", err.text);
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd >= 0) {
		close(fd);
	}
	test_reading();
	test_mistakes();
	test_absence();
	unlink(path);
	return done_testing();
}
