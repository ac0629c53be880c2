/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "ctl/dns/message.h"

#include "memory.h"
#include "name_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NAME "_mta-sts.example.org"

static unsigned char bytes[NAME_SERVER_ANSWER_SIZE];
static struct message message;
static struct message_record record;

/* An answer of these rows, a piece of memory of exactly its size so that a sanitizer sees what lies behind.
 */
struct sample {
	unsigned char *bytes;
	size_t len;
};

static struct sample sample_at(const char *name, int type, const struct name_server_row *rows, size_t count)
{
	struct name_server_setup setup = { .rows = rows, .count = count };
	struct sample made = { .len = name_server_compose(bytes, name, type, &setup) };

	made.bytes = malloc(made.len);
	assert_non_null(made.bytes);
	memcpy(made.bytes, bytes, made.len);
	return made;
}

static struct sample sample(int type, const struct name_server_row *rows, size_t count)
{
	return sample_at(NAME, type, rows, count);
}

static void assert_next(int type, const char *owner, const char *text)
{
	assert_int_equal(message_next(&message, &record), ERR_OK);
	assert_int_equal(record.type, type);
	assert_string_equal(record.owner, owner);
	assert_string_equal(record.text.bytes != NULL ? record.text.bytes : "", text);
}

static int tear_down(void **state)
{
	(void)state;
	(void)memory_restore();
	message_record_free(&record);
	return 0;
}

#define OPEN(type, ...)                                                                                      \
	const struct name_server_row rows[] = { __VA_ARGS__ };                                               \
	struct sample answer = sample(type, rows, sizeof(rows) / sizeof(*rows));                             \
	assert_int_equal(message_open(answer.bytes, answer.len, NAME, &message), ERR_OK)

static void the_strings_of_a_txt_record_are_joined(void **state)
{
	OPEN(ns_t_txt, { NAME, ns_t_txt, 300, "v=STSv1; |id=1|;" }, { NAME, ns_t_txt, 60, "" });

	(void)state;
	assert_next(ns_t_txt, NAME, "v=STSv1; id=1;");
	assert_int_equal(record.ttl, 300);
	assert_next(ns_t_txt, NAME, "");
	assert_int_equal(message_next(&message, &record), ERR_NOT_FOUND);
	assert_int_equal(message.rcode, ns_r_noerror);
	assert_true(message.authoritative);
	free(answer.bytes);
}

static void a_caa_record_is_flags_tag_and_value(void **state)
{
	OPEN(ns_t_caa, { NAME, ns_t_caa, 300, "0 issue ca.example; a=b" },
	     { NAME, ns_t_caa, 300, "128 IoDef " }, { NAME, ns_t_caa, 300, "255 t-g\x80 \x01" },
	     { NAME, ns_t_caa, 300, "1  x" });

	(void)state;
	assert_next(ns_t_caa, NAME, "0 issue ca.example; a=b");
	assert_next(ns_t_caa, NAME, "128 iodef ");
	assert_next(ns_t_caa, NAME, "255 t?g? \x01");
	assert_next(ns_t_caa, NAME, "1 ? x");
	assert_int_equal(message_next(&message, &record), ERR_NOT_FOUND);
	free(answer.bytes);
}

static void a_caa_record_whose_tag_goes_beyond_its_end_is_none(void **state)
{
	unsigned char *tag;
	OPEN(ns_t_caa, { NAME, ns_t_caa, 300, "0 issue " });

	(void)state;
	tag = memmem(answer.bytes, answer.len, "\005issue", strlen("\005issue"));
	assert_non_null(tag);
	*tag = 6;
	assert_int_equal(message_next(&message, &record), ERR_SYNTAX);
	free(answer.bytes);
}

static void an_answer_that_was_cut_off_is_none(void **state)
{
	OPEN(ns_t_txt, { NAME, ns_t_txt, 300, "v=STSv1; id=1;" });

	(void)state;
	answer.bytes[2] |= 0x02; /* TC */
	assert_int_equal(message_open(answer.bytes, answer.len, NAME, &message), ERR_SYNTAX);
	free(answer.bytes);
}

static void a_nul_in_a_text_hides_nothing(void **state)
{
	OPEN(ns_t_txt, { NAME, ns_t_txt, 300, "a-b-" });

	(void)state;
	answer.bytes[answer.len - 3] = '\0';
	answer.bytes[answer.len - 1] = '\0';
	assert_next(ns_t_txt, NAME, "a\\000b\\000");
	free(answer.bytes);
}

