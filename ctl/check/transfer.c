/* SPDX-License-Identifier: ISC */
#include "ctl/check/transfer.h"

#include "base/clock.h"
#include "base/sock.h"

#include <stdio.h>
#include <string.h>

#define POLL_MS 1000

/* As sock_parse() and libcurl read it. */
static void write_place(const struct transfer_place *place, char text[SOCK_TEXT_SIZE])
{
	bool is_v6 = strchr(place->address, ':') != NULL;

	(void)snprintf(text, SOCK_TEXT_SIZE, "%s%s%s:%u", is_v6 ? "[" : "", place->address, is_v6 ? "]" : "",
		       (unsigned)place->port);
}

bool transfer_has_route(const struct transfer_place *place)
{
	struct sock_address address;
	char text[SOCK_TEXT_SIZE];

	write_place(place, text);
	return sock_parse(text, &address) != ERR_OK || sock_has_route(&address);
}

/* Nothing of the environment, such as a proxy, may have a say. */
static bool set_up_manner(struct transfer *transfer, const char *ca, long timeout_ms)
{
	CURL *curl = transfer->curl;

	return curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->detail) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_PRIVATE, transfer) == CURLE_OK &&
	       (ca == NULL || curl_easy_setopt(curl, CURLOPT_CAINFO, ca) == CURLE_OK);
}

/* Whatever host and port the URL names. */
static bool set_up_place(struct transfer *transfer, const char *url, const struct transfer_place *place)
{
	char to[SOCK_TEXT_SIZE + sizeof("::")] = "::";

	write_place(place, to + strlen(to));
	transfer->to = curl_slist_append(NULL, to);
	return transfer->to != NULL && curl_easy_setopt(transfer->curl, CURLOPT_URL, url) == CURLE_OK &&
	       curl_easy_setopt(transfer->curl, CURLOPT_CONNECT_TO, transfer->to) == CURLE_OK;
}

bool transfer_begin(struct transfer *transfer, const char *url, const struct transfer_place *place,
		    const char *ca, long timeout_ms)
{
	transfer->curl = curl_easy_init();
	return transfer->curl != NULL && set_up_manner(transfer, ca, timeout_ms) &&
	       set_up_place(transfer, url, place);
}

enum err transfer_run(CURLM *multi, void (*conclude)(struct transfer *transfer, CURLcode code))
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

/* One line that libcurl tells of a certificate, such as "Expire Date:2026-12-03 19:13:06 GMT". */
static time_t date_in(const char *line, const char *name)
{
	size_t len = strlen(name);
	struct tm parts = { 0 };

	if (strncmp(line, name, len) != 0 || strptime(line + len, "%Y-%m-%d %H:%M:%S GMT", &parts) == NULL)
		return 0;
	return timegm(&parts);
}

void transfer_read_dates(const struct transfer *transfer, time_t *not_before, time_t *not_after)
{
	struct curl_certinfo *chain = NULL;

	*not_before = *not_after = 0;
	(void)curl_easy_getinfo(transfer->curl, CURLINFO_CERTINFO, &chain);
	if (chain == NULL || chain->num_of_certs < 1)
		return;
	for (const struct curl_slist *line = chain->certinfo[0]; line != NULL; line = line->next) {
		time_t start = date_in(line->data, "Start Date:");
		time_t end = date_in(line->data, "Expire Date:");

		*not_before = start != 0 ? start : *not_before;
		*not_after = end != 0 ? end : *not_after;
	}
}

/* The name is looked at after the chain: what is wrong with a chain that is right is its name. */
enum transfer_fault transfer_blame(const struct transfer *transfer, time_t not_before, time_t not_after)
{
	time_t now = clock_now();
	long wrong = 0;

	(void)curl_easy_getinfo(transfer->curl, CURLINFO_SSL_VERIFYRESULT, &wrong);
	if (wrong == 0)
		return TRANSFER_WRONG_NAME;
	return not_after != 0 && (now < not_before || now > not_after) ? TRANSFER_WRONG_TIME
								       : TRANSFER_UNTRUSTED;
}

const char *transfer_detail(const struct transfer *transfer, CURLcode code)
{
	return transfer->detail[0] != '\0' ? transfer->detail : curl_easy_strerror(code);
}

void transfer_end(CURLM *multi, struct transfer *transfer)
{
	if (transfer->curl != NULL)
		(void)curl_multi_remove_handle(multi, transfer->curl);
	curl_easy_cleanup(transfer->curl);
	curl_slist_free_all(transfer->to);
}
