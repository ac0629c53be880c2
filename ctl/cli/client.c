/* SPDX-License-Identifier: ISC */
#include "ctl/cli/client.h"

#include "base/allocation.h"
#include "base/text.h"
#include "ctl/cli/problem.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>

#define CONNECT_TIMEOUT_MS 5000
#define REPLY_MAX          ((size_t)256 * 1024 * 1024)

static size_t collect(const char *bytes, size_t size, size_t count, void *reply)
{
	struct text *text = reply;

	/* Less than all of it makes libcurl fail. */
	if (size * count > REPLY_MAX - text->len || text_append(text, bytes, size * count) != ERR_OK)
		return 0;
	return size * count;
}

static const char *hint(long cause)
{
	switch (cause) {
	case ENOENT:
	case ECONNREFUSED:
		return "is the daemon running? start it: systemctl start mta-stsd.socket "
		       "mta-stsd-control.socket mta-stsd; why not: systemctl status mta-stsd";
	case EACCES:
	case EPERM:
		return "run it as root, the service's user or a member of operator_group (of the package: "
		       "adduser USER mta-stsd-operators); looking takes no more than observer_group";
	default:
		return "is it the daemon's control socket?";
	}
}

static enum err complain_of(CURL *curl, CURLcode code, const char *socket, const char *detail, FILE *err)
{
	long sent = 0;
	long cause = 0;

	(void)curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
	(void)curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &cause);
	if (*detail == '\0')
		detail = curl_easy_strerror(code);
	if (sent == 0) {
		problem_print(err, "cannot connect to %s (%s): %s", socket,
			      cause != 0 ? strerror((int)cause) : detail, hint(cause));
		return ERR_CLOSED;
	}
	problem_print(err, "the connection to the daemon failed before its reply was complete (%s)", detail);
	return ERR_UNKNOWN;
}

static bool set_up(CURL *curl, const char *socket, const struct request *request, long timeout_ms)
{
	bool ok = curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket) == CURLE_OK &&
		  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http") == CURLE_OK &&
		  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) == CURLE_OK &&
		  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
		  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS) == CURLE_OK &&
		  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms) == CURLE_OK &&
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

static enum err parse(CURL *curl, const struct text *text, FILE *err, struct client_reply *reply)
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
		problem_print(err, "reply cannot be read: out of memory (HTTP status %ld)", got.status);
		return ERR_SYNTAX;
	}
	if (got.body == NULL) {
		problem_print(err, "unexpected reply: no JSON (HTTP status %ld)", got.status);
		return ERR_SYNTAX;
	}
	*reply = got;
	return ERR_OK;
}

enum err client_ask(const char *socket, const struct request *request, long timeout_ms, FILE *err,
		    struct client_reply *reply)
{
	char detail[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers = make_headers();
	CURL *curl = curl_easy_init();
	struct text text = { 0 };
	char *url = NULL;
	enum err result = ERR_CLOSED;
	CURLcode code;

	if (allocation_was_refused() || curl == NULL || headers == NULL ||
	    asprintf(&url, "http://localhost%s", request->path) < 0 ||
	    !set_up(curl, socket, request, timeout_ms) ||
	    curl_easy_setopt(curl, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text) != CURLE_OK) {
		problem_print(err, "libcurl cannot be set up, or there is no memory");
		goto out;
	}
	code = curl_easy_perform(curl);
	result = code == CURLE_OK ? parse(curl, &text, err, reply)
				  : complain_of(curl, code, socket, detail, err);
out:
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	text_free(&text);
	free(url);
	return result;
}

void client_free(struct client_reply *reply)
{
	json_decref(reply->body);
	*reply = (struct client_reply){ 0 };
}