static void each_type_has_its_text(void **state)
{
	static const struct name_server_row rows[] = {
		{ NAME, ns_t_a, 1, "192.0.2.1" },
		{ NAME, ns_t_aaaa, 1, "2001:db8::1" },
		{ NAME, ns_t_ns, 1, "NS1.Example.NET" },
		{ NAME, ns_t_mx, 1, "10 Mail.example" },
		{ NAME, ns_t_mx, 1, "0 ." },
		{ NAME, ns_t_cname, 1, "target.example" },
		{ NAME, ns_t_soa, 1, "primary.example" },
	};
	static const char *const texts[] = { "192.0.2.1", "2001:db8::1",    "ns1.example.net", "mail.example",
					     "",          "target.example", "primary.example" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sample answer = sample(rows[i].type, &rows[i], 1);

		assert_int_equal(message_open(answer.bytes, answer.len, NAME, &message), ERR_OK);
		assert_next(rows[i].type, NAME, texts[i]);
		assert_int_equal(record.preference, i == 3 ? 10 : 0);
		free(answer.bytes);
	}
}

static void records_that_do_not_belong_are_left_out(void **state)
{
	const struct name_server_row rows[] = { { NAME, ns_t_cname, 5, "a.example" },
						{ "A.example", ns_t_cname, 5, "b.example" },
						{ "b.example", ns_t_txt, 5, "right" } };
	struct sample answer = sample(ns_t_txt, rows, 3);

	(void)state;
	assert_int_equal(message_open(answer.bytes, answer.len, "a.example", &message), ERR_OK);
	assert_next(ns_t_cname, "a.example", "b.example");
	assert_next(ns_t_txt, "b.example", "right");
	assert_int_equal(message_next(&message, &record), ERR_NOT_FOUND);
	assert_int_equal(message_open(answer.bytes, answer.len, "other.example", &message), ERR_OK);
	assert_int_equal(message_next(&message, &record), ERR_NOT_FOUND);
	free(answer.bytes);
}

/* Say that so many records stand in each section; there are as many as before. */
static void part(struct sample *answer, unsigned in_answer, unsigned in_authority, unsigned in_additional)
{
	ns_put16(in_answer, answer->bytes + 6);
	ns_put16(in_authority, answer->bytes + 8);
	ns_put16(in_additional, answer->bytes + 10);
}

static void a_referral_is_read_when_it_is_asked_for(void **state)
{
	OPEN(ns_t_ns, { NAME, ns_t_ns, 5, "a.example" }, { NAME, ns_t_ns, 5, "b.example" });

	(void)state;
	part(&answer, 0, 1, 1);
	assert_int_equal(message_open(answer.bytes, answer.len, NAME, &message), ERR_OK);
	assert_int_equal(message_next(&message, &record), ERR_NOT_FOUND);

	/* A name server's name is nothing that the additional section tells of. */
	assert_int_equal(message_open(answer.bytes, answer.len, NAME, &message), ERR_OK);
	message.referral = true;
	assert_next(ns_t_ns, NAME, "a.example");
	assert_int_equal(message_next(&message, &record), ERR_NOT_FOUND);

	part(&answer, 1, 1, 0);
	assert_int_equal(message_open(answer.bytes, answer.len, NAME, &message), ERR_OK);
	message.referral = true;
	assert_next(ns_t_ns, NAME, "a.example");
	assert_next(ns_t_ns, NAME, "b.example");
	assert_int_equal(message_next(&message, &record), ERR_NOT_FOUND);
	assert_int_equal(message_open(answer.bytes, answer.len, "other.example", &message), ERR_OK);
	message.referral = true;
	assert_int_equal(message_next(&message, &record), ERR_NOT_FOUND);
	free(answer.bytes);
}

static void glue_is_the_address_of_a_name_below(void **state)
{
	static const struct name_server_row row = { "ns.example.org", ns_t_a, 5, "192.0.2.1" };
	static const char *const names[] = { "example.org", "org", "ns.example.org", "e.org",
					     "a.example.org" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct sample answer = sample_at(row.owner, ns_t_a, &row, 1);

		part(&answer, 0, 0, 1);
		assert_int_equal(message_open(answer.bytes, answer.len, names[i], &message), ERR_OK);
		message.referral = true;
		if (i < 3)
			assert_next(ns_t_a, "ns.example.org", "192.0.2.1");
		else
			assert_int_equal(message_next(&message, &record), ERR_NOT_FOUND);
		free(answer.bytes);
	}
}

