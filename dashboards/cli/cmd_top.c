#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/messages/messages.h"
#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "dashboards/cli/capture.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/terminal.h"
#include "dashboards/top/reader.h"
#include "dashboards/top/screen.h"
#include "dashboards/top/top.h"

extern const struct command command_top;

enum { GROUP_MINIMUM = 5 }; /* unless a policy says another */

struct settings {
	const char *redis, *socket, *view, *sort, *window, *filter, *language, *policy;
	struct option_list catalogue;
	uint64_t every_ns, lines;
	bool once;
};

#define AT(field) offsetof(struct settings, field)

static const struct option options[] = {
	{ "socket", 0, OPTION_FILE, AT(socket), .argument = "PATH", .group = "Input",
		.default_text = CAPTURE_SOCKET,
		.help = "The sensor on this machine: where it listens." },
	{ "redis", 0, OPTION_TEXT, AT(redis), .argument = "URL",
		.help = "All sensors that feed this Redis, for example redis://localhost:6379 or "
			"unix:///run/redis/redis.sock." },
	{ "policy", 'p', OPTION_FILE, AT(policy), .argument = "FILE",
		.help = "With --redis: take from this policy how small a group of devices may be "
			"(k); 5, unless given." },
	{ "catalogue", 'c', OPTION_LIST, AT(catalogue), .argument = "FILE",
		.help = "More apps, for their names; may be given several times." },
	{ "language", 'l', OPTION_CHOICE, AT(language), .argument = "LANGUAGE",
		.choices = MESSAGES_LANGUAGES, .help = "That of LANG, unless given." },
	{ "view", 'v', OPTION_CHOICE, AT(view), .argument = "NAME", .group = "View",
		.choices = "apps|units|servers|control|zones|classes|matrix|alerts|sensors",
		.default_text = "apps", .help = "What to begin with." },
	{ "sort", 's', OPTION_CHOICE, AT(sort), .argument = "BY",
		.choices = "up|down|both|devices|name", .default_text = "both",
		.help = "The largest first; up is what our end sent." },
	{ "window", 'w', OPTION_CHOICE, AT(window), .argument = "TIME",
		.choices = "recent|hour|day", .default_text = "recent",
		.help = "Recent is the five minutes that run and the five before them; the day "
			"begins at midnight UTC." },
	{ "filter", 0, OPTION_TEXT, AT(filter), .argument = "TEXT", .default_text = "",
		.help = "Only rows whose name holds this text." },
	{ "every", 0, OPTION_DURATION, AT(every_ns), .argument = "TIME", .default_text = "2s",
		.help = "How often to look." },
	{ "once", '1', OPTION_FLAG, AT(once),
		.help = "Print one page and end; so it does where standard output is no "
			"terminal." },
	{ "lines", 0, OPTION_NUMBER, AT(lines), .argument = "N", .default_text = "20", .least = 1,
		.most = 20000, .help = "With --once: rows at most." },
	{ NULL },
};

/* What one run opens. */
struct top {
	const struct settings *settings;
	struct catalogue *catalogue;
	struct geo *geo;
	struct messages *messages;
	struct top_reader *reader;
	struct reference reference;
	struct top_data data;
	struct page page;
	struct top_view view;
	struct err trouble;
};

/* Names only: without a catalogue or countries it goes on with their ids. */
static void open_names(struct top *top)
{
	const struct option_list *files = &top->settings->catalogue;
	struct err err;

	if (catalogue_open(&top->catalogue, files->items, files->count, &err) < 0) {
		cli_error("top", err.text);
	}
	if (geo_open(&top->geo, NULL, &err) < 0) {
		cli_error("top", err.text);
	}
	if (messages_open(&top->messages, messages_choose(top->settings->language, NULL), &err) <
		0) {
		cli_error("top", err.text);
	}
	top->reference = (struct reference){
		.catalogue = top->catalogue, .geo = top->geo, .messages = top->messages
	};
}

static int read_group_minimum(struct top *top, unsigned *k, struct err *err)
{
	struct policy *policy;

	*k = GROUP_MINIMUM;
	if (!top->settings->policy) {
		return 0;
	}
	int status = policy_load(&policy, top->settings->policy, NULL, top->catalogue, err);
	if (status == 0) {
		*k = policy_header(policy)->group_minimum;
		policy_free(policy);
	}
	return status;
}

static void set_view(struct top *top)
{
	const struct settings *settings = top->settings;
	struct top_view *view = &top->view;

	for (unsigned i = 0; i < TOP_COUNT; i++) {
		view->kind = strcmp(settings->view, top_name(i)) == 0 ? i : view->kind;
	}
	for (unsigned i = 0; i < TOP_SORT_COUNT; i++) {
		view->sort = strcmp(settings->sort, top_sort_name(i)) == 0 ? i : view->sort;
	}
	for (unsigned i = 0; i < TOP_WINDOW_COUNT; i++) {
		view->window = strcmp(settings->window, top_window_name(i)) == 0 ? i : view->window;
	}
	snprintf(view->filter, sizeof(view->filter), "%s", settings->filter);
	view->source = top_reader_name(top->reader);
	view->has_utf8 = terminal_has_utf8();
}

