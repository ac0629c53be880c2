/* SPDX-License-Identifier: ISC */
/* wrap: config_read_string config_setting_get_elem config_setting_get_string config_setting_length mmap */
#include "config/source.h"

#include "config/scan.h"
#include "scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

/* Something of every kind: counts differ, so that none can stand for another. */
#define TEXT                                                                                                 \
	"mode = \"enforce\"; max_age = 604800; keep = true; odd = 1.5; mx = [ \"a.example\" ];\n"            \
	"domains = ( { domain = \"b.example\"; }, { domain = \"c.example\"; }, ( ), [ ] );\n"

/* A parse that fails leaks a little inside libconfig. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

/* The call of one of libconfig's functions that goes wrong, 0 ...; SIZE_MAX: none. */
static struct {
	size_t string, length, elem;
} lost;

static bool is_lost(size_t *calls)
{
	if (*calls == SIZE_MAX)
		return false;
	return (*calls)-- == 0;
}

const char *__real_config_setting_get_string(const config_setting_t *node);
const char *__wrap_config_setting_get_string(const config_setting_t *node);
const char *__wrap_config_setting_get_string(const config_setting_t *node)
{
	return is_lost(&lost.string) ? NULL : __real_config_setting_get_string(node);
}

config_setting_t *__real_config_setting_get_elem(const config_setting_t *node, unsigned index);
config_setting_t *__wrap_config_setting_get_elem(const config_setting_t *node, unsigned index);
config_setting_t *__wrap_config_setting_get_elem(const config_setting_t *node, unsigned index)
{
	return is_lost(&lost.elem) ? NULL : __real_config_setting_get_elem(node, index);
}

int __real_config_setting_length(const config_setting_t *node);
int __wrap_config_setting_length(const config_setting_t *node);
int __wrap_config_setting_length(const config_setting_t *node)
{
	int length = __real_config_setting_length(node);

	return length > 0 && is_lost(&lost.length) ? length - 1 : length;
}

static bool room = true;
void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	if (room)
		return __real_mmap(at, size, protection, flags, fd, offset);
	errno = ENOMEM;
	return MAP_FAILED;
}

static bool parse_fails;
static const char *fault;
int __real_config_read_string(config_t *config, const char *text);
int __wrap_config_read_string(config_t *config, const char *text);
int __wrap_config_read_string(config_t *config, const char *text)
{
	if (!parse_fails)
		return __real_config_read_string(config, text);
	config->error_text = fault;
	config->error_line = 1;
	return CONFIG_FALSE;
}

static int setup(void **state)
{
	memset(&lost, 0xff, sizeof(lost));
	room = true;
	parse_fails = false;
	return scratch_setup(state);
}

/* Parse a text; everything is freed again. */
static enum err parse(struct scratch *scratch, const char *text)
{
	struct source source = { 0 };
	config_t config;
	enum err err;

	config_init(&config);
	assert_int_equal(
		scan_load(scratch_write(scratch, "a.conf", text), 1000, &scratch->complaints, &source),
		ERR_OK);
	err = source_parse(&source, &scratch->complaints, &config);
	memset(&lost, 0xff, sizeof(lost));
	config_destroy(&config);
	source_free(&source);
	return err;
}

static void a_text_of_every_kind_comes_out_whole(void **state)
{
	assert_int_equal(parse(*state, TEXT), ERR_OK);
	assert_int_equal(parse(*state, ""), ERR_OK);
	assert_int_equal(parse(*state, "# nothing\n"), ERR_OK);
	scratch_assert_no_more(*state);
}

/* Lose the n-th for every n there is; returns how many there are. */
static size_t lose_each(struct scratch *scratch, size_t *counter)
{
	size_t count = 0;

	for (;; count++) {
		enum err err;

		*counter = count;
		err = parse(scratch, TEXT);
		if (err == ERR_OK)
			return count;
		assert_int_equal(err, ERR_NO_MEMORY);
	}
}

static void a_text_that_is_lost_is_never_passed_over(void **state)
{
	assert_int_equal(lose_each(*state, &lost.string), 5);
	scratch_assert_no_more(*state);
}

static void a_member_that_is_lost_is_never_passed_over(void **state)
{
	/* Six settings, one of an odd number, one in mx, four in domains and two in those. */
	assert_int_equal(lose_each(*state, &lost.elem), 14);
	assert_int_equal(lose_each(*state, &lost.length), 6);
	scratch_assert_no_more(*state);
}

static void too_little_room_is_no_memory_before_libconfig_meets_it(void **state)
{
	room = false;
	parse_fails = true;
	fault = "syntax error";
	assert_int_equal(parse(*state, TEXT), ERR_NO_MEMORY);
	scratch_assert_no_more(*state);
}

static void whatever_else_libconfig_complains_about_is_want_of_memory(void **state)
{
	static const char *const faults[] = { "memory exhausted", "duplicate setting name",
					      "mismatched element type in array", NULL };

	parse_fails = true;
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		fault = faults[i];
		assert_int_equal(parse(*state, TEXT), ERR_NO_MEMORY);
	}
	scratch_assert_no_more(*state);
}

static void a_syntax_error_has_its_place(void **state)
{
	assert_int_equal(parse(*state, "mode = \"enforce\";\nmode;\n"), ERR_SYNTAX);
	scratch_assert_complaint(
		*state, "a.conf:2: syntax error: look for a missing or superfluous quote, "
			"bracket, comma or semicolon, here or in the line before; the rest was not checked");
	scratch_assert_no_more(*state);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(a_text_of_every_kind_comes_out_whole),
		WITH_SCRATCH(a_text_that_is_lost_is_never_passed_over),
		WITH_SCRATCH(a_member_that_is_lost_is_never_passed_over),
		WITH_SCRATCH(too_little_room_is_no_memory_before_libconfig_meets_it),
		WITH_SCRATCH(whatever_else_libconfig_complains_about_is_want_of_memory),
		WITH_SCRATCH(a_syntax_error_has_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
