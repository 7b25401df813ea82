/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* One line per event on stderr. More than LINES_PER_SECOND lines are counted instead of printed; the next line says how many. */
#ifndef WEFTD_LOG_H
#define WEFTD_LOG_H

/* Any thread. No newline in the format. */
void weftd_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
