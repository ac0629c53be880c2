/* SPDX-License-Identifier: ISC */
#include "certs/facts.h"

#include "base/clock.h"
#include "base/text.h"
#include "policy/mx.h"

#include <stdio.h>
#include <string.h>

#define DAY ((time_t)86400)

/* File systems count time in steps of up to two seconds. */
#define STEP ((time_t)2)

uint64_t facts_stamp(const struct stat *status)
{
	const uint64_t told[] = {
		(uint64_t)status->st_dev,         (uint64_t)status->st_ino,
		(uint64_t)status->st_size,        (uint64_t)status->st_mode,
		(uint64_t)status->st_mtim.tv_sec, (uint64_t)status->st_mtim.tv_nsec,
		(uint64_t)status->st_ctim.tv_sec, (uint64_t)status->st_ctim.tv_nsec,
	};

	return text_sum(TEXT_SUM_EMPTY, told, sizeof(told));
}

bool facts_is_young(const struct stat *status, time_t now)
{
	return status->st_ctim.tv_sec + STEP >= now || status->st_mtim.tv_sec + STEP >= now;
}

void facts_warn_of_disorder(const char *path, struct complaints *complaints)
{
	complain(complaints, SEVERITY_WARNING, path, 0,
		 "chain is out of order, or has certificates that do not belong to it", NULL,
		 "write the certificate first, then each issuer after what it has issued, nothing else");
}

static void warn(const struct facts *facts, struct complaints *complaints, const char *what,
		 const char *value, const char *instead)
{
	complain(complaints, SEVERITY_WARNING, facts->file, 0, what, value, instead);
}

static void review_dates(const struct facts *facts, time_t now, struct complaints *complaints)
{
	char text[CLOCK_TEXT_SIZE];

	if (facts->not_after < now)
		warn(facts, complaints, "certificate in use has expired", clock_text(facts->not_after, text),
		     "renew it");
	else if (facts->issuers_not_after < now)
		warn(facts, complaints, "an issuer in the chain has expired",
		     clock_text(facts->issuers_not_after, text),
		     "renew the certificate, and write the issuers that come with it behind it");
	if (facts->not_before > now)
		warn(facts, complaints, "certificate is not valid yet", clock_text(facts->not_before, text),
		     "check this machine's clock, or order a new one");
	else if (facts->issuers_not_before > now)
		warn(facts, complaints, "an issuer in the chain is not valid yet",
		     clock_text(facts->issuers_not_before, text),
		     "check this machine's clock, or write the issuers that came with the certificate");
}

void facts_review(const struct facts *facts, time_t now, struct complaints *complaints)
{
	review_dates(facts, now, complaints);
	if (facts->disordered)
		facts_warn_of_disorder(facts->file, complaints);
	for (size_t i = 0; i < facts->doubts.count; i++) {
		const struct complaint *doubt = &facts->doubts.item[i];

		warn(facts, complaints, doubt->what, doubt->value, doubt->instead);
	}
}

bool facts_cover(const struct facts *facts, const char *host)
{
	const char *dot = strchr(host, '.');
	char wildcard[MX_SIZE];

	if (names_has_sorted(&facts->names, host))
		return true;
	if (dot == NULL)
		return false;
	(void)snprintf(wildcard, sizeof(wildcard), "*%s", dot);
	return names_has_sorted(&facts->names, wildcard);
}

bool facts_are_valid(const struct facts *facts, time_t now)
{
	return facts->not_before <= now && now <= facts->not_after;
}

bool facts_are_sound(const struct facts *facts, time_t now)
{
	return !facts->doubted && facts->issuers_not_before <= now && now <= facts->issuers_not_after;
}

static bool has_stamp(const char *path, uint64_t stamp)
{
	struct stat now;

	return stat(path, &now) == 0 && facts_stamp(&now) == stamp;
}

bool facts_are_current(const struct facts *facts)
{
	return has_stamp(facts->file, facts->stamp) &&
	       (facts->key_file == facts->file || has_stamp(facts->key_file, facts->key_stamp));
}

static const char *const words[EXPIRY_COUNT] = {
	[EXPIRY_FINE] = "fine",
	[EXPIRY_SOON] = "soon",
	[EXPIRY_URGENT] = "urgent",
	[EXPIRY_EXPIRED] = "expired",
};

const char *key_kind_text(enum key_kind kind)
{
	static const char *const kinds[KEY_KINDS] = { [KEY_ECDSA] = "ecdsa", [KEY_RSA] = "rsa" };

	return kinds[kind];
}

const char *expiry_text(enum expiry stage)
{
	return words[stage];
}

enum expiry expiry_stage(time_t not_before, time_t not_after, time_t now)
{
	if (now > not_after)
		return EXPIRY_EXPIRED;
	if (not_after - now > (not_after - not_before) / 3)
		return EXPIRY_FINE;
	return not_after - now > 3 * DAY ? EXPIRY_SOON : EXPIRY_URGENT;
}

long expiry_days_left(time_t not_after, time_t now)
{
	time_t left = not_after - now;

	return (long)(left >= 0 ? left / DAY : -((-left + DAY - 1) / DAY));
}
