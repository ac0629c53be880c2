/* SPDX-License-Identifier: ISC */
/* libFuzzer: any bytes as the ledger of orders; what is read is written anew, and that makes the same budget.
 */
#include "ctl/acme/ledger.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NOW       ((time_t)1796083200)
#define DIRECTORY "https://acme-v02.api.letsencrypt.org/directory"
#define HEADER    "ledger 1 " DIRECTORY "\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static time_t next(const struct budget *budget, enum entry_what what, const char *domain, const char *host)
{
	const struct entry order = { .what = what, .when = NOW, .domain = domain, .host = host };

	return budget_next(budget, &order, NULL);
}

static enum err same_host(void *other, struct key *host)
{
	const struct key *again = budget_host(other, host->name);

	require((again != NULL ? again->tries : 0) == host->tries);
	require(host->tries == 0 || (again->tried == host->tried && again->first_tried == host->first_tried));
	require(again == NULL || again->is_open == host->is_open);
	require(next(other, ENTRY_NEW, host->name, host->name) >= NOW);
	return ERR_OK;
}

static void check_read(const struct budget *budget)
{
	struct complaints complaints = { 0 };
	struct text text = { 0 };
	struct budget again;
	bool worn;

	require(ledger_write(budget, DIRECTORY, NOW, &text) == ERR_OK);
	budget_begin(&again, DIRECTORY);
	require(ledger_read(text.bytes, text.len, DIRECTORY, NOW, &again, "again", &complaints, &worn) ==
		ERR_OK);
	require(next(budget, ENTRY_NEW, NULL, NULL) == next(&again, ENTRY_NEW, NULL, NULL));
	require(next(budget, ENTRY_RENEWAL, NULL, NULL) == next(&again, ENTRY_RENEWAL, NULL, NULL));
	require(keys_each(&budget->hosts, same_host, &again) == ERR_OK);
	budget_free(&again);
	text_free(&text);
}

/* With its first line, which no chance finds, before it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct complaints complaints = { 0 };
	struct text text = { 0 };
	struct budget budget;
	bool worn;
	enum err err;

	require(text_append(&text, HEADER, strlen(HEADER)) == ERR_OK);
	require(text_append(&text, data, size) == ERR_OK);
	budget_begin(&budget, DIRECTORY);
	err = ledger_read(text.bytes, text.len, DIRECTORY, NOW, &budget, "fuzzed", &complaints, &worn);
	require(err == ERR_OK || (err == ERR_SYNTAX && complaints.count == 1));
	if (err == ERR_OK)
		check_read(&budget);
	budget_free(&budget);
	complaints_free(&complaints);
	text_free(&text);
	return 0;
}
