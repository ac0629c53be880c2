/* SPDX-License-Identifier: ISC */
#include "ctl/cli/commands.h"

#include "ctl/cli/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MANUAL_SIZE 65536

struct fixture {
	char manual[MANUAL_SIZE];
	char *help;
	size_t help_len;
};

static int set_up(void **state)
{
	const char *srcdir = getenv("srcdir");
	struct fixture *fix = calloc(1, sizeof(*fix));
	char path[4096];
	FILE *file;

	*state = fix;
	(void)snprintf(path, sizeof(path), "%s/man/mta-stsctl.1", srcdir != NULL ? srcdir : ".");
	file = fopen(path, "re");
	if (fix == NULL || file == NULL)
		return -1;
	fix->manual[fread(fix->manual, 1, MANUAL_SIZE - 1, file)] = '\0';
	return fclose(file);
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	free(fix->help);
	free(fix);
	return 0;
}

/* The help of a command, or of all, until the next call. */
static const char *help_of(struct fixture *fix, const struct command *command)
{
	FILE *out;

	free(fix->help);
	out = open_memstream(&fix->help, &fix->help_len);
	assert_int_equal(program_help(command, out), ERR_OK);
	assert_int_equal(fclose(out), 0);
	return fix->help;
}

/* Tell whether the manual has a line that begins so and goes on with a blank or not at all. */
static bool has_item(const char *manual, const char *item)
{
	size_t len = strlen(item);

	for (const char *at = strstr(manual, item); at != NULL; at = strstr(at + 1, item)) {
		if (at > manual && at[-1] == '\n' && strchr(" \n", at[len]) != NULL)
			return true;
	}
	return false;
}

static void every_command_is_in_the_manual(void **state)
{
	struct fixture *fix = *state;
	size_t count;
	const struct command *commands = commands_table(&count);

	for (size_t i = 0; i < count; i++) {
		char item[64];

		(void)snprintf(item, sizeof(item), ".It Cm %s", commands[i].name);
		if (!has_item(fix->manual, item))
			fail_msg("the manual lacks the command %s", commands[i].name);
	}
}

static void every_option_is_in_the_manual_with_its_argument(void **state)
{
	struct fixture *fix = *state;

	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *row = &options_table[i];
		char item[64];

		(void)snprintf(item, sizeof(item), ".It Fl -%s%s%s", row->name,
			       row->argument != NULL ? " Ar " : "",
			       row->argument != NULL ? row->argument : "");
		if (!has_item(fix->manual, item))
			fail_msg("the manual lacks the option --%s", row->name);
	}
}

static bool is_option(const char *name)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (strcmp(options_table[i].name, name) == 0)
			return true;
	}
	return false;
}

static bool begins_with_command(const char *line)
{
	size_t count;
	const struct command *commands = commands_table(&count);

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(commands[i].name);

		if (strncmp(line, commands[i].name, len) == 0 && (line[len] == ' ' || line[len] == '\0'))
			return true;
	}
	return false;
}

static void the_manual_has_no_command_and_no_option_that_does_not_exist(void **state)
{
	struct fixture *fix = *state;
	size_t commands = 0, options = 0;
	char *rest = fix->manual;
	char *line;
	char name[64];

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, ".It Cm ", strlen(".It Cm ")) == 0) {
			commands++;
			if (!begins_with_command(line + strlen(".It Cm ")))
				fail_msg("the manual has the command %s", line);
		} else if (sscanf(line, ".It Fl -%63s", name) == 1) {
			options++;
			if (!is_option(name))
				fail_msg("the manual has the option --%s", name);
		}
	}
	assert_in_range(commands, 1, 64);
	assert_int_equal(options, OPTION_COUNT);
}

static void the_help_names_every_command_and_every_option(void **state)
{
	const char *help = help_of(*state, NULL);
	size_t count;
	const struct command *commands = commands_table(&count);
	char item[64];

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(item, sizeof(item), "\n  %s ", commands[i].name);
		assert_non_null(strstr(help, item));
		assert_non_null(strstr(help, commands[i].help));
	}
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		(void)snprintf(item, sizeof(item), "\n  --%s ", options_table[i].name);
		assert_non_null(strstr(help, item));
	}
}

/* How long a line is where the build has the usual directories. */
static size_t width_of(const char *line, size_t len)
{
	static const char *const places[][2] = { { RUNSTATEDIR, "/run" }, { LOCALSTATEDIR, "/var" } };

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (memmem(line, len, places[i][0], strlen(places[i][0])) != NULL)
			return len - strlen(places[i][0]) + strlen(places[i][1]);
	}
	return len;
}

/* But for a usage, which is as long as what it shows. */
static void assert_narrow(const char *help)
{
	size_t len;

	for (const char *line = help; *line != '\0'; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		if (width_of(line, len) > 100 && strncmp(line, "usage: ", 7) != 0)
			fail_msg("wider than 100 columns: %.*s", (int)len, line);
	}
}

static void no_help_is_wider_than_a_terminal(void **state)
{
	size_t count;
	const struct command *commands = commands_table(&count);

	assert_narrow(help_of(*state, NULL));
	for (size_t i = 0; i < count; i++)
		assert_narrow(help_of(*state, &commands[i]));
}

