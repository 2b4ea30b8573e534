/* The shipped catalogue, and the user's files over it. */
#include "analyzer/catalogue/catalogue.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "geo/geo.h"
#include "tests/tap.h"

static const struct catalogue *shipped;

static const char *id_of(const struct catalogue *catalogue, uint16_t app)
{
	return app ? catalogue_app(catalogue, app)->id : "-";
}

static struct match ask(const struct catalogue *catalogue, const char *name)
{
	return catalogue_match_name(catalogue, name, strlen(name));
}

static void test_names(void)
{
	static const struct {
		const char *name, *app;
		enum match_kind kind;
	} cases[] = {
		{ "tiktok.com", "tiktok", MATCH_SUFFIX },
		{ "v16m.tiktokcdn.com", "tiktok", MATCH_SUFFIX },
		{ "nottiktok.com", "-", MATCH_NONE },
		{ "tiktok.com.example", "-", MATCH_NONE },
		{ "lemonapi16-normal-no1a.tiktokv.eu", "lemon8", MATCH_FIRST_LABEL },
		{ "api16-normal-no1a.tiktokv.eu", "tiktok", MATCH_SUFFIX },
		{ "p16-tiktok-va.ibyteimg.com", "tiktok", MATCH_FIRST_LABEL },
		{ "p16-capcut-sign-va.ibyteimg.com", "capcut", MATCH_FIRST_LABEL },
		{ "p16-sign-va.ibyteimg.com", "bytedance-infra", MATCH_SUFFIX },
		{ "tiktokcdn.com.edgesuite.net", "tiktok", MATCH_EMBEDDED_IN_CDN },
		{ "v19.tiktokcdn.com.akamaized.net", "tiktok", MATCH_EMBEDDED_IN_CDN },
		{ "p16-tiktokcdn-com.akamaized.net", "tiktok", MATCH_EMBEDDED_IN_CDN },
		{ "tiktokcdn-eu-com.akamaized.net", "tiktok", MATCH_EMBEDDED_IN_CDN },
		{ "www.tiktok.com.bytewlb.akadns.net", "tiktok", MATCH_EMBEDDED_IN_CDN },
		{ "tiktok.com.bytedance.akadns.net", "tiktok", MATCH_EMBEDDED_IN_CDN },
		{ "tiktokv.com.cdn.cloudflare.net", "tiktok", MATCH_EMBEDDED_IN_CDN },
		{ "byteoversea.com.edgesuite.net", "bytedance-infra", MATCH_EMBEDDED_IN_CDN },
		{ "mon-va.byteoversea.com.edgekey.net", "bytedance-infra", MATCH_EMBEDDED_IN_CDN },
		{ "p16-sg-ibyteimg-com.akamaized.net", "bytedance-infra", MATCH_EMBEDDED_IN_CDN },
		{ "p16-tiktok-va.ibyteimg.com.akamaized.net", "tiktok", MATCH_EMBEDDED_IN_CDN },
		{ "mssdk-sg.tiktok.com.edgesuite.net", "tiktok", MATCH_EMBEDDED_IN_CDN },
		{ "v16.tiktokcdn.com.c.bytefcdn-oversea.com.edgesuite.net", "tiktok",
			MATCH_EMBEDDED_IN_CDN },
		{ "img.alicdn.com.queniuqe.com", "alibaba-cloud", MATCH_EMBEDDED_IN_CDN },
		{ "bucket.s3.amazonaws.com.edgekey.net", "aws", MATCH_EMBEDDED_IN_CDN },
		{ "a1907.dscg.akamai.net", "akamai", MATCH_SUFFIX },
		{ "e872.g.akamaiedge.net", "akamai", MATCH_SUFFIX },
		{ "box-com.akamaized.net", "box", MATCH_EMBEDDED_IN_CDN },
		{ "my-x-com.akamaized.net", "akamai", MATCH_SUFFIX },
		{ "captive.apple.com.edgekey.net", "apple", MATCH_EMBEDDED_IN_CDN },
		{ "scontent-arn2-1.xx.fbcdn.net", "facebook", MATCH_SUFFIX },
		{ "instagram.faae1-1.fna.fbcdn.net", "instagram", MATCH_FIRST_LABEL },
		{ "edge-mqtt.facebook.com", "messenger", MATCH_HOST },
		{ "media-arn2-1.cdn.whatsapp.net", "whatsapp", MATCH_SUFFIX },
		{ "r3---sn-5hne6nsk.googlevideo.com", "youtube", MATCH_SUFFIX },
		{ "youtubei.googleapis.com", "youtube", MATCH_SUFFIX },
		{ "www.google.com", "google", MATCH_SUFFIX },
		{ "docs.google.com", "google-workspace", MATCH_SUFFIX },
		{ "mask.icloud.com", "icloud-private-relay", MATCH_SUFFIX },
		{ "dns.alidns.com", "doh-alibaba", MATCH_SUFFIX },
		{ "teams.microsoft.com", "teams", MATCH_SUFFIX },
		{ "d1a2b3c4.cloudfront.net", "cloudfront", MATCH_SUFFIX },
		{ "com", "-", MATCH_NONE },
		{ "", "-", MATCH_NONE },
		{ ".", "-", MATCH_NONE },
		{ "-.akamaized.net", "akamai", MATCH_SUFFIX },
		{ "..akamaized.net", "akamai", MATCH_SUFFIX },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct match match = ask(shipped, cases[i].name);
		is_text(id_of(shipped, match.app), cases[i].app, "\"%s\" is %s", cases[i].name,
			cases[i].app);
		is_int(match.kind, cases[i].kind, "by the rule expected");
	}
	ok(ask(shipped, "analytics.tiktok.com").embedded, "the pixel is embedded");
	ok(ask(shipped, "connect.facebook.net").embedded, "so is another house's");
	ok(!ask(shipped, "www.tiktok.com").embedded, "the site is not");
	ok(ask(shipped, "www.google-analytics.com").embedded, "an app that only tracks always is");
	ok(ask(shipped, "t.co").weak, "a link shortener is weak");
	ok(!ask(shipped, "twitter.com").weak, "a verified name is not");
}

