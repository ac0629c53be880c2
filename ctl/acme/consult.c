/* SPDX-License-Identifier: ISC */
#include "ctl/acme/consult.h"

#include "base/clock.h"
#include "config.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX  ((size_t)16 * 1024)
#define TIMEOUT_MS 10000L
#define URL_SIZE   2048

#define MINUTE ((time_t)60)
#define HOUR   ((time_t)3600)

/* When a certificate is asked about again if the authority does not say. */
#define USUAL (12 * HOUR)

/* After so many requests in a row without an answer there is no authority. */
#define SILENT_MOST 3

enum {
	HTTP_OK = 200,
	HTTP_TOO_MANY = 429,
	HTTP_SERVER_ERROR = 500,
	HTTP_UNAVAILABLE = 503,
};

struct asking {
	CURL *curl;
	const char *url;
	struct advice *advice;
	struct consulted *consulted;
	struct text body;
	char detail[CURL_ERROR_SIZE];
	unsigned silent; /* requests in a row */
};

/* What a request came to. */
struct answer {
	CURLcode code;
	long status;
	time_t wait; /* as the authority says; 0: it does not */
};

/* Less than all of it makes libcurl fail. */
static size_t collect(const char *bytes, size_t size, size_t count, void *context)
{
	struct text *body = context;

	if (size * count > BYTES_MAX - body->len)
		return 0;
	return text_append(body, bytes, size * count) == ERR_OK ? size * count : 0;
}

/* A proxy of the environment is used as for orders. */
static bool set_up(struct asking *asking)
{
	CURL *curl = asking->curl;

	return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TIMEOUT_MS) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_USERAGENT, "mta-stsctl/" PACKAGE_VERSION) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, asking->detail) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEDATA, &asking->body) == CURLE_OK;
}

static time_t bounded(time_t wait, time_t usual)
{
	if (wait <= 0)
		return usual;
	if (wait < MINUTE)
		return MINUTE;
	return wait < ADVICE_REST_MOST ? wait : ADVICE_REST_MOST;
}

static void explain(struct consulted *consulted, const char *why)
{
	text_escape(why, strlen(why), consulted->why);
}

/* Seconds or a date (RFC 9110, section 10.2.3); 0: neither.  Some versions of libcurl tell no more than six
 * hours by CURLINFO_RETRY_AFTER. */
