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
#
# Random values: a program of each host, "random FILE FOLDER", makes the call of each line of FILE and writes the bytes of the
# result of line i to FOLDER/i (i from 1; elements little-endian, in the order of memory). A line is the name of a
# distribution and the arguments of a call by position, apart by one space: n (not of permutation, sample, unit_vectors), then
# the parameters, then NAME=ARGUMENT, which is an option or a parameter by its name. An argument is a number, a text "f32",
# or a list [1,2.5]: as n the dimensions, else an array of f64. Before the distribution may stand
#   normalize_rows   the result is dgen_normalize_rows of that of the call;
#   sampler          n is a list of lengths, and all that follows is by name: a sampler of the distribution gives the next
#                    values of each length, then from seek (7) on 10, then after reset () 10. The result is all of
#                    these, one after the other.
# For example: normal 1000 0 [1,2] seed=1 type="f32"; sampler gamma [10,1,500] shape=2 seed="0xFFFFFFFFFFFFFFFF".
# Each file must be equal in all hosts, and in C and Lua for every number of threads and every ISA of the machine.
#
# Quantization: the same of tests/cross_hosts/quantization.calls, as quantization.lua beside it says.
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

# ------------------------------------------------------------------------------------------------------- random values
calls() {
    for type in f64 f32; do
        cat <<END
uniform 1003 type="$type" seed=1
uniform 1003 -3 5.5 type="$type" seed=1 stream=2
uniform 1003 [-1,0,1] [2,3] type="$type" seed=1 offset=77
uniform 1003 resolution="full" type="$type" seed=1
normal 1003 type="$type" seed=1
normal 300001 type="$type" seed=1 offset=1234567
normal 1003 3 0.25 type="$type" seed="0xFFFFFFFFFFFFFFFF" stream="0xFFFFFFFFFFFFFFFF"
normal 1003 [0,100,-5.5] [1,2] type="$type" seed=2 offset=12345
normal 1003 sd=2 mean=-1 type="$type" seed=3
normal [17,5,3] 0 1 type="$type" seed=3
lognormal 1003 type="$type" seed=4
lognormal 1003 [0,1,2] 0.5 type="$type" seed=4 offset=5
exponential 1003 type="$type" seed=5
exponential 1003 [0.1,1,10,100] type="$type" seed=5 offset=3
gamma 1003 2 type="$type" seed=6
gamma 1003 0.3 5 type="$type" seed=6
gamma 1003 [0.1,1,7.5,1000] [1,2,3] type="$type" seed=6 stream=1 offset=9007199254730000
beta 1003 2 3 type="$type" seed=7
beta 1003 [0.01,0.5,40] [0.02,3] type="$type" seed=7 offset=1
chisq 1003 3 type="$type" seed=8
chisq 1003 [0.5,1,2,100] type="$type" seed=8
t 1003 4 type="$type" seed=9
t 1003 [0.5,1,30,1e9] type="$type" seed=9
cauchy 1003 type="$type" seed=10
cauchy 1003 [0,10] [1,2,3] type="$type" seed=10 offset=100
unit_vectors 97 33 type="$type" seed=11
unit_vectors 1000 512 type="$type" seed=11
unit_vectors 5 3 type="$type" seed=11 offset=6 stream=4
normalize_rows normal [37,5] 0 1 type="$type" seed=12
normalize_rows exponential [1,1000] 3 type="$type" seed=12
sampler uniform [100,1,0,900] type="$type" seed=13
sampler normal [1,1,1,70,500] mean=3 sd=[1,2,3] type="$type" seed=13 offset=7
sampler gamma [64,63,65,1000] shape=2 rate=0.5 type="$type" seed="0xFFFFFFFFFFFFFFFF"
sampler cauchy [1000] type="$type" seed=13 stream=3
END
    done
    for type in i32 i64 u8 f64 f32; do
        cat <<END
geometric 1003 0.2 type="$type" seed=20
geometric 1003 [0.2,0.5,1] type="$type" seed=20 offset=9
poisson 1003 5 type="$type" seed=21
poisson 1003 [0,0.5,5,12,60] type="$type" seed=21 offset=1003
poisson [10,10,10] 50 type="$type" seed=21 stream=5
binomial 1003 100 0.3 type="$type" seed=22
binomial 1003 [0,1,10,200] [0.5,0.01,1,0,0.9] type="$type" seed=22 offset=4
bernoulli 1003 0.3 type="$type" seed=23
bernoulli 300001 0.9999 type="$type" seed=23 offset=63
bernoulli 1003 [0,0.1,0.5,1] type="$type" seed=23
integers 1003 0 255 type="$type" seed=24
integers 300001 1 6 type="$type" seed=24 stream=9
integers 1003 [0,1,2] [2,200] type="$type" seed=24 offset=8
categorical 1003 [1,2,3,0,4.5] type="$type" seed=25
categorical 1003 [0.25] type="$type" seed=25 offset=11
permutation 200 type="$type" seed=26
sample 250 17 type="$type" seed=27
sample 100 100 type="$type" seed=27 stream=1
sampler poisson [10,1,900] lambda=3.5 type="$type" seed=28
sampler integers [64,1,1,500] min=10 max=[20,30,200] type="$type" seed=28 offset=3
sampler categorical [7,90] weights=[1,0,2] type="$type" seed=28
END
    done
    cat <<END
uniform 0 seed=1
uniform 1 seed=1 offset=9007199254740991
uniform 1003 seed=42 engine="r"
uniform 1003 seed=42 engine="octave"
uniform 1003 seed=42 engine="lua"
poisson 1003 1e6 seed=30
poisson 1003 [1e3,1e5,1e6] seed=30
poisson 300001 50 seed=30
binomial 1003 1000000 0.5 seed=31
binomial 1003 [1000,1000000] [0.001,0.4,0.999] seed=31
geometric 1003 1e-5 seed=32
integers 1003 -1000000 1000000 seed=33
integers 1003 -2147483648 2147483647 seed=33
integers 1003 0 4294967295 seed=33
integers 1003 -9223372036854775808 4611686018427387904 seed=33
integers 1003 -9007199254740992 [9007199254740992,0] seed=33 type="i64"
integers 1003 -9223372036854775808 [0,4611686018427387904] seed=33 type="i64"
permutation 0 seed=34
permutation 1 seed=34
permutation 100003 seed=34
permutation 1000003 seed="0xFFFFFFFFFFFFFFFF" stream=2
sample 1000003 1000 seed=35
sample 1000000000000 1000 seed=35
sample 9007199254740992 10 seed=35
sample 0 0 seed=35
END
}
calls > "$folder/calls"
random() { # HOST FOLDER
    mkdir "$2"
    case $1 in
        c) "$build/tests/write_values" "$folder/calls" "$2" ;;
        lua) lua5.4 tests/cross_hosts/random.lua "$folder/calls" "$2" ;;
        r) Rscript --vanilla tests/cross_hosts/random.R "$folder/calls" "$2" ;;
        octave) octave-cli --no-history -qf tests/cross_hosts/random.m "$folder/calls" "$2" ;;
    esac
}
quantization() { # HOST FOLDER
    mkdir "$2"
    local calls=tests/cross_hosts/quantization.calls
    case $1 in
        c) "$build/tests/write_quantization" "$calls" "$2" ;;
        lua) lua5.4 tests/cross_hosts/quantization.lua "$calls" "$2" ;;
        r) Rscript --vanilla tests/cross_hosts/quantization.R "$calls" "$2" ;;
        octave) octave-cli --no-history -qf tests/cross_hosts/quantization.m "$calls" "$2" ;;
    esac
}
export -f random quantization
export folder build
same_calls() { # WHAT WHO CALLS: as the files of c, line by line
    local number=0
    while read -r line; do
        number=$((number + 1))
        expect "$2 gives what c does: $line" cmp -s "$folder/$1.c/$number" "$folder/$1.$2/$number"
    done < "$3"
}
isas=$(lua5.4 -e 'print(table.concat(require("dgen").system_info().isas, " "))')
expect "this machine has ISAs" test -n "$isas"
same_everywhere() { # WHAT CALLS: of each host, and of C and Lua for every number of threads and every ISA
    for writer in "${hosts[@]}"; do
        expect "$writer writes $1" "$1" "$writer" "$folder/$1.$writer"
        same_calls "$1" "$writer" "$2"
    done
    for setting in DGEN_NUM_THREADS={1..8} $(printf 'DGEN_ISA=%s ' $isas); do
        for writer in c lua; do
            expect "$writer writes $1 with $setting" env "$setting" bash -c "$1 $writer $folder/again"
            expect "$writer with $setting: the same $1" diff -rq "$folder/$1.c" "$folder/again"
            rm -rf "$folder/again"
        done
    done
}
same_everywhere random "$folder/calls"
same_everywhere quantization tests/cross_hosts/quantization.calls

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
