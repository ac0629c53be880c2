/* SPDX-License-Identifier: ISC */
#include "ctl/acme/bring.h"

#include "api/shape_certificate.h"
#include "base/clock.h"
#include "ctl/acme/booking.h"
#include "ctl/cli/output.h"
#include "ctl/cli/print.h"
#include "policy/domain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static enum err install(const struct obtaining *obtaining, const char *chain, struct obtained *item)
{
	json_t *body = json_pack("{ss, ss}", "certificate", chain, "from", "acme");
	struct api_installed installed;
	enum err err;

	if (body == NULL) {
		item->is_refused = true;
		return obtained_fail(item, RUN_NOT_DONE, "what the authority sent is not a certificate",
				     NULL);
	}
	err = obtain_post(obtaining, "/v1/certificates", body, true, item, &item->installed,
			  &item->is_refused);
	if (err == ERR_OK && item->installed != NULL)
		err = shape_read(&shape_installed, item->installed, &installed);
	json_decref(body);
	return err;
}

static enum err bring(const struct obtaining *obtaining, struct obtained *item, struct chain *chain)
{
	enum err err = chains_read(&obtaining->account, item->kept, chain);

	if (err == ERR_OK)
		return install(obtaining, chain->pem, item);
	item->is_refused = err == ERR_SYNTAX || err == ERR_NOT_FOUND;
	return err == ERR_NO_MEMORY ? err
				    : obtained_fail(item, RUN_NOT_DONE, "its chain cannot be read", NULL);
}

enum err bring_one(const struct obtaining *obtaining, struct obtained *item)
{
	struct chain chain = { 0 };
	enum err err = bring(obtaining, item, &chain);

	chains_free(&chain);
	return err;
}

static enum run_status enter(const struct obtaining *obtaining, const struct chain *chain,
			     const struct obtained *item)
{
	const struct entry order = { .host = chain->host };
	struct ledger_file ledger = { .fd = -1 };
	struct complaints none = { 0 };
	struct booked booked;
	enum run_status status =
		booking_open(obtaining->view, &obtaining->account, chain->directory, &ledger);

	if (status == RUN_DONE)
		status = booking_say(obtaining->view, booking_end(&ledger, &order, item, &booked), "written",
				     &none);
	ledger_file_close(&ledger);
	return status;
}

/* One that is no chain of ours is of no domain that is known: it is said where it is. */
static void end_damaged(const struct obtaining *obtaining, const struct obtained *item)
{
	struct chain none = { 0 };

	if (chains_read(&obtaining->account, item->kept, &none) == ERR_SYNTAX)
		print_problem(obtaining->view->err,
			      "%s/kept/%s is not a certificate that was ordered here: it is removed",
			      obtaining->account.folder, item->kept);
	chains_free(&none);
	chains_end(&obtaining->account, item->kept);
}

/* It is installed before it is entered: what is not in the ledger is brought, and entered, once more. */
static enum run_status take(struct obtaining *obtaining, struct obtained *item, size_t *count)
{
	struct chain *chain = &obtaining->chain[obtaining->chain_count];
	enum err err = bring(obtaining, item, chain);
	enum run_status status;

	if (err == ERR_OK && chain->host == NULL && item->is_refused) {
		end_damaged(obtaining, item);
		obtained_free(item);
		return RUN_DONE;
	}
	++*count;
	++obtaining->chain_count;
	item->domain = chain->host != NULL ? domain_of_host(chain->host) : item->kept;
	item->may_be_issued = true;
	if (err == ERR_OK)
		err = obtain_tell(obtaining, item);
	status = output_end(obtaining->view->err, err);
	if (status == RUN_DONE && !obtained_is_kept(item))
		status = enter(obtaining, chain, item);
	if (status == RUN_DONE)
		obtain_end(obtaining, item);
	return status;
}

static enum run_status take_all(struct obtaining *obtaining, const struct names *names,
				struct obtained *items, size_t *count)
{
	const size_t most = sizeof(obtaining->chain) / sizeof(*obtaining->chain);
	enum run_status status = RUN_DONE;
	size_t left = 0;

	for (size_t i = 0; status == RUN_DONE && i < names->count && *count < most; i++) {
		struct obtained *item = &items[*count];
		size_t before = *count;

		item->kept = strdup(names->item[i]);
		status = item->kept != NULL ? take(obtaining, item, count)
					    : output_end(obtaining->view->err, ERR_NO_MEMORY);
		left += *count > before && obtained_is_kept(item);
	}
	if (status != RUN_DONE || left < CHAINS_MOST)
		return status;
	print_problem(obtaining->view->err,
		      "%zu certificates that were made are not installed: nothing more is ordered before "
		      "they are",
		      left);
	return RUN_NOT_DONE;
}

/* What one that was cut off has left is the first to be kept. */
static enum err list(const struct obtaining *obtaining, struct names *names)
{
	char *name = NULL;
	enum err err = chains_settle(&obtaining->account, &name);

	free(name);
	return err == ERR_OK || err == ERR_NOT_FOUND || err == ERR_RANGE
		       ? chains_list(&obtaining->account, names)
		       : err;
}

enum run_status bring_all(struct obtaining *obtaining, struct obtained **items, size_t *count)
{
	struct names names = { 0 };
	enum err err = list(obtaining, &names);
	int cause = errno;
	enum run_status status = RUN_NOT_DONE;

	*count = 0;
	*items = err == ERR_OK && names.count > 0 ? calloc(names.count, sizeof(**items)) : NULL;
	if (err == ERR_OK && names.count > 0 && *items == NULL)
		err = ERR_NO_MEMORY;
	if (err == ERR_OK)
		status = take_all(obtaining, &names, *items, count);
	else if (err == ERR_IO)
		print_problem(obtaining->view->err,
			      "certificates that were made and are not installed cannot be kept in the "
			      "account directory (%s): nothing is ordered",
			      strerror(cause));
	else
		status = output_end(obtaining->view->err, err);
	names_free(&names);
	return status;
}
