/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "config/reader.h"
#include "config/settings.h"

#include "base/file.h"
#include "base/text.h"
#include "memory.h"
#include "scratch.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A parse that fails leaks a little inside libconfig. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static enum err load(struct scratch *scratch, const char *text, struct settings **settings)
{
	return settings_load(scratch_write(scratch, "s.conf", text), &scratch->complaints, settings);
}

static void assert_refused(void **state, const char *text, const char *complaint)
{
	struct settings *settings = NULL;

	assert_int_equal(load(*state, text, &settings), ERR_SYNTAX);
	assert_null(settings);
	scratch_assert_complaint(*state, complaint);
	scratch_assert_no_more(*state);
}

static void an_empty_file_gives_the_defaults(void **state)
{
	struct settings *settings = NULL;

	assert_int_equal(load(*state, "", &settings), ERR_OK);

	assert_int_equal(settings->listen.count, 1);
	assert_string_equal(settings->listen.item[0], "[::]:443");
	assert_string_equal(settings->domains, SYSCONFDIR "/mta-stsd/domains.d");
	assert_int_equal(settings->certificates.count, 1);
	assert_string_equal(settings->certificates.item[0], SYSCONFDIR "/mta-stsd/certs");
	assert_int_equal(settings->certificates_warm, 10000);
	assert_string_equal(settings->state, LOCALSTATEDIR "/lib/mta-stsd");
	assert_string_equal(settings->control, RUNSTATEDIR "/mta-stsd/control.sock");
	assert_string_equal(settings->operator_group, "");
	assert_string_equal(settings->certifier_group, "");
	assert_string_equal(settings->observer_group, "");
	assert_false(settings->keep_mx);
	assert_false(settings->metrics_domains);
	assert_false(settings->watch);
	assert_int_equal(settings->workers, 0);
	assert_int_equal(settings->max_connections, 10000);
	assert_int_equal(settings->max_connections_per_client, 64);
	assert_int_equal(settings->listen_challenge.count, 0);
	assert_int_equal(settings->proxies.count, 0);
	assert_int_equal(settings->acme_directories.count, 1);
	assert_string_equal(settings->acme_directories.item[0], "letsencrypt");
	assert_string_equal(settings->acme_key, "ecdsa");
	assert_int_equal(settings->acme_addresses.count, 0);
	assert_int_equal(settings->handshake_timeout, 10);
	assert_int_equal(settings->request_timeout, 10);
	assert_int_equal(settings->response_timeout, 20);
	settings_free(&settings);
	assert_null(settings);
}

static void every_setting_can_be_set(void **state)
{
	struct settings *settings = NULL;

	assert_int_equal(
		load(*state,
		     "listen = [ \"127.0.0.1:8443\", \"[::1]:0\" ]; domains = \"/d\";\n"
		     "certificates = ( \"/c\", \"/e\" ); certificates_warm = 1; state = \"/s\"; control = "
		     "\"/r/c\";\n"
		     "operator_group = \"adm\"; observer_group = \"daemon\"; keep_mx = true; workers = 256;\n"
		     "max_connections = 16; max_connections_per_client = 1000000; metrics_domains = true; "
		     "watch = true;\n"
		     "proxies = [ \"127.0.0.1\", \"2001:db8::/32\", \"unix\" ];\n"
		     "acme = { directory = \"staging\"; addresses = [ \"192.0.2.1\" ]; }; acme = { key = "
		     "\"rsa\"; };\n"
		     "listen_challenge = [ \"[::]:80\" ];\n"
		     "handshake_timeout = 1; request_timeout = 600; response_timeout = 599L;\n",
		     &settings),
		ERR_OK);

	assert_int_equal(settings->listen.count, 2);
	assert_string_equal(settings->listen.item[1], "[::1]:0");
	assert_int_equal(settings->listen_challenge.count, 1);
	assert_string_equal(settings->listen_challenge.item[0], "[::]:80");
	assert_string_equal(settings->domains, "/d");
	assert_int_equal(settings->certificates.count, 2);
	assert_string_equal(settings->certificates.item[1], "/e");
	assert_int_equal(settings->certificates_warm, 1);
	assert_string_equal(settings->state, "/s");
	assert_string_equal(settings->control, "/r/c");
	assert_string_equal(settings->operator_group, "adm");
	assert_string_equal(settings->observer_group, "daemon");
	assert_true(settings->keep_mx);
	assert_true(settings->metrics_domains);
	assert_true(settings->watch);
	assert_int_equal(settings->workers, 256);
	assert_int_equal(settings->max_connections, 16);
	assert_int_equal(settings->max_connections_per_client, 1000000);
	assert_int_equal(settings->proxies.count, 3);
	assert_string_equal(settings->proxies.item[1], "2001:db8::/32");
	assert_string_equal(settings->acme_directories.item[0], "staging");
	assert_string_equal(settings->acme_key, "rsa");
	assert_int_equal(settings->acme_addresses.count, 1);
	assert_int_equal(settings->handshake_timeout, 1);
	assert_int_equal(settings->request_timeout, 600);
	assert_int_equal(settings->response_timeout, 599);
	settings_free(&settings);
}

