#!/usr/bin/env bash
# The Arrow C data interface against pyarrow, where that is installed; tests/test_arrow.c is a consumer and a producer of our own.
# usage: BUILD=build bash tests/test_arrow.sh
set -u
cd "$(dirname "$0")/.."
if ! why=$(python3 -c 'import numpy, pyarrow' 2>&1); then
    echo "0 passed, 0 failed (pyarrow cannot be imported, the consumer in C stands alone: ${why##*$'\n'})"
    exit 0
fi
exec python3 -B tests/test_arrow.py "${BUILD:-build}/libdgen.so"
