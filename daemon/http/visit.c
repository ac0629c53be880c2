/* SPDX-License-Identifier: ISC */
#include "http/visit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* One read.  The thread has others to serve, too. */
#define READ_SIZE 65536

static struct answer *answer_of(struct visit *visit)
{
	return visit->errand != NULL ? errand_answer(visit->errand) : &visit->refusal;
}

/* RFC 9112, section 7.1: the body, as a piece of an answer, or the last chunk when there is none. */
static enum err make_chunk(struct visit *visit)
{
	struct text *body = &answer_of(visit)->body;
	enum err err;

	if (body->len == 0)
		return text_append(&visit->answer_head, "0\r\n\r\n", 5);
	err = text_appendf(&visit->answer_head, "%zx\r\n", body->len);
	return err == ERR_OK ? text_append(body, "\r\n", 2) : err;
}

static enum visit_phase begin_answer(struct visit *visit, const struct visit_tools *tools)
{
	const struct answer *answer = answer_of(visit);
	char head[EXCHANGE_ANSWER_SIZE];
	size_t len;

	text_free(&visit->bytes);
	visit->in_pieces = answer->more != NULL;
	visit->has_ordered = visit->peer.right >= RIGHT_CERTIFY &&
			     (visit->head.method & (METHOD_POST | METHOD_DELETE)) != 0 &&
			     (!visit->in_pieces || answer->done);
	if (exchange_announce(tools->exchange, answer, head, &len) != ERR_OK ||
	    text_append(&visit->answer_head, head, len) != ERR_OK)
		return VISIT_END;
	if (answer->more != NULL && visit->head.method != METHOD_HEAD && make_chunk(visit) != ERR_OK)
		return VISIT_END;
	return VISIT_ANSWER;
}

static enum visit_phase refuse(struct visit *visit, const struct visit_tools *tools, unsigned status,
			       unsigned allow)
{
	errand_leave(&visit->errand);
	answer_free(&visit->refusal);
	routes_refuse(tools->errand.routes, status, &visit->refusal);
	visit->refusal.allow = allow;
	return begin_answer(visit, tools);
}

static struct request request_of(const struct visit *visit)
{
	return (struct request){
		.method = visit->head.method,
		.target = visit->target,
		.host = "",
		.body = visit->bytes.len > 0 ? visit->bytes.bytes : "",
		.body_len = visit->bytes.len,
		.peer = visit->peer,
	};
}

/* The answer is there, or cannot be made. */
static enum visit_phase take_answer(struct visit *visit, const struct visit_tools *tools)
{
	if (answer_of(visit) != NULL)
		return begin_answer(visit, tools);
	/* What was done cannot be refused any more, and its client learns that it knows nothing. */
	return errand_was_done(visit->errand) ? VISIT_END : refuse(visit, tools, 503, 0);
}

static enum visit_phase answer(struct visit *visit, const struct visit_tools *tools)
{
	struct request request = request_of(visit);

	visit->is_whole = true;
	if (errand_new(&tools->errand, &request, &visit->bytes, visit->head.takes_chunks, visit,
		       &visit->errand) != ERR_OK)
		return refuse(visit, tools, 503, 0);
	return errand_is_under_way(visit->errand) ? VISIT_ERRAND : take_answer(visit, tools);
}

static size_t body_limit(const struct visit *visit, const struct visit_tools *tools)
{
	return tools->errand.routes->body_limits[visit->peer.right];
}

static enum err take_body(struct visit *visit, const struct visit_tools *tools, const char *bytes, size_t len)
{
	size_t left = (size_t)visit->head.body_len - visit->bytes.len;

	if (visit->head.is_chunked)
		return chunks_take(&visit->chunks, bytes, len, body_limit(visit, tools), &visit->bytes);
	if (text_append(&visit->bytes, bytes, len < left ? len : left) != ERR_OK)
		return ERR_NO_MEMORY;
	return len < left ? ERR_AGAIN : ERR_OK;
}

