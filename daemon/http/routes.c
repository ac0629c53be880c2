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
	{ METHOD_DELETE, "DELETE" },
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

/* Where a request leads. */
struct way {
	char path[ROUTES_TARGET_LIMIT + 1];
	struct request request; /* with its target split */
	bool has_query;
	const struct route *route; /* NULL: nowhere */
	unsigned allow;
};

static bool split(const struct request *request, struct way *way)
{
	size_t path_len = strcspn(request->target, "?");

	if (path_len > ROUTES_TARGET_LIMIT)
		return false;
	memcpy(way->path, request->target, path_len);
	way->path[path_len] = '\0';
	way->has_query = request->target[path_len] == '?';
	way->request = *request;
	way->request.path = way->path;
	way->request.rest = "";
	way->request.query = way->has_query ? request->target + path_len + 1 : "";
	return true;
}

static void find_route(const struct routes *routes, struct way *way)
{
	way->route = NULL;
	way->allow = 0;
	for (const struct route *route = routes->table; route->path != NULL; route++) {
		const char *rest = rest_of(route, way->path);

		if (rest == NULL || (way->has_query && !route->query))
			continue;
		if ((allowed(route) & way->request.method) != 0) {
			way->request.rest = rest;
			way->request.own = route->own;
			way->route = route;
			way->allow = 0;
			return;
		}
		way->allow |= allowed(route);
	}
}

static unsigned forbid(const struct routes *routes, const struct request *request)
{
	if (routes->forbidden != NULL)
		routes->forbidden(routes->context, request);
	return 403;
}

static unsigned find_way(const struct routes *routes, const struct request *request, struct way *way)
{
	way->allow = 0;
	if (request->peer.right < routes->least)
		return forbid(routes, request);
	if (!split(request, way))
		return 414;
	find_route(routes, way);
	if (way->route == NULL)
		return way->allow == 0 ? 404 : 405;
	if (way->route->needs == RIGHT_UNSET || request->peer.right < way->route->needs)
		return forbid(routes, &way->request);
	return 0;
}

unsigned routes_check(const struct routes *routes, const struct request *request, unsigned *allow)
{
	struct way way;
	unsigned status = find_way(routes, request, &way);

	*allow = way.allow;
	return status;
}

bool routes_only_looks(const struct routes *routes, const struct request *request)
{
	struct way way;

	return find_way(routes, request, &way) == 0 && way.route->needs <= RIGHT_LOOK;
}

void routes_answer(const struct routes *routes, const struct request *request, struct answer *answer)
{
	struct way way;
	unsigned status = find_way(routes, request, &way);

	if (status == 0) {
		way.route->handle(routes->context, &way.request, answer);
		return;
	}
	routes_refuse(routes, status, answer);
	answer->allow = way.allow;
}

void routes_refuse(const struct routes *routes, unsigned status, struct answer *answer)
{
	answer->status = status;
	if (routes->refuse != NULL)
		routes->refuse(routes->context, status, answer);
}

enum err answer_gather(struct answer *answer, size_t enough, size_t pieces)
{
	enum err err = ERR_OK;

	for (; err == ERR_OK && answer->more != NULL && answer->body.len < enough && pieces > 0; pieces--) {
		size_t before = answer->body.len;

		err = answer->more(answer->owner, &answer->body);
		if (err == ERR_OK && answer->body.len == before)
			answer->more = NULL;
	}
	return err;
}

void answer_free(struct answer *answer)
{
	text_free(&answer->body);
	if (answer->release != NULL)
		answer->release(answer->owner);
	*answer = (struct answer){ 0 };
}
