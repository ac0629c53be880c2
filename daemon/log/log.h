/* SPDX-License-Identifier: ISC */
#ifndef LOG_LOG_H
#define LOG_LOG_H

/**
 * Log lines on standard error, one event a line: "subject, event (reason)", lower case.
 *
 * Under systemd each line begins with "<N>", the priority that the journal takes out again (sd-daemon(3)).
 * Values that come from the network or from files go through text_escape() before they get here.  Whatever is
 * not visible ASCII, as in paths, is shown as text_show() does, so one event can never look like two, and no
 * terminal obeys a line.
 *
 * What somebody would act on is an event, and has fields besides: log/log_event.h.
 *
 * Threads: any.
 */

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_NOTICE = 5, LOG_LEVEL_INFO = 6 };

/** Allows some lines in a while; zero-initialise, one object a kind of event. */
struct log_limit {
	unsigned burst; /**< lines in 10 seconds; 0 stands for 5 */
	uint64_t window_start_ms;
	unsigned in_window;
	unsigned suppressed;
};

/**
 * Choose the line format from the environment: priorities when standard error is the journal
 * (JOURNAL_STREAM).
 */
void log_open(void);

/**
 * From now on drop lines while the reader of standard error does not read, instead of waiting for it: a
 * daemon goes on.  How many were lost is said when it reads again.  Before there are threads.
 */
void log_lose_rather_than_wait(void);

/** Write one line. */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * Ask whether an event that strangers can cause may be logged now.
 *
 * When a new window begins after lines were held back, their number is logged first.
 *
 * @param limit  used by one thread at a time
 * @param now_ms  clock_ms()
 */
bool log_allowed(struct log_limit *limit, uint64_t now_ms);

#define log_error(...)   log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...)  log_write(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)    log_write(LOG_LEVEL_INFO, __VA_ARGS__)

#endif
