/* Names in rules that stand for more than one house's hosts (policy_tools.h). */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/catalogue/name_index.h"
#include "analyzer/drafting/policy_checks.h"
#include "analyzer/policy/policy_words.h"
#include "base/file.h"
#include "base/tsv.h"

enum { SUFFIXES_MAX = 20000 };

/* Names whose owners let anybody register below them. */
static bool is_shared_suffix(const char *name)
{
	static const char *const suffixes[] = { "co.uk", "org.uk", "gov.uk", "ac.uk", "com.au",
		"net.au", "co.nz", "co.jp", "com.br", "com.cn", "net.cn", "org.cn", "com.tr",
		"com.tw", "com.hk", "co.kr", "co.in", "com.sg", "com.ua", "com.ru", "priv.no",
		"kommune.no", "fhs.no", "co.no", "pp.se", "tm.se", "ac.se", "parti.se", "press.se",
		"github.io", "gitlab.io", "pages.dev", "workers.dev", "web.app", "firebaseapp.com",
		"herokuapp.com", "vercel.app", "netlify.app", "azurewebsites.net", "blogspot.com",
		"cloudfront.net", "amazonaws.com", "appspot.com", "googleusercontent.com",
		"cloudapp.net", "windows.net", "akamaized.net", "edgesuite.net", "edgekey.net",
		"akamaiedge.net", "fastly.net", "cdn77.org", "wordpress.com", "myshopify.com" };

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (strcmp(name, suffixes[i]) == 0) {
			return true;
		}
	}
	return false;
}

/* Suffixes of registries as well, where the list of them is at hand. */
static struct name_index *open_suffixes(char ***texts, size_t *count)
{
	static const char *const columns[] = { "suffix", NULL };
	struct name_index *suffixes = name_index_create(SUFFIXES_MAX);
	char path[PATH_MAX];
	struct tsv *tsv;
	struct err err;

	*count = 0;
	*texts = calloc(SUFFIXES_MAX, sizeof(**texts));
	if (!suffixes || !*texts ||
		file_find_data("analyzer/share/public-suffixes.tsv", path, &err) < 0 ||
		tsv_open(&tsv, path, columns, &err) < 0) {
		return suffixes;
	}
	while (*count < SUFFIXES_MAX && tsv_next(tsv, &err) > 0) {
		char *text = strdup(tsv_cell(tsv, 0));
		if (text) {
			(*texts)[(*count)++] = text;
			name_index_add(suffixes, text, 1);
		}
	}
	tsv_close(tsv);
	return suffixes;
}

static bool is_public_suffix(const struct name_index *suffixes, const char *name)
{
	return is_shared_suffix(name) ||
	       (suffixes && name_index_find(suffixes, name, strlen(name)) != NAME_INDEX_NOTHING);
}

void policy_check_names(struct policy_reader *reader)
{
	const struct policy *policy = reader->policy;
	char **texts;
	size_t count;
	struct name_index *suffixes = open_suffixes(&texts, &count);

	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];
		for (uint32_t j = 0; j < rule->clause.name_count; j++) {
			if (is_public_suffix(suffixes, rule->clause.names[j])) {
				policy_warning(reader, rule->node,
					"rule \"%s\": below \"%s\" stand the names of many others; "
					"name the host",
					rule->public.id, rule->clause.names[j]);
			}
		}
	}
	name_index_destroy(suffixes);
	for (size_t i = 0; texts && i < count; i++) {
		free(texts[i]);
	}
	free(texts);
}
