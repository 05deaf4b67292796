#!/usr/bin/env bash
# Runs jwtriage beside ripgrep, DuckDB and plain reading over the same made-up logs, and prints how they compare.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
size=256 rounds=5 compression=plain jwtriage="$here/../target/release/jwtriage" python=python3

usage() {
    cat <<USAGE
Usage: benches/compare.sh [--size MB] [--rounds N] [--compression plain|gz|zst] [--jwtriage PATH] [--python PATH]

  --size         of the logs before compression (default: $size)
  --rounds       each runs every tool once, in turn; one more comes first and does not count (default: $rounds)
  --compression  plain, gz or zst (default: $compression)
  --jwtriage     the binary (default: target/release/jwtriage)
  --python       a Python that can import duckdb (default: $python)

Needs python3 and GNU time; takes hyperfine for the times, and rg and duckdb as peers, if they are there.
USAGE
}
fail() {
    echo "compare.sh: $1" >&2
    exit 2
}
while [ $# -gt 0 ]; do
    case "$1" in
    -h | --help) usage && exit ;;
    --size | --rounds | --compression | --jwtriage | --python)
        [ $# -gt 1 ] || fail "$1 wants a value"
        declare "${1#--}=$2"
        shift 2
        ;;
    *) fail "unknown argument $1; see --help" ;;
    esac
done
case "$compression" in
plain) cat="cat" rg="rg" ;;
gz) cat="gzip -dc" rg="rg -z" ;;
zst) cat="zstd -dcq" rg="rg -z" ;;
*) fail "compression is plain, gz or zst" ;;
esac
[ -x "$jwtriage" ] || fail "no $jwtriage; run cargo build --release or give --jwtriage"
/usr/bin/time -f %M true 2>/dev/null || fail "needs GNU time as /usr/bin/time"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
logs="$work/logs"
python3 "$here/compare/corpus.py" "$logs" --size "$size"
case "$compression" in
gz) find "$logs" -type f -exec gzip {} + ;;
zst) find "$logs" -type f -exec zstd -q --rm {} + ;;
esac

# One script a tool, so that all are started alike.
tools=()
peer() { # NAME COMMAND
    tools+=("$1")
    echo "exec $2" >"$work/$1.sh"
}
q() { printf '%q' "$1"; }
peer jwtriage "$(q "$jwtriage") scan $(q "$logs") -o $(q "$work/report.json") --failures $(q "$work/jwtriage.csv")"
peer cat "find $(q "$logs") -type f -exec $cat {} + >/dev/null"
if command -v rg >/dev/null; then
    literals="$here/compare/literals.txt"
    peer ripgrep "$rg --no-config -uu -c -F -f $(q "$literals") $(q "$logs") >$(q "$work/ripgrep.txt")"
else
    echo "Left out: ripgrep (no rg)" >&2
fi
if "$python" -c 'import duckdb' 2>/dev/null; then
    peer duckdb "$(q "$python") $(q "$here/compare/in_duckdb.py") $(q "$logs") $(q "$work/duckdb.csv")"
else
    echo "Left out: DuckDB ($python cannot import duckdb; see --python)" >&2
fi

# Prints seconds of wall clock, seconds of CPU and peak kilobytes of one run.
measure() { # TOOL
    if command -v hyperfine >/dev/null; then
        hyperfine -N --style none --runs 1 --export-csv "$work/times" \
            "/usr/bin/time -o $(q "$work/memory") -f %M sh $(q "$work/$1.sh")" >/dev/null
        echo "$(awk -F, 'NR == 2 { print $2, $5 + $6 }' "$work/times") $(cat "$work/memory")"
    else
        /usr/bin/time -o "$work/times" -f '%e %U %S %M' sh "$work/$1.sh"
        awk '{ print $1, $2 + $3, $4 }' "$work/times"
    fi
}
for round in $(seq 0 "$rounds"); do
    for tool in "${tools[@]}"; do
        figures="$(measure "$tool")"
        [ "$round" = 0 ] || echo "$tool $figures" >>"$work/figures"
    done
done

found() { # TOOL
    case "$1" in
    jwtriage) echo "$(($(wc -l <"$work/jwtriage.csv") - 1)) failures explained" ;;
    duckdb) echo "$(($(wc -l <"$work/duckdb.csv") - 1)) failures joined" ;;
    ripgrep) awk -F: '{ lines += $NF } END { print lines + 0, "lines counted" }' "$work/ripgrep.txt" ;;
    *) echo "bytes read" ;;
    esac
}
for tool in "${tools[@]}"; do echo "$tool $(found "$tool")"; done >"$work/found"
disk="$(du -sm --apparent-size "$logs" | cut -f1)"
load="$(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo unknown)"
echo "$size MB of logs ($compression, $disk MiB on disk), $(nproc) cores, load $load; medians of $rounds rounds in turn"
echo
python3 "$here/compare/table.py" "$work/figures" "$work/found"