static struct match ask_addr(const struct catalogue *catalogue, const char *text, uint16_t port)
{
	struct addr addr;

	return addr_parse(text, &addr) ? catalogue_match_addr(catalogue, &addr, port)
				       : (struct match){ 0 };
}

static void test_addresses(void)
{
	is_text(id_of(shipped, ask_addr(shipped, "149.154.167.99", 443).app), "telegram",
		"Telegram's v4");
	is_text(id_of(shipped, ask_addr(shipped, "2001:67c:4e8:f004::9", 443).app), "telegram",
		"and v6");
	is_text(id_of(shipped, ask_addr(shipped, "1.1.1.1", 443).app), "doh-cloudflare",
		"a resolver on 443");
	is_int(ask_addr(shipped, "1.1.1.1", 53).app, 0, "is none on 53");
	is_int(ask_addr(shipped, "192.0.2.1", 443).app, 0, "an address that nobody lists");
	is_text(id_of(shipped, catalogue_match_asn(shipped, 62041).app), "telegram",
		"one app, one network");
	is_int(catalogue_match_asn(shipped, 32934).app, 0, "a network of several apps names none");
	is_int(catalogue_match_asn(shipped, 396986).app, 0, "ByteDance's neither");
	is_int(catalogue_match_asn(shipped, 13335).app, 0, "nor a CDN's");
	is_int(catalogue_match_asn(shipped, 64500).app, 0, "nor one that nobody lists");
	ok(catalogue_app_has_asn(shipped, catalogue_find(shipped, "whatsapp"), 32934),
		"WhatsApp is in its owner's network");
	ok(!catalogue_app_has_asn(shipped, catalogue_find(shipped, "telegram"), 32934),
		"Telegram is not");
}