static void all_that_is_wrong_is_said_in_one_pass(void **state)
{
	struct settings *settings = NULL;

	assert_int_equal(load(*state,
			      "listen = \"[::]:443\";\n"
			      "domains = \"domains.d\";\n"
			      "certificates = [ ];\n"
			      "worker = 2;\n"
			      "max_connections = 5;\n"
			      "keep_mx = \"yes\";\n",
			      &settings),
			 ERR_SYNTAX);

	scratch_assert_complaint(
		*state, "s.conf:1: listen is not a list (\"[::]:443\"): write [ \"[::]:443\" ] for all "
			"addresses, or some such as [ \"192.0.2.1:443\", \"[2001:db8::1]:443\" ]");
	scratch_assert_complaint(*state,
				 "s.conf:2: domains is not an absolute path (domains.d): write the path "
				 "of a directory, beginning with a slash and in quotes");
	scratch_assert_complaint(*state, "s.conf:3: certificates is empty: write paths of directories, such "
					 "as [ \"/etc/letsencrypt/live\" ]");
	scratch_assert_complaint(*state, "s.conf:4: setting is unknown (worker): write workers");
	scratch_assert_complaint(*state, "s.conf:5: max_connections is out of range (5): write a number from "
					 "16 to 1000000 (connections)");
	scratch_assert_complaint(
		*state,
		"s.conf:6: keep_mx is neither true nor false (\"yes\"): write true or false, without quotes");
	scratch_assert_no_more(*state);
}

static void a_number_too_large_for_32_bits_does_not_wrap(void **state)
{
	/* 4294967301 is 5 in 32 bits. */
	assert_refused(
		state, "workers = 4294967301;",
		"s.conf:1: workers is out of range (4294967301): write a number from 0 to 256 (threads)");
}

static void a_group_that_does_not_exist_is_refused(void **state)
{
	struct settings *settings = NULL;

	assert_int_equal(load(*state, "operator_group = \"no-such-group\";", &settings), ERR_SYNTAX);
	scratch_assert_complaint(*state,
				 "s.conf:1: operator_group is not a group on this system (no-such-group): "
				 "write the name of a group that exists, in quotes, or \"\" for none");
}

static void a_number_too_large_for_64_bits_does_not_wrap(void **state)
{
	/* 2^64 + 5. */
	assert_refused(state, "workers = 18446744073709551621;",
		       "s.conf:1: workers is out of range (18446744073709551621): write a number from 0 to "
		       "256 (threads)");
}

static void a_negative_number_is_out_of_range(void **state)
{
	assert_refused(state, "workers = -1;",
		       "s.conf:1: workers is out of range (-1): write a number from 0 to 256 (threads)");
}

static void a_listen_address_needs_a_port(void **state)
{
	assert_refused(
		state, "listen = [ \"[::]:443\",\n\"192.0.2.1\" ];",
		"s.conf:2: listen is not an address with a port (192.0.2.1): write [ \"[::]:443\" ] for "
		"all addresses, or some such as [ \"192.0.2.1:443\", \"[2001:db8::1]:443\" ]");
}

