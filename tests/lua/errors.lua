-- Misuse: the messages of tests/errors.tsv word for word, and those that only Lua can provoke.
local check = require "check"
local dgen = require "dgen"
local test, equal, raises = check.test, check.equal, check.raises

local thousand = dgen.generate { size = 1000, seed = 1 }
local calls = {
    generate = dgen.generate,
    generator = dgen.generator,
    verify = function(options) return dgen.verify(thousand, options) end,
}

local function literal(text)
    local words = { nan = 0 / 0, inf = math.huge, ["true"] = true }
    if words[text] ~= nil then return words[text] end
    local value = text:match('^"(.*)"$') or tonumber(text)
    return assert(value, "not a literal: " .. text)
end

local last_node = ("%d"):format(dgen.system_info().nodes - 1)
local lines = 0
for line in io.lines(check.here .. "/errors.tsv") do
    if line ~= "" and line:sub(1, 1) ~= "#" then
        lines = lines + 1
        test("errors.tsv: " .. line, function()
            local call, option, value, message = line:match("^([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$")
            local options = { size = 1000, seed = 1 }
            options[option] = literal(value)
            raises(message:gsub("{last_node}", last_node), assert(calls[call], "no such call"), options)
        end)
    end
end
test("errors.tsv has lines", function() equal(lines > 40, true) end)

test("options are a table of names", function()
    for _, call in pairs(calls) do
        raises("options must be a table", call, "size=1")
        raises("options must be a table", call, 1000)
        raises("options must be a table whose keys are names of options", call, { 1000 })
        raises("options must be a table whose keys are names of options", call, { ["size\0"] = 1 })
        raises("options must be a table whose keys are names of options", call, { [true] = 1 })
    end
    raises("size is missing: say how many bytes", dgen.generate)
    raises("size is missing: say how many bytes", dgen.generate, {})
    raises("size is missing: say how many bytes", dgen.generator, { seed = 1 })
    raises("seed must be given: the one the bytes were generated with", dgen.verify, thousand)
    raises('seed must be a whole number from 0 to 2^64-1, or "0x..." text, not a value of another type', dgen.generate,
        { size = 1, seed = {} })
    raises('seed must be a whole number from 0 to 2^64-1, or "0x..." text, not a value of another type', dgen.generate,
        { size = 1, seed = "1\0" })
    raises("size must be a whole number of bytes from 0 to 2^63, not a value of another type", dgen.generate,
        { size = print })
end)

test("arguments of a wrong type are named", function()
    for _, wrong in ipairs { 1, "text", {}, io.stdout, dgen.generator { size = 1 } } do
        raises("buf must be a dgen.array", dgen.fill, wrong, { seed = 1 })
        raises("x must be a dgen.array", dgen.copy, wrong)
        raises("x must be a dgen.array", thousand.slice, wrong)
    end
    for _, wrong in ipairs { 1, {}, io.stdout, true } do
        raises("x must be a dgen.array or a string", dgen.verify, wrong, { seed = 1 })
        raises("x must be a dgen.array or a string", dgen.describe, wrong)
        raises("generator must be a dgen.generator", dgen.generator({ size = 1 }).next, wrong)
    end
    raises("block_size must be a whole number from 64 to 16777216, not 63", dgen.describe, thousand, { block_size = 63 })
    raises("block_size must be a whole number from 64 to 16777216, not NaN", dgen.describe, thousand, { block_size = 0 / 0 })
    raises('"size" is not an option; the options are block_size', dgen.describe, thousand, { size = 1 })
    raises('"1" is not an option; the options are block_size', dgen.describe, thousand, { 4096 })
end)

test("use after close says so", function()
    local x = dgen.array({ 1, 2, 3 })
    x:close()
    x:close()
    equal(tostring(x), "dgen.array: closed")
    equal(x == x, true)
    equal(x == dgen.array({ 1, 2, 3 }), false)
    for _, name in ipairs { "slice", "copy", "astype", "reshape", "totable", "tostring", "fill", "write", "read",
        "row", "column" } do
        raises("x is closed", x[name], x, 1)
    end
    raises("x is closed", function() return x[1] end)
    raises("x is closed", function() x[1] = 1 end)
    raises("x is closed", function() return #x end)
    raises("x is closed", function() return x.type end)
    raises("x is closed", function() return x.shape end)
    raises("x is closed", pairs, x)
    raises("x is closed", dgen.copy, x)
    raises("x is closed", dgen.verify, x, { seed = 1 })
    raises("x is closed", dgen.describe, x)
    raises("buf is closed", dgen.fill, x, { seed = 1 })

    local g = dgen.generator { size = 100, seed = 1, chunk_size = 10 }
    local iterate = g:chunks()
    raises("buf is closed", g.fill, g, x)
    raises("buf is closed", g.chunks, g, x)
    g:close()
    g:close()
    equal(tostring(g), "dgen.generator: closed")
    for _, name in ipairs { "fill", "next", "chunks", "position", "seek", "reset", "set_seed", "done", "write_file" } do
        raises("generator is closed", g[name], g, 1)
    end
    raises("generator is closed", function() return g.size end)
    raises("generator is closed", iterate)
end)

test("a buffer closed inside a loop over chunks ends the loop with an error", function()
    local buffer = dgen.buffer(10)
    raises("buf is closed", function()
        for x in dgen.generator({ size = 100, seed = 1 }):chunks(buffer) do x:close() end
    end)
end)

test("an error carries the position of the call", function()
    local ok, message = pcall(function() dgen.generate { size = -1 } end)
    equal(ok, false)
    equal(message:match("errors%.lua:%d+: size must be") ~= nil, true)
end)