/* Some of the body, or the end of the connection: nothing. */
static enum visit_phase go_on_with_body(struct visit *visit, const struct visit_tools *tools,
					const char *bytes, size_t len)
{
	static const unsigned statuses[ERR_COUNT] = {
		[ERR_RANGE] = 413,
		[ERR_SYNTAX] = 400,
		[ERR_NO_MEMORY] = 503,
	};
	enum err err = take_body(visit, tools, bytes, len);

	if (err == ERR_OK)
		return answer(visit, tools);
	return err == ERR_AGAIN ? VISIT_BODY : refuse(visit, tools, statuses[err], 0);
}

/* The client waits for it before it sends a long body, though never for long. */
static enum visit_phase go_ahead(struct visit *visit)
{
	static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
	const ssize_t len = sizeof(interim) - 1;

	if (!visit->head.expects_go_ahead || visit->bytes.len > 0)
		return VISIT_BODY;
	return send(visit->fd, interim, (size_t)len, MSG_NOSIGNAL) == len ? VISIT_BODY : VISIT_END;
}

/* What a good head decides, at once and before its body has cost anything. */
static enum visit_phase decide(struct visit *visit, const struct visit_tools *tools)
{
	const struct head *head = &visit->head;
	size_t limit = body_limit(visit, tools);
	struct request request = request_of(visit);
	unsigned allow = 0;
	unsigned status = routes_check(tools->errand.routes, &request, &allow);

	if (status == 0 && (head->body_len > limit || (head->is_chunked && limit == 0)))
		status = 413;
	return status != 0 ? refuse(visit, tools, status, allow) : VISIT_BODY;
}

/* A head is there: len bytes, behind which the body may have begun. */
static enum visit_phase begin(struct visit *visit, const struct visit_tools *tools, size_t len)
{
	struct text came = visit->bytes;
	enum visit_phase phase;
	unsigned status = head_check_control(came.bytes, len, &visit->head);

	if (status != 0)
		return refuse(visit, tools, status, 0);
	visit->target = strndup(visit->head.target, visit->head.target_len);
	if (visit->target == NULL)
		return refuse(visit, tools, 503, 0);
	visit->bytes = (struct text){ 0 };
	visit->is_whole = !visit->head.is_chunked && visit->head.body_len <= came.len - len;
	phase = decide(visit, tools);
	if (phase == VISIT_BODY)
		phase = go_on_with_body(visit, tools, came.bytes + len, came.len - len);
	if (phase == VISIT_BODY)
		phase = go_ahead(visit);
	text_free(&came);
	return phase;
}

/* The client has nothing more to say, or the connection has failed. */
static enum visit_phase end_early(struct visit *visit, const struct visit_tools *tools, ssize_t got)
{
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return visit->phase;
	if (got < 0 || (visit->phase == VISIT_HEAD && visit->bytes.len == 0))
		return VISIT_END;
	return refuse(visit, tools, 400, 0);
}

static enum visit_phase read_head(struct visit *visit, const struct visit_tools *tools)
{
	char bytes[HEAD_LIMIT];
	ssize_t got = recv(visit->fd, bytes, sizeof(bytes) - visit->bytes.len, MSG_DONTWAIT);
	size_t end = 0;
	enum err err;

	if (got <= 0)
		return end_early(visit, tools, got);
	if (text_append(&visit->bytes, bytes, (size_t)got) != ERR_OK)
		return refuse(visit, tools, 503, 0);
	if (!head_may_begin(visit->bytes.bytes[0]))
		return refuse(visit, tools, 400, 0);
	err = head_find(visit->bytes.bytes, visit->bytes.len, &end);
	if (err == ERR_OK)
		return begin(visit, tools, end);
	return err == ERR_AGAIN ? VISIT_HEAD : refuse(visit, tools, 431, 0);
}

static enum visit_phase read_body(struct visit *visit, const struct visit_tools *tools)
{
	char bytes[READ_SIZE];
	ssize_t got = recv(visit->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	return got > 0 ? go_on_with_body(visit, tools, bytes, (size_t)got) : end_early(visit, tools, got);
}

/* The part of some bytes that comes behind an offset into bytes before them, too. */
static struct iovec unsent(const char *bytes, size_t len, size_t before, size_t sent)
{
	size_t skip = sent > before ? sent - before : 0;