static void a_proxy_is_an_address_or_a_network_without_a_doubt(void **state)
{
	assert_refused(state, "proxies = [ \"127.0.0.1\",\n\"haproxy.example\" ];",
		       "s.conf:2: proxies is not an address or a network (haproxy.example): write addresses, "
		       "networks or \"unix\", such as [ \"127.0.0.1\", \"::1\", \"192.0.2.0/24\" ]");
	assert_refused(state, "proxies = [ \"10.0.0.1/8\" ];",
		       "s.conf:1: proxies has bits set behind its prefix (10.0.0.1/8): write addresses, "
		       "networks or \"unix\", such as [ \"127.0.0.1\", \"::1\", \"192.0.2.0/24\" ]");
}

static void a_control_path_must_fit_into_a_socket_address(void **state)
{
	char text[160] = "control = \"/";

	memset(text + strlen(text), 'x', 107);
	strcat(text, "\";");
	assert_refused(
		state, text,
		"s.conf:1: control is longer than 107 bytes (/"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxx): write a path of at most 107 bytes, beginning with a slash and in quotes");
}

static void a_setting_given_twice_is_refused(void **state)
{
	assert_refused(state, "workers = 1;\nworkers = 1;\n",
		       "s.conf:2: setting is given twice (workers): keep one of the two");
}

static void a_missing_file_is_complained_about(void **state)
{
	struct scratch *scratch = *state;
	struct settings *settings = NULL;

	assert_int_equal(settings_load(scratch_path(scratch, "none.conf"), &scratch->complaints, &settings),
			 ERR_SYNTAX);
	scratch_assert_complaint(scratch, "none.conf: file does not exist: create it, or correct its name");
}

static void an_oversized_file_is_refused(void **state)
{
	struct scratch *scratch = *state;
	const char *path = scratch_write(scratch, "s.conf", "");
	struct settings *settings = NULL;

	assert_int_equal(truncate(path, (1 << 20) + 1), 0);
	assert_int_equal(settings_load(path, &scratch->complaints, &settings), ERR_SYNTAX);
	scratch_assert_complaint(scratch, "s.conf: file is too large: keep it within 1048576 bytes in all");
}

static void its_files_are_named_also_those_that_are_wrong_or_not_there(void **state)
{
	struct scratch *scratch = *state;
	const char *path = scratch_write(scratch, "s.conf", "@include \"one\"\n@include \"two\"\nworkers = ");
	struct names files = { 0 };

	(void)scratch_write(scratch, "one", "keep_mx = ;");
	assert_int_equal(settings_files(path, &files), ERR_OK);
	assert_int_equal(files.count, 3);
	assert_string_equal(files.item[0], path);
	assert_string_equal(files.item[1], scratch_path(scratch, "one"));
	assert_string_equal(files.item[2], scratch_path(scratch, "two"));
	names_free(&files);
}

static void loading_fails_cleanly_wherever_memory_runs_out(void **state)
{
	struct scratch *scratch = *state;
	const char *path =
		scratch_write(scratch, "s.conf", "listen = [ \"[::]:1\" ]; state = \"/s\"; workers = 1;");
	struct settings *settings = NULL;
	bool failed = true;
	unsigned rounds = 0;

	for (size_t n = 0; failed; n++, rounds++) {
		enum err err;

		memory_fail_after(n);
		err = settings_load(path, &scratch->complaints, &settings);
		failed = memory_restore();
		assert_int_equal(err, failed ? ERR_NO_MEMORY : ERR_OK);
	}
	assert_true(rounds > 15);
	settings_free(&settings);
}

static void compare_warns_of_what_needs_a_restart_and_of_nothing_else(void **state)
{
	struct scratch *scratch = *state;
	struct settings *running = NULL;
	struct settings *loaded = NULL;

	assert_int_equal(load(scratch, "", &running), ERR_OK);
	assert_int_equal(load(scratch,
			      "workers = 3; keep_mx = true; domains = \"/d\"; certificates = [ \"/c\" ]; "
			      "state = \"/s\"; listen = [ \"[::]:443\", \"[::1]:1\" ];",
			      &loaded),
			 ERR_OK);
	settings_compare(running, NULL, running, "s.conf", &scratch->complaints);
	scratch_assert_no_more(scratch);

	settings_compare(running, NULL, loaded, "s.conf", &scratch->complaints);

	scratch_assert_complaint(scratch, "s.conf: warning: setting has changed and is not in use yet "
					  "(listen): restart mta-stsd to use the new value");
	scratch_assert_complaint(scratch, "s.conf: warning: setting has changed and is not in use yet "
					  "(state): restart mta-stsd to use the new value");
	scratch_assert_complaint(scratch, "s.conf: warning: setting has changed and is not in use yet "
					  "(workers): restart mta-stsd to use the new value");
	scratch_assert_no_more(scratch);
	settings_free(&running);
	settings_free(&loaded);
}