static void test_apps(void)
{
	const struct app *app = catalogue_app(shipped, catalogue_find(shipped, "tiktok"));

	ok(catalogue_app_count(shipped) > 300, "%u apps", catalogue_app_count(shipped));
	is_text(app->name, "TikTok", "a name");
	is_text(app->owner_country, "IE", "who contracts");
	is_text(app->parent_country, "CN", "who controls");
	is_text(app->family, "bytedance", "the house");
	ok(app->verified[0] != '\0', "where that comes from");
	is_int(catalogue_find(shipped, "nobody"), 0, "an unknown id");
	is_int(catalogue_find(shipped, ""), 0, "no id");
	ok(catalogue_app(shipped, 0) == NULL, "row 0 is no app");
	ok(catalogue_app(shipped, 65535) == NULL, "nor is one behind the last");
	is_int((int)strlen(catalogue_hash(shipped)), 64, "a hash");
	for (unsigned row = 1; row <= catalogue_app_count(shipped); row++) {
		if (catalogue_find(shipped, catalogue_app(shipped, (uint16_t)row)->id) != row) {
			ok(false, "row %u is found by its id", row);
		}
	}
	is_text(catalogue_app(shipped, catalogue_find(shipped, "kaspersky"))->parent_country, "RU",
		"control is apart from the place of the owner");
}

static void test_check(void)
{
	struct geo *geo = NULL;
	struct err err;
	char *report = NULL;
	size_t length;
	FILE *out = open_memstream(&report, &length);

	ok(geo_open(&geo, NULL, &err) == 0, "the table of countries opens");
	is_int(catalogue_check(shipped, geo, out), 0, "nothing is wrong with the shipped packs");
	fclose(out);
	for (char *line = strtok(report, "\n"); line; line = strtok(NULL, "\n")) {
		printf("# %s\n", line);
	}
	free(report);
	geo_close(geo);
}

/* Opens the catalogue with one file of ours over it; NULL where that is refused, with the sentence
 * in err. */
static struct catalogue *open_with(const char *lines, struct err *err)
{
	char path[] = "/tmp/borderflow-test-XXXXXX", content[4096];
	const char *paths[] = { path };
	struct catalogue *catalogue = NULL;

	close(mkstemp(path));
	snprintf(content, sizeof(content), "app\tfact\tvalue\tsource\n%s", lines);
	if (file_write(path, content, strlen(content), err) == 0) {
		catalogue_open(&catalogue, paths, 1, err);
	}
	unlink(path);
	return catalogue;
}

static void test_own_files(void)
{
	struct err err = { "" };
	struct catalogue *own = open_with("telegram\tparent-country\tRU\tour policy\n"
					  "intranet\tname\tIntranet\tourselves\n"
					  "intranet\tcategory\toffice\t-\n"
					  "intranet\tsuffix\tintranet.example.org\tourselves\n"
					  "intranet\tsuffix\tdocs.google.com\tourselves\n"
					  "kahoot\t-app\t-\t-\n"
					  "reddit\t-suffix\tredd.it\t-\n"
					  "threads\t-suffix\t*\t-\n",
		&err);

	if (!ok(own != NULL, "a file of one's own: %s", err.text)) {
		return;
	}
	is_text(catalogue_app(own, catalogue_find(own, "telegram"))->parent_country, "RU",
		"replaces a field");
	is_text(catalogue_app(own, catalogue_find(own, "telegram"))->name, "Telegram",
		"and only that");
	is_text(id_of(own, ask(own, "www.intranet.example.org").app), "intranet", "adds an app");
	is_text(id_of(own, ask(own, "docs.google.com").app), "intranet", "takes a name over");
	is_int(catalogue_find(own, "kahoot"), 0, "removes an app");
	is_int(ask(own, "kahoot.it").app, 0, "with its names");
	is_int(ask(own, "redd.it").app, 0, "removes one name");
	is_text(id_of(own, ask(own, "reddit.com").app), "reddit", "and not the others");
	is_int(ask(own, "threads.net").app, 0, "removes all of a kind");
	is_text(id_of(own, ask(own, "tiktok.com").app), "tiktok", "rows close ranks");
	ok(strcmp(catalogue_hash(own), catalogue_hash(shipped)) != 0, "and changes the hash");
	catalogue_close(own);
}

