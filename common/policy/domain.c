/* SPDX-License-Identifier: ISC */
#include "policy/domain.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define LABEL_MAX 63

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_ldh(char c)
{
	return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-';
}

static const char *label_fault(const char *label, size_t len)
{
	if (len == 0)
		return "has an empty label";
	if (len > LABEL_MAX)
		return "has a label of more than 63 characters";
	if (label[0] == '-' || label[len - 1] == '-')
		return "has a label that begins or ends with a hyphen";
	for (size_t i = 0; i < len; i++) {
		if (!is_ldh(label[i]))
			return (unsigned char)label[i] >= 0x80
				       ? "is not ASCII"
				       : "has a character other than letters, digits, hyphens and dots";
	}
	return NULL;
}

static bool is_number(const char *label)
{
	return label[strspn(label, "0123456789")] == '\0';
}

static const char *host_fault(const char *host)
{
	const char *label = host;

	for (;;) {
		size_t len = strcspn(label, ".");
		const char *fault = label_fault(label, len);

		if (fault != NULL)
			return fault;
		if (label[len] == '\0')
			break;
		label += len + 1;
	}
	if (label == host)
		return "has only one label";
	return is_number(label) ? "is an IP address, not a name" : NULL;
}

enum err domain_normalise_host(const char *name, size_t len, char host[HOST_SIZE], const char **why)
{
	char out[HOST_SIZE];
	const char *fault = NULL;

	if (len > 0 && name[len - 1] == '.')
		len--;
	if (len == 0)
		fault = "is empty";
	else if (len > HOST_MAX)
		fault = "is too long";
	else if (memchr(name, '\0', len) != NULL)
		fault = "has a NUL character";
	if (fault == NULL) {
		for (size_t i = 0; i < len; i++)
			out[i] = lower(name[i]);
		out[len] = '\0';
		fault = host_fault(out);
	}
	if (fault != NULL) {
		if (why != NULL)
			*why = fault;
		return ERR_SYNTAX;
	}
	memcpy(host, out, len + 1);
	return ERR_OK;
}

enum err domain_normalise(const char *name, char domain[DOMAIN_SIZE], const char **why)
{
	char converted[HOST_SIZE + 1];
	const char *ascii = name;
	char host[HOST_SIZE];
	const char *fault = NULL;

	/*
	 * libidn2 is for names that are not ASCII: of the others it refuses some that DNS has ("ab--c") and
	 * does not say why.  One byte more than a host: room for a trailing dot.
	 */
	if (!text_is_visible_ascii(name)) {
		if (text_to_ascii(name, converted, sizeof(converted)) != ERR_OK)
			fault = "cannot exist in DNS as a name";
		ascii = converted;
	}
	if (fault == NULL)
		(void)domain_normalise_host(ascii, strlen(ascii), host, &fault);
	if (fault == NULL && strlen(host) > DOMAIN_MAX)
		fault = "is too long";
	if (fault != NULL) {
		if (why != NULL)
			*why = fault;
		return ERR_SYNTAX;
	}
	memcpy(domain, host, strlen(host) + 1);
	return ERR_OK;
}

const char *domain_host(const char *domain, char host[HOST_SIZE])
{
	(void)snprintf(host, HOST_SIZE, DOMAIN_HOST_PREFIX "%s", domain);
	return host;
}

const char *domain_of_host(const char *host)
{
	size_t len = strlen(DOMAIN_HOST_PREFIX);

	return strncmp(host, DOMAIN_HOST_PREFIX, len) == 0 ? host + len : NULL;
}

const char *domain_meant(const char *name)
{
	return domain_of_host(*name == '_' ? name + 1 : name);
}
