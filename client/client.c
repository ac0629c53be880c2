/* SPDX-License-Identifier: ISC */
#include "client/client.h"

#include "base/allocation.h"
#include "base/clock.h"
#include "client/rows.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_TIMEOUT_MS 5000
#define HTTP_OK            200

/* One question that is being waited for. */
struct asking {
	CURL *curl;
	const struct client_request *request;
	uint64_t since_ms;
	bool said;
	bool too_long;
	struct text text; /* of the reply, without the rows that were taken */
	struct rows rows;
	enum err taken;
};

static size_t collect(const char *bytes, size_t size, size_t count, void *context)
{
	struct asking *asking = context;
	struct text *text = &asking->text;

	/* Less than all of it makes libcurl fail. */
	asking->too_long = size * count > CLIENT_REPLY_MAX - text->len;
	if (asking->too_long || text_append(text, bytes, size * count) != ERR_OK)
		return 0;
	if (asking->rows.take != NULL)
		asking->taken = rows_take(&asking->rows, text);
	return asking->taken == ERR_OK ? size * count : 0;
}

/* The head is the first that comes. */
static int look_at_clock(void *context, curl_off_t total, curl_off_t got, curl_off_t to_send, curl_off_t sent)
{
	struct asking *asking = context;
	long head = 0;

	(void)total, (void)got, (void)to_send, (void)sent;
	if (asking->said || asking->request->silent == NULL ||
	    clock_ms() - asking->since_ms < CLIENT_SILENT_MS ||
	    curl_easy_getinfo(asking->curl, CURLINFO_HEADER_SIZE, &head) != CURLE_OK || head > 0)
		return 0;
	asking->said = true;
	asking->request->silent(asking->request->context);
	return 0;
}

static bool watch(CURL *curl, struct asking *asking)
{
	return curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_at_clock) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_XFERINFODATA, asking) == CURLE_OK;
}

static enum err fail(struct client_failure *failure, enum client_fault fault, long status, enum err err)
{
	*failure = (struct client_failure){ .fault = fault, .status = status };
	return err;
}

static enum err fail_asking(CURL *curl, CURLcode code, const char *detail, struct client_failure *failure)
{
	long sent = 0;
	long cause = 0;
	enum err err;

	(void)curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
	(void)curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &cause);
	err = sent == 0 ? fail(failure, CLIENT_NO_CONNECTION, 0, ERR_CLOSED)
			: fail(failure, CLIENT_CUT_OFF, 0, ERR_UNKNOWN);
	failure->cause = (int)cause;
	(void)snprintf(failure->detail, sizeof(failure->detail), "%s",
		       *detail != '\0' ? detail : curl_easy_strerror(code));
	return err;
}

/* An answer whose rows are taken is as long as it has rows, and never silent for long. */
static bool set_timeout(CURL *curl, const struct client_request *request, long timeout_ms)
{
	if (request->row == NULL)
		return curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms) == CURLE_OK;
	return curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (timeout_ms + 999) / 1000) == CURLE_OK;
}

static bool set_up(CURL *curl, const char *socket, const struct client_request *request, long timeout_ms)
{
	bool ok = curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket) == CURLE_OK &&
		  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http") == CURLE_OK &&
		  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
		  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method) == CURLE_OK &&
		  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
		  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS) == CURLE_OK &&
		  set_timeout(curl, request, timeout_ms) &&
		  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect) == CURLE_OK;

	if (ok && request->body != NULL)
		ok = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(request->body)) ==
			     CURLE_OK &&
		     curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body) == CURLE_OK;
	return ok;
}

/* "Expect:" without a value: libcurl shall not wait for a go-ahead before a long body. */
static struct curl_slist *make_headers(void)
{
	struct curl_slist *type = curl_slist_append(NULL, "Content-Type: application/json");
	struct curl_slist *both = type != NULL ? curl_slist_append(type, "Expect:") : NULL;

	if (both == NULL)
		curl_slist_free_all(type);
	return both;
}

static enum err parse(CURL *curl, const struct text *text, struct client_reply *reply,
		      struct client_failure *failure)
{
	struct client_reply got = { 0 };
	const char *bytes = text->len > 0 ? text->bytes : "";
	const char *type = NULL;

	(void)curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	if (type != NULL && strcmp(type, CLIENT_METRICS) == 0)
		got.body = json_stringn(bytes, text->len);
	else
		got.body = json_loadb(bytes, text->len, JSON_REJECT_DUPLICATES, NULL);
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &got.status);
	if (allocation_was_refused()) {
		json_decref(got.body);
		return fail(failure, CLIENT_NO_MEMORY, got.status, ERR_SYNTAX);
	}
	if (got.body == NULL)
		return fail(failure, CLIENT_NO_JSON, got.status, ERR_SYNTAX);
	*reply = got;
	return ERR_OK;
}

enum err client_ask(const char *socket, const struct client_request *request, long timeout_ms,
		    struct client_reply *reply, struct client_failure *failure)
{
	char detail[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers = make_headers();
	CURL *curl = curl_easy_init();
	struct asking asking = { .curl = curl,
				 .request = request,
				 .since_ms = clock_ms(),
				 .rows = { .member = request->member,
					   .begin = request->begin,
					   .take = request->row,
					   .member_behind = request->member_behind,
					   .take_behind = request->row_behind,
					   .context = request->rows } };
	char *url = NULL;
	enum err err;
	CURLcode code;

	if (allocation_was_refused() || curl == NULL || headers == NULL ||
	    asprintf(&url, "http://localhost%s", request->path) < 0 ||
	    !set_up(curl, socket, request, timeout_ms) || !watch(curl, &asking) ||
	    curl_easy_setopt(curl, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &asking) != CURLE_OK) {
		err = fail(failure, CLIENT_NOT_READY, 0, ERR_CLOSED);
		goto out;
	}
	code = curl_easy_perform(curl);
	if (asking.rows.refused != ERR_OK)
		err = fail(failure, CLIENT_NOT_TAKEN, HTTP_OK, asking.rows.refused);
	else if (asking.taken != ERR_OK)
		err = fail(failure, asking.taken == ERR_SYNTAX ? CLIENT_NO_JSON : CLIENT_NO_MEMORY, HTTP_OK,
			   ERR_SYNTAX);
	else if (asking.too_long)
		err = fail(failure, CLIENT_TOO_LONG, HTTP_OK, ERR_UNKNOWN);
	else if (code != CURLE_OK)
		err = fail_asking(curl, code, detail, failure);
	else
		err = parse(curl, &asking.text, reply, failure);
out:
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	text_free(&asking.text);
	free(url);
	return err;
}

enum err client_path(const char *begin, const char *between, const char *rest, char **path)
{
	char *end = curl_easy_escape(NULL, rest, 0);
	char *made = NULL;
	int len = -1;

	if (end != NULL)
		len = asprintf(&made, "%s%s%s", begin, between, end);
	curl_free(end);
	if (len < 0)
		return ERR_NO_MEMORY;
	*path = made;
	return ERR_OK;
}

void client_reply_free(struct client_reply *reply)
{
	json_decref(reply->body);
	*reply = (struct client_reply){ 0 };
}

void client_request_free(struct client_request *request)
{
	free(request->path);
	if (request->body != NULL)
		explicit_bzero(request->body, strlen(request->body));
	free(request->body);
	*request = (struct client_request){ 0 };
}
