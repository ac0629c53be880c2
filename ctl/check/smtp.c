/* SPDX-License-Identifier: ISC */
#include "ctl/check/smtp.h"

#include "ctl/check/transfer.h"
#include "policy/domain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define QUIT           "QUIT\r\n"
#define SMTP_TRANSIENT 400

/* Whatever a zone names as its MX, each thread has no more connections at once. */
#define OPEN_MOST 32

bool smtp_is_reached(enum smtp_state state)
{
	return state != SMTP_NOT_TRIED && state != SMTP_NO_ROUTE && state != SMTP_NO_CONNECTION;
}

/* By what we say EHLO: the name of this machine, if it has one. */
static const char *own_name(char name[HOST_SIZE])
{
	char own[HOST_SIZE] = "";

	if (gethostname(own, sizeof(own) - 1) != 0 || strchr(own, '.') == NULL ||
	    domain_normalise_host(own, strlen(own), name, NULL) != ERR_OK)
		(void)snprintf(name, HOST_SIZE, "localhost");
	return name;
}

/* All of it is the connection; what comes after it would be a mail. */
static bool set_up(const struct transfer *transfer)
{
	CURL *curl = transfer->curl;

	return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L) == CURLE_OK;
}

static enum err begin(CURLM *multi, struct transfer *transfer, struct smtp_probe *probe)
{
	const struct transfer_place place = { probe->address, probe->port };
	enum err err = ERR_NO_MEMORY;
	char own[HOST_SIZE];
	char *url = NULL;

	transfer->of = probe;
	if (!transfer_has_route(&place)) {
		probe->state = SMTP_NO_ROUTE;
		return ERR_OK;
	}
	probe->state = SMTP_BROKEN;
	if (asprintf(&url, "smtp://%s:%u/%s", probe->host, SMTP_PORT, own_name(own)) < 0)
		return ERR_NO_MEMORY;
	if (transfer_begin(transfer, url, &place, probe->ca, SMTP_TIMEOUT_MS) && set_up(transfer) &&
	    curl_multi_add_handle(multi, transfer->curl) == CURLM_OK)
		err = ERR_OK;
	free(url);
	return err;
}

static enum smtp_state blame(const struct transfer *transfer, const struct smtp_probe *probe)
{
	static const enum smtp_state states[] = { [TRANSFER_WRONG_NAME] = SMTP_WRONG_NAME,
						  [TRANSFER_WRONG_TIME] = SMTP_WRONG_TIME,
						  [TRANSFER_UNTRUSTED] = SMTP_UNTRUSTED };

	return states[transfer_blame(transfer, probe->not_before, probe->not_after)];
}

static bool is_connected(const struct transfer *transfer)
{
	curl_off_t took_us = 0;

	(void)curl_easy_getinfo(transfer->curl, CURLINFO_CONNECT_TIME_T, &took_us);
	return took_us > 0;
}

static enum smtp_state state_of(const struct transfer *transfer, CURLcode code,
				const struct smtp_probe *probe)
{
	switch ((int)code) {
	case CURLE_OK:
		return SMTP_SECURE;
	case CURLE_COULDNT_CONNECT:
		return SMTP_NO_CONNECTION;
	case CURLE_OPERATION_TIMEDOUT:
		return is_connected(transfer) ? SMTP_SLOW : SMTP_NO_CONNECTION;
	case CURLE_USE_SSL_FAILED:
	case CURLE_REMOTE_ACCESS_DENIED: /* to EHLO, without which there is no STARTTLS */
		return SMTP_NO_STARTTLS;
	case CURLE_WEIRD_SERVER_REPLY:
		return probe->reply >= SMTP_TRANSIENT ? SMTP_REFUSED : SMTP_BROKEN;
	case CURLE_SSL_CONNECT_ERROR:
		return SMTP_NO_TLS;
	case CURLE_PEER_FAILED_VERIFICATION:
		return blame(transfer, probe);
	default:
		return SMTP_BROKEN;
	}
}

static void conclude(struct transfer *transfer, CURLcode code)
{
	struct smtp_probe *probe = transfer->of;
	const char *detail = transfer_detail(transfer, code);
	size_t sent = 0;

	(void)curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &probe->reply);
	transfer_read_dates(transfer, &probe->not_before, &probe->not_after);
	(void)text_escape(detail, strlen(detail), probe->detail);
	probe->state = state_of(transfer, code, probe);
	/* Who does not read that any more is not waited for. */
	if (probe->state == SMTP_SECURE)
		(void)curl_easy_send(transfer->curl, QUIT, strlen(QUIT), &sent);
}

/* Whether one that began before it has the same address: then it waits for its turn. */
static bool has_to_wait(const struct smtp_probe *probes, const struct transfer *transfers, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (transfers[i].curl != NULL && strcmp(probes[i].address, probes[index].address) == 0)
			return true;
	return false;
}

/* Those that do not have to wait, as many as may be open at once. */
static enum err probe_some(CURLM *multi, struct smtp_probe *probes, struct transfer *transfers, size_t count)
{
	enum err err = ERR_OK;
	size_t begun = 0;

	for (size_t i = 0; i < count && begun < OPEN_MOST && err == ERR_OK; i++) {
		if (probes[i].state != 0 || has_to_wait(probes, transfers, i))
			continue;
		err = begin(multi, &transfers[i], &probes[i]);
		begun++;
	}
	if (err == ERR_OK)
		err = transfer_run(multi, conclude);
	for (size_t i = 0; i < count; i++) {
		transfer_end(multi, &transfers[i]);
		transfers[i] = (struct transfer){ 0 };
	}
	return err;
}

enum err smtp_probe_all(struct smtp_probe *probes, size_t count)
{
	struct transfer *transfers = calloc(count > 0 ? count : 1, sizeof(*transfers));
	CURLM *multi = curl_multi_init();
	enum err err = transfers != NULL && multi != NULL ? ERR_OK : ERR_NO_MEMORY;

	/* Each turn ends at least one of those that are left. */
	for (size_t i = 0; i < count && err == ERR_OK; i++)
		if (probes[i].state == 0)
			err = probe_some(multi, probes, transfers, count);
	(void)curl_multi_cleanup(multi);
	free(transfers);
	return err;
}
