/* SPDX-License-Identifier: ISC */
#include "api/shape_ordering.h"

/* A client that reads an answer must not stumble over a state that was added later, so none is checked. */
static const struct shape_field certificate_order_fields[] = {
	SHAPE_ROW_STRING(api_certificate_order, domain, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_certificate_order, state, SHAPE_ALWAYS),
	SHAPE_ROW_TIME(api_certificate_order, at, SHAPE_OR_NULL_LATER),
	SHAPE_ROW_STRING(api_certificate_order, detail, SHAPE_OR_NULL_LATER),
	SHAPE_ROW_END,
};

static const struct shape_field round_fields[] = {
	SHAPE_ROW_STRING(api_round, problem, SHAPE_OR_NULL_LATER),
	SHAPE_ROW_STRING(api_round, detail, SHAPE_OR_NULL_LATER),
	SHAPE_ROW_TIME(api_round, next, SHAPE_OR_NULL_LATER),
	SHAPE_ROW_END,
};

static const struct shape_field kept_fields[] = {
	SHAPE_ROW_INTEGER(api_orders_kept, kept, SHAPE_ALWAYS, 0),
	SHAPE_ROW_END,
};

static const struct shape_field ordering_fields[] = {
	SHAPE_ROW_TIME(api_ordering, reported, SHAPE_OR_NULL),
	SHAPE_ROW_STRING(api_ordering, problem, SHAPE_OR_NULL),
	SHAPE_ROW_STRING(api_ordering, detail, SHAPE_OR_NULL),
	SHAPE_ROW_TIME(api_ordering, next, SHAPE_OR_NULL),
	SHAPE_ROW_COUNTS(api_ordering, states, SHAPE_ALWAYS),
	SHAPE_ROW_OBJECTS(api_ordering, domains, SHAPE_ALWAYS, &shape_certificate_order),
	SHAPE_ROW_END,
};

static const struct shape_field orders_body[] = {
	{ SHAPE_OBJECT, SHAPE_MAY_MISS, "round", 0, &shape_round, 0 },
	{ SHAPE_OBJECTS, SHAPE_ALWAYS, "orders", 0, &shape_certificate_order, 0 },
	SHAPE_ROW_END,
};

#define REPORT "POST /v1/certificates/orders"

const struct shape shape_certificate_order = { REPORT, certificate_order_fields, NULL };
const struct shape shape_round = { REPORT, round_fields, NULL };
const struct shape shape_orders_kept = { REPORT, kept_fields, NULL };
const struct shape shape_ordering = { "GET /v1/status", ordering_fields, NULL };
const struct shape shape_orders_body = { REPORT, orders_body, NULL };
