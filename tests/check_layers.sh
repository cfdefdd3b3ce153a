#!/usr/bin/env bash
# The arrows of the house point one way. By nm on the objects: a file of the core uses only files of a lower rank, the
# kernels only themselves and plain memory functions, and nothing calls what a library inside a host must not.
# By their includes: hosts see the core through dgen.h alone, and no host's header is seen outside its shim.
# usage: BUILD=build bash tests/check_layers.sh
set -u
cd "$(dirname "$0")/.."
objects=${BUILD:-build}/libcore
. tests/result.sh

# Who may use whom: a line may use the lines above it.
ranks="
status
cpu
threads numa
config
memory
array stream hash lz scratch
op
reduce
normalize
map
engine distribution
table
counts
draws
permutation rows sampler
random
quantize_options
quantized tile certificate
dequantize scale_search ggml
quantize
repack batch activation equalize budget arrow
fold cell
plan
generate locate
generator diagnose
verify describe file
system
"
forbidden="printf|vprintf|fprintf|vfprintf|puts|fputs|putchar|putc|fputc|perror|stdout|stderr|abort|exit|_exit|_Exit
|quick_exit|atexit|__assert_fail|rand|srand|random|srandom|drand48|setjmp|_setjmp|longjmp|signal|sigaction|raise|kill|system|popen
|fork|setenv|putenv|setlocale|omp_set_num_threads|fesetround|feenableexcept"
plain="memcpy|memmove|memset|memcmp|__memcpy_chk|__memmove_chk|__memset_chk"
plain="$plain|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_"

# symbols: "defines|uses FILE SYMBOL" a line, FILE without suffix, all of kernels/ as one file.
symbols=$(cd "$objects" && nm -A ./*.o kernels/*.o | sed 's|^\./||' | awk '
    { split($1, part, ":"); file = part[1]; sub(/\.o$/, "", file); sub(/^kernels\/.*/, "kernels", file) }
    $(NF - 1) == "U" { print "uses", file, $NF }
    $(NF - 1) ~ /^[TDBRVWC]$/ { print "defines", file, $NF }')
files=$(echo "$symbols" | awk '{ print $2 }' | sort -u)

result "every file of the core has a rank" "$(for file in $files; do
    [ "$file" = kernels ] || echo "$ranks" | grep -qw "$file" || echo "  $file"
done)"
result "every rank has its files" "$(for file in $ranks; do echo "$files" | grep -qx "$file" || echo "  $file"; done)"
result "files use only lower ranks" "$(echo "$symbols" | awk -v ranks="$ranks" '
    BEGIN {
        n = split(ranks, line, "\n")
        for (i = 1; i <= n; i++) { m = split(line[i], name, " "); for (j = 1; j <= m; j++) rank[name[j]] = i }
        rank["kernels"] = 0
    }
    $1 == "defines" { home[$3] = $2 }
    $1 == "uses" { use[$2, $3] = 1 }
    END {
        for (key in use) {
            split(key, part, SUBSEP); user = part[1]; used = home[part[2]]
            if (used != "" && used != user && rank[used] >= rank[user]) print "  " user " uses " part[2] " of " used
        }
    }' | sort)"
result "kernels use only themselves and memory" "$(echo "$symbols" | awk '
    $1 == "defines" && $2 == "kernels" { own[$3] = 1 }
    $1 == "uses" && $2 == "kernels" { used[$3] = 1 }
    END { for (s in used) if (!own[s]) print s }' | grep -vxE "$plain" | sed 's/^/  /')"
pattern=$(printf '%s' "$forbidden" | tr -d '\n')
result "nothing prints, ends or reconfigures the host" "$(echo "$symbols" | awk '$1 == "uses" { print $3, $2 }' \
    | grep -E "^(__)?($pattern)(_chk)? " | sed 's/^/  /')"
result "the core's own names begin with dgen_" "$(echo "$symbols" | awk '
    $1 == "defines" && $3 !~ /^dgen_/ { print "  " $3 " of " $2 }')"

lua_headers='lua|lauxlib|lualib' r_headers='R|Rinternals|Rmath|Rversion|R_ext/[A-Za-z]*'
octave_headers='mex|matrix|oct|octave/[A-Za-z0-9/-]*'
includes() { grep -rnE '^ *# *include' "$@" --include='*.[ch]' --include='*.cc'; }
foreign() { # FOLDER OWN: includes of a host's headers other than its own
    includes "$1" | grep -E "[<\"]($lua_headers|$r_headers|$octave_headers)\.h" | grep -vE "[<\"]($2)\.h"
}
result "no host's header in the core" "$(foreign libcore none)"
result "no other host's header in Lua's shim" "$(foreign bindings/lua "$lua_headers")"
result "no other host's header in R's shim" "$(foreign bindings/r/src "$r_headers")"
result "no other host's header in Octave's shim" "$(foreign bindings/octave "$octave_headers")"
internal=$(cd libcore && ls ./*.h kernels/*.h | sed 's|.*/||' | grep -vx dgen.h | paste -sd'|' | sed 's/\./\\./g')
result "hosts and the harness include of the core only dgen.h" "$(includes bindings bench |
    grep -E "\"([^\"]*/)?($internal)\"")"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
