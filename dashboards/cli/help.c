#include "dashboards/cli/help.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/wrap.h"
#include "dashboards/cli/completion_fields.h"
#include "config.h"

enum { HELP_WIDTH = 80, HELP_COLUMN = 26 };

const struct command *help_find_command(const char *name)
{
	for (unsigned i = 0; command_table[i]; i++) {
		if (strcmp(command_table[i]->name, name) == 0) {
			return command_table[i];
		}
	}
	return NULL;
}

static void put_wrapped(FILE *out, const char *text, size_t column, size_t indent)
{
	wrap_put(out, text, column, indent, HELP_WIDTH);
}

void help_overview(FILE *out)
{
	fputs("borderflow: which applications send data where, under whose control\n\n"
	      "usage: borderflow COMMAND [OPTION…] [ARGUMENT…]\n\n",
		out);
	for (unsigned i = 0; command_table[i]; i++) {
		fprintf(out, "  %-12s", command_table[i]->name);
		put_wrapped(out, command_table[i]->summary, 14, 14);
	}
	fputs("\nborderflow COMMAND --help says more; borderflow --version says which build this "
	      "is.\n"
	      "A first look at a capture:   borderflow analyze FILE.pcap\n"
	      "Who used an app, and when:   borderflow analyze FILE.pcap --where 'app == "
	      "telegram'\n"
	      "Its packets, for tshark:     the same with --write-packets OUT.pcapng\n"
	      "What changed since then:     borderflow flows --compare OLD.pcap NEW.pcap\n",
		out);
}

/* What an option takes, behind its help: " One of on|off. (1 to 16; default: 1)". */
static void put_facts(const struct option *option, char *facts, size_t bytes)
{
	struct text text;
	bool has_range = option->type == OPTION_NUMBER && option->most > 0;

	text_init(&text, facts, bytes);
	if (option->choices) {
		text_printf(&text, " One of %s.", option->choices);
	}
	if (has_range) {
		text_printf(&text, " (%" PRIu64 " to %" PRIu64, option->least, option->most);
	}
	if (option->default_text) {
		text_printf(&text, "%sdefault: %s", has_range ? "; " : " (", option->default_text);
	}
	if (has_range || option->default_text) {
		text_put_char(&text, ')');
	}
}

static void put_option(FILE *out, const struct option *option)
{
	char left[64];
	int width;

	if (option->letter) {
		width = snprintf(left, sizeof(left), "  -%c, --%s", option->letter, option->name);
	} else {
		width = snprintf(left, sizeof(left), "  --%s", option->name);
	}
	if (option->argument) {
		snprintf(left + width, sizeof(left) - (size_t)width, " %s", option->argument);
	}
	size_t shown = wrap_width(left, strlen(left));
	fputs(left, out);
	if (shown + 2 > HELP_COLUMN) {
		fprintf(out, "\n%*s", HELP_COLUMN, "");
	} else {
		fprintf(out, "%*s", (int)(HELP_COLUMN - shown), "");
	}
	char text[1024], facts[256];
	put_facts(option, facts, sizeof(facts));
	snprintf(text, sizeof(text), "%s%s", option->help, facts);
	put_wrapped(out, text, HELP_COLUMN, HELP_COLUMN);
}

static const char exit_status[] =
	"0 done; 1 done, and what --fail-on or a check asks for was found; 2 usage or "
	"configuration, an output that cannot be begun; 3 an input was bad or cut short, a server "
	"did not answer, or an output found no room (what could be read was reported); 4 stopped "
	"by "
	"a signal before the input was over (what was read was reported); 130 or 143 where Ctrl-C "
	"or "
	"a termination ended a command that had nothing to finish.";

void help_command(FILE *out, const struct command *command)
{
	const char *group = NULL;

	fprintf(out, "usage: borderflow %s [OPTION…] %s\n\n", command->name, command->arguments);
	put_wrapped(out, command->description, 0, 0);
	for (const struct option *option = command->options; option->name; option++) {
		if (option->group && option->group != group) {
			group = option->group;
			fprintf(out, "\n%s\n", group);
		} else if (option == command->options) {
			fputs("\nOptions\n", out);
		}
		put_option(out, option);
	}
	if (command->examples) {
		fprintf(out, "\nExamples\n%s", command->examples);
	}
	fputs("\nExit status\n", out);
	fputs("  ", out);
	put_wrapped(out, exit_status, 2, 2);
}