static void test_refusals(void)
{
	static const struct {
		const char *lines, *sentence;
	} cases[] = {
		{ "tictok\tsuffix\ttictok.example\t-\n", ":2: there is no app \"tictok\" yet" },
		{ "tiktok\tsufix\ttiktok.example\t-\n", ":2: unknown fact \"sufix\"" },
		{ "tiktok\towner:from=soon\tA\t-\n", "\"owner:from=soon\" is not understood" },
		{ "tiktok\towner:to=2026-01-01:from=2026-01-01\tA\t-\n", "is not understood" },
		{ "tiktok\towner:region=sweden\tA\t-\n", "is not understood" },
		{ "tiktok\towner:weak\tA\t-\n", "is not understood" },
		{ "tiktok\towner:from=2027-01-01\tA\t-\ntiktok\towner:from=2027-01-01\tB\t-\n",
			"is said twice" },
		{ "tiktok\tname:weak\tA\t-\n", "unknown fact" },
		{ "tiktok\tsuffix:from=2027-01-01\ta.example\t-\n", "unknown fact" },
		{ "tiktok\ttld\ta.b\t-\n", "expected a top-level domain" },
		{ "tiktok\tlabel\t*\t-\n", "expected a pattern for one label" },
		{ "tiktok\tlabel\tdoh 0\t-\n", "expected a pattern for one label" },
		{ "tiktok\talpn\ta*b\t-\n", "with a * at the end at most" },
		{ "tiktok\tcert\t*\t-\n", "with a * at the end at most" },
		{ "tiktok\tsuffix:strong\ta.example\t-\n", ":2: unknown fact \"suffix:strong\"" },
		{ "tiktok\tsuffix\tTikTok.example\t-\n", ":2: expected a host name in lower case" },
		{ "tiktok\tsuffix\tcom\t-\n", "with at least one dot" },
		{ "tiktok\tsuffix\ta..b\t-\n", "expected a host name" },
		{ "tiktok\tfirst-label\tapi*.com\t-\n", "expected a pattern and a suffix" },
		{ "tiktok\tasn\t62041\t-\n", "expected a network such as AS64500" },
		{ "tiktok\tasn\tAS4294967296\t-\n", "expected a network such as AS64500" },
		{ "tiktok\tprefix\t192.0.2.0\t-\n", "expected a prefix" },
		{ "tiktok\tprefix\t192.0.2.0/24 99999\t-\n", "expected a prefix" },
		{ "tiktok\tprefix\t192.0.2.0/33\t-\n", "expected a prefix" },
		{ "tiktok\tis\tbad\t-\n",
			"expected embedded, shared, hides, hides-relay or hides-lookups" },
		{ "tiktok\t-suffix\tnever.example\t-\n",
			"no suffix never.example that could be removed" },
		{ "tiktok\tname\tA\t-\ntiktok\tname\tB\t-\n",
			":3: \"name\" of tiktok is said twice" },
		{ "Tik Tok\tname\tA\t-\n", "is no app id" },
		{ "tiktok\tsuffix\ta.example\n", "expected 4 tab-separated columns" },
		{ "tiktok\tsuffix\t\t-\n", "the value of \"suffix\" is empty" },
		{ "tiktok\tsuffix\ta.example\t\n", "the source is empty" },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { "" };
		struct catalogue *own = open_with(cases[i].lines, &err);
		ok(own == NULL && strstr(err.text, cases[i].sentence), "refuses with \"%s\"",
			cases[i].sentence);
		if (own || !strstr(err.text, cases[i].sentence)) {
			printf("# %s\n", err.text);
		}
		catalogue_close(own);
	}
	struct err err;
	struct catalogue *none;
	const char *paths[] = { "/nowhere/apps.tsv" };
	ok(catalogue_open(&none, paths, 1, &err) < 0 && strstr(err.text, "/nowhere/apps.tsv"),
		"a file that is not there is named");
}

static uint64_t day(const char *text)
{
	uint64_t time_ns = 0;

	clock_parse(text, &time_ns);
	return time_ns;
}

/* Who controls an app at a time, for a part of the service. */
static const char *parent_at(
	const struct catalogue *catalogue, const char *id, const char *text, const char *region)
{
	return catalogue_ownership_at(catalogue, catalogue_find(catalogue, id), day(text), region)
		.parent_country;
}

