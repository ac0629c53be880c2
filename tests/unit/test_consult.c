/* SPDX-License-Identifier: ISC */
/* wrap: clock_boot_ms clock_now curl_easy_getinfo curl_easy_header curl_easy_perform curl_easy_setopt */
#define CURL_DISABLE_TYPECHECK

#include "base/clock.h"
#include "ctl/acme/consult.h"

#include <curl/curl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW  ((time_t)1796083200) /* 2026-12-01T00:00:00Z */
#define HOUR 3600
#define DAY  86400
#define MANY (CONSULT_MOST + 200)
#define URL  "https://ca.example/info"

#define ANSWER "{\"suggestedWindow\":{\"start\":\"2026-12-02T04:00:00Z\",\"end\":\"2026-12-03T04:00:00Z\"}}"

/* The authority's part: what it answers, how long that takes, and what it was asked. */
static struct {
	CURLcode code;
	long status;
	const char *wait; /* its header Retry-After; NULL: it has none */
	const char *body;
	uint64_t takes_ms;
	uint64_t now_ms;
	size_t asked;
	char first[256], last[256];
	curl_write_callback collect;
	void *to;
} authority;

__typeof__(clock_boot_ms) __wrap_clock_boot_ms;
__typeof__(clock_now) __wrap_clock_now;
CURLcode __wrap_curl_easy_perform(CURL *curl);
CURLcode __wrap_curl_easy_setopt(CURL *curl, CURLoption option, ...);
CURLcode __wrap_curl_easy_getinfo(CURL *curl, CURLINFO info, ...);
__typeof__(curl_easy_header) __wrap_curl_easy_header;

uint64_t __wrap_clock_boot_ms(void)
{
	return authority.now_ms;
}

time_t __wrap_clock_now(void)
{
	return NOW;
}

CURLcode __wrap_curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
	va_list list;

	(void)curl;
	va_start(list, option);
	if (option == CURLOPT_URL) {
		(void)snprintf(authority.last, sizeof(authority.last), "%s", va_arg(list, const char *));
		if (authority.asked == 0)
			memcpy(authority.first, authority.last, sizeof(authority.last));
	} else if (option == CURLOPT_WRITEFUNCTION) {
		authority.collect = va_arg(list, curl_write_callback);
	} else if (option == CURLOPT_WRITEDATA) {
		authority.to = va_arg(list, void *);
	}
	va_end(list);
	return CURLE_OK;
}

CURLcode __wrap_curl_easy_perform(CURL *curl)
{
	size_t len = strlen(authority.body);
	char *bytes = strdup(authority.body);
	bool taken = authority.collect(bytes, 1, len, authority.to) == len;

	(void)curl;
	free(bytes);
	authority.asked++;
	authority.now_ms += authority.takes_ms;
	return authority.code == CURLE_OK && !taken ? CURLE_WRITE_ERROR : authority.code;
}

CURLcode __wrap_curl_easy_getinfo(CURL *curl, CURLINFO info, ...)
{
	va_list list;

	(void)curl;
	va_start(list, info);
	if (info == CURLINFO_RESPONSE_CODE)
		*va_arg(list, long *) = authority.status;
	va_end(list);
	return CURLE_OK;
}

CURLHcode __wrap_curl_easy_header(CURL *curl, const char *name, size_t index, unsigned origin, int request,
				  struct curl_header **header)
{
	static char value[64];
	static struct curl_header one = { .value = value };

	(void)curl;
	(void)origin;
	(void)request;
	assert_string_equal(name, "Retry-After");
	assert_int_equal(index, 0);
	(void)snprintf(value, sizeof(value), "%s", authority.wait != NULL ? authority.wait : "");
	*header = &one;
	return authority.wait != NULL ? CURLHE_OK : CURLHE_MISSING;
}

struct fixture {
	struct advice advice;
	char id[MANY][16];
};

/* So many certificates, of which the last has the oldest answer. */
static struct fixture *begin(size_t count)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	assert_non_null(fix);
	memset(&authority, 0, sizeof(authority));
	authority.status = 200;
	authority.body = ANSWER;
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(fix->id[i], sizeof(fix->id[i]), "a.%06zu", i);
		assert_int_equal(advice_put(&fix->advice, fix->id[i], NOW + 30 * DAY), ERR_OK);
		fix->advice.item[i].asked = NOW - DAY - (time_t)i;
	}
	return fix;
}