static void put_listen(struct settings *passed, const char *one, const char *other)
{
	names_free(&passed->listen);
	assert_int_equal(names_put(&passed->listen, one), ERR_OK);
	if (other != NULL)
		assert_int_equal(names_put(&passed->listen, other), ERR_OK);
}

static void what_systemd_passes_instead_is_told_once_and_waits_for_no_restart(void **state)
{
	static char control[] = "/run/other.sock";
	struct scratch *scratch = *state;
	struct settings passed = { .control = control };
	struct settings *running = NULL, *loaded = NULL;

	put_listen(&passed, "[::]:8443", NULL);
	assert_int_equal(load(scratch, "", &running), ERR_OK);
	assert_int_equal(load(scratch, "listen = [ \"[::1]:1\" ]; control = \"/run/mine.sock\";", &loaded),
			 ERR_OK);

	settings_tell_passed(&passed, loaded, "s.conf", &scratch->complaints);
	settings_compare(running, &passed, loaded, "s.conf", &scratch->complaints);

	scratch_assert_complaint(scratch,
				 "s.conf: warning: setting is not used, since systemd passes the sockets "
				 "(listen): remove it; to listen elsewhere, systemctl edit "
				 "mta-stsd.socket");
	scratch_assert_complaint(scratch,
				 "s.conf: warning: setting is not used, since systemd passes the sockets "
				 "(control): remove it; to listen elsewhere, systemctl edit "
				 "mta-stsd-control.socket");
	scratch_assert_no_more(scratch);
	names_free(&passed.listen);
	settings_free(&running);
	settings_free(&loaded);
}

static void what_nobody_wrote_or_systemd_passes_itself_is_not_told(void **state)
{
	struct scratch *scratch = *state;
	struct settings passed = { .control = NULL };
	struct settings *unsaid = NULL, *alike = NULL;

	assert_int_equal(load(scratch, "", &unsaid), ERR_OK);
	assert_int_equal(
		load(scratch, "listen = [ \"[0::1]:443\", \"192.0.2.1:443\" ]; control = \"/c\";", &alike),
		ERR_OK);

	put_listen(&passed, "192.0.2.1:443", "[::1]:443");
	assert_int_equal(names_put(&passed.listen_challenge, "[::]:80"), ERR_OK);
	settings_tell_passed(&passed, unsaid, "s.conf", &scratch->complaints);
	settings_tell_passed(&passed, alike, "s.conf", &scratch->complaints);
	settings_tell_passed(NULL, alike, "s.conf", &scratch->complaints);
	scratch_assert_no_more(scratch);

	put_listen(&passed, "192.0.2.1:443", NULL);
	settings_tell_passed(&passed, alike, "s.conf", &scratch->complaints);
	scratch_assert_complaint(scratch,
				 "s.conf: warning: setting is not used, since systemd passes the sockets "
				 "(listen): remove it; to listen elsewhere, systemctl edit "
				 "mta-stsd.socket");
	scratch_assert_no_more(scratch);
	names_free(&passed.listen);
	names_free(&passed.listen_challenge);
	settings_free(&unsaid);
	settings_free(&alike);
}

/* A file of the source tree. */
static struct file tree_file(const char *name)
{
	const char *srcdir = getenv("srcdir");
	char *path = file_path(srcdir != NULL ? srcdir : ".", name);
	struct file file = { 0 };
	const char *why = "no memory";

	if (path == NULL || file_read(path, 1 << 20, &file, &why) != ERR_OK)
		fail_msg("%s: %s", name, why);
	free(path);
	return file;
}

/* A default as people read it: of a path what does not depend on where the program is installed. */
/* What does not depend on where the program is installed: from the last "/mta-stsd" on. */
static const char *shown_default(const struct setting *row)
{
	const char *shown = row->fallback != NULL ? row->fallback : "[ ]";

	for (const char *at = shown; (at = strstr(at, "/mta-stsd")) != NULL; at++)
		shown = at;
	return shown;
}