/* A single fact that ends, begins or is of a part is not true of all times and parts. */
static void test_single_facts(void)
{
	static const char lines[] =
		"begun\tname\tBegun\t-\nbegun\tcategory\tx\t-\n"
		"begun\tparent-country:from=2026-01-22\tUS\t-\nbegun\tsuffix\tbegun.example\t-\n"
		"ended\tname\tEnded\t-\nended\tcategory\tx\t-\n"
		"ended\tparent-country:to=2026-01-22\tSE\t-\nended\tsuffix\tended.example\t-\n"
		"apart\tname\tApart\t-\napart\tcategory\tx\t-\n"
		"apart\tparent-country:region=NO\tNO\t-\napart\tsuffix\tapart.example\t-\n";
	struct err err = { "" };
	struct catalogue *own = open_with(lines, &err);

	if (!ok(own != NULL, "single facts: %s", err.text)) {
		return;
	}
	is_text(parent_at(own, "begun", "2026-01-21", ""), "", "nobody's before it begins");
	is_text(parent_at(own, "begun", "2026-01-22", ""), "US", "… then somebody's");
	is_text(parent_at(own, "ended", "2026-01-21", ""), "SE", "somebody's until it ends");
	is_text(parent_at(own, "ended", "2026-01-22", ""), "", "… then nobody's");
	is_text(parent_at(own, "apart", "2026-01-22", "NO"), "NO", "a part is somebody's");
	is_text(parent_at(own, "apart", "2026-01-22", ""), "", "… of the rest nothing is known");
	catalogue_close(own);
}

static void test_ownership(void)
{
	static const char lines[] = "sold\tname\tSold\t-\n"
				    "sold\tcategory\tx\t-\n"
				    "sold\towner\tSold AB\t-\n"
				    "sold\towner-country\tSE\t-\n"
				    "sold\tparent-country\tSE\t-\n"
				    "sold\tparent-country:from=2026-01-22\tUS\tannouncement\n"
				    "sold\tparent-country:from=2026-02-01:region=NO\tNO\t-\n"
				    "sold\tparent-country:from=2027-01-01:to=2028-01-01\tCN\t-\n"
				    "sold\tsuffix\tsold.example\t-\n"
				    "sold\tsuffix:region=NO\tno.sold.example\t-\n"
				    "telegram\tparent-country\tFI\tours\n";
	struct err err = { "" };
	struct catalogue *own = open_with(lines, &err);
	const struct ownership_fact *facts;

	if (!ok(own != NULL, "facts with a time: %s", err.text)) {
		return;
	}
	is_text(parent_at(own, "sold", "2026-01-21", ""), "SE", "until the day before");
	is_text(parent_at(own, "sold", "2026-01-22", ""), "US", "from the first moment of the day");
	is_text(parent_at(own, "sold", "2026-03-01", "NO"), "NO", "a part of the service apart");
	is_text(parent_at(own, "sold", "2026-01-31", "NO"), "US", "as soon as it is apart");
	is_text(parent_at(own, "sold", "2027-01-01", ""), "CN", "for a year");
	is_text(parent_at(own, "sold", "2027-12-31T23:59:59", ""), "CN", "to its last moment");
	is_text(parent_at(own, "sold", "2028-01-01", ""), "US", "and then as before");
	is_text(parent_at(own, "sold", "2027-06-01", "NO"), "NO", "the part stays apart");
	is_text(parent_at(own, "sold", "1970-01-01", ""), "SE", "at the beginning of time");
	const struct app *app = catalogue_app(own, catalogue_find(own, "sold"));
	is_text(app->parent_country, "US", "what holds without an end is what the files say last");
	is_text(ask(own, "www.no.sold.example").region, "NO", "a name tells the part");
	is_text(ask(own, "www.sold.example").region, "", "or none");
	is_text(catalogue_owner_shown(own, app->symbol, day("2026-03-01"), "SE", "NO"), "Sold AB",
		"an owner's name");
	is_int((int)catalogue_ownership_facts(own, app->symbol, &facts), 6,
		"all facts, for readers");
	is_text(facts[5].region, "NO", "by field, region and time");
	is_text(parent_at(own, "telegram", "2020-01-01", ""), "FI",
		"a user's plain fact holds ever");
	is_int(catalogue_check(own, NULL, stderr), 0, "and nothing is wrong with them");
	catalogue_close(own);
	is_text(parent_at(shipped, "tiktok", "2026-06-01", ""), "CN", "TikTok in the EEA");
	is_text(parent_at(shipped, "tiktok", "2026-06-01", "US"), "US", "and in the US");
	is_text(parent_at(shipped, "tiktok", "2026-01-21", "US"), "CN", "but not before its sale");
	is_text(ask(shipped, "api16-normal-useast5.tiktokv.us").region, "",
		"a name of the US partition does not say whose user it is");
}

