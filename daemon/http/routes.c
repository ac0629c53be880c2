/* SPDX-License-Identifier: ISC */
#include "http/routes.h"

#include <stdio.h>
#include <string.h>

static const struct {
	enum method method;
	const char *name;
} methods[] = {
	{ METHOD_GET, "GET" },
	{ METHOD_HEAD, "HEAD" },
	{ METHOD_POST, "POST" },
};

#define METHOD_COUNT (sizeof(methods) / sizeof(*methods))

enum method routes_method(const char *name, size_t len)
{
	for (size_t i = 0; i < METHOD_COUNT; i++) {
		if (strlen(methods[i].name) == len && memcmp(methods[i].name, name, len) == 0)
			return methods[i].method;
	}
	return METHOD_OTHER;
}

const char *routes_allow(unsigned allow, char out[ROUTES_ALLOW_SIZE])
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < METHOD_COUNT; i++) {
		if ((allow & methods[i].method) != 0)
			used += (size_t)snprintf(out + used, ROUTES_ALLOW_SIZE - used, "%s%s",
						 used > 0 ? ", " : "", methods[i].name);
	}
	return out;
}

/* What a row leaves of a path: "" when it matches the whole, NULL when it does not match. */
static const char *rest_of(const struct route *route, const char *path)
{
	size_t len = strlen(route->path);

	if (len == 0 || route->path[len - 1] != '*')
		return strcmp(route->path, path) == 0 ? "" : NULL;
	return strncmp(route->path, path, len - 1) == 0 && path[len - 1] != '\0' ? path + len - 1 : NULL;
}

static unsigned allowed(const struct route *route)
{
	return route->methods | ((route->methods & METHOD_GET) != 0 ? METHOD_HEAD : 0u);
}

static void answer_split(const struct routes *routes, struct request *request, bool has_query,
			 struct answer *answer)
{
	unsigned allow = 0;

	for (const struct route *route = routes->table; route->path != NULL; route++) {
		const char *rest = rest_of(route, request->path);

		if (rest == NULL || (has_query && !route->query))
			continue;
		if ((allowed(route) & request->method) != 0) {
			request->rest = rest;
			route->handle(routes->context, request, answer);
			return;
		}
		allow |= allowed(route);
	}
	routes_refuse(routes, allow == 0 ? 404 : 405, answer);
	answer->allow = allow;
}

void routes_answer(const struct routes *routes, const struct request *request, struct answer *answer)
{
	struct request split = *request;
	size_t path_len = strcspn(request->target, "?");
	bool has_query = request->target[path_len] == '?';
	char path[ROUTES_TARGET_LIMIT + 1];

	if (path_len > ROUTES_TARGET_LIMIT) {
		routes_refuse(routes, 414, answer);
		return;
	}
	memcpy(path, request->target, path_len);
	path[path_len] = '\0';
	split.path = path;
	split.rest = "";
	split.query = has_query ? request->target + path_len + 1 : "";
	answer_split(routes, &split, has_query, answer);
}

void routes_refuse(const struct routes *routes, unsigned status, struct answer *answer)
{
	answer->status = status;
	if (routes->refuse != NULL)
		routes->refuse(routes->context, status, answer);
}

void answer_free(struct answer *answer)
{
	text_free(&answer->body);
	if (answer->release != NULL)
		answer->release(answer->owner);
	*answer = (struct answer){ 0 };
}