/* How the line of a setting begins, which may be a piece of a group. */
static void write_beginning(const struct setting *row, char *to, size_t size)
{
	const char *dot = strchr(row->name, '.');

	if (dot != NULL)
		(void)snprintf(to, size, "\n#%.*s = { %s = ", (int)(dot - row->name), row->name, dot + 1);
	else
		(void)snprintf(to, size, "\n#%s = ", row->name);
}

static void the_example_file_shows_every_setting_with_its_default_and_range(void **state)
{
	struct file file = tree_file("conf/mta-stsd.conf");
	size_t count;
	const struct setting *rows = settings_table(&count);
	char wanted[128];
	const char *at = file.bytes;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const char *before = at;

		if (rows[i].type == SETTING_GROUP)
			continue;
		write_beginning(&rows[i], wanted, sizeof(wanted));
		at = strstr(before, wanted);
		if (at == NULL)
			fail_msg("%s: not in the order of the table", rows[i].name);
		assert_non_null(memmem(at, strcspn(at + 1, "\n") + 1, shown_default(&rows[i]),
				       strlen(shown_default(&rows[i]))));
		assert_non_null(memmem(before, (size_t)(at - before),
				       rows[i].at_start ? "(restart)." : "(reload).", 9));
		(void)snprintf(wanted, sizeof(wanted), "%lld to %lld", (long long)rows[i].min,
			       (long long)rows[i].max);
		if (rows[i].type == SETTING_INTEGER)
			assert_non_null(memmem(before, (size_t)(at - before), wanted, strlen(wanted)));
	}
	file_free(&file);
}

static void the_example_file_says_the_defaults_when_it_is_commented_in(void **state)
{
	struct scratch *scratch = *state;
	struct file file = tree_file("conf/mta-stsd.conf");
	struct settings *defaults = NULL;
	struct settings *shown = NULL;

	assert_int_equal(load(scratch, file.bytes, &defaults), ERR_OK);
	for (char *at = file.bytes; (at = strchr(at, '#')) != NULL; at++) {
		if (islower((unsigned char)at[1]))
			*at = ' ';
	}
	assert_int_equal(load(scratch, file.bytes, &shown), ERR_OK);

	assert_int_equal(shown->keep_mx, defaults->keep_mx);
	assert_int_equal(shown->metrics_domains, defaults->metrics_domains);
	assert_int_equal(shown->watch, defaults->watch);
	assert_string_equal(shown->acme_directories.item[0], defaults->acme_directories.item[0]);
	assert_string_equal(shown->acme_key, defaults->acme_key);
	assert_int_equal(shown->acme_addresses.count, 0);
	assert_int_equal(shown->workers, defaults->workers);
	assert_int_equal(shown->max_connections, defaults->max_connections);
	assert_int_equal(shown->response_timeout, defaults->response_timeout);
	assert_string_equal(shown->listen.item[0], defaults->listen.item[0]);
	scratch_assert_no_more(scratch);
	settings_free(&defaults);
	settings_free(&shown);
	file_free(&file);
}

/* The paragraph of the manual about one setting. */
static char *paragraph(const char *manual, const char *name)
{
	char item[64];
	const char *from;
	const char *to;

	(void)snprintf(item, sizeof(item), "\n.It Ic %s\n", name);
	from = strstr(manual, item);
	if (from == NULL)
		fail_msg("%s: not in the manual", name);
	from += strlen(item) - 1;
	to = strstr(from, "\n.It Ic ");
	if (to == NULL || (strstr(from, "\n.El") != NULL && strstr(from, "\n.El") < to))
		to = strstr(from, "\n.El");
	assert_non_null(to);
	return strndup(from, (size_t)(to - from));
}

static void assert_says(const char *text, const char *name, const char *wanted)
{
	if (strstr(text, wanted) == NULL)
		fail_msg("%s: the manual does not say \"%s\"", name, wanted);
}

