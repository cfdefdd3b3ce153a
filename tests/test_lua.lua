--[[
The tests of the Lua binding: run as `lua5.4 tests/test_lua.lua` with dgen on LUA_CPATH. Each file of tests/lua is one
topic; the last line printed is the count.
]]
local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/?.lua;" .. here .. "/lua/?.lua;" .. package.path

local check = require "check"
check.here = here
local topics = { "arrays", "bytes", "generators", "errors", "operations", "random", "quantization", "calibration",
    "interchange", "lifetimes", "processes", "help" }
for _, topic in ipairs(topics) do require(topic) end
check.summary()
