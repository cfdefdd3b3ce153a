#!/usr/bin/env bash
# The public header by itself: pedantic C99 and C11, C++11 and later, no other header needed, every function in it
# callable from C and C++ and found in the libraries; and the flags that dgen.pc gives compile and link a program.
# usage: BUILD=build bash tests/test_header.sh
set -u
cd "$(dirname "$0")/.."
build=$(realpath "${BUILD:-build}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

check() { # NAME COMMAND...
    local name=$1
    shift
    if "$@" > "$work/log" 2>&1; then
        echo "ok $name"
        passed=$((passed + 1))
    else
        echo "not ok $name"
        cat "$work/log"
        failed=$((failed + 1))
    fi
}

strict=(-Wall -Wextra -Wpedantic -Werror -Wconversion -Wundef -Ilibcore)
printf '#include "dgen.h"\n#include "dgen.h"\nextern int none;\n' > "$work/header.c"
cp "$work/header.c" "$work/header.cc"
for standard in c99 c11 c17; do
    check "dgen.h as $standard" "${CC:-cc}" -std=$standard "${strict[@]}" -Wstrict-prototypes -Wc++-compat \
        -c "$work/header.c" -o "$work/o"
done
for standard in c++11 c++14 c++17 c++20; do
    check "dgen.h as $standard" "${CXX:-c++}" -std=$standard "${strict[@]}" -c "$work/header.cc" -o "$work/o"
done
if [ -n "$(command -v clang)" ]; then
    check "dgen.h by clang as c99" clang -std=c99 "${strict[@]}" -c "$work/header.c" -o "$work/o"
else
    echo "(clang is not here: dgen.h was not compiled by it)"
fi

# A program that takes the address of every function declared.
. tests/declared.sh
functions=$(declared_functions)
declared=$(cat libcore/dgen.h libcore/ops.def | grep -c '^DGEN_\(API\|CHECKED\) \|^DGEN_OP(')
check "all $declared declarations are understood" [ "$(echo "$functions" | wc -l)" = "$declared" ]
{
    printf '#include "dgen.h"\ntypedef void (*function)(void);\nstatic const function functions[] = {\n'
    for f in $functions; do printf '    (function)%s,\n' "$f"; done
    printf '};\nint main(void)\n{\n    dgen_config config;\n    dgen_config_init(&config);\n'
    printf '    return config.block_size != 65536 || functions[0] == 0;\n}\n'
} > "$work/calls.c"
cp "$work/calls.c" "$work/calls.cc"
archive=("$build/libdgen.a" -lm -pthread)
shared=("$build/libdgen.so" "-Wl,-rpath,$build")
check "calls from C, archive" "${CC:-cc}" -std=c99 -Ilibcore "$work/calls.c" "${archive[@]}" -o "$work/calls_a"
check "calls from C++, archive" "${CXX:-c++}" -std=c++11 -Ilibcore "$work/calls.cc" "${archive[@]}" -o "$work/calls_cc"
check "calls from C, shared library" "${CC:-cc}" -std=c99 -Ilibcore "$work/calls.c" "${shared[@]}" -o "$work/calls_so"
for program in calls_a calls_cc calls_so; do check "$program runs" "$work/$program"; done

# Installed: what pkg-config says must be enough, for either library.
check "make install" make -s install DESTDIR="$work/root" PREFIX=/opt/dgen BUILD="$build"
export PKG_CONFIG_PATH="$work/root/opt/dgen/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$work/root"
check "dgen.pc, shared" sh -c "${CC:-cc} '$work/calls.c' \$(pkg-config --cflags --libs dgen) -o '$work/installed' &&
    LD_LIBRARY_PATH='$work/root/opt/dgen/lib' '$work/installed'"
rm -f "$work"/root/opt/dgen/lib/libdgen.so*
check "dgen.pc, static" sh -c "${CC:-cc} '$work/calls.c' \$(pkg-config --static --cflags --libs dgen) -o '$work/installed' &&
    '$work/installed'"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