static void the_help_of_a_command_names_its_options_and_no_others(void **state)
{
	size_t count;
	const struct command *commands = commands_table(&count);

	for (size_t i = 0; i < count; i++) {
		const char *help = help_of(*state, &commands[i]);

		for (unsigned j = 0; j < OPTION_COUNT; j++) {
			bool takes = ((commands[i].options | OPTIONS_COMMON) & OPTION_BIT(j)) != 0;
			char item[64];

			(void)snprintf(item, sizeof(item), "\n  --%s ", options_table[j].name);
			assert_int_equal(strstr(help, item) != NULL, takes);
			(void)snprintf(item, sizeof(item), "[--%s", options_table[j].name);
			assert_null(strstr(help, item));
		}
	}
}

static void every_row_is_whole(void **state)
{
	size_t count;
	const struct command *commands = commands_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(commands_find(commands[i].name), &commands[i]);
		assert_int_equal(commands[i].operands == OPERANDS_COMMAND,
				 strcmp(commands[i].name, "help") == 0);
		if (commands[i].operands == OPERANDS_COMMAND)
			continue;
		assert_true(commands[i].print != NULL || commands[i].run != NULL);
		assert_true(commands[i].print != NULL || commands[i].run != NULL || !commands[i].orders);
		assert_int_equal(commands[i].path[0], '/');
		assert_true(!commands[i].orders || strcmp(commands[i].method, "POST") == 0);
		assert_int_equal(commands[i].options & OPTIONS_COMMON, 0);
	}
	assert_null(commands_find("nothing"));
}

static void every_order_on_chosen_domains_can_be_confirmed(void **state)
{
	size_t count;
	const struct command *commands = commands_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		/* adopt asks with --nothing-before, and else shows what it would do, unless it is told to. */
		bool asks = commands[i].orders && commands[i].operands == OPERANDS_MANY;

		assert_int_equal((commands[i].options & OPTION_BIT(OPTION_YES)) != 0, asks);
	}
}

/* What commands_take() finds, and how many words it leaves. */
static const struct command *take(const char *first, const char *second, size_t *left)
{
	static char *words[2];
	struct options options = { .command = first, .words = words };
	const struct command *command;

	words[0] = strdup(second);
	options.word_count = *second != '\0';
	command = commands_take(&options);
	*left = options.word_count;
	free(words[0]);
	return command;
}

static void a_command_may_have_two_words(void **state)
{
	size_t left;

	(void)state;
	assert_ptr_equal(take("cert", "list", &left), commands_find("cert list"));
	assert_int_equal(left, 0);
	assert_ptr_equal(take("cert", "install", &left), commands_find("cert install"));
	assert_ptr_equal(take("list", "cert", &left), commands_find("list"));
	assert_int_equal(left, 1);
	assert_null(take("cert", "", &left));
	assert_null(take("cert", "lis", &left));
	assert_null(take("cert", "listed", &left));
	assert_true(commands_begins("cert"));
	assert_false(commands_begins("cer"));
	assert_false(commands_begins("list"));
	assert_false(commands_begins(""));
}

static void a_command_mistyped_is_recognised(void **state)
{
	static const char *const cases[][2] = {
		{ "stats", "status" },       { "lst", "list" },
		{ "enforced", "enforce" },   { "None", "none" },
		{ "rest", "reset" },         { "txts", "txt" },
		{ "cert lst", "cert list" }, { "cert instal", "cert install" }
	};
	static const char *const strange[] = { "", "x", "xx", "nothing", "statusstatusstatusstatus" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(commands_nearest(cases[i][0]), cases[i][1]);
	for (size_t i = 0; i < sizeof(strange) / sizeof(*strange); i++)
		assert_null(commands_nearest(strange[i]));
}

static void the_help_tells_which_options_go_with_which_commands(void **state)
{
	const char *help = help_of(*state, NULL);

	assert_non_null(strstr(help, "\noptions of enforce, reload, forget:\n  --force "));
	assert_non_null(strstr(help, "\noptions of none:\n  --keep-mx "));
	assert_non_null(strstr(help, "cert obtain, cert install:\n  --dry-run "));
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void sets_of_commands_and_options_fit_their_words(void **state)
{
	size_t count;

	(void)state;
	(void)commands_table(&count);
	assert_in_range(count, 1, 32);
	assert_in_range(OPTION_COUNT, 1, 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_of_commands_and_options_fit_their_words),
		UNIT(every_command_is_in_the_manual),
		UNIT(every_option_is_in_the_manual_with_its_argument),
		UNIT(the_manual_has_no_command_and_no_option_that_does_not_exist),
		UNIT(the_help_names_every_command_and_every_option),
		UNIT(no_help_is_wider_than_a_terminal),
		UNIT(the_help_of_a_command_names_its_options_and_no_others),
		UNIT(every_row_is_whole),
		UNIT(every_order_on_chosen_domains_can_be_confirmed),
		UNIT(a_command_may_have_two_words),
		UNIT(a_command_mistyped_is_recognised),
		UNIT(the_help_tells_which_options_go_with_which_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