/* roff: a line must not start with a dot or quote, and a minus is a hyphen unless escaped. */
static void put_roff(FILE *out, const char *text)
{
	bool line_start = true;

	for (; *text; text++) {
		if (line_start && (*text == '.' || *text == '\'')) {
			fputs("\\&", out);
		}
		if (*text == '-' || *text == '\\') {
			fputs(*text == '-' ? "\\-" : "\\e", out);
		} else {
			fputc(*text, out);
		}
		line_start = *text == '\n';
	}
}

static void put_man_title(FILE *out, const char *name, const char *summary)
{
	fprintf(out, ".TH \"%s\" 1 \"\" \"borderflow " PACKAGE_VERSION "\" \"User Commands\"\n",
		name);
	fputs(".SH NAME\n", out);
	put_roff(out, name);
	fputs(" \\- ", out);
	put_roff(out, summary);
	fputc('\n', out);
}

static void put_man_options(FILE *out, const struct command *command)
{
	char facts[256];

	fputs(".SH OPTIONS\n", out);
	for (const struct option *option = command->options; option->name; option++) {
		if (option->group) {
			fprintf(out, ".SS %s\n", option->group);
		}
		fputs(".TP\n", out);
		if (option->letter) {
			fprintf(out, "\\fB\\-%c\\fR, ", option->letter);
		}
		fputs("\\fB\\-\\-", out);
		put_roff(out, option->name);
		fprintf(out, "\\fR \\fI%s\\fR\n", option->argument ? option->argument : "");
		put_roff(out, option->help);
		put_facts(option, facts, sizeof(facts));
		fputs(facts, out);
		fputc('\n', out);
	}
}

void help_man_command(FILE *out, const struct command *command)
{
	char name[64];

	snprintf(name, sizeof(name), "borderflow-%s", command->name);
	put_man_title(out, name, command->summary);
	fprintf(out, ".SH SYNOPSIS\n.B borderflow %s\n[\\fIOPTION\\fR…] \\fI%s\\fR\n",
		command->name, command->arguments);
	fputs(".SH DESCRIPTION\n", out);
	put_roff(out, command->description);
	fputc('\n', out);
	put_man_options(out, command);
	if (command->examples) {
		fputs(".SH EXAMPLES\n.nf\n", out);
		put_roff(out, command->examples);
		fputs(".fi\n", out);
	}
	fputs(".SH EXIT STATUS\n", out);
	put_roff(out, exit_status);
	fputs("\n.SH SEE ALSO\n.BR borderflow (1)\n", out);
}

void help_man_program(FILE *out)
{
	put_man_title(out, "borderflow", "which applications send data where, under whose control");
	fputs(".SH SYNOPSIS\n.B borderflow\n\\fICOMMAND\\fR [\\fIOPTION\\fR…] [\\fIARGUMENT\\fR…]\n"
	      ".SH DESCRIPTION\n"
	      "Reads network traffic, aggregates it into bidirectional flows, recognises the\n"
	      "application, and says where each flow goes: the country of the server, who runs "
	      "that\n"
	      "network, who owns the service and who controls the owner.\n"
	      ".SH COMMANDS\n",
		out);
	for (unsigned i = 0; command_table[i]; i++) {
		fprintf(out, ".TP\n\\fBborderflow\\-%s\\fR(1)\n", command_table[i]->name);
		put_roff(out, command_table[i]->summary);
		fputc('\n', out);
	}
	fputs(".SH ENVIRONMENT\n"
	      ".TP\n.B BORDERFLOW_GEO\nFolder of the geo databases (MMDB), unless \\-\\-geo says "
	      "another.\n"
	      ".TP\n.B BORDERFLOW_DATA\nFolder that holds the program's own tables, unless "
	      "installed.\n"
	      ".TP\n.B NO_COLOR\nNo colour on the terminal.\n",
		out);
}

