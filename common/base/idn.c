/* SPDX-License-Identifier: ISC */
#include "base/idn.h"

#include <idn2.h>
#include <string.h>

enum err idn_to_ascii(const char *name, char *ascii, size_t size)
{
	char *converted = NULL;
	enum err err = ERR_OK;

	/* No IDN2_USE_STD3_ASCII_RULES: libidn2 would delete what the rules forbid and report success. */
	if (idn2_to_ascii_8z(name, &converted, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK)
		return ERR_SYNTAX;
	if (strlen(converted) >= size)
		err = ERR_RANGE;
	else
		memcpy(ascii, converted, strlen(converted) + 1);
	idn2_free(converted);
	return err;
}
