#!/usr/bin/env bash
# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
# Compiles native/core as a Kbuild object against Debian's 6.1 headers and checks what it asks of its host: only the symbols of
# weft_host.h, the memory functions, and what the compiler itself inserts. No FPU or SSE; stack frames of at most 1 KiB.
#
# usage: gate.sh              the gate, then its canaries, which must fail
# exit:  0 ok, 77 no kernel headers (skipped), otherwise the gate is broken
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
native=$(dirname "$here")

headers=
for candidate in /lib/modules/*/build /usr/src/linux-headers-6.1*-amd64; do
	[ -f "$candidate/include/generated/autoconf.h" ] && headers=$(readlink -f "$candidate")
done
if [ -z "$headers" ]; then
	echo "kernel gate: skipped: no kernel headers (apt-get install linux-headers-amd64)"
	exit 77
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/weft-kernel.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Every source of the core, as core/meson.build lists them.
mapfile -t sources < <(sed -n "s/^ *'\(.*\.c\)',*$/\1/p" "$native/core/meson.build")

# build FOLDER SOURCE...: compiles copies of the sources; the log is FOLDER/log.
build() {
	local folder=$1 objects=() source name
	shift
	mkdir -p "$folder"
	cp "$here/Makefile" "$folder/"
	for source in "$@"; do
		name=$(basename "$source")
		[ -e "$folder/$name" ] && { echo "kernel gate: two sources are named $name" >&2; return 2; }
		ln -s "$(readlink -f "$source")" "$folder/$name"
		objects+=("${name%.c}.o")
	done
	make -k -C "$headers" M="$folder" CC="${KERNEL_CC:-gcc}" WEFT_NATIVE="$native" WEFT_OBJECTS="${objects[*]}" weft_core.o \
		>"$folder/log" 2>&1
}

# The names of the host port: every function weft_host.h declares.
allowed=$(sed -n 's/^[a-z].*[ *]\(weft_host_[a-z0-9_]*\)(.*/\1/p' "$native/core/weft_host.h" | sort -u)
# __warn_printk: the field-overrun check that 6.1 builds into its memcpy.
inserted='^(memcpy|memset|memmove|memcmp|__fentry__|__stack_chk_fail|__x86_return_thunk|__x86_indirect_thunk_.*|__fortify_panic|fortify_panic|__warn_printk|__memcpy|__memset)$'

foreign_symbols() {
	nm -u "$1" | awk '{print $2}' | sort -u | grep -vE "$inserted" | comm -23 - <(echo "$allowed") || true
}

full=()
for source in "${sources[@]}"; do full+=("$native/core/$source"); done
if ! build "$work/core" "${full[@]}"; then
	cat "$work/core/log" >&2
	echo "kernel gate: the core does not compile for the kernel" >&2
	exit 1
fi
foreign=$(foreign_symbols "$work/core/weft_core.o")
if [ -n "$foreign" ]; then
	echo "kernel gate: symbols that are not in weft_host.h:" $foreign >&2
	exit 1
fi
if objdump -d --no-show-raw-insn "$work/core/weft_core.o" | grep -qE '%(xmm|ymm|zmm|st)[0-9(]'; then
	echo "kernel gate: floating point or SSE registers are used" >&2
	exit 1
fi

# Canaries: each must be caught, or the gate proves nothing.
printf '#include "weft_types.h"\nint vprintk_emit_canary(void);\nint canary(void);\nint canary(void) { return vprintk_emit_canary(); }\n' >"$work/symbol.c"
printf '#include "weft_types.h"\nvoid weft_host_free(void *, size_t);\nvoid canary(void);\nvoid canary(void) { volatile char big[2048]; big[0] = 0; weft_host_free((void *)big, 1); }\n' >"$work/frame.c"
if ! build "$work/canary1" "$work/symbol.c" || [ "$(foreign_symbols "$work/canary1/weft_core.o")" != vprintk_emit_canary ]; then
	cat "$work/canary1/log" >&2
	echo "kernel gate: the canary that calls a foreign function was not caught" >&2
	exit 1
fi
if build "$work/canary2" "$work/frame.c" || ! grep -q 'frame size' "$work/canary2/log"; then
	echo "kernel gate: the canary with a 2 KiB frame was not caught" >&2
	exit 1
fi
echo "kernel gate: ok ${#sources[@]} objects"
