#!/bin/sh
# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
# smoke.sh SECONDS [TARGET…]: fuzzes each target (packet, abi, control, split) for its share of the time, with ASan and UBSan; exit 77
# without clang. Starts from corpus/TARGET and from seeds made of the packet vectors; new inputs stay in build-fuzz/corpus-TARGET.
set -eu
seconds=${1:?"usage: smoke.sh SECONDS [TARGET...]"}
shift
[ $# -gt 0 ] || set -- packet abi control split
native=$(cd "$(dirname "$0")/../.." && pwd)
command -v clang >/dev/null 2>&1 || { echo "no clang: fuzzing skipped"; exit 77; }
build=$native/build-fuzz
[ -d "$build" ] || CC=clang meson setup "$build" "$native" -Dfuzz=true -Ddpdk=false -Db_sanitize=address,undefined -Db_lundef=false >"$native/build-fuzz.log" 2>&1 ||
	{ cat "$native/build-fuzz.log"; exit 1; }
rm -f "$native/build-fuzz.log"
programs="tests/fuzz/weft-fuzz-replay tests/fuzz/weft-fuzz-abi-replay"
for target in "$@"; do programs="$programs tests/fuzz/weft-fuzz-$target-input"; done
# shellcheck disable=SC2086 # one word each
ninja -C "$build" $programs >"$build/ninja.log" 2>&1 || { tail -n 40 "$build/ninja.log"; exit 1; }
cd "$build"
mkdir -p corpus-packet corpus-abi corpus-control corpus-split artifacts
tests/fuzz/weft-fuzz-replay --write corpus-packet "$native/tests/vectors" >/dev/null
tests/fuzz/weft-fuzz-abi-replay --write corpus-abi >/dev/null
for target in "$@"; do
	"tests/fuzz/weft-fuzz-$target-input" -max_total_time=$(((seconds + $# - 1) / $#)) -max_len=20000 -artifact_prefix="artifacts/$target-" \
		-print_final_stats=1 -rss_limit_mb=2048 "corpus-$target" "$native/tests/fuzz/corpus/$target" >"fuzz-$target.log" 2>&1 ||
		{ tail -n 60 "fuzz-$target.log"; exit 1; }
	echo "$target: $(grep -a -E 'stat::number_of_executed_units' "fuzz-$target.log" | tail -n 1 | tr -s ' ') runs, $(grep -a -o 'cov: [0-9]* ft: [0-9]*' "fuzz-$target.log" | tail -n 1)"
done
