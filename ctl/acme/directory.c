/* SPDX-License-Identifier: ISC */
#include "ctl/acme/directory.h"

#include "config.h"
#include "policy/domain.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX  ((size_t)64 * 1024)
#define TIMEOUT_MS 20000L
#define HTTP_OK    200
#define HTTPS      "https://"

/* Longest address of a resource. */
#define URL_MAX 1024

/* Less than all of it makes libcurl fail. */
static size_t collect(const char *bytes, size_t size, size_t count, void *context)
{
	struct text *body = context;

	if (size * count > BYTES_MAX - body->len)
		return 0;
	return text_append(body, bytes, size * count) == ERR_OK ? size * count : 0;
}

/* A proxy of the environment is used as uacme uses it, which orders by the same way. */
static bool set_up(CURL *curl, const char *url, struct text *body, char detail[CURL_ERROR_SIZE])
{
	return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TIMEOUT_MS) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_USERAGENT, "mta-stsctl/" PACKAGE_VERSION) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEDATA, body) == CURLE_OK;
}

static enum err explain(struct directory *directory, const char *why)
{
	text_escape(why, strlen(why), directory->why);
	return ERR_REFUSED;
}

static enum err judge(CURL *curl, CURLcode code, const char *detail, const struct text *body,
		      struct directory *directory)
{
	char why[CURL_ERROR_SIZE + 32];
	long status = 0;
	enum err err;

	if (code == CURLE_OUT_OF_MEMORY)
		return ERR_NO_MEMORY;
	if (code == CURLE_WRITE_ERROR)
		return explain(directory, "it is longer than 64 KiB");
	if (code != CURLE_OK)
		return explain(directory, detail[0] != '\0' ? detail : curl_easy_strerror(code));
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != HTTP_OK) {
		(void)snprintf(why, sizeof(why), "its answer has status %ld", status);
		return explain(directory, why);
	}
	err = directory_read(body->bytes != NULL ? body->bytes : "", body->len, directory);
	return err == ERR_SYNTAX ? explain(directory, "what is there is not the directory of an authority")
				 : err;
}

enum err directory_fetch(const char *url, struct directory *directory)
{
	char detail[CURL_ERROR_SIZE] = "";
	struct text body = { 0 };
	CURL *curl = curl_easy_init();
	enum err err = ERR_NO_MEMORY;

	if (curl != NULL && set_up(curl, url, &body, detail))
		err = judge(curl, curl_easy_perform(curl), detail, &body, directory);
	curl_easy_cleanup(curl);
	text_free(&body);
	return err;
}

static enum err read_identities(const json_t *list, struct names *identities)
{
	const json_t *item;
	size_t i;
	enum err err = json_array_size(list) <= DIRECTORY_IDENTITIES_MAX ? ERR_OK : ERR_SYNTAX;

	json_array_foreach(list, i, item)
	{
		char domain[DOMAIN_SIZE];

		if (err == ERR_OK && (!json_is_string(item) ||
				      domain_normalise(json_string_value(item), domain, NULL) != ERR_OK))
			err = ERR_SYNTAX;
		if (err == ERR_OK)
			err = names_put(identities, domain);
	}
	return err;
}

static enum err read_terms(const json_t *terms, char **to)
{
	char shown[TEXT_SHOWN_SIZE];

	if (!json_is_string(terms))
		return ERR_OK;
	text_escape(json_string_value(terms), json_string_length(terms), shown);
	*to = strdup(shown);
	return *to != NULL ? ERR_OK : ERR_NO_MEMORY;
}

/* What cannot be asked safely is as good as nothing. */
static enum err read_renewal_info(const json_t *url, char **to)
{
	const char *text = json_string_value(url);

	if (text == NULL || strncmp(text, HTTPS, strlen(HTTPS)) != 0 || strlen(text) > URL_MAX)
		return ERR_OK;
	for (const char *at = text; *at != '\0'; at++) {
		if (*at <= ' ' || *at >= 0x7f)
			return ERR_OK;
	}
	*to = strdup(text);
	return *to != NULL ? ERR_OK : ERR_NO_MEMORY;
}

enum err directory_read(const char *bytes, size_t len, struct directory *directory)
{
	json_t *root = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *meta = json_object_get(root, "meta");
	enum err err = ERR_SYNTAX;

	if (json_is_string(json_object_get(root, "newAccount")) &&
	    json_is_string(json_object_get(root, "newOrder")))
		err = read_identities(json_object_get(meta, "caaIdentities"), &directory->identities);
	if (err == ERR_OK)
		err = read_terms(json_object_get(meta, "termsOfService"), &directory->terms);
	if (err == ERR_OK)
		err = read_renewal_info(json_object_get(root, "renewalInfo"), &directory->renewal_info);
	if (err == ERR_OK)
		directory->needs_binding = json_is_true(json_object_get(meta, "externalAccountRequired"));
	directory->is_read = err == ERR_OK;
	json_decref(root);
	return err;
}

void directory_free(struct directory *directory)
{
	free(directory->terms);
	free(directory->renewal_info);
	names_free(&directory->identities);
	*directory = (struct directory){ 0 };
}
