#!/usr/bin/env bash
# The engines against the hosts themselves: 10,000 values of R, Octave and Lua for seeds of every kind, byte for byte.
# usage: BUILD=build bash tests/test_engines.sh
set -u
cd "$(dirname "$0")/.."
core=${BUILD:-build}/tests/write_engine
count=10000
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. tests/result.sh

# Each host writes FOLDER/ENGINE.SEED for its seeds, SEED as it is written in the host.
r_seeds="0 1 42 2147483647 -1 -5 -2147483647"
octave_seeds="0 1 42 2147483647 2147483648 4294967295 4294967296 1000000000000 9007199254740992"
lua_seeds="0 1 42 2147483647 4294967296 9223372036854775807 -1 -9223372036854775808"

Rscript --vanilla - $r_seeds > "$folder/r.log" 2>&1 << END
RNGkind("Mersenne-Twister")
for (seed in commandArgs(TRUE)) {
  set.seed(as.integer(seed))
  writeBin(runif($count), file.path("$folder", paste0("r.", seed)), endian = "little")
}
set.seed(7)
writeBin(runif($count, -2.5, 7.25), file.path("$folder", "r.bounds"), endian = "little")
END
octave-cli --no-history -qf --eval "
  for seed = strsplit ('$octave_seeds')
    rand ('twister', str2double (seed{1}));
    file = fopen (['$folder/octave.' seed{1}], 'w');
    fwrite (file, rand ($count, 1), 'double', 0, 'ieee-le');
    fclose (file);
  end" > "$folder/octave.log" 2>&1
lua5.4 - $lua_seeds > "$folder/lua.log" 2>&1 << END
for _, seed in ipairs(arg) do
  for _, second in ipairs { 0, false } do
    if second then math.randomseed(math.tointeger(seed), second) else math.randomseed(math.tointeger(seed)) end
    local file = io.open("$folder/lua." .. seed .. (second and "" or ".alone"), "wb")
    for i = 1, $count do file:write(string.pack("<d", math.random())) end
    file:close()
  end
end
END

# Compares COUNT values of the core with what a host wrote.
compare() { # FILE ENGINE SEED [MIN MAX]
    local file=$1 engine=$2 seed=$3
    shift 3
    [ "$(wc -c < "$folder/$file" 2>&1)" = $((8 * count)) ] || { echo "  the host wrote no $file: $(cat "$folder/$engine.log")"; return; }
    "$core" "$engine" "$seed" 0 "$count" "$@" > "$folder/core" 2> "$folder/core.log" || cat "$folder/core.log"
    cmp "$folder/core" "$folder/$file" 2>&1
    # In two pieces.
    { "$core" "$engine" "$seed" 0 777 "$@" && "$core" "$engine" "$seed" 777 $((count - 777)) "$@"; } > "$folder/core" 2>&1
    cmp "$folder/core" "$folder/$file" 2>&1
}
wrapped() { # NUMBER BITS: as a number without a sign
    if [[ $1 == -* ]]; then printf '%u' $(($1 & (($2 == 64) ? -1 : 0xFFFFFFFF))); else echo "$1"; fi
}

for seed in $r_seeds; do result "R, set.seed ($seed)" "$(compare "r.$seed" r "$(wrapped "$seed" 32)")"; done
result "R, runif (n, -2.5, 7.25)" "$(compare r.bounds r 7 -2.5 7.25)"
for seed in $octave_seeds; do result "Octave, rand (\"twister\", $seed)" "$(compare "octave.$seed" octave "$seed")"; done
for seed in $lua_seeds; do
    result "Lua, math.randomseed ($seed)" "$(compare "lua.$seed.alone" lua "$(wrapped "$seed" 64)")"
    result "Lua, math.randomseed ($seed, 0)" "$(compare "lua.$seed" lua "$(wrapped "$seed" 64)")"
done

# What the host refuses, the core refuses.
result "R has no seed -2^31 and none of 33 bits" "$(
    for seed in 2147483648 4294967296; do "$core" r "$seed" 0 1 2>&1 > "$folder/core" | grep -q '^seed must be' || echo "  $seed is taken"; done)"
result "Octave has no seed beyond 2^53" "$("$core" octave 9007199254740993 0 1 2>&1 > "$folder/core" | grep -q '^seed must be' || echo '  taken')"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
