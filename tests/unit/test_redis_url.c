#include "analyzer/redis/redis_url.h"

#include <unistd.h>

#include "tests/tap.h"

static void reads(const char *text, const char *host, unsigned port, unsigned database,
	const char *user, const char *password)
{
	struct redis_url url;
	struct err err = { "" };
	int status = redis_url_parse(&url, text, &err);

	status = status < 0 ? status : redis_url_read_password(&url, &err);
	ok(status == 0 && strcmp(url.hosts[0].name, host) == 0 && url.hosts[0].port == port &&
			url.database == database && strcmp(url.user, user) == 0 &&
			strcmp(url.password, password) == 0,
		"%s", text);
	if (status < 0) {
		printf("# %s\n", err.text);
	}
}

static void refuses(const char *text, const char *sentence)
{
	struct redis_url url;
	struct err err = { "" };

	int status = redis_url_parse(&url, text, &err);

	status = status < 0 ? status : redis_url_read_password(&url, &err);
	ok(status < 0 && strstr(err.text, sentence), "refused: %s", text);
	if (!strstr(err.text, sentence)) {
		printf("# %s\n", err.text);
	}
}

static void test_password_file(void)
{
	char path[] = "/tmp/borderflow-password-XXXXXX", text[128];
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, "s3cret with blank\n", 18) != 18) {
		ok(false, "a file for the password");
		return;
	}
	close(fd);
	snprintf(text, sizeof(text), "redis://sensor@localhost?password_file=%s", path);
	reads(text, "localhost", 6379, 0, "sensor", "s3cret with blank");
	unlink(path);
	refuses(text, path);
}

int main(void)
{
	struct redis_url url;
	struct err err;

	reads("redis://localhost", "localhost", 6379, 0, "", "");
	reads("redis://localhost:7000/3", "localhost", 7000, 3, "", "");
	reads("redis://192.0.2.1/", "192.0.2.1", 6379, 0, "", "");
	reads("redis://[2001:db8::1]:7000", "2001:db8::1", 7000, 0, "", "");
	reads("redis://:pass@host", "host", 6379, 0, "", "pass");
	reads("redis://user:p%40ss%3a@host:1/2", "host", 1, 2, "user", "p@ss:");
	reads("redis://user:p@ss@host", "host", 6379, 0, "user", "p@ss");
	reads("unix:///run/redis/redis.sock", "/run/redis/redis.sock", 0, 0, "", "");
	reads("unix:/run/redis/redis.sock", "/run/redis/redis.sock", 0, 0, "", "");
	reads("unix:///run/r.sock?db=2&user=u", "/run/r.sock", 0, 2, "u", "");
	test_password_file();
	refuses("localhost:6379", "not a Redis URL");
	refuses("rediss://host", "no authority");
	refuses("redis://host,", "host and port");
	refuses("redis://a,b,c,d,e,f,g,h,i", "host and port");
	refuses("sentinel://host", "what the sentinels call");
	reads("rediss://host?ca=/etc/redis/ca.pem", "host", 6379, 0, "", "");
	reads("sentinel://:pass@host/north?db=2", "host", 26379, 2, "", "pass");
	ok(redis_url_parse(&url, "redis://one,two:7000,[::1]:7001", &err) == 0 &&
			url.host_count == 3 && strcmp(url.hosts[1].name, "two") == 0 &&
			url.hosts[1].port == 7000 && strcmp(url.hosts[2].name, "::1") == 0 &&
			url.hosts[2].port == 7001,
		"several hosts");
	ok(redis_url_parse(&url, "sentinel://one/north", &err) == 0 &&
			strcmp(url.primary, "north") == 0,
		"what sentinels call it");
	refuses("redis://", "host and port");
	refuses("redis://host:", "host and port");
	refuses("redis://host:99999", "host and port");
	refuses("redis://[::1", "host and port");
	refuses("redis://[::1]x:1", "host and port");
	refuses("redis://host/one", "database \"one\"");
	refuses("redis://u:%0@host", "malformed");
	refuses("redis://u:%00@host", "malformed");
	refuses("redis://host?ssl=1", "setting \"ssl\"");
	refuses("unix://relative", "no good path");
	refuses("unix:relative", "no good path");
	ok(redis_url_parse(&url, "redis://u:topsecret@host?x=1", &err) < 0 &&
			!strstr(err.text, "topsecret"),
		"the password is not in the error");
	ok(redis_url_parse(&url, "redis://u:topsecret@host", &err) == 0 &&
			strcmp(url.name, "host:6379") == 0,
		"… nor in the name");
	return done_testing();
}
