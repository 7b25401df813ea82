#!/bin/sh
# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
# smoke.sh SECONDS: fuzzes packet input for so long with ASan and UBSan; exit 77 without clang. New inputs stay in build-fuzz/corpus.
set -eu
seconds=${1:?"usage: smoke.sh SECONDS"}
native=$(cd "$(dirname "$0")/../.." && pwd)
command -v clang >/dev/null 2>&1 || { echo "no clang: fuzzing skipped"; exit 77; }
build=$native/build-fuzz
[ -d "$build" ] || CC=clang meson setup "$build" "$native" -Dfuzz=true -Ddpdk=false -Db_sanitize=address,undefined -Db_lundef=false >"$native/build-fuzz.log" 2>&1 ||
	{ cat "$native/build-fuzz.log"; exit 1; }
rm -f "$native/build-fuzz.log"
ninja -C "$build" tests/fuzz/weft-fuzz-packet-input tests/fuzz/weft-fuzz-replay >"$build/ninja.log" 2>&1 || { tail -n 40 "$build/ninja.log"; exit 1; }
mkdir -p "$build/corpus" "$build/artifacts"
"$build/tests/fuzz/weft-fuzz-replay" --write "$build/corpus" "$native/tests/vectors" >/dev/null
cd "$build"
tests/fuzz/weft-fuzz-packet-input -max_total_time="$seconds" -max_len=20000 -artifact_prefix=artifacts/ -print_final_stats=1 -rss_limit_mb=2048 \
	corpus >fuzz.log 2>&1 || { tail -n 60 fuzz.log; exit 1; }
grep -a -E 'stat::(number_of_executed_units|new_units_added|peak_rss_mb)|cov:' fuzz.log | tail -n 4
