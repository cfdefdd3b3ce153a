#!/usr/bin/env bash
# The core's random words through batteries that others wrote, of which it says what this machine has: PractRand's RNG_test,
# dieharder. None is needed; what is not found is not run. A part of make check-long.
#     LAYOUTS   which of write_random's; all by default
#     AMOUNT    that RNG_test reads of each: 4GB
#     TESTS     of dieharder, numbers or "all", for the layouts order, streams:8, each-seed and normal
set -u
cd "$(dirname "$0")/.."
writer=${BUILD:-build}/tests/write_random
layouts=${LAYOUTS:-order values low high reversed seeds:2 seeds:8 seeds:64 seeds:1024 streams:2 streams:8 streams:64 streams:1024 each-seed side normal exponential}
passed=0 failed=0

report() { # NAME PROBLEM
    if [ -z "$2" ]; then passed=$((passed + 1)); echo "ok $1"; else failed=$((failed + 1)); echo "not ok $1: $2"; fi
}

# PractRand names what it finds "unusual", "suspicious", ... "FAIL"; unusual alone is due once in some hundred results.
practrand() {
    command -v RNG_test > /dev/null || { echo "# PractRand: no RNG_test on PATH, not run"; return; }
    echo "# PractRand: $(command -v RNG_test), ${AMOUNT:-4GB} of each layout"
    for layout in $layouts; do
        found=$("$writer" "$layout" | RNG_test stdin64 -tlmax "${AMOUNT:-4GB}" -multithreaded 2>&1)
        problem=$(grep -E 'FAIL|suspicious' <<< "$found")
        grep -q 'no anomalies\|test result' <<< "$found" || problem="no result: ${found:0:200}"
        report "PractRand $layout" "$problem"
    done
}

# dieharder calls p below 1e-6 FAILED and p below .005 WEAK, which is due once in 100 results.
dieharders() {
    command -v dieharder > /dev/null || { echo "# dieharder: not on PATH, not run"; return; }
    echo "# dieharder: $(dieharder -h 2>&1 | sed -n 's/.*\(version [0-9.]*\).*/\1/p' | head -n 1), tests ${TESTS:-all}"
    for layout in order streams:8 each-seed normal; do
        [[ " $layouts " == *" $layout "* ]] || continue
        found=""
        if [ "${TESTS:-all}" = all ]; then found=$("$writer" "$layout" | dieharder -g 200 -a -c , 2>&1); else
            for test in $TESTS; do found+=$("$writer" "$layout" | dieharder -g 200 -d "$test" -c , 2>&1)$'\n'; done
        fi
        results=$(grep -cE 'PASSED|WEAK|FAILED' <<< "$found")
        echo "# dieharder $layout: $results results, $(grep -c WEAK <<< "$found") weak"
        problem=$(grep FAILED <<< "$found")
        [ "$results" -gt 0 ] || problem="no result: ${found:0:200}"
        report "dieharder $layout" "$problem"
    done
}

practrand
dieharders
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
