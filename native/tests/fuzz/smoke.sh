#!/bin/sh
# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
# smoke.sh SECONDS: fuzzes packet input and ABI messages for half of it each, with ASan and UBSan; exit 77 without clang. New inputs stay
# in build-fuzz/corpus-packet and corpus-abi.
set -eu
seconds=${1:?"usage: smoke.sh SECONDS"}
native=$(cd "$(dirname "$0")/../.." && pwd)
command -v clang >/dev/null 2>&1 || { echo "no clang: fuzzing skipped"; exit 77; }
build=$native/build-fuzz
[ -d "$build" ] || CC=clang meson setup "$build" "$native" -Dfuzz=true -Ddpdk=false -Db_sanitize=address,undefined -Db_lundef=false >"$native/build-fuzz.log" 2>&1 ||
	{ cat "$native/build-fuzz.log"; exit 1; }
rm -f "$native/build-fuzz.log"
ninja -C "$build" tests/fuzz/weft-fuzz-packet-input tests/fuzz/weft-fuzz-abi-input tests/fuzz/weft-fuzz-replay tests/fuzz/weft-fuzz-abi-replay \
	>"$build/ninja.log" 2>&1 || { tail -n 40 "$build/ninja.log"; exit 1; }
mkdir -p "$build/corpus-packet" "$build/corpus-abi" "$build/artifacts"
"$build/tests/fuzz/weft-fuzz-replay" --write "$build/corpus-packet" "$native/tests/vectors" >/dev/null
"$build/tests/fuzz/weft-fuzz-abi-replay" --write "$build/corpus-abi" >/dev/null
cd "$build"
for target in packet abi; do
	"tests/fuzz/weft-fuzz-$target-input" -max_total_time=$(((seconds + 1) / 2)) -max_len=20000 -artifact_prefix=artifacts/ -print_final_stats=1 \
		-rss_limit_mb=2048 "corpus-$target" >"fuzz-$target.log" 2>&1 || { tail -n 60 "fuzz-$target.log"; exit 1; }
	echo "$target:"
	grep -a -E 'stat::(number_of_executed_units|new_units_added|peak_rss_mb)|cov:' "fuzz-$target.log" | tail -n 4
done