static void cnames_are_followed_whatever_their_order_and_case(void **state)
{
	OPEN(ns_t_txt, { "b.EXAMPLE", ns_t_txt, 5, "right" }, { NAME, ns_t_cname, 5, "A.example" },
	     { "a.example", ns_t_cname, 5, "B.example" });

	(void)state;
	assert_next(ns_t_cname, NAME, "a.example");
	assert_next(ns_t_cname, "a.example", "b.example");
	assert_next(ns_t_txt, "b.example", "right");
	free(answer.bytes);
}

static void cnames_in_a_circle_come_to_an_end(void **state)
{
	const struct name_server_row rows[] = { { NAME, ns_t_cname, 5, "a.example" },
						{ "a.example", ns_t_cname, 5, NAME } };
	struct sample answer = sample(ns_t_txt, rows, 2);

	(void)state;
	assert_int_equal(message_open(answer.bytes, answer.len, NAME, &message), ERR_RANGE);
	free(answer.bytes);
}

static void as_many_cnames_as_are_allowed_are_followed(void **state)
{
	static char names[MESSAGE_CNAMES_MAX + 1][16];
	struct name_server_row rows[MESSAGE_CNAMES_MAX + 2] = { { NAME, ns_t_cname, 5, names[0] } };
	struct sample answer;

	(void)state;
	for (size_t i = 0; i < MESSAGE_CNAMES_MAX; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "n%zu.example", i);
		rows[i + 1] = (struct name_server_row){ names[i], ns_t_cname, 5, names[i + 1] };
	}
	(void)snprintf(names[MESSAGE_CNAMES_MAX], sizeof(names[0]), "last.example");
	rows[MESSAGE_CNAMES_MAX].type = ns_t_txt;
	answer = sample(ns_t_txt, rows, MESSAGE_CNAMES_MAX + 1);
	assert_int_equal(message_open(answer.bytes, answer.len, NAME, &message), ERR_OK);
	for (size_t i = 0; i < MESSAGE_CNAMES_MAX; i++)
		assert_int_equal(message_next(&message, &record), ERR_OK);
	assert_next(ns_t_txt, names[MESSAGE_CNAMES_MAX - 1], "last.example");
	free(answer.bytes);
	rows[MESSAGE_CNAMES_MAX].type = ns_t_cname;
	answer = sample(ns_t_txt, rows, MESSAGE_CNAMES_MAX + 1);
	assert_int_equal(message_open(answer.bytes, answer.len, NAME, &message), ERR_RANGE);
	free(answer.bytes);
}

static void a_ttl_with_its_first_bit_is_none(void **state)
{
	OPEN(ns_t_txt, { NAME, ns_t_txt, 0x80000000u, "a" }, { NAME, ns_t_txt, 0x7fffffffu, "b" });

	(void)state;
	assert_next(ns_t_txt, NAME, "a");
	assert_int_equal(record.ttl, 0);
	assert_next(ns_t_txt, NAME, "b");
	assert_int_equal(record.ttl, 0x7fffffff);
	free(answer.bytes);
}

static void an_answer_cut_anywhere_is_refused(void **state)
{
	const struct name_server_row rows[] = { { NAME, ns_t_txt, 5, "v=STSv1; |id=1;" } };
	struct sample whole = sample(ns_t_txt, rows, 1);

	(void)state;
	for (size_t len = 0; len < whole.len; len++) {
		unsigned char *cut = malloc(len > 0 ? len : 1);

		memcpy(cut, whole.bytes, len);
		assert_int_equal(message_open(cut, len, NAME, &message), ERR_SYNTAX);
		free(cut);
	}
	free(whole.bytes);
}

static void a_question_is_no_answer(void **state)
{
	OPEN(ns_t_txt, { NAME, ns_t_txt, 5, "a" });

	(void)state;
	answer.bytes[2] &= 0x7f;
	assert_int_equal(message_open(answer.bytes, answer.len, NAME, &message), ERR_SYNTAX);
	free(answer.bytes);
}

