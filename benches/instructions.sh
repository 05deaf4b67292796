#!/usr/bin/env bash
# Counts the instructions of fixed runs under valgrind and holds them against the baseline in instructions.txt.
#
# Usage: benches/instructions.sh [--update] [BINARY]
#
# Fails (1) if a case is more than 5 % above the baseline; --update writes a new one. BINARY is target/release/jwtriage
# unless given, built without `target-cpu`: valgrind has no AVX-512.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
baseline="$here/instructions.txt"
tolerance=5
update=false
if [ "${1:-}" = --update ]; then
    update=true
    shift
fi
binary="${1:-$here/../target/release/jwtriage}"
for tool in valgrind python3 "$binary"; do
    command -v "$tool" >/dev/null || { echo "instructions.sh: no $tool" >&2 && exit 2; }
done

# What the count depends on beside the sources: memchr and others choose their code by the processor.
processor="$(uname -m)"
if grep -qw avx2 /proc/cpuinfo; then processor="$processor with AVX2"; fi
tools="$(valgrind --version), $(rustc --version 2>/dev/null || echo "rustc unknown")"
if ! "$update" && ! grep -q "^# $processor; " "$baseline"; then
    echo "The baseline is of another processor ($(head -n 1 "$baseline")): nothing to compare"
    exit
fi

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 "$here/compare/corpus.py" "$work/plain" --size 32
python3 "$here/compare/corpus.py" "$work/storm" --size 8 --refused 0.1
python3 "$here/compare/alike.py" "$work/alike" --lines 2000

# One thread, as threads that wait for each other spin.
export POLARS_MAX_THREADS=1
count() { # ARGUMENTS of jwtriage
    if ! valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null --log-file="$work/log" \
        "$binary" "$@" >"$work/out"; then
        echo "instructions.sh: jwtriage $* failed" >&2
        cat "$work/log" >&2
        exit 2
    fi
    sed -n 's/.*I *refs: *//p' "$work/log" | tr -d ,
}
scan() { # CORPUS
    count scan --threads 1 "$work/$1" -o "$work/report.json" --failures "$work/failures.csv"
}
startup="$(count catalog list)"
plain="$(scan plain)"
storm="$(scan storm)"
alike="$(scan alike)"
printf '%s\n' "# $processor; $tools" "startup $startup" "plain $plain" "storm $storm" "alike $alike" >"$work/counts"

if "$update"; then
    cp "$work/counts" "$baseline"
    cat "$baseline"
    exit
fi
awk -v tolerance="$tolerance" '
    /^#/ { told[NR == FNR] = $0; next }
    NR == FNR { before[$1] = $2; next }
    !($1 in before) { printf "%-8s %14.0f instructions, no baseline: run with --update\n", $1, $2; failed = 1; next }
    {
        change = ($2 / before[$1] - 1) * 100
        verdict = "as before"
        if (change > tolerance) { verdict = "MORE THAN ALLOWED"; failed = 1 }
        if (change < -tolerance) verdict = "better: run with --update"
        printf "%-8s %14.0f instructions, %+.2f %%: %s\n", $1, $2, change, verdict
    }
    END {
        if (told[1] != told[0]) print "Tools differ, which may be why:\n  baseline " told[1] "\n  now      " told[0]
        exit failed
    }' "$baseline" "$work/counts"