static void the_manual_describes_every_setting_with_its_default_and_range(void **state)
{
	struct file file = tree_file("man/mta-stsd.conf.5");
	size_t count;
	const struct setting *rows = settings_table(&count);
	char wanted[64];

	(void)state;
	for (size_t i = 0; i < count; i++) {
		char *text = paragraph(file.bytes, rows[i].name);

		assert_says(text, rows[i].name, "Default:");
		if (rows[i].type == SETTING_GROUP) {
			free(text);
			continue;
		}
		assert_says(text, rows[i].name,
			    shown_default(&rows[i])[0] != '\0' ? shown_default(&rows[i]) : "\\(dq\\(dq");
		assert_says(text, rows[i].name, rows[i].at_start ? "Restart." : "Reload.");
		(void)snprintf(wanted, sizeof(wanted), "%lld to %lld", (long long)rows[i].min,
			       (long long)rows[i].max);
		if (rows[i].type == SETTING_INTEGER || rows[i].type == SETTING_STRINGS)
			assert_says(text, rows[i].name, wanted);
		(void)snprintf(wanted, sizeof(wanted), "%s %s", shown_default(&rows[i]),
			       rows[i].unit ? rows[i].unit : "");
		if (rows[i].type == SETTING_INTEGER)
			assert_says(text, rows[i].name, wanted);
		free(text);
	}
	file_free(&file);
}

static void a_listen_address_twice_is_refused_unless_its_port_is_free(void **state)
{
	struct settings *settings = NULL;

	assert_refused(state, "listen = [ \"[::]:443\",\n\"127.0.0.1:443\",\n\"[0::0]:443\" ];",
		       "s.conf:3: listen has a member twice ([0::0]:443): remove the repetition");
	assert_int_equal(load(*state, "listen = [ \"127.0.0.1:0\", \"127.0.0.1:0\" ];", &settings), ERR_OK);
	assert_int_equal(settings->listen.count, 2);
	settings_free(&settings);
}

#define WHICH_AUTHORITY                                                                                      \
	"write \"letsencrypt\", \"staging\", or the URL of an authority's directory, beginning with "        \
	"https://; or a list, the first choice first, either all for trials or none"

static void several_authorities_are_a_list_in_order_of_preference(void **state)
{
	struct settings *settings = NULL;

	assert_int_equal(
		load(*state, "acme = { directory = [ \"letsencrypt\", \"https://ca.example/directory\" ]; };",
		     &settings),
		ERR_OK);
	assert_int_equal(settings->acme_directories.count, 2);
	assert_string_equal(settings->acme_directories.item[0], "letsencrypt");
	assert_string_equal(settings->acme_directories.item[1], "https://ca.example/directory");
	settings_free(&settings);
	assert_refused(state, "acme = { directory = [ ]; };",
		       "s.conf:1: acme.directory is empty: " WHICH_AUTHORITY);
	assert_refused(state,
		       "acme = { directory = [ \"https://a.example/\", \"https://b.example/\", "
		       "\"https://c.example/\", \"https://d.example/\", \"https://e.example/\" ]; };",
		       "s.conf:1: acme.directory has too many members: write no more than 4");
	assert_refused(state,
		       "acme = { directory = [ \"letsencrypt\", "
		       "\"https://acme-v02.api.letsencrypt.org/directory\" ]; };",
		       "s.conf:1: acme.directory has a member twice "
		       "(https://acme-v02.api.letsencrypt.org/directory): remove the repetition");
}

static void authorities_for_trials_and_others_are_not_mixed(void **state)
{
	assert_refused(state, "acme = { directory = [ \"letsencrypt\", \"staging\" ]; };",
		       "s.conf:1: acme.directory mixes an authority for trials with others "
		       "(staging): " WHICH_AUTHORITY);
	assert_refused(state, "acme = { directory = [ \"staging\", \"https://ca.example/directory\" ]; };",
		       "s.conf:1: acme.directory mixes an authority for trials with others "
		       "(https://ca.example/directory): " WHICH_AUTHORITY);
}

