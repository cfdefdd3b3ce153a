#!/usr/bin/env bash
# The same bytes from every host.
#
# Objects: C, Lua, R and Octave each write the objects below with write_file; all files must be equal, each must verify in
# another host, and a file with one byte changed must be found out by every host.
#
# Each host is a program of two acts. "write FOLDER" writes FOLDER/<host>/<name> for each line "name option=value ..." of
# FOLDER/configurations. "verify FOLDER FROM" checks FOLDER/FROM/<name> and prints "ok <name>" or "bad <name> <first bad
# byte, from 1>". Lua, R and Octave find dgen by what `make -s env` prints.
#
# Operations: a program of each host writes to one file the result of every operation of the registry, in its order, of
# f64, then of f32 operands x, y, t as they are wanted. For k = 0 to 999, x[k] = ((k * 37) % 1000 - 500) / 16,
# y[k] = ((k * 61) % 997 - 300) / 32, t[k] = (k * 7 % 64) / 64. scale is by 2.5, clamp to -1 and 1, other parameters are
# the defaults. A reduction is one little-endian f64, a position counted from 1. All files must be equal.
set -u
cd "$(dirname "$0")/.."
build=${BUILD:-build}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

hosts=(c lua r octave)
cat > "$folder/configurations" <<'END'
plain size=1000003 seed=42
empty size=0 seed=42
byte size=1 seed=42
stream size=300000 seed=0xFFFFFFFFFFFFFFFF stream=3
last_stream size=70001 seed=0 stream=0xFFFFFFFFFFFFFFFF
offset size=2000000 seed=7 offset=12345
dedup size=3000000 seed=1 dedup_ratio=1.7
compress size=3000000 seed=2 compress_ratio=2.5
both size=4194381 seed=3 dedup_ratio=2 compress_ratio=2
both_512 size=1000001 seed=4 dedup_ratio=3 compress_ratio=1.5 block_size=512
both_4096 size=2000001 seed=5 dedup_ratio=2 compress_ratio=3 block_size=4096
both_65536 size=3000001 seed=6 dedup_ratio=1.3 compress_ratio=8 block_size=65536
offset_both size=4194381 seed=3 dedup_ratio=2 compress_ratio=2 offset=777777
lz4 size=1000000 seed=7 compress_ratio=4 codec=lz4
zstd size=1000000 seed=8 compress_ratio=1.5 codec=zstd
lz4_zstd size=1000000 seed=9 compress_ratio=3 codec=lz4+zstd
zlib size=1000000 seed=10 compress_ratio=2 codec=zlib
END
names=$(cut -d ' ' -f 1 "$folder/configurations")

host() { # HOST ACT FOLDER [FROM]
    case $1 in
        c) "$build/tests/write_object" "${@:2}" ;;
        lua) lua5.4 tests/cross_hosts/object.lua "${@:2}" ;;
        r) Rscript --vanilla tests/cross_hosts/object.R "${@:2}" ;;
        octave) octave-cli --no-history -qf tests/cross_hosts/object.m "${@:2}" ;;
    esac
}

passed=0 failed=0
expect() { # WHAT COMMAND...
    if "${@:2}"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $1"
    fi
}

for writer in "${hosts[@]}"; do
    mkdir "$folder/$writer"
    expect "$writer writes" host "$writer" write "$folder"
    for name in $names; do
        expect "$writer writes $name as c does" cmp -s "$folder/c/$name" "$folder/$writer/$name"
    done
done
expect "an object of 1000003 bytes" test "$(wc -c < "$folder/c/plain")" = 1000003
expect "an object from offset 12345 on" test "$(wc -c < "$folder/c/offset")" = $((2000000 - 12345))

for i in "${!hosts[@]}"; do
    reader=${hosts[$i]} writer=${hosts[$(((i + 1) % ${#hosts[@]}))]}
    host "$reader" verify "$folder" "$writer" > "$folder/answers"
    for name in $names; do
        expect "$reader verifies $name written by $writer" grep -qx "ok $name" "$folder/answers"
    done
done

# One byte changed: byte 1000 of the plain object.
mkdir "$folder/damaged"
cp "$folder/c/plain" "$folder/damaged/plain"
byte=$(od -An -tu1 -j 999 -N 1 "$folder/c/plain")
printf "\\x$(printf %x $((byte ^ 16)))" | dd of="$folder/damaged/plain" bs=1 seek=999 conv=notrunc status=none
sed -i -n '/^plain /p' "$folder/configurations"
for reader in "${hosts[@]}"; do
    expect "$reader finds the changed byte" test "$(host "$reader" verify "$folder" damaged)" = "bad plain 1000"
done

operations() { # HOST FILE
    case $1 in
        c) "$build/tests/write_operations" "$2" ;;
        lua) lua5.4 tests/cross_hosts/operations.lua "$2" ;;
        r) Rscript --vanilla tests/cross_hosts/operations.R "$2" ;;
        octave) octave-cli --no-history -qf tests/cross_hosts/operations.m "$2" ;;
    esac
}
for writer in "${hosts[@]}"; do
    expect "$writer writes the operations' results" operations "$writer" "$folder/operations.$writer"
    expect "$writer's operations give what those of c do" cmp "$folder/operations.c" "$folder/operations.$writer"
done
expect "results of 1000 elements and more" test "$(wc -c < "$folder/operations.c")" -gt $((40 * 1000 * 12))

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
