#!/usr/bin/env bash
# README's table of operations is the registry's.
# usage: tests/test_readme.sh, with the paths that `make env` sets
set -u
cd "$(dirname "$0")/.."
want=$(lua5.4 tests/readme_operations.lua)
have=$(sed -n '/^<!-- operations:/,/^<!-- operations end/p' README.md)
if [ -n "$want" ] && [ "$want" = "$have" ]; then
    echo "ok README's operations are the registry's"
    echo "1 passed, 0 failed"
else
    echo "not ok README's operations are the registry's; lua5.4 tests/readme_operations.lua README.md puts them there"
    diff <(echo "$want") <(echo "$have") | head -20
    echo "0 passed, 1 failed"
    exit 1
fi
