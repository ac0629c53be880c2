/* SPDX-License-Identifier: ISC */
#include "ctl/acme/ledger.h"

#include "base/clock.h"

#include <string.h>

#define HEADER "ledger 1 "

/* So many lines are never worth a new file. */
#define LINES_FEW 1000

/* A clock that is a little behind is no reason to order nothing. */
#define AHEAD ((time_t)3600)

/* Of which everything is over, the clock may be wrong. */
#define WEEK ((time_t)7 * 86400)

#define INSTEAD "restore the file, or remove the line if no order was sent that it may tell of"
#define INSTEAD_OF_AHEAD                                                                                     \
	"set the clock if it is wrong; if it was wrong when that was written, remove such lines, or put "    \
	"what "                                                                                              \
	"the file was before, ending in .old, into its place: what they tell of does not count then, and "   \
	"the "                                                                                               \
	"authority may refuse orders for up to a week"

/* What is being read. */
struct reading {
	const char *path;
	struct complaints *complaints;
	struct budget *budget;
	time_t now;
	time_t newest;
	unsigned lines;
};

static enum err refuse(const struct reading *reading, const char *what, const char *value)
{
	complain(reading->complaints, SEVERITY_ERROR, reading->path, reading->lines, what, value, INSTEAD);
	return ERR_SYNTAX;
}

static enum err read_line(struct reading *reading, const char *bytes, size_t len)
{
	char line[LEDGER_LINE_MOST + 1], when[CLOCK_TEXT_SIZE];
	struct entry entry;
	const char *wrong, *value;

	if (len > LEDGER_LINE_MOST)
		return refuse(reading, "line is too long", NULL);
	memcpy(line, bytes, len);
	line[len] = '\0';
	if (strlen(line) != len)
		return refuse(reading, "line has a NUL character", NULL);
	wrong = ledger_line_read(line, &entry, &value);
	if (wrong != NULL)
		return refuse(reading, wrong, value);
	if (entry.when > reading->now + AHEAD) {
		complain(reading->complaints, SEVERITY_ERROR, reading->path, reading->lines,
			 "time is still to come", clock_text(entry.when, when), INSTEAD_OF_AHEAD);
		return ERR_SYNTAX;
	}
	if (entry.when > reading->newest)
		reading->newest = entry.when;
	return budget_take(reading->budget, &entry);
}

static enum err read_header(struct reading *reading, const char *bytes, size_t len, const char *directory)
{
	size_t begin = strlen(HEADER);

	if (len < begin || memcmp(bytes, HEADER, begin) != 0)
		return refuse(reading, "file is not a ledger", NULL);
	if (len - begin != strlen(directory) || memcmp(bytes + begin, directory, len - begin) != 0)
		return refuse(reading, "ledger is of another authority", NULL);
	return ERR_OK;
}

static enum err count_lines(void *lines, struct key *key)
{
	*(size_t *)lines += (key->wait_until != 0 ? 1U : 0U) + (key->tries > 0 ? 1U : 0U);
	return ERR_OK;
}

/* How many lines ledger_write() makes, at most. */
static size_t lines_of(const struct budget *budget)
{
	size_t lines = 2 + spent_count(&budget->orders) + spent_count(&budget->renewals) +
		       spent_count(&budget->issued) + spent_count(&budget->failed);

	(void)keys_each(&budget->domains, count_lines, &lines);
	(void)keys_each(&budget->hosts, count_lines, &lines);
	return lines;
}

/* Where nothing is left the clock may be ahead, and right again when this is read next. */
static bool is_worn(const struct reading *reading)
{
	budget_forget(reading->budget, reading->now);
	if (reading->lines == 0)
		return true;
	return reading->newest > reading->now - WEEK &&
	       reading->lines > LINES_FEW + 2 * lines_of(reading->budget);
}

