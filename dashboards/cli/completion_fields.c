#include "dashboards/cli/completion_fields.h"

#include "analyzer/format/fields.h"

bool completion_takes_filter(const struct command *command)
{
	return strcmp(command->arguments, "[FILTER]") == 0;
}

bool completion_takes_fields(const struct option *option)
{
	return option->argument && strncmp(option->argument, "FIELD,", 6) == 0;
}

/* Each by its short name where it has one. */
static void put_names(FILE *out)
{
	for (unsigned i = 0; i < field_count; i++) {
		const struct field *field = &field_table[i];
		fprintf(out, "%s ", field->alias ? field->alias : field->path);
	}
}

/* The cases of a shell's case: "unit|borderflow.unit) echo 'a b' ;;". */
static void put_words(FILE *out)
{
	for (unsigned i = 0; i < field_count; i++) {
		const struct field *field = &field_table[i];
		bool is_bool = field->type == FIELD_BOOL;
		if (!is_bool && field->name_count == 0) {
			continue;
		}
		fprintf(out, "\t%s%s%s) echo '", field->alias ? field->alias : "",
			field->alias ? "|" : "", field->path);
		for (unsigned at = 0; at < field->name_count; at++) {
			const char *name = field->names[at];
			fprintf(out, "%s%s", name && name[0] ? name : "",
				name && name[0] ? " " : "");
		}
		fputs(is_bool ? "true false' ;;\n" : "' ;;\n", out);
	}
	fputs("\tapp|network.application|borderflow.app.id)"
	      " borderflow apps list 2>/dev/null | tail -n +2 | cut -d ' ' -f 1 ;;\n",
		out);
}

void completion_fields_bash(FILE *out)
{
	fputs("_borderflow_fields='", out);
	put_names(out);
	fputs("'\n_borderflow_words() {\n\tcase $1 in\n", out);
	put_words(out);
	fputs("\tesac\n}\n"
	      "# FIELD SIGN WORD, joined by and, or\n"
	      "_borderflow_filter() {\n"
	      "\tlocal word=$1 before=$2 field=$3\n"
	      "\tcase $before in\n"
	      "\t'=='|'!='|'~'|'!~'|in) COMPREPLY=($(compgen -W \"$(_borderflow_words "
	      "\"$field\")\" "
	      "-- \"$word\")) ;;\n"
	      "\t*) if [[ \" $_borderflow_fields \" == *\" $before \"* ]]; then\n"
	      "\t\t\tCOMPREPLY=($(compgen -W '== != < <= > >= ~ !~ in and or' -- \"$word\"))\n"
	      "\t\telse\n"
	      "\t\t\tCOMPREPLY=($(compgen -W \"$_borderflow_fields and or not\" -- \"$word\"))\n"
	      "\t\tfi ;;\n"
	      "\tesac\n}\n",
		out);
}

void completion_fields_zsh(FILE *out)
{
	fputs("_borderflow_fields=(", out);
	put_names(out);
	fputs(")\n_borderflow_words() {\n\tcase $1 in\n", out);
	put_words(out);
	fputs("\tesac\n}\n"
	      "_borderflow_filter() {\n"
	      "\tlocal before=${words[CURRENT-1]} field=${words[CURRENT-2]}\n"
	      "\tcase $before in\n"
	      "\t'=='|'!='|'~'|'!~'|in) compadd -- ${(f)\"$(_borderflow_words $field | tr ' ' "
	      "'\\n')\"} ;;\n"
	      "\t*) if (( ${_borderflow_fields[(Ie)$before]} )); then\n"
	      "\t\t\tcompadd -- '==' '!=' '<' '<=' '>' '>=' '~' '!~' in and or\n"
	      "\t\telse\n"
	      "\t\t\tcompadd -- $_borderflow_fields and or not\n"
	      "\t\tfi ;;\n"
	      "\tesac\n}\n",
		out);
}