static const char *word(enum rule_kind kind, const char *text)
{
	return id_of(shipped, catalogue_match_word(shipped, kind, text, strlen(text)).app);
}

static void test_words(void)
{
	is_text(word(RULE_ALPN, "anydesk/9.0.4/lin"), "anydesk", "a protocol of an app's own");
	is_text(word(RULE_ALPN, "argotunnel"), "cloudflare-tunnel", "a tunnel's");
	is_text(word(RULE_ALPN, "h2"), "-", "everybody's protocol is nobody's");
	is_text(word(RULE_ALPN, ""), "-", "nor is none");
	is_text(word(RULE_CERT, "AnyNet Relay"), "anydesk", "a certificate's name that is no host");
	is_text(word(RULE_CERT, "fgt60f0000000000"), "fortinet", "in any case, by its beginning");
	is_text(word(RULE_CERT, "WebRTC"), "-", "the one that all browsers bear");
	is_text(word(RULE_USER_AGENT, "AnyDesk/9.0.4 (Windows)"), "anydesk", "a product");
	is_text(word(RULE_USER_AGENT, "windows-update-agent"), "microsoft-other",
		"without version");
	is_text(word(RULE_USER_AGENT, "Mozilla/5.0 (X11; Linux) AnyDesk/1"), "-",
		"only the first product speaks");
}

static void test_labels(void)
{
	static const struct {
		const char *name;
		uint16_t port;
		bool found, weak;
	} cases[] = {
		{ "doh.exempelstad.example", 443, true, false },
		{ "doh-sto.exempelstad.example", 443, true, false },
		{ "doh2.exempelstad.example", 853, true, false },
		{ "private-doh.exempelstad.example", 443, true, false },
		{ "doh.exempelstad.example", 80, false, false },
		{ "dohertys.exempelstad.example", 443, false, false },
		{ "www.doh.example", 443, false, false },
		{ "doh", 443, false, false },
		{ "doh.example", 443, true, false },
		{ "exempel-doh.example", 443, false, false },
		{ "video-dns.example", 443, false, false },
		{ "dns-shop.example", 443, false, false },
		{ "dns.exempelstad.example", 443, true, true },
		{ "dns12.exempelstad.example", 443, true, true },
		{ "dns.exempelstad.duckdns.org", 443, false, false },
		{ "dns.exempelstad.synology.me", 443, false, false },
		{ "dnssec.exempelstad.example", 443, false, false },
		{ "dns-sd.exempelstad.example", 443, false, false },
		{ "dot.exempelstad.example", 443, false, false },
		{ "dot.gov", 443, false, false },
		{ "restapi.dns-shop.ru", 443, false, false },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct match match = catalogue_match_label(
			shipped, cases[i].name, strlen(cases[i].name), cases[i].port);
		is_int(match.hides, cases[i].found ? APP_HIDES_LOOKUPS : APP_HIDES_NOTHING,
			"%s on %u is %s resolver", cases[i].name, cases[i].port,
			cases[i].found ? "probably a" : "no");
		is_int(match.weak, cases[i].weak, "%s", cases[i].weak ? "weakly" : "so");
	}
	is_int(ask(shipped, "dns.umbrella.com").hides, APP_HIDES_LOOKUPS, "a resolver hides");
	is_int(ask(shipped, "my.nextdns.io").hides, APP_HIDES_NOTHING, "its maker's page does not");
	is_text(id_of(shipped, ask(shipped, "abc123.dns.nextdns.io").app),
		id_of(shipped, ask(shipped, "my.nextdns.io").app), "of the same house");
	is_int(ask(shipped, "dns.weixin.qq.com.cn").hides, APP_HIDES_LOOKUPS,
		"look-ups inside an app hide as well");
	is_text(id_of(shipped, ask(shipped, "dns.weixin.qq.com.cn").app), "wechat",
		"and stay the app's");
}