static void what_is_wrong_within_a_group_is_said_of_its_place(void **state)
{
	assert_refused(state, "acme = \"staging\";",
		       "s.conf:1: acme is not a group (\"staging\"): write acme = { directory = "
		       "\"letsencrypt\"; };, with what shall differ from the defaults");
	assert_refused(state, "acme = {\ndirectry = \"staging\"; };",
		       "s.conf:2: setting is unknown (directry): write directory");
	assert_refused(state, "acme = {\nworkers = 1; };",
		       "s.conf:2: setting is unknown (workers): known here are directory, key, addresses");
	assert_refused(state, "acme = { key = \"rsa\"; };\nacme = { key = \"rsa\"; };",
		       "s.conf:2: setting is given twice (key): keep one of the two");
	assert_refused(state, "acme = { key = \"dsa\"; };",
		       "s.conf:1: acme.key is not a kind of key (dsa): write \"ecdsa\" or \"rsa\"");
	assert_refused(state, "acme = { directory = \"http://ca.example/\"; };",
		       "s.conf:1: acme.directory is not an authority (http://ca.example/): " WHICH_AUTHORITY);
	assert_refused(state, "acme = { directory = \"https://ca.example/a b\"; };",
		       "s.conf:1: acme.directory has letters that a URL has not (https://ca.example/a "
		       "b): " WHICH_AUTHORITY);
	assert_refused(state, "acme = { addresses = [ \"192.0.2.0/24\" ]; };",
		       "s.conf:1: acme.addresses is not an address (192.0.2.0/24): write addresses without a "
		       "port, such as [ \"192.0.2.1\", \"2001:db8::1\" ]");
}

static void complaints_come_in_the_order_of_files_and_lines(void **state)
{
	struct scratch *scratch = *state;
	struct settings *settings = NULL;

	(void)scratch_write(scratch, "b.inc", "workers = -1;");
	assert_int_equal(load(scratch, "listen = [\n5 ]; domains = \"d\";\n@include \"b.inc\"\n", &settings),
			 ERR_SYNTAX);
	assert_int_equal(scratch->complaints.count, 3);
	assert_non_null(strstr(scratch->complaints.item[0].file, "b.inc"));
	assert_int_equal(scratch->complaints.item[1].line, 2);
	assert_string_equal(scratch->complaints.item[1].what, "listen has a member of the wrong type");
	assert_string_equal(scratch->complaints.item[2].what, "domains is not an absolute path");
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(an_empty_file_gives_the_defaults),
		WITH_SCRATCH(every_setting_can_be_set),
		WITH_SCRATCH(all_that_is_wrong_is_said_in_one_pass),
		WITH_SCRATCH(a_number_too_large_for_32_bits_does_not_wrap),
		WITH_SCRATCH(a_group_that_does_not_exist_is_refused),
		WITH_SCRATCH(a_number_too_large_for_64_bits_does_not_wrap),
		WITH_SCRATCH(a_negative_number_is_out_of_range),
		WITH_SCRATCH(a_listen_address_needs_a_port),
		WITH_SCRATCH(a_listen_address_twice_is_refused_unless_its_port_is_free),
		WITH_SCRATCH(a_proxy_is_an_address_or_a_network_without_a_doubt),
		WITH_SCRATCH(a_control_path_must_fit_into_a_socket_address),
		WITH_SCRATCH(a_setting_given_twice_is_refused),
		WITH_SCRATCH(what_is_wrong_within_a_group_is_said_of_its_place),
		WITH_SCRATCH(several_authorities_are_a_list_in_order_of_preference),
		WITH_SCRATCH(authorities_for_trials_and_others_are_not_mixed),
		WITH_SCRATCH(complaints_come_in_the_order_of_files_and_lines),
		WITH_SCRATCH(a_missing_file_is_complained_about),
		WITH_SCRATCH(an_oversized_file_is_refused),
		WITH_SCRATCH(its_files_are_named_also_those_that_are_wrong_or_not_there),
		WITH_SCRATCH(loading_fails_cleanly_wherever_memory_runs_out),
		WITH_SCRATCH(compare_warns_of_what_needs_a_restart_and_of_nothing_else),
		WITH_SCRATCH(what_systemd_passes_instead_is_told_once_and_waits_for_no_restart),
		WITH_SCRATCH(what_nobody_wrote_or_systemd_passes_itself_is_not_told),
		WITH_SCRATCH(the_example_file_shows_every_setting_with_its_default_and_range),
		WITH_SCRATCH(the_example_file_says_the_defaults_when_it_is_commented_in),
		WITH_SCRATCH(the_manual_describes_every_setting_with_its_default_and_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
