/* SPDX-License-Identifier: ISC */
#include "ctl/check/fetch.h"

#include "base/clock.h"
#include "base/sock.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH    "/.well-known/mta-sts.txt"
#define POLL_MS 1000

/* What libcurl holds on to until a fetch has ended. */
struct transfer {
	struct fetch *fetch;
	CURL *curl;
	struct curl_slist *to;
	char detail[CURL_ERROR_SIZE];
};

/* As sock_parse() and libcurl read it. */
static void write_place(const struct fetch *fetch, char place[SOCK_TEXT_SIZE])
{
	bool is_v6 = strchr(fetch->address, ':') != NULL;

	(void)snprintf(place, SOCK_TEXT_SIZE, "%s%s%s:%u", is_v6 ? "[" : "", fetch->address, is_v6 ? "]" : "",
		       (unsigned)fetch->port);
}

static bool has_route(const struct fetch *fetch)
{
	struct sock_address address;
	char place[SOCK_TEXT_SIZE];

	write_place(fetch, place);
	return sock_parse(place, &address) != ERR_OK || sock_has_route(&address);
}

/* Less than all of it makes libcurl fail. */
static size_t collect(const char *bytes, size_t size, size_t count, void *context)
{
	struct fetch *fetch = context;

	if (size * count > FETCH_BYTES_MAX - fetch->body.len) {
		fetch->state = FETCH_TOO_LARGE;
		return 0;
	}
	return text_append(&fetch->body, bytes, size * count) == ERR_OK ? size * count : 0;
}

/* Nothing of the environment, such as a proxy, may have a say. */
static bool set_up_manner(const struct transfer *transfer)
{
	const struct fetch *fetch = transfer->fetch;
	CURL *curl = transfer->curl;

	return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)FETCH_TIMEOUT_MS) == CURLE_OK &&
	       (fetch->ca == NULL || curl_easy_setopt(curl, CURLOPT_CAINFO, fetch->ca) == CURLE_OK);
}

static bool set_up_place(struct transfer *transfer)
{
	const struct fetch *fetch = transfer->fetch;
	char place[SOCK_TEXT_SIZE];
	char *url = NULL;
	char *to = NULL;
	bool ok = false;

	if (asprintf(&url, "https://%s" PATH, fetch->host) < 0)
		return false;
	write_place(fetch, place);
	if (asprintf(&to, "%s:443:%s", fetch->host, place) >= 0)
		transfer->to = curl_slist_append(NULL, to);
	if (transfer->to != NULL)
		ok = curl_easy_setopt(transfer->curl, CURLOPT_URL, url) == CURLE_OK &&
		     curl_easy_setopt(transfer->curl, CURLOPT_CONNECT_TO, transfer->to) == CURLE_OK;
	free(url);
	free(to);
	return ok;
}

static enum err begin(CURLM *multi, struct transfer *transfer, struct fetch *fetch)
{
	CURL *curl = curl_easy_init();

	transfer->fetch = fetch;
	transfer->curl = curl;
	fetch->state = FETCH_BROKEN;
	if (curl != NULL && set_up_manner(transfer) && set_up_place(transfer) &&
	    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->detail) == CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect) == CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch) == CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_PRIVATE, transfer) == CURLE_OK &&
	    curl_multi_add_handle(multi, curl) == CURLM_OK)
		return ERR_OK;
	return ERR_NO_MEMORY;
}

/* One line that libcurl tells of a certificate, such as "Expire Date:2026-12-03 19:13:06 GMT". */
static time_t date_in(const char *line, const char *name)
{
	size_t len = strlen(name);
	struct tm parts = { 0 };

	if (strncmp(line, name, len) != 0 || strptime(line + len, "%Y-%m-%d %H:%M:%S GMT", &parts) == NULL)
		return 0;
	return timegm(&parts);
}

static void read_dates(CURL *curl, struct fetch *fetch)
{
	struct curl_certinfo *chain = NULL;

	(void)curl_easy_getinfo(curl, CURLINFO_CERTINFO, &chain);
	if (chain == NULL || chain->num_of_certs < 1)
		return;
	for (const struct curl_slist *line = chain->certinfo[0]; line != NULL; line = line->next) {
		time_t start = date_in(line->data, "Start Date:");
		time_t end = date_in(line->data, "Expire Date:");

		fetch->not_before = start != 0 ? start : fetch->not_before;
		fetch->not_after = end != 0 ? end : fetch->not_after;
	}
}