enum err ledger_read(const char *bytes, size_t len, const char *directory, time_t now, struct budget *budget,
		     const char *path, struct complaints *complaints, bool *worn)
{
	struct reading reading = { .path = path, .complaints = complaints, .budget = budget, .now = now };
	enum err err = len <= LEDGER_MOST ? ERR_OK : refuse(&reading, "ledger is too long", NULL);
	const char *at = bytes, *end = bytes + len, *line;

	while (err == ERR_OK && at < end && (line = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		err = reading.lines++ == 0 ? read_header(&reading, at, (size_t)(line - at), directory)
					   : read_line(&reading, at, (size_t)(line - at));
		at = line + 1;
	}
	if (err == ERR_OK)
		*worn = is_worn(&reading);
	return err;
}

/* What is being written. */
struct writing {
	struct text *out;
	time_t now;
};

/* The name whose times these are. */
static const char *name_of(const struct spent_chain *chain, size_t offset)
{
	return ((const struct key *)(const void *)((const char *)chain - offset))->name;
}

static enum err write_log(const struct spent *spent, enum entry_what what, size_t offset, struct text *out)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < spent_count(spent); i++) {
		const struct spent_item *item = spent_at(spent, i);
		const char *name = item->chain != NULL ? name_of(item->chain, offset) : NULL;
		struct entry entry = { .what = what, .when = item->when, .domain = name, .host = name };

		err = ledger_line_write(&entry, out);
	}
	return err;
}

static enum err write_wait(const struct writing *writing, enum entry_what what, const char *name,
			   time_t until)
{
	struct entry entry = {
		.what = what, .when = writing->now, .domain = name, .host = name, .until = until
	};

	return until > writing->now ? ledger_line_write(&entry, writing->out) : ERR_OK;
}

static enum err write_wait_domain(void *context, struct key *domain)
{
	return write_wait(context, ENTRY_WAIT_DOMAIN, domain->name, domain->wait_until);
}

static enum err write_tried(const struct writing *writing, enum entry_what what, const struct key *host)
{
	struct entry entry = { .what = what,
			       .when = host->tried,
			       .host = host->name,
			       .tries = host->tries,
			       .since = host->first_tried };

	return ledger_line_write(&entry, writing->out);
}

static enum err write_host_state(void *context, struct key *host)
{
	enum err err = write_wait(context, ENTRY_WAIT_HOST, host->name, host->wait_until);

	if (err == ERR_OK && host->tries > 0 && !host->is_open)
		err = write_tried(context, ENTRY_TRIED, host);
	return err;
}

static enum err write_makers(const struct writing *writing, const struct budget *budget)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < budget->makers.count; i++) {
		const struct entry entry = { .what = ENTRY_MAKER,
					     .when = writing->now,
					     .maker = budget->makers.item[i] };

		err = ledger_line_write(&entry, writing->out);
	}
	return err;
}

static enum err write_logs(const struct budget *budget, struct text *out)
{
	enum err err = write_log(&budget->orders, ENTRY_WAS_NEW, offsetof(struct key, orders), out);

	if (err == ERR_OK)
		err = write_log(&budget->renewals, ENTRY_WAS_RENEWAL, 0, out);
	if (err == ERR_OK)
		err = write_log(&budget->issued, ENTRY_WAS_ISSUED, offsetof(struct key, issued), out);
	if (err == ERR_OK)
		err = write_log(&budget->failed, ENTRY_WAS_FAILED, offsetof(struct key, failed), out);
	return err;
}

/* The order in which orders were opened counts; of all else it does not. */
enum err ledger_write(const struct budget *budget, const char *directory, time_t now, struct text *out)
{
	struct writing writing = { .out = out, .now = now };
	const struct key *host;
	enum err err = text_appendf(out, HEADER "%s\n", directory);

	if (err == ERR_OK)
		err = write_makers(&writing, budget);
	if (err == ERR_OK)
		err = write_logs(budget, out);
	if (err == ERR_OK)
		err = write_wait(&writing, ENTRY_WAIT, NULL, budget->wait_until);
	if (err == ERR_OK)
		err = keys_each(&budget->domains, write_wait_domain, &writing);
	TAILQ_FOREACH(host, &budget->open, open)
	err = err == ERR_OK ? write_tried(&writing, ENTRY_OPEN, host) : err;
	if (err == ERR_OK)
		err = keys_each(&budget->hosts, write_host_state, &writing);
	return err;
}
