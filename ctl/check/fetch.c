/* SPDX-License-Identifier: ISC */
#include "ctl/check/fetch.h"

#include "ctl/check/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH "/.well-known/mta-sts.txt"

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

static bool set_up(const struct transfer *transfer, struct fetch *fetch)
{
	CURL *curl = transfer->curl;

	return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch) == CURLE_OK;
}

static enum err begin(CURLM *multi, struct transfer *transfer, struct fetch *fetch)
{
	const struct transfer_place place = { fetch->address, fetch->port };
	enum err err = ERR_NO_MEMORY;
	char *url = NULL;

	transfer->of = fetch;
	if (!transfer_has_route(&place)) {
		fetch->state = FETCH_NO_ROUTE;
		return ERR_OK;
	}
	fetch->state = FETCH_BROKEN;
	if (asprintf(&url, "https://%s" PATH, fetch->host) < 0)
		return ERR_NO_MEMORY;
	if (transfer_begin(transfer, url, &place, fetch->ca, FETCH_TIMEOUT_MS) && set_up(transfer, fetch) &&
	    curl_multi_add_handle(multi, transfer->curl) == CURLM_OK)
		err = ERR_OK;
	free(url);
	return err;
}

static enum fetch_state blame(const struct transfer *transfer, const struct fetch *fetch)
{
	static const enum fetch_state states[] = { [TRANSFER_WRONG_NAME] = FETCH_WRONG_NAME,
						   [TRANSFER_WRONG_TIME] = FETCH_WRONG_TIME,
						   [TRANSFER_UNTRUSTED] = FETCH_UNTRUSTED };

	return states[transfer_blame(transfer, fetch->not_before, fetch->not_after)];
}

static enum fetch_state state_of(const struct transfer *transfer, CURLcode code, const struct fetch *fetch)
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
		return blame(transfer, fetch);
	default:
		return fetch->state;
	}
}

static void copy_shown(const char *string, char out[TEXT_SHOWN_SIZE])
{
	(void)text_escape(string != NULL ? string : "", string != NULL ? strlen(string) : 0, out);
}

static void conclude(struct transfer *transfer, CURLcode code)
{
	struct fetch *fetch = transfer->of;
	CURL *curl = transfer->curl;
	const char *type = NULL;
	const char *location = NULL;
	curl_off_t took_us = 0;

	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &fetch->status);
	(void)curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	(void)curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &location);
	(void)curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &took_us);
	transfer_read_dates(transfer, &fetch->not_before, &fetch->not_after);
	copy_shown(type, fetch->type);
	copy_shown(location, fetch->location);
	copy_shown(transfer_detail(transfer, code), fetch->detail);
	fetch->took_ms = (uint64_t)took_us / 1000;
	fetch->state = state_of(transfer, code, fetch);
}

enum err fetch_all(struct fetch *fetches, size_t count)
{
	struct transfer *transfers = calloc(count > 0 ? count : 1, sizeof(*transfers));
	CURLM *multi = curl_multi_init();
	enum err err = transfers != NULL && multi != NULL ? ERR_OK : ERR_NO_MEMORY;

	for (size_t i = 0; i < count && err == ERR_OK; i++)
		err = begin(multi, &transfers[i], &fetches[i]);
	if (err == ERR_OK)
		err = transfer_run(multi, conclude);
	for (size_t i = 0; transfers != NULL && i < count; i++)
		transfer_end(multi, &transfers[i]);
	(void)curl_multi_cleanup(multi);
	free(transfers);
	return err;
}

void fetch_free(struct fetch *fetches, size_t count)
{
	for (size_t i = 0; i < count; i++)
		text_free(&fetches[i].body);
}