static time_t read_wait(CURL *curl)
{
	struct curl_header *header = NULL;
	char *end = NULL;
	long long seconds;
	time_t date;

	if (curl_easy_header(curl, "Retry-After", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return 0;
	seconds = strtoll(header->value, &end, 10);
	if (end != header->value && *end == '\0')
		return seconds < ADVICE_REST_MOST ? (time_t)seconds : ADVICE_REST_MOST;
	date = curl_getdate(header->value, NULL);
	return date > 0 ? date - clock_now() : 0;
}

static struct answer ask(struct asking *asking, const char *id)
{
	struct answer answer = { .code = CURLE_URL_MALFORMAT };
	char url[URL_SIZE];
	size_t len = strlen(asking->url);
	bool has_slash = len > 0 && asking->url[len - 1] == '/';

	asking->body.len = 0;
	asking->detail[0] = '\0';
	if (snprintf(url, sizeof(url), "%s%s%s", asking->url, has_slash ? "" : "/", id) >= (int)sizeof(url) ||
	    curl_easy_setopt(asking->curl, CURLOPT_URL, url) != CURLE_OK)
		return answer;
	asking->consulted->asked++;
	answer.code = curl_easy_perform(asking->curl);
	(void)curl_easy_getinfo(asking->curl, CURLINFO_RESPONSE_CODE, &answer.status);
	answer.wait = read_wait(asking->curl);
	return answer;
}

/* Nothing was said that counts: the authority may say something another time, and what it said before
 * stands. */
static bool is_silence(const struct answer *answer)
{
	if (answer->code != CURLE_OK && answer->code != CURLE_WRITE_ERROR)
		return true;
	return answer->status == HTTP_TOO_MANY || answer->status >= HTTP_SERVER_ERROR;
}

static void take_silence(struct asking *asking, const struct answer *answer, struct advice_item *item,
			 time_t now)
{
	struct consulted *consulted = asking->consulted;
	bool is_asked_to_wait = answer->code == CURLE_OK &&
				(answer->status == HTTP_TOO_MANY || answer->status == HTTP_UNAVAILABLE);
	char status[64];

	item->next = now + HOUR;
	asking->silent++;
	if (!is_asked_to_wait && asking->silent < SILENT_MOST)
		return;
	consulted->is_cut_off = true;
	asking->advice->rest_until = now + bounded(answer->wait, HOUR);
	if (answer->code == CURLE_OK) {
		(void)snprintf(status, sizeof(status), "its answer has status %ld", answer->status);
		explain(consulted, status);
	} else {
		explain(consulted,
			asking->detail[0] != '\0' ? asking->detail : curl_easy_strerror(answer->code));
	}
}

static void take_nonsense(struct asking *asking, const struct answer *answer)
{
	char why[64] = "it is longer than 16 KiB";

	asking->consulted->useless++;
	if (asking->consulted->useless > 1)
		return;
	if (answer->code == CURLE_OK && answer->status != HTTP_OK)
		(void)snprintf(why, sizeof(why), "it has status %ld", answer->status);
	else if (answer->code == CURLE_OK)
		(void)snprintf(why, sizeof(why), "it has no window of time that makes sense");
	explain(asking->consulted, why);
}

static enum err take_answer(struct asking *asking, const struct answer *answer, struct advice_item *item,
			    time_t now)
{
	const struct text *body = &asking->body;
	struct window window = { 0 };
	enum err err = ERR_SYNTAX;

	asking->silent = 0;
	if (answer->code == CURLE_OK && answer->status == HTTP_OK)
		err = window_read(body->bytes != NULL ? body->bytes : "", body->len, item->not_after,
				  &window);
	if (err == ERR_SYNTAX) {
		take_nonsense(asking, answer);
		window_free(&window);
		err = ERR_OK;
	}
	if (err != ERR_OK) {
		window_free(&window);
		return err;
	}
	window_free(&item->window);
	item->window = window;
	item->asked = now;
	item->next = now + bounded(answer->wait, USUAL);
	return ERR_OK;
}

static enum err ask_all(struct asking *asking, struct advice_item *const list[], size_t count)
{
	uint64_t until_ms = clock_boot_ms() + (uint64_t)CONSULT_SECONDS * 1000;
	enum err err = ERR_OK;

	for (size_t i = 0;
	     i < count && err == ERR_OK && !asking->consulted->is_cut_off && clock_boot_ms() < until_ms;
	     i++) {
		const struct answer answer = ask(asking, list[i]->id);

		if (answer.code == CURLE_OUT_OF_MEMORY)
			err = ERR_NO_MEMORY;
		else if (is_silence(&answer))
			take_silence(asking, &answer, list[i], clock_now());
		else
			err = take_answer(asking, &answer, list[i], clock_now());
	}
	return err;
}

enum err consult_ask(const char *url, struct advice *advice, struct consulted *consulted)
{
	struct asking asking = {
		.curl = curl_easy_init(), .url = url, .advice = advice, .consulted = consulted
	};
	struct advice_item **list = calloc(advice->count + 1, sizeof(struct advice_item *));
	enum err err = ERR_NO_MEMORY;

	*consulted = (struct consulted){ 0 };
	if (asking.curl != NULL && list != NULL && set_up(&asking))
		err = ask_all(&asking, list, advice_turns(advice, clock_now(), list, CONSULT_MOST));
	curl_easy_cleanup(asking.curl);
	text_free(&asking.body);
	free(list);
	return err;
}
