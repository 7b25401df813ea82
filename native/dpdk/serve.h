/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* A worker process from start to stop. */
#ifndef WEFTD_SERVE_H
#define WEFTD_SERVE_H

struct weftd_arguments;

/* Until the parent says stop. The exit status. */
int weftd_serve(const struct weftd_arguments *arguments);

#endif
