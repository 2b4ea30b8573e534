#include "dashboards/cli/serve_token.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "dashboards/web/access.h"

#define DAY_NS (UINT64_C(24) * 3600 * NS_PER_S)

static int add_token(struct access *access, const struct token_settings *settings, const char *name,
	struct err *err)
{
	struct access_token token = { .made_ns = clock_now_ns() };
	char secret[ACCESS_SECRET_BYTES];

	if (strlen(name) >= sizeof(token.name) ||
		(settings->unit && strlen(settings->unit) >= sizeof(token.unit))) {
		return err_set(err, EINVAL, "%.80s: the name is too long", name);
	}
	token.ends_ns = token.made_ns + settings->days * DAY_NS;
	strcpy(token.name, name);
	strcpy(token.unit, settings->unit ? settings->unit : "");
	web_role_find(settings->role, &token.role);
	int status = access_add_token(access, &token, secret, err);
	if (status == 0) {
		printf("%s\n", secret);
		cli_notice("serve", "this is the only time that the token is told");
	}
	return status;
}

static void print_token(void *context, const struct access_token *token)
{
	char made[11], ends[11] = "never";

	(void)context;
	clock_format_date(token->made_ns, made);
	if (token->ends_ns) {
		clock_format_date(token->ends_ns, ends);
	}
	printf("%-24s %-11s made %s, ends %s%s%s\n", token->name, web_role_name(token->role), made,
		ends, token->unit[0] ? ", unit " : "", token->unit);
}

static int act(struct access *access, const struct token_settings *settings, char *const *arguments,
	unsigned count, struct err *err)
{
	const char *action = count > 1 ? arguments[1] : "";

	if (strcmp(action, "list") == 0 && count == 2) {
		return access_list_tokens(access, print_token, NULL, err);
	}
	if (strcmp(action, "add") == 0 && count == 3) {
		return add_token(access, settings, arguments[2], err);
	}
	if (strcmp(action, "revoke") == 0 && count == 3) {
		return access_revoke_token(access, arguments[2], err);
	}
	return err_set(err, EINVAL, "expected token add NAME, token list or token revoke NAME");
}

int serve_token(const struct command *command, const struct token_settings *settings,
	const char *folder, char *const *arguments, unsigned count)
{
	struct access *access = NULL;
	struct err err;

	if (strcmp(arguments[0], "token") != 0) {
		return cli_usage_error(command, "there is no action \"%s\"", arguments[0]);
	}
	int status = access_open(&access, folder, &err);
	if (status == 0) {
		status = act(access, settings, arguments, count, &err);
	}
	access_close(access);
	return status < 0 ? cli_fail("serve", status, &err) : EXIT_DONE;
}
