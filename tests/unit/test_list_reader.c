/* Lines of public lists, of every form that is read. */
#include "analyzer/catalogue/list_reader.h"

#include <string.h>

#include "tests/tap.h"

/* All that a list says, as "kind:text" with blanks between. */
static const char *read_list(const char *const *lines)
{
	static const char *const kinds[LIST_ITEM_KIND_COUNT] = { "suffix", "host", "first-label",
		"tld", "id", "name", "exception", "include", "unknown" };
	static char said[600];
	struct list_reader reader = { 0 };
	struct list_item item;

	said[0] = '\0';
	for (; *lines; lines++) {
		list_reader_line(&reader, *lines);
		while (list_reader_next(&reader, &item)) {
			snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s%s:%s",
				*said ? " " : "", kinds[item.kind], item.text);
		}
	}
	return said;
}

#define READS(wanted, title, ...)                                                                  \
	is_text(read_list((const char *const[]){ __VA_ARGS__, NULL }), wanted, title)

int main(void)
{
	READS("suffix:tiktok.com host:www.tiktok.com include:bytedance unknown:tik unknown:^a$ "
	      "tld:tiktok",
		"a domain list", "# TikTok", "", "TikTok.com @ads &other # why",
		"full:www.tiktok.com", "include:bytedance", "keyword:tik", "regexp:^a$", "tiktok");
	READS("host:a.example host:b.example host:c.example", "a hosts file",
		"0.0.0.0 a.example b.example # c", "\t::1\tC.example.", "# 0.0.0.0 d.example");
	READS("suffix:a.example host:b.example first-label:p16-*.c.example suffix:d.example "
	      "exception:e.example unknown:f.example unknown:/banner/ unknown:g.example##.ad",
		"filters", "! a list", "[Adblock Plus 2.0]", "||a.example^$third-party",
		"|b.example^", "||p16-*.c.example^", "||*.d.example^", "@@||e.example^",
		"||f.example/path", "/banner/", "g.example##.ad");
	READS("id:tiktok name:TikTok (app) suffix:tiktok.com host:p16.example.net", "service rules",
		"id: tiktok", "name: TikTok (app)", "rules:", "  - '||tiktok.com^'",
		"  - \"|p16.example.net^\"", "icon_svg: >-", "  <svg viewBox=\"0 0 27",
		"  27\"><path d=\"M12 0", "  1.408-.442.043 2.a", "group: social_network");
	READS("unknown:\xc3\xa5.example unknown:a..b unknown:*.com", "what is no name",
		"\xc3\xa5.example", "a..b", "||*.*.com^");
	READS("unknown:the unknown:a.example unknown:999.1.1.1 unknown:0.0.0.0",
		"words that are no list", "the names of a service", "a.example and others",
		"999.1.1.1 b.example", "0.0.0.0");
	READS("host:b.example unknown:0.0.0.0 unknown:localhost",
		"addresses and machines in a hosts file", "0.0.0.0 b.example 0.0.0.0 localhost");
	READS("suffix:a.example suffix:b.example", "names with a dot before them", ".a.example",
		"domain:.b.example");
	READS("suffix:a.example host:b.example", "what begins with the mark of UTF-8",
		"\xef\xbb\xbf"
		"a.example",
		"\xef\xbb\xbf"
		"0.0.0.0 b.example");
	READS("", "nothing", "", "   ", "\t", "#");
	return done_testing();
}