/* The name is looked at after the chain: what is wrong with a chain that is right is its name. */
static enum fetch_state blame(CURL *curl, const struct fetch *fetch)
{
	time_t now = clock_now();
	long wrong = 0;

	(void)curl_easy_getinfo(curl, CURLINFO_SSL_VERIFYRESULT, &wrong);
	if (wrong == 0)
		return FETCH_WRONG_NAME;
	return fetch->not_after != 0 && (now < fetch->not_before || now > fetch->not_after) ? FETCH_WRONG_TIME
											    : FETCH_UNTRUSTED;
}

static enum fetch_state state_of(CURL *curl, CURLcode code, const struct fetch *fetch)
{
	switch ((int)code) {
	case CURLE_OK:
		return FETCH_ANSWERED;
	case CURLE_COULDNT_CONNECT:
		return FETCH_NO_CONNECTION;
	case CURLE_OPERATION_TIMEDOUT:
		return FETCH_SLOW;
	case CURLE_SSL_CONNECT_ERROR:
		return FETCH_NO_TLS;
	case CURLE_PEER_FAILED_VERIFICATION:
		return blame(curl, fetch);
	default:
		return fetch->state;
	}
}

static void copy_shown(const char *string, char out[TEXT_SHOWN_SIZE])
{
	(void)text_escape(string != NULL ? string : "", string != NULL ? strlen(string) : 0, out);
}

static void conclude(const struct transfer *transfer, CURLcode code)
{
	struct fetch *fetch = transfer->fetch;
	CURL *curl = transfer->curl;
	const char *type = NULL;
	const char *location = NULL;
	curl_off_t took_us = 0;

	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &fetch->status);
	(void)curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	(void)curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &location);
	(void)curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &took_us);
	read_dates(curl, fetch);
	copy_shown(type, fetch->type);
	copy_shown(location, fetch->location);
	copy_shown(*transfer->detail != '\0' ? transfer->detail : curl_easy_strerror(code), fetch->detail);
	fetch->took_ms = (uint64_t)took_us / 1000;
	fetch->state = state_of(curl, code, fetch);
}

static enum err perform(CURLM *multi)
{
	CURLMcode code = CURLM_OK;
	int running = 1;
	CURLMsg *message;
	int left;

	while (running > 0 && code == CURLM_OK) {
		code = curl_multi_perform(multi, &running);
		if (running > 0 && code == CURLM_OK)
			code = curl_multi_poll(multi, NULL, 0, POLL_MS, NULL);
	}
	while ((message = curl_multi_info_read(multi, &left)) != NULL) {
		struct transfer *transfer = NULL;

		(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		conclude(transfer, message->data.result);
	}
	return code == CURLM_OK ? ERR_OK : ERR_NO_MEMORY;
}

static void end(CURLM *multi, struct transfer *transfer)
{
	if (transfer->curl != NULL)
		(void)curl_multi_remove_handle(multi, transfer->curl);
	curl_easy_cleanup(transfer->curl);
	curl_slist_free_all(transfer->to);
}

enum err fetch_all(struct fetch *fetches, size_t count)
{
	struct transfer *transfers = calloc(count > 0 ? count : 1, sizeof(*transfers));
	CURLM *multi = curl_multi_init();
	enum err err = transfers != NULL && multi != NULL ? ERR_OK : ERR_NO_MEMORY;

	for (size_t i = 0; i < count && err == ERR_OK; i++) {
		if (has_route(&fetches[i]))
			err = begin(multi, &transfers[i], &fetches[i]);
		else
			fetches[i].state = FETCH_NO_ROUTE;
	}
	if (err == ERR_OK)
		err = perform(multi);
	for (size_t i = 0; transfers != NULL && i < count; i++)
		end(multi, &transfers[i]);
	(void)curl_multi_cleanup(multi);
	free(transfers);
	return err;
}

void fetch_free(struct fetch *fetches, size_t count)
{
	for (size_t i = 0; i < count; i++)
		text_free(&fetches[i].body);
}