/* What was read before stays where there is nothing newer. */
static void read_data(struct top *top)
{
	struct top_data fresh = { 0 };
	struct err err;

	if (top_reader_read(top->reader, &top->view, &fresh, &err) < 0) {
		top->trouble = err;
		top->view.trouble = top->trouble.text;
		top_data_deinit(&fresh);
		return;
	}
	top_data_deinit(&top->data);
	top->data = fresh;
	top->view.trouble = NULL;
}

static int print_once(struct top *top)
{
	read_data(top);
	if (top->view.trouble) {
		cli_error("top", top->view.trouble);
		return EXIT_INPUT;
	}
	top->view.width = terminal_width();
	top->view.rows_most = (unsigned)top->settings->lines;
	top_put(&top->view, &top->data, &top->reference, &top->page);
	fwrite(top->page.text.at, 1, top->page.text.length, stdout);
	return EXIT_DONE;
}

static void show(struct top *top)
{
	screen_size(&top->view.width, &top->view.height);
	top_put(&top->view, &top->data, &top->reference, &top->page);
	screen_show(&top->page);
}

/* Looks every now and then, and at once where a key asks for something that was not read. */
static int run_screen(struct top *top)
{
	uint64_t due_ns = 0;
	struct err err;
	enum top_answer answer = TOP_GO_ON;

	if (screen_open(terminal_has_color(), &err) < 0) {
		cli_error("top", err.text);
		return EXIT_USAGE;
	}
	while (answer != TOP_QUIT) {
		uint64_t now_ns = clock_monotonic_ns();
		if (answer == TOP_READ || (now_ns >= due_ns && !top->view.is_paused)) {
			read_data(top);
			now_ns = clock_monotonic_ns();
			due_ns = now_ns + top->settings->every_ns;
		}
		show(top);
		uint64_t wait_ms = due_ns > now_ns ? (due_ns - now_ns) / NS_PER_MS + 1 : 1;
		int key = screen_key(
			top->view.is_paused || wait_ms > 1000 ? 1000 : (unsigned)wait_ms);
		answer = top_key(&top->view, key);
	}
	screen_close();
	return EXIT_DONE;
}

static int open_all(struct top *top, struct err *err)
{
	unsigned k;

	open_names(top);
	int status = read_group_minimum(top, &k, err);
	if (status == 0) {
		status = top_reader_open(
			&top->reader, top->settings->redis, top->settings->socket, k, err);
	}
	if (status == 0) {
		page_init(&top->page);
		set_view(top);
	}
	return status;
}

static int run(void *settings, char *const *arguments, unsigned count)
{
	struct top top = { .settings = settings };
	struct err err;

	if (count > 0) {
		return cli_usage_error(&command_top, "%s: no argument is expected", arguments[0]);
	}
	signal(SIGPIPE, SIG_IGN);
	if (open_all(&top, &err) < 0) {
		cli_error("top", err.text);
		return EXIT_USAGE;
	}
	bool is_screen = !top.settings->once && isatty(STDOUT_FILENO) && isatty(STDIN_FILENO);
	int status = is_screen ? run_screen(&top) : print_once(&top);
	top_reader_close(top.reader);
	catalogue_close(top.catalogue);
	messages_close(top.messages);
	geo_close(top.geo);
	top_data_deinit(&top.data);
	page_deinit(&top.page);
	return status;
}

const struct command command_top = {
	.name = "top",
	.arguments = "",
	.summary = "live terminal view: apps, units, zones, rates, alerts, sensors",
	.description =
		"Shows what the sensor on this machine sees just now, or what all sensors "
		"together see that feed one Redis: how much goes where, under whose control, by "
		"app, unit, country and zone; alerts; and how the sensors are.\n\n"
		"Bytes of a flow are counted when it ends or its five minutes are over. Groups of "
		"fewer devices than the policy's k (5, unless set) stand together in one row, and "
		"no device is ever shown.\n\n"
		"Keys: 1 to 9, Tab and the arrows change the view, s sorts, w changes the window, "
		"/ filters, p pauses, ? shows all keys, q quits. Colours are left out where "
		"NO_COLOR is set.",
	.examples = "  # borderflow top\n"
		    "  $ borderflow top --redis redis://localhost:6379 --view sensors\n"
		    "  $ borderflow top --once --view control --window day\n",
	.settings_bytes = sizeof(struct settings),
	.options = options,
	.run = run,
};