static void end(struct fixture *fix)
{
	advice_free(&fix->advice);
	free(fix);
}

static struct consulted ask(struct fixture *fix)
{
	struct consulted consulted;

	assert_int_equal(consult_ask(URL, &fix->advice, &consulted), ERR_OK);
	assert_int_equal(consulted.asked, authority.asked);
	return consulted;
}

static void no_more_than_a_thousand_are_asked_about_and_the_oldest_answers_first(void **state)
{
	struct fixture *fix = begin(MANY);

	(void)state;
	assert_int_equal(ask(fix).asked, CONSULT_MOST);
	assert_string_equal(authority.first, URL "/a.001199");
	assert_string_equal(authority.last, URL "/a.000200");
	assert_int_equal(fix->advice.item[MANY - 1].asked, NOW);
	assert_int_equal(fix->advice.item[MANY - 1].next, NOW + 12 * HOUR);
	assert_int_equal(fix->advice.item[MANY - 1].window.from, NOW + DAY + 4 * HOUR);
	assert_int_equal(fix->advice.item[0].next, 0);
	authority.asked = 0;
	assert_int_equal(ask(fix).asked, MANY - CONSULT_MOST);
	authority.asked = 0;
	assert_int_equal(ask(fix).asked, 0);
	end(fix);
}

static void no_run_asks_for_longer_than_a_minute(void **state)
{
	struct fixture *fix = begin(MANY);

	(void)state;
	authority.takes_ms = 2000;
	assert_int_equal(ask(fix).asked, CONSULT_SECONDS / 2);
	end(fix);
}

static void one_that_asks_to_wait_is_asked_once(void **state)
{
	static const long statuses[] = { 429, 503 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fixture *fix = begin(10);
		struct consulted consulted;

		authority.status = statuses[i];
		authority.wait = "7200";
		consulted = ask(fix);
		assert_int_equal(consulted.asked, 1);
		assert_true(consulted.is_cut_off);
		assert_int_equal(fix->advice.rest_until, NOW + 7200);
		end(fix);
	}
}

static void one_that_does_not_answer_is_asked_three_times(void **state)
{
	struct fixture *fix = begin(10);
	struct consulted consulted;

	(void)state;
	fix->advice.item[9].window = (struct window){ NOW, NOW + HOUR, NULL };
	authority.code = CURLE_OPERATION_TIMEDOUT;
	consulted = ask(fix);
	assert_int_equal(consulted.asked, 3);
	assert_true(consulted.is_cut_off);
	assert_string_equal(consulted.why, curl_easy_strerror(CURLE_OPERATION_TIMEDOUT));
	assert_int_equal(fix->advice.rest_until, NOW + HOUR);
	assert_int_equal(fix->advice.item[9].window.to, NOW + HOUR);
	assert_int_equal(fix->advice.item[9].asked, NOW - DAY - 9);
	end(fix);
}

static void an_answer_that_makes_no_sense_takes_the_place_of_the_one_before(void **state)
{
	struct fixture *fix = begin(10);
	struct consulted consulted;

	(void)state;
	fix->advice.item[9].window = (struct window){ NOW, NOW + HOUR, strdup("https://ca.example/") };
	authority.body = "<html>";
	consulted = ask(fix);
	assert_int_equal(consulted.asked, 10);
	assert_int_equal(consulted.useless, 10);
	assert_false(consulted.is_cut_off);
	assert_int_equal(fix->advice.rest_until, 0);
	assert_int_equal(fix->advice.item[9].window.to, 0);
	assert_null(fix->advice.item[9].window.why);
	assert_int_equal(fix->advice.item[9].next, NOW + 12 * HOUR);
	end(fix);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_more_than_a_thousand_are_asked_about_and_the_oldest_answers_first),
		cmocka_unit_test(no_run_asks_for_longer_than_a_minute),
		cmocka_unit_test(one_that_asks_to_wait_is_asked_once),
		cmocka_unit_test(one_that_does_not_answer_is_asked_three_times),
		cmocka_unit_test(an_answer_that_makes_no_sense_takes_the_place_of_the_one_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
