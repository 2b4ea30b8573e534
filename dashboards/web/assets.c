#include "dashboards/web/assets.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "dashboards/web/zip.h"

static const char document[] = "/index.html";

static const char not_built[] =
	"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>borderflow</title>"
	"<h1>The page was not built</h1>"
	"<p>This borderflow was built without node, so it has no page. Everything that the page "
	"would show is at <code>/api/1</code>, described by <code>/api/1/openapi.json</code>. "
	"Build again with node and npm to have the page.</p>\n";

static const struct {
	const char *ending, *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".json", "application/json" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".ico", "image/x-icon" },
	{ ".woff2", "font/woff2" },
};

static const char *type_of(const char *path)
{
	const char *ending = strrchr(path, '.');

	for (size_t i = 0; ending && i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].ending, ending) == 0) {
			return types[i].type;
		}
	}
	return "application/octet-stream";
}

/* Addresses of the page are told from files by the point in the last segment; a unit's or an app's
 * may have one as well, and no file is there. */
static bool may_be_file(const char *path)
{
	return strncmp(path, "/assets/", 8) == 0 || strchr(strrchr(path, '/'), '.');
}

static void answer_asset(const struct web_asset *asset, const struct http_request *request,
	struct http_response *response)
{
	const char *known = request->header(request, "If-None-Match");
	const char *accepted = request->header(request, "Accept-Encoding");

	response->content_type = asset->type;
	http_header(response, "ETag", asset->etag);
	http_header(response, "Vary", "Accept-Encoding");
	http_header(response, "Cache-Control",
		asset->is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
	if (known && strcmp(known, asset->etag) == 0) {
		response->status = 304;
	} else if (accepted && strstr(accepted, "gzip")) {
		http_header(response, "Content-Encoding", "gzip");
		text_put_bytes(&response->body, (const char *)asset->gzip, asset->gzip_bytes);
	} else if (!zip_open(asset->gzip, asset->gzip_bytes, &response->body)) {
		http_fail(response, 500, "a file of the page is damaged");
	}
}

static const struct web_asset *find(const char *path)
{
	for (const struct web_asset *asset = web_assets; asset->path; asset++) {
		if (strcmp(asset->path, path) == 0) {
			return asset;
		}
	}
	return NULL;
}

/* For development. No path leads out of the folder: the server has decoded it, and ".." is none. */
static bool read_folder(const char *folder, const char *name, struct http_response *response)
{
	char path[PATH_MAX], *content = NULL;
	size_t length;

	if (strstr(name, "..") || snprintf(path, sizeof(path), "%s%s", folder, name) >= PATH_MAX ||
		file_read(path, &content, &length, NULL) < 0) {
		return false;
	}
	response->content_type = type_of(name);
	http_header(response, "Cache-Control", "no-store");
	text_put_bytes(&response->body, content, length);
	free(content);
	return true;
}

static bool answer_file(const char *folder, const char *path, const struct http_request *request,
	struct http_response *response)
{
	const struct web_asset *asset = folder ? NULL : find(path);

	if (asset) {
		answer_asset(asset, request, response);
	}
	return asset || (folder && read_folder(folder, path, response));
}

void assets_answer(
	const char *folder, const struct http_request *request, struct http_response *response)
{
	if (strcmp(request->method, "GET") != 0) {
		http_fail(response, 405, "this page does not know that method");
	} else if ((!may_be_file(request->path) ||
			   !answer_file(folder, request->path, request, response)) &&
		   (strncmp(request->path, "/assets/", 8) == 0 ||
			   !answer_file(folder, document, request, response))) {
		if (web_assets[0].path || folder || strncmp(request->path, "/assets/", 8) == 0) {
			http_fail(response, 404, "there is no such page");
		} else {
			response->content_type = "text/html; charset=utf-8";
			text_put(&response->body, not_built);
		}
	}
}
