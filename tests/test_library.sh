#!/usr/bin/env bash
# The libraries as files: what libdgen.so and the shims export, how they are hardened, that they are never unmapped, and
# that a host which loads one, works on several threads, unloads it and exits does not die of it.
# usage: BUILD=build bash tests/test_library.sh
set -u
cd "$(dirname "$0")/.."
build=$(realpath "${BUILD:-build}")
library=$build/libdgen.so
shims="$build/lua/dgen.so $build/r/dgen/libs/dgen.so $build/octave/__dgen__.oct"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. tests/result.sh

exports() { nm -D --defined-only "$1" | awk '{ print $3 }'; }

result "libdgen.so exports only dgen_ names" "$(exports "$library" | grep -v '^dgen_[a-z0-9_]*$')"
result "libdgen.so exports no name of its insides" "$(exports "$library" | grep '^dgen__')"
. tests/declared.sh
declared=$(declared_functions)
result "libdgen.so exports what dgen.h declares, no more" "$(diff <(echo "$declared") <(exports "$library" | sort))"

for file in $library $shims; do
    name=${file#"$build"/}
    if [ ! -e "$file" ]; then
        result "$name" "  is not built"
        continue
    fi
    dynamic=$(readelf -d "$file")
    segments=$(readelf -lW "$file")
    result "$name is never unloaded" "$([[ $dynamic == *NODELETE* ]] || echo '  no NODELETE')"
    result "$name is hardened" "$(
        [[ $dynamic == *BIND_NOW* || $dynamic == *"Flags: NOW"* ]] || echo '  no -z now'
        [[ $segments == *GNU_RELRO* ]] || echo '  no -z relro'
        echo "$segments" | grep GNU_STACK | grep -q 'RWE' && echo '  the stack is executable'
        [[ $dynamic == *TEXTREL* ]] && echo '  text relocations'
        [[ $dynamic == *RPATH* || $dynamic == *RUNPATH* ]] && echo '  a path of the build machine')"
    [ "$file" = "$library" ] || result "$name shows none of the core's names" "$(exports "$file" | grep '^dgen_')"
done
strip -o "$work/stripped" "$library"
bytes=$(stat -c %s "$work/stripped")
# A copy of every operation, distribution and quantizer for each ISA is nine tenths of it.
result "libdgen.so, stripped, has at most 1.65 MB" "$([ "$bytes" -le 1650000 ] || echo "  $bytes bytes")"

# A host without threads of its own. It uses the library some times, each time loaded anew, and leaves an array alive.
cat > "$work/host.c" <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include "dgen.h"

int main(int argc, char **argv)
{
    for (int i = 0; i < atoi(argv[2]); i++) {
        void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        if (!library) return fputs(dlerror(), stderr), 1;
        void (*init)(dgen_config *) = (void (*)(dgen_config *))dlsym(library, "dgen_config_init");
        dgen_status (*generate)(dgen_array *, const dgen_config *, dgen_error *) =
            (dgen_status (*)(dgen_array *, const dgen_config *, dgen_error *))dlsym(library, "dgen_generate");
        dgen_config config;
        dgen_array array;
        init(&config);
        config.size = argc > 3 ? 100 : 8 << 20, config.has_size = 1;
        if (generate(&array, &config, NULL)) return 1;
        if (i) array.release(&array);
        if (dlclose(library)) return 1;
    }
    return 0;
}
END
"${CC:-cc}" -std=gnu11 -O1 -Ilibcore "$work/host.c" -ldl -o "$work/host" || exit 1
export DGEN_NUM_THREADS=4
times() { # COUNT COMMAND...: what went wrong, if anything did
    local i status count=$1
    shift
    for ((i = 1; i <= count; i++)); do
        "$@" > "$work/log" 2>&1
        status=$?
        [ "$status" = 0 ] && [ ! -s "$work/log" ] || { echo "  run $i ended with $status"; cat "$work/log"; return; }
    done
}
result "100 hosts load it, work, unload it and exit" "$(times 100 "$work/host" "$library" 1)"
result "a host does so 100 times over" "$(times 1 "$work/host" "$library" 100)"
result "a host that never used a second thread exits" "$(times 1 "$work/host" "$library" 1 small)"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