	skip = skip < len ? skip : len;
	/* sendmsg() only reads them, though its type is not const. */
	return (struct iovec){ (void *)((uintptr_t)bytes + skip), len - skip };
}

static size_t body_len(const struct visit *visit, const struct answer *answer)
{
	if (visit->head.method == METHOD_HEAD)
		return 0;
	return answer->lent != NULL ? answer->lent_len : answer->body.len;
}

/* To close with something unread resets the connection, and the client may lose the answer over it. */
static enum visit_phase end_answer(struct visit *visit)
{
	char byte;

	if (visit->is_whole && recv(visit->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0)
		return VISIT_END;
	return shutdown(visit->fd, SHUT_WR) == 0 ? VISIT_LINGER : VISIT_END;
}

static enum visit_phase take_piece(struct visit *visit)
{
	visit->answer_head.len = 0;
	visit->sent = 0;
	visit->pieces++;
	return answer_of(visit) != NULL && make_chunk(visit) == ERR_OK ? VISIT_ANSWER : VISIT_END;
}

/* All that was there has been sent. */
static enum visit_phase go_on_with_answer(struct visit *visit, const struct answer *answer)
{
	if (answer->more == NULL || visit->head.method == METHOD_HEAD)
		return end_answer(visit);
	errand_go_on(visit->errand);
	return errand_is_under_way(visit->errand) ? VISIT_ERRAND : take_piece(visit);
}

static enum visit_phase send_answer(struct visit *visit, const struct visit_tools *tools)
{
	const struct answer *answer = answer_of(visit);
	const char *body = answer->lent != NULL ? answer->lent : answer->body.bytes;
	size_t head_len = visit->answer_head.len;
	struct iovec parts[] = {
		unsent(visit->answer_head.bytes, head_len, 0, visit->sent),
		unsent(body, body_len(visit, answer), head_len, visit->sent),
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t sent = sendmsg(visit->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)tools;
	if (sent < 0)
		return errno == EAGAIN || errno == EINTR ? VISIT_ANSWER : VISIT_END;
	visit->sent += (size_t)sent;
	visit->told += (uint64_t)sent;
	return visit->sent < head_len + body_len(visit, answer) ? VISIT_ANSWER
								: go_on_with_answer(visit, answer);
}

static enum visit_phase wait_for_errand(struct visit *visit, const struct visit_tools *tools)
{
	if (errand_is_under_way(visit->errand))
		return VISIT_ERRAND;
	return visit->answer_head.len == 0 ? take_answer(visit, tools) : take_piece(visit);
}

static enum visit_phase linger(struct visit *visit, const struct visit_tools *tools)
{
	char bytes[READ_SIZE];
	ssize_t got = recv(visit->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	(void)tools;
	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)) ? VISIT_LINGER : VISIT_END;
}

void visit_step(struct visit *visit, const struct visit_tools *tools)
{
	static enum visit_phase (*const steps[])(struct visit * visit, const struct visit_tools *tools) = {
		[VISIT_LINGER] = linger,          [VISIT_HEAD] = read_head,     [VISIT_BODY] = read_body,
		[VISIT_ERRAND] = wait_for_errand, [VISIT_ANSWER] = send_answer,
	};

	visit->phase = steps[visit->phase](visit, tools);
}

bool visit_has_ordered(const struct visit *visit)
{
	return visit->phase == VISIT_ANSWER && visit->has_ordered && (!visit->in_pieces || visit->told == 0);
}

void visit_turn_away(struct visit *visit, const struct visit_tools *tools)
{
	if (visit->phase != VISIT_LINGER && visit->told == 0 && !visit_has_ordered(visit)) {
		text_free(&visit->answer_head);
		if (refuse(visit, tools, 503, 0) == VISIT_ANSWER)
			(void)send_answer(visit, tools);
	}
	visit->phase = VISIT_END;
}

size_t visit_memory(const struct visit *visit)
{
	return visit->bytes.capacity + visit->refusal.body.capacity +
	       (visit->errand != NULL ? errand_memory(visit->errand) : 0);
}

void visit_close(struct visit *visit)
{
	text_free(&visit->bytes);
	text_free(&visit->answer_head);
	errand_leave(&visit->errand);
	answer_free(&visit->refusal);
	free(visit->target);
	(void)close(visit->fd);
	*visit = (struct visit){ .fd = -1, .phase = VISIT_END };
}
