/* SPDX-License-Identifier: ISC */
#ifndef APP_JOURNAL_H
#define APP_JOURNAL_H

/**
 * Events with their fields into systemd's journal (log/log_event.h).
 *
 * Sending waits for a journal that does not read, so nobody may send but the main thread, and only after a
 * look whether there is room; without it the line goes to standard error, which drops it rather than wait.
 * Others may fill the last room after that look: what waits then are orders, never the workers' answers.
 *
 * Threads: the main thread.
 */

/** Send events to the journal when standard error leads there, as JOURNAL_STREAM says (systemd.exec(5)). */
void journal_open(void);

#endif
