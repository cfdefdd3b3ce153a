#!/usr/bin/env bash
# README's tables of operations and distributions are the registries'.
# usage: tests/test_readme.sh, with the paths that `make env` sets
set -u
cd "$(dirname "$0")/.."
want=$(lua5.4 tests/readme_tables.lua)
have=$(sed -n '/^<!-- [a-z]*: lua5.4/,/^<!-- [a-z]* end/p' README.md)
if [ -n "$want" ] && [ "$want" = "$have" ]; then
    echo "ok README's tables are the registries'"
    echo "1 passed, 0 failed"
else
    echo "not ok README's tables are the registries'; lua5.4 tests/readme_tables.lua README.md puts them there"
    diff <(echo "$want") <(echo "$have") | head -20
    echo "0 passed, 1 failed"
    exit 1
fi