void help_completion_bash(FILE *out)
{
	fputs("# bash completion for borderflow; made by: borderflow help --completion bash\n",
		out);
	completion_fields_bash(out);
	fputs("_borderflow() {\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tCOMPREPLY=()\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\tCOMPREPLY=($(compgen -W '",
		out);
	for (unsigned i = 0; command_table[i]; i++) {
		fprintf(out, "%s ", command_table[i]->name);
	}
	fputs("help --version' -- \"$word\"))\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]} in\n",
		out);
	for (unsigned i = 0; command_table[i]; i++) {
		const struct command *command = command_table[i];
		fprintf(out, "\t%s)\n\t\tcase $before in\n", command->name);
		for (const struct option *option = command->options; option->name; option++) {
			if (option->type == OPTION_CHOICE) {
				fprintf(out,
					"\t\t--%s) local IFS='|'; COMPREPLY=($(compgen -W '%s' -- "
					"\"$word\")); return ;;\n",
					option->name, option->choices);
			} else if (option->type == OPTION_FOLDER) {
				fprintf(out,
					"\t\t--%s) COMPREPLY=($(compgen -d -- \"$word\")); return "
					";;\n",
					option->name);
			} else if (completion_takes_fields(option)) {
				fprintf(out,
					"\t\t--%s|-%c) COMPREPLY=($(compgen -W "
					"\"$_borderflow_fields\" -- \"$word\")); return ;;\n",
					option->name, option->letter ? option->letter : '-');
			}
		}
		fputs("\t\tesac\n\t\tif [[ $word == -* ]]; then\n\t\t\tCOMPREPLY=($(compgen -W '",
			out);
		for (const struct option *option = command->options; option->name; option++) {
			fprintf(out, "--%s ", option->name);
		}
		fputs(completion_takes_filter(command)
				? "--help' -- \"$word\"))\n\t\telse\n\t\t\t_borderflow_filter "
				  "\"$word\" \"$before\" \"${COMP_WORDS[COMP_CWORD-2]}\"\n\t\tfi "
				  ";;\n"
				: "--help' -- \"$word\"))\n\t\telse\n\t\t\tCOMPREPLY=($(compgen -f "
				  "-- \"$word\"))\n\t\tfi ;;\n",
			out);
	}
	fputs("\tesac\n}\ncomplete -o filenames -F _borderflow borderflow\n", out);
}

/* zsh reads brackets and colons in descriptions as its own. */
static void put_zsh(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("[]:\\", *text)) {
			fputc('\\', out);
		}
		if (*text == '\'') {
			fputs("'\\'", out);
		}
		fputc(*text, out);
	}
}

void help_completion_zsh(FILE *out)
{
	fputs("#compdef borderflow\n# made by: borderflow help --completion zsh\n", out);
	completion_fields_zsh(out);
	fputs("_borderflow() {\n\tlocal -a commands\n\tcommands=(\n", out);
	for (unsigned i = 0; command_table[i]; i++) {
		fprintf(out, "\t\t'%s:", command_table[i]->name);
		put_zsh(out, command_table[i]->summary);
		fputs("'\n", out);
	}
	fputs("\t)\n\tif (( CURRENT == 2 )); then\n\t\t_describe command "
	      "commands\n\t\treturn\n\tfi\n"
	      "\tlocal command=${words[2]}\n\tshift words\n\t(( CURRENT-- ))\n\tcase $command in\n",
		out);
	for (unsigned i = 0; command_table[i]; i++) {
		fprintf(out, "\t%s) _arguments", command_table[i]->name);
		for (const struct option *option = command_table[i]->options; option->name;
			option++) {
			fprintf(out, " \\\n\t\t'--%s%s[", option->name,
				option->argument ? "=" : "");
			put_zsh(out, option->help);
			fputc(']', out);
			if (option->type == OPTION_CHOICE) {
				fputs(":choice:(", out);
				for (const char *c = option->choices; *c; c++) {
					fputc(*c == '|' ? ' ' : *c, out);
				}
				fputc(')', out);
			} else if (completion_takes_fields(option)) {
				fputs(":field:($_borderflow_fields)", out);
			} else if (option->argument) {
				fprintf(out, ":value:%s",
					option->type == OPTION_FOLDER ? "_files -/" : "_files");
			}
			fputc('\'', out);
		}
		fputs(completion_takes_filter(command_table[i])
				? " \\\n\t\t'*:filter:_borderflow_filter' ;;\n"
				: " \\\n\t\t'*:file:_files' ;;\n",
			out);
	}
	fputs("\tesac\n}\n_borderflow \"$@\"\n", out);
}