static void test_resolve(void)
{
	static const struct {
		const char *text, *id;
	} cases[] = { { "tiktok", "tiktok" }, { "TikTok", "tiktok" }, { "ChatGPT", "openai" },
		{ "openai / chatgpt", "openai" }, { "microsoft teams", "teams" },
		{ "Skype", "skype" }, { "tictok", "-" }, { "", "-" }, { "Microsoft", "-" } };
	char memory[200];
	struct text text;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		is_text(id_of(shipped, catalogue_resolve(shipped, cases[i].text)), cases[i].id,
			"\"%s\" is %s", cases[i].text, cases[i].id);
	}
	text_init(&text, memory, sizeof(memory));
	catalogue_suggest(shipped, "tictok", &text);
	is_text(text.at, "; did you mean tiktok?", "what was meant");
	text_clear(&text);
	catalogue_suggest(shipped, "bankid", &text);
	is_text(text.at, "; did you mean bankid-se, bankid-no?",
		"what begins so, before what is only spelled alike");
	text_clear(&text);
	catalogue_suggest(shipped, "qqqqqqqqqqqq", &text);
	is_text(text.at, "", "nothing alike");
}

static void test_check_finds(void)
{
	static const struct {
		const char *lines, *sentence;
	} cases[] = {
		{ "a1\tname\tA\t-\na1\tcategory\tx\t-\na1\towner\tvarious\t-\na1\tsuffix\tco.uk\t-"
		  "\n",
			"anybody can register a name below co.uk" },
		{ "a1\tname\tA\t-\na1\tcategory\tx\t-\na1\towner\tA\t-\n", "no owner-country" },
		{ "tiktok\towner-country\tSweden\t-\n", "expected two capital letters" },
		{ "tiktok\towner-country\tQX\t-\n", "no country has the code QX" },
		{ "tiktok\tprefix\t10.0.0.0/8\t-\n", "is not a public prefix" },
		{ "tiktok\tasn\tAS64512\t-\n", "is no public network number" },
		{ "tiktok\ttld\tcom\t-\n", "anybody can register a name below com" },
		{ "tiktok\ttld\tse\t-\n", "anybody can register a name below se" },
		{ "tiktok\tparent-country:from=2027-01-01\tQX\t-\n", "no country has the code QX" },
		{ "tiktok\towner:to=2021-01-01\tA\t-\ntiktok\towner:from=2020-01-01\tB\t-\n",
			"begins before the fact" },
		{ "a1\tname\tA\t-\na1\tcategory\tx\t-\na1\towner\tvarious\t-\na1\tsuffix\ta."
		  "example\t-\n"
		  "tiktok\tsuffix\ta.example\t-\n",
			"is claimed again by tiktok" },
	};
	struct geo *geo = NULL;
	struct err err;

	geo_open(&geo, NULL, &err);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct catalogue *own = open_with(cases[i].lines, &err);
		char *report = NULL;
		size_t length;
		FILE *out = open_memstream(&report, &length);
		unsigned errors = own ? catalogue_check(own, geo, out) : 0;
		fclose(out);
		ok(errors > 0 && strstr(report, cases[i].sentence), "the check says \"%s\"",
			cases[i].sentence);
		free(report);
		catalogue_close(own);
	}
	geo_close(geo);
}

int main(void)
{
	struct err err;
	struct catalogue *catalogue;
	uint64_t start_ns = clock_monotonic_ns();

	if (!ok(catalogue_open(&catalogue, NULL, 0, &err) == 0, "the shipped packs open")) {
		printf("# %s\n", err.text);
		return done_testing();
	}
	printf("# %u apps, %u rules in %.1f ms\n", catalogue_app_count(catalogue),
		catalogue_rule_count(catalogue),
		(double)(clock_monotonic_ns() - start_ns) / NS_PER_MS);
	shipped = catalogue;
	test_names();
	test_addresses();
	test_apps();
	test_check();
	test_own_files();
	test_refusals();
	test_ownership();
	test_single_facts();
	test_words();
	test_labels();
	test_resolve();
	test_check_finds();
	catalogue_close(catalogue);
	catalogue_close(NULL);
	return done_testing();
}