/* Strings, an address and names that are longer than their record, or shorter. */
static void a_record_that_contradicts_itself_is_refused(void **state)
{
	const struct {
		struct name_server_row row;
		size_t from_end; /* the byte that is changed */
		unsigned char to;
	} samples[] = {
		{ { NAME, ns_t_txt, 5, "abc" }, 4, 4 },      { { NAME, ns_t_txt, 5, "abc" }, 4, 2 },
		{ { NAME, ns_t_a, 5, "no address" }, 1, 0 }, { { NAME, ns_t_aaaa, 5, "no address" }, 1, 0 },
		{ { NAME, ns_t_ns, 5, "a.bc" }, 4, 60 },     { { NAME, ns_t_mx, 5, "1 a.bc" }, 4, 60 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		struct sample answer = sample(samples[i].row.type, &samples[i].row, 1);

		answer.bytes[answer.len - samples[i].from_end] = samples[i].to;
		assert_int_equal(message_open(answer.bytes, answer.len, NAME, &message), ERR_OK);
		assert_int_equal(message_next(&message, &record), ERR_SYNTAX);
		free(answer.bytes);
	}
}

/* The first label is made to reach into the next record, where a name goes on. */
static void a_name_that_ends_outside_of_its_record_is_refused(void **state)
{
	const struct name_server_row rows[] = { { NAME, ns_t_ns, 5, "a.bc" }, { NAME, ns_t_ns, 5, "d.ef" } };
	struct sample answer = sample(ns_t_ns, rows, 2);

	(void)state;
	answer.bytes[answer.len - 18 - 6] = 5;
	assert_int_equal(message_open(answer.bytes, answer.len, NAME, &message), ERR_OK);
	assert_int_equal(message_next(&message, &record), ERR_SYNTAX);
	free(answer.bytes);
}

static void other_types_and_classes_are_passed_over(void **state)
{
	const struct name_server_row rows[] = { { NAME, ns_t_txt, 5, "a" } };
	struct sample answer = sample(ns_t_txt, rows, 1);
	unsigned char *type = answer.bytes + answer.len - 2 - 10;

	(void)state;
	ns_put16(ns_t_hinfo, type);
	assert_int_equal(message_open(answer.bytes, answer.len, NAME, &message), ERR_OK);
	assert_int_equal(message_next(&message, &record), ERR_NOT_FOUND);
	ns_put16(ns_t_txt, type);
	ns_put16(ns_c_chaos, type + 2);
	assert_int_equal(message_open(answer.bytes, answer.len, NAME, &message), ERR_OK);
	assert_int_equal(message_next(&message, &record), ERR_NOT_FOUND);
	free(answer.bytes);
}

static void memory_that_runs_out_is_told(void **state)
{
	OPEN(ns_t_txt, { NAME, ns_t_txt, 5, "v=STSv1; id=1;" });

	(void)state;
	memory_fail_after(0);
	assert_int_equal(message_next(&message, &record), ERR_NO_MEMORY);
	assert_true(memory_restore());
	free(answer.bytes);
}

#define UNIT(test) cmocka_unit_test_teardown(test, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(the_strings_of_a_txt_record_are_joined),
		UNIT(a_caa_record_is_flags_tag_and_value),
		UNIT(a_caa_record_whose_tag_goes_beyond_its_end_is_none),
		UNIT(an_answer_that_was_cut_off_is_none),
		UNIT(a_nul_in_a_text_hides_nothing),
		UNIT(each_type_has_its_text),
		UNIT(records_that_do_not_belong_are_left_out),
		UNIT(a_referral_is_read_when_it_is_asked_for),
		UNIT(glue_is_the_address_of_a_name_below),
		UNIT(cnames_are_followed_whatever_their_order_and_case),
		UNIT(cnames_in_a_circle_come_to_an_end),
		UNIT(as_many_cnames_as_are_allowed_are_followed),
		UNIT(a_ttl_with_its_first_bit_is_none),
		UNIT(an_answer_cut_anywhere_is_refused),
		UNIT(a_question_is_no_answer),
		UNIT(a_record_that_contradicts_itself_is_refused),
		UNIT(a_name_that_ends_outside_of_its_record_is_refused),
		UNIT(other_types_and_classes_are_passed_over),
		UNIT(memory_that_runs_out_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
