-- Random values: every way to call a distribution, samplers, dgen.random in place of math.random, and what each says to misuse.
local check = require "check"
local stream = require "stream"
local dgen = require "dgen"
local test, equal, raises, same_bytes = check.test, check.equal, check.raises, check.same_bytes
local NAN = 0 / 0

local rows = dgen.distributions()

-- Legal parameters of every distribution, as many as it has, in its order.
local parameters = {
    uniform = { -1, 2.5 }, normal = { 3, 0.5 }, lognormal = { 0.5, 0.25 }, exponential = { 4 }, gamma = { 2, 3 },
    beta = { 2, 3 }, chisq = { 3 }, t = { 4 }, cauchy = { 1, 2 }, geometric = { 0.25 }, poisson = { 5 },
    binomial = { 10, 0.25 }, bernoulli = { 0.5 }, integers = { 1, 6 }, categorical = { { 1, 2, 0, 5 } },
    permutation = { 20 }, sample = { 20, 7 }, unit_vectors = { 3, 5 },
}
local function has_n(row) return row.kind ~= "order" and row.kind ~= "rows" end

local function named(row, options)
    local all = {}
    for i, name in ipairs(row.parameters) do all[name] = parameters[row.name][i] end
    for name, value in pairs(options) do all[name] = value end
    return all
end

-- A call by position; n is left out where the parameters tell it.
local function draw(row, n, options)
    local first = has_n(row) and 1 or 0
    local arguments = table.move(parameters[row.name], 1, #row.parameters, first + 1, { n })
    local count = first + #row.parameters + 1
    arguments[count] = options
    return dgen[row.name](table.unpack(arguments, 1, count))
end

----------------------------------------------------------------------------------------------------- forms of a call

test("the registry has the distributions, each a function", function()
    equal(#rows >= 18, true)
    for _, row in ipairs(rows) do
        equal(type(dgen[row.name]), "function", row.name)
        equal(#parameters[row.name], #row.parameters, row.name)
        for _, name in ipairs(row.parameters) do equal(type(row.legal[name]), "string", row.name) end
        equal(type(row.summary .. row.method), "string")
    end
    equal(rows[2].name .. table.concat(rows[2].parameters, " "), "normalmean sd")
    equal(rows[2].defaults.mean, 0.0)
    equal(rows[2].defaults.sd, 1.0)
    equal(rows[5].defaults.shape, nil)
end)

for _, row in ipairs(rows) do
    test(row.name .. " by position, by name, in one table, in place", function()
        local x = draw(row, 20, { seed = 7, stream = 3 })
        local options = { seed = 7, stream = 3 }
        equal(draw(row, 20, options) == x, true, "again")
        equal(draw(row, 20, { seed = 8, stream = 3 }) == x, false, "another seed")
        equal(draw(row, 20, { seed = 7 }) == x, false, "another stream")
        if has_n(row) then
            equal(dgen[row.name](20, named(row, options)) == x, true, "by name")
            equal(dgen[row.name](nil, named(row, { n = 20, seed = 7, stream = 3 })) == x, true, "n nil and by name")
            equal(dgen[row.name](named(row, { n = 20, seed = 7, stream = 3 })) == x, true, "one table")
            local matrix = draw(row, { 4, 5 }, options)
            equal(table.concat(matrix.shape, " "), "4 5")
            equal(matrix:reshape(20) == x, true, "dimensions")
            equal(dgen[row.name](named(row, { n = { 4, 5 }, seed = 7, stream = 3 })) == matrix, true)
            equal(#draw(row, 0, options), 0)
            equal(table.concat(draw(row, { 2, 0, 3 }, options).shape, " "), "2 0 3")
            equal(draw(row, 15, { seed = 7, stream = 3, offset = 5 }) == x:slice(6), true, "offset")
        else
            equal(dgen[row.name](named(row, options)) == x, true, "one table")
        end
        local out = dgen.buffer(#x, x.type):reshape(table.unpack(x.shape))
        equal(rawequal(dgen[row.name](named(row, { out = out, seed = 7, stream = 3 })), out), true)
        equal(out == x, true, "in place")
        equal(draw(row, nil, { out = out:fill(0), type = x.type, seed = 7, stream = 3 }) == x, true, "n nil and out")
        for threads = 1, 4 do
            equal(draw(row, 20, { seed = 7, stream = 3, max_threads = threads }) == x, true, "threads")
        end
    end)

    test(row.name .. " has its types; all types of whole numbers hold the same", function()
        local real = row.kind == "real" or row.kind == "rows"
        local default = ({ real = "f64", rows = "f32" })[row.kind] or "i32"
        equal(draw(row, 5, { seed = 1 }).type, default)
        for _, kind in ipairs { "f64", "f32", "i32", "i64", "u8" } do
            if real and kind:sub(1, 1) ~= "f" then
                raises(("type must be f64 or f32 for %s, not %s"):format(row.name, kind), draw, row, 5, { type = kind })
            else
                local x = draw(row, 300, { seed = 1, type = kind })
                equal(x.type, kind)
                if not real then equal(x:astype("f64") == draw(row, 300, { seed = 1, type = "f64" }), true, kind) end
            end
        end
    end)

    if row.kind == "real" or row.kind == "whole" then
        test(row.name .. " takes numbers, lists and arrays for parameters", function()
            local numbers = draw(row, 50, { seed = 3 })
            for _, make in ipairs {
                function(x) return { x } end,
                function(x) return { x, x, x } end,
                function(x) return dgen.array { x, x } end,
                function(x) return dgen.array({ x }):slice(1, 1) end,
                function(x) return dgen.array({ x, x + 1, x, x + 2 }):reshape(2, 2):row(1):slice(1, 1) end,
            } do
                local arguments = {}
                for i, x in ipairs(parameters[row.name]) do arguments[i] = make(x) end
                arguments[#arguments + 1] = { seed = 3 }
                equal(dgen[row.name](50, table.unpack(arguments)) == numbers, true)
                local by_name = named(row, { seed = 3, n = 50 })
                for i, name in ipairs(row.parameters) do by_name[name] = arguments[i] end
                equal(dgen[row.name](by_name) == numbers, true)
            end
        end)
    end
end

test("parameters that have a default may be left out, be nil, or come by name after others by position", function()
    local x = dgen.normal(10, 0, 1, { seed = 1 })
    equal(dgen.normal(10, { seed = 1 }) == x, true)
    equal(dgen.normal(10, 0, { seed = 1 }) == x, true)
    equal(dgen.normal(10, nil, nil, { seed = 1 }) == x, true)
    equal(dgen.normal(10, nil, 1, { seed = 1 }) == x, true)
    local y = dgen.normal(10, 5, 2, { seed = 1 })
    equal(dgen.normal(10, 5, { sd = 2, seed = 1 }) == y, true)
    equal(dgen.normal(10, nil, 2, { mean = 5, seed = 1 }) == y, true)
    equal(#dgen.normal(10), 10)
    equal(#dgen.normal(10, {}), 10)
    equal(#dgen.normal(10, 0, {}), 10)
    equal(#dgen.normal { n = 10 }, 10)
    equal(#dgen.permutation(4), 4)
end)

test("value k has element k of a parameter, again from the front after its end", function()
    local means, sds = { 0, 100, -1000 }, { 1, 0.5 }
    local x = dgen.normal(60, means, sds, { seed = 4 })
    for k = 1, 60 do
        local one = dgen.normal(1, means[(k - 1) % 3 + 1], sds[(k - 1) % 2 + 1], { seed = 4, offset = k - 1 })
        equal(x[k], one[1], k)
    end
    local whole = dgen.array(means)
    equal(dgen.normal(55, whole, sds, { seed = 4, offset = 5 }) == x:slice(6), true)
end)

test("integers beyond 2^53 are exact, as numbers and in lists", function()
    local low, high = math.mininteger, math.maxinteger
    local all = dgen.integers(1000, low, high, { seed = 1 })
    equal(all.type, "i64")
    equal(dgen.integers(1000, { low }, { high, high }, { seed = 1 }) == all, true)
    equal(dgen.integers(1000, { min = low, max = high, seed = 1 }) == all, true)
    for _, edge in ipairs { low, low + 1, -2 ^ 53 | 0, 2 ^ 53 | 0, (2 ^ 53 | 0) + 1, high - 1 } do
        local seen = {}
        for _, arguments in ipairs { { edge, edge + 1 }, { { edge }, { edge + 1, edge + 1 } } } do
            for _, value in pairs(dgen.integers(64, arguments[1], arguments[2], { seed = 2, type = "i64" })) do
                equal(value == edge or value == edge + 1, true, value)
                seen[value - edge] = true
            end
        end
        equal(seen[0] and seen[1], true)
    end
    equal(dgen.integers(3, high, high, { seed = 2 })[3], high)
    raises(("min must be at most max, not %.15g against %.15g"):format(high, low), dgen.integers, 3, high, low)
    equal(dgen.integers(5, 0, 2 ^ 31, { seed = 1 }).type, "i64")
    equal(dgen.integers(5, 0, 2 ^ 31 - 1, { seed = 1 }).type, "i32")
end)

test("seeds and streams: numbers, integers, text; none is a fresh one", function()
    local x = dgen.uniform(10, { seed = 1 << 60, stream = 2 })
    equal(dgen.uniform(10, { seed = 2.0 ^ 60, stream = 2.0 }) == x, true)
    equal(dgen.uniform(10, { seed = "0x1000000000000000", stream = "2" }) == x, true)
    local last = dgen.uniform(10, { seed = "0xFFFFFFFFFFFFFFFF", stream = "0xFFFFFFFFFFFFFFFF" })
    equal(dgen.uniform(10, { seed = "18446744073709551615", stream = "18446744073709551615" }) == last, true)
    equal(dgen.uniform(10) == dgen.uniform(10), false)
end)

test("in place into views: a slice, a row, a column", function()
    local wanted = dgen.normal(4, 5, 2, { seed = 9 })
    local matrix = dgen.array(12):reshape(3, 4)
    local row, column, slice = matrix:row(2), matrix:column(1), dgen.array(10):slice(3, 6)
    equal(dgen.normal { out = row, mean = 5, sd = 2, seed = 9 } == wanted, true)
    equal(matrix:sum(), row:sum())
    equal(dgen.normal { out = slice, mean = 5, sd = 2, seed = 9 } == wanted, true)
    equal(dgen.normal { out = column, mean = 5, sd = 2, seed = 9 } == wanted:slice(1, 3), true)
    equal(dgen.permutation { n = 4, out = row, seed = 9 } == dgen.permutation(4, { seed = 9, type = "f64" }), true)
    equal(#dgen.normal { out = dgen.array(0) }, 0)
    local bytes = dgen.buffer(100)
    equal(dgen.integers { out = bytes, min = 0, max = 255, seed = 1 } == dgen.integers(100, 0, 255, { seed = 1, type = "u8" }), true)
end)

--------------------------------------------------------------------------------------------------- what values are

local WORD = 0x1p-53

test("uniform values are the bits that the format says, re-implemented in plain Lua", function()
    for _, case in ipairs { { 1, 0, 0 }, { 42, 7, 1000003 }, { -1, -1, 2 ^ 40 | 0 } } do
        local seed, number, offset = table.unpack(case)
        local options = { seed = ("0x%X"):format(seed), stream = ("0x%X"):format(number), offset = offset }
        local x = dgen.uniform(100, options)
        options.type = "f32"
        local y = dgen.uniform(100, options)
        local wide = stream.bytes(seed, number, 8 * offset, 800, 4)
        local narrow = stream.bytes(seed, number, 4 * offset, 400, 4)
        for k = 1, 100 do
            equal(x[k], (string.unpack("<i8", wide, 8 * k - 7) >> 11) * WORD)
            equal(y[k], (string.unpack("<I4", narrow, 4 * k - 3) >> 8) * 0x1p-24)
        end
    end
end)

test("the engine of Lua gives math.random's floats", function()
    for _, seed in ipairs { 0, 1, 42, 2 ^ 53 | 0, math.maxinteger } do
        math.randomseed(seed)
        for k, value in pairs(dgen.uniform(100, { seed = seed, engine = "lua" })) do equal(value, math.random(), k) end
        math.randomseed(seed)
        for _ = 1, 1000 do math.random() end
        equal(dgen.uniform(1, 2, 4, { seed = seed, engine = "lua", offset = 1000 })[1], 2 + 2 * math.random())
    end
end)

test("a permutation has every number once, a sample none twice", function()
    for _, n in ipairs { 0, 1, 2, 17, 1000, 100000 } do
        local seen, moved = {}, 0
        local x = dgen.permutation(n, { seed = 5 })
        equal(#x, n)
        for i, value in pairs(x) do
            equal(seen[value], nil)
            equal(value >= 1 and value <= n, true)
            seen[value] = true
            if value ~= i then moved = moved + 1 end
        end
        equal(moved >= n - 20, true, moved)
    end
    for _, case in ipairs { { 5, 5 }, { 100, 30 }, { 10 ^ 6, 1000 }, { 2 ^ 53, 100 }, { 3, 0 } } do
        local n, k = table.unpack(case)
        local seen = {}
        local x = dgen.sample(n, k, { seed = 6 })
        equal(#x, k)
        equal(x.type, n > 2 ^ 31 and "i64" or "i32")
        for _, value in pairs(x) do
            equal(seen[value], nil)
            equal(value >= 1 and value <= n, true, value)
            seen[value] = true
        end
    end
end)

test("categorical gives positions from 1 by their weights", function()
    local counts = { 0, 0, 0, 0 }
    for _, value in pairs(dgen.categorical(80000, { 1, 2, 0, 5 }, { seed = 8 })) do counts[value] = counts[value] + 1 end
    equal(counts[3], 0)
    for i, share in pairs { 10000, 20000, [4] = 50000 } do
        equal(math.abs(counts[i] - share) < 5 * math.sqrt(share), true, i .. ": " .. counts[i])
    end
    equal(dgen.categorical(9, dgen.array({ 0, 7 }, "u8"), { seed = 8 }):min(), 2.0)
end)

test("unit_vectors and normalize_rows make rows of norm 1, in place too", function()
    local x = dgen.unit_vectors(20, 7, { seed = 1, type = "f64" })
    equal(table.concat(x.shape, " "), "20 7")
    local y = dgen.normal({ 20, 7 }, 3, 2, { seed = 2 })
    local z = dgen.normalize_rows(y)
    for i = 1, 20 do
        equal(math.abs(x:row(i):sumsq() - 1) < 1e-14, true)
        equal(math.abs(z:row(i):sumsq() - 1) < 1e-14, true)
        equal(math.abs(z[i] - y[i] / math.sqrt(y:row(i):sumsq())) < 1e-15, true)
    end
    equal(dgen.normalize_rows(y, { max_threads = 1 }) == z, true)
    equal(rawequal(dgen.normalize_rows(y, { out = y }), y), true)
    equal(y == z, true)
    local edge = dgen.array({ 0, NAN, 3, 0, 1, 4 }, "f32"):reshape(3, 2)
    local normal = dgen.normalize_rows(edge)
    equal(normal.type, "f32")
    equal(normal[1] == 0 and normal[4] == 0, true)
    equal(normal[2] ~= normal[2] and normal[5] ~= normal[5], true)
    equal(normal[3], dgen.array({ 0.6 }, "f32")[1])
    raises("x must be a dgen.array", dgen.normalize_rows, { 1, 2 })
    raises("out must be a dgen.array", dgen.normalize_rows, y, { out = 1 })
    raises("options must be a table", dgen.normalize_rows, y, 1)
    raises('"nan" is not an option; the options are out, max_threads', dgen.normalize_rows, y, { nan = "ignore" })
    raises("max_threads must be a whole number from 0 to 1024, not -1", dgen.normalize_rows, y, { max_threads = -1 })
    local closed = dgen.array(4):reshape(2, 2)
    closed:close()
    raises("x is closed", dgen.normalize_rows, closed)
    raises("out is closed", dgen.normalize_rows, y, { out = closed })
end)

----------------------------------------------------------------------------------------------------------- samplers

for _, row in ipairs(rows) do
    if has_n(row) then
        test("a sampler of " .. row.name .. " gives one long call in pieces", function()
            local all = draw(row, 1000, { seed = 11, stream = 2, offset = 3 })
            local g <close> = dgen.sampler(row.name, named(row, { seed = 11, stream = 2, offset = 3 }))
            local pieces, at = {}, 0
            for _, n in ipairs { 1, 0, 63, 64, 65, 7, 500 } do
                equal(g:position(), 3 + at)
                pieces[#pieces + 1] = g:next(n):tostring()
                at = at + n
            end
            local rest = dgen.buffer(1000 - at, all.type)
            equal(rawequal(g:fill(rest), rest), true)
            pieces[#pieces + 1] = rest:tostring()
            same_bytes(table.concat(pieces), all:tostring())
            equal(g:seek(103):next({ 2, 5 }):reshape(10) == all:slice(101, 110), true)
            equal(rawequal(g:reset(), g), true)
            equal(g:next(9) == all:slice(1, 9), true)
            equal(g.distribution .. " " .. g.type, row.name .. " " .. all.type)
        end)
    end
end

test("a sampler tells its seed, which makes its numbers again, and what it is", function()
    local g = dgen.sampler "normal"
    equal(g.seed == dgen.sampler("normal").seed, false)
    equal(g:next(5) == dgen.normal(5, { seed = g.seed }), true)
    g = dgen.sampler("poisson", { lambda = { 1, 2, 3 }, seed = "0xFFFFFFFFFFFFFFFF", stream = 5, type = "u8", offset = 4, max_threads = 2 })
    for name, wanted in pairs { distribution = "poisson", seed = "0xFFFFFFFFFFFFFFFF", stream = 5, type = "u8", offset = 4,
        max_threads = 2 } do
        equal(g[name], wanted, name)
    end
    equal(g.no_such_name, nil)
    equal(g[1], nil)
    equal(tostring(dgen.sampler("normal", { seed = 42 })), "dgen.sampler: normal f64, seed 42, stream 0, at value 0")
    equal(getmetatable(g), "dgen.sampler")
end)

test("a sampler has its own copy of parameters, and fills any view", function()
    local means = dgen.array { 1, 2, 3 }
    local g = dgen.sampler("normal", { mean = means, sd = 0 })
    means:fill(9)
    means:close()
    local matrix = dgen.array(6):reshape(2, 3)
    g:fill(matrix:row(2))
    equal(table.concat(matrix:totable(), " "), "0.0 1.0 0.0 2.0 0.0 3.0")
    collectgarbage()
    equal(g:next(2)[2], 2.0)
end)

test("samplers refuse what they cannot do, and closed ones everything", function()
    raises("distribution must be text", dgen.sampler)
    raises("distribution must be text", dgen.sampler, { "normal" })
    local _, message = pcall(dgen.sampler, "gauss")
    equal(message:match("distribution must be one of uniform, normal, .*, not \"gauss\"$") ~= nil, true, message)
    raises("distribution must be one whose values stand for themselves; sample has none", dgen.sampler, "sample", { n = 3, k = 1 })
    raises("options must be a table", dgen.sampler, "normal", 3)
    raises("sd must be a finite number from 0 up, not -1", dgen.sampler, "normal", { sd = -1 })
    raises("shape must be a finite number more than 0, not NaN", dgen.sampler, "gamma")
    for _, name in ipairs { "n", "out" } do
        raises(('"%s" is not an option of normal; the options are mean, sd, type, seed, stream, offset, max_threads'):format(name),
            dgen.sampler, "normal", { [name] = 3 })
    end
    local g = dgen.sampler("normal", { seed = 1 })
    local whole = "must be a whole number from 0 to 9007199254740992, not "
    raises("n " .. whole .. "a value of another type", g.next, g)
    raises("n " .. whole .. "-1", g.next, g, -1)
    raises("n " .. whole .. "1.5", g.next, g, { 1.5 })
    raises("position " .. whole .. "-1", g.seek, g, -1)
    raises("x must be a dgen.array", g.fill, g, { 1, 2 })
    raises("out must be f64, as the sampler is", g.fill, g, dgen.array(3, "f32"))
    raises("sampler must be a dgen.sampler", g.next, dgen.array(1), 1)
    g:seek(2 ^ 53)
    raises("n must not go beyond value 2^53 of the stream", g.next, g, 1)
    equal(#g:next(0), 0)
    equal(g:reset():position(), 0)
    local closed = dgen.array(1)
    closed:close()
    raises("x is closed", g.fill, g, closed)
    raises("mean is closed", dgen.sampler, "normal", { mean = closed })
    g:close()
    g:close()
    equal(tostring(g), "dgen.sampler: closed")
    for _, name in ipairs { "next", "fill", "position", "seek", "reset" } do raises("sampler is closed", g[name], g, 1) end
    raises("sampler is closed", function() return g.seed end)
    do
        local kept
        do
            local scoped <close> = dgen.sampler "normal"
            kept = scoped
        end
        raises("sampler is closed", kept.position, kept)
    end
    local finalize = debug.getmetatable(g).__gc
    finalize(g)
    finalize(g)
    equal(pcall(finalize, 1), false)
end)

--------------------------------------------------------------------------------------------------------- dgen.random

test("dgen.random has math.random's forms, results and errors", function()
    local function message(f, ...)
        local ok, text = pcall(f, ...)
        return ok and "no error" or (text:gsub("'math%.", "'dgen."))
    end
    for _, arguments in ipairs { { "a" }, { 1.5 }, { -1 }, { 3, 1 }, { 1, 2, 3 }, { {} }, { 1, "b" }, { 1, 2.5 }, { 2 ^ 63 },
        { NAN }, { math.maxinteger, math.mininteger }, { 1, 2, 3, 4 } } do
        local text = message(dgen.random, table.unpack(arguments))
        equal(text, message(math.random, table.unpack(arguments)))
        equal(text ~= "no error", true)
    end
    equal(message(dgen.random, nil), message(math.random, nil))
    for _ = 1, 1000 do
        local x = dgen.random()
        equal(math.type(x), "float")
        equal(x >= 0 and x < 1 and x / WORD == x // WORD, true)
        local i = dgen.random(7)
        equal(math.type(i) == "integer" and i >= 1 and i <= 7, true, i)
        i = dgen.random(-3, 2.0)
        equal(math.type(i) == "integer" and i >= -3 and i <= 2, true, i)
        i = dgen.random("5")
        equal(math.type(i) == "integer" and i >= 1 and i <= 5, true, i)
        equal(math.type(dgen.random(0)), "integer")
        equal(math.type(dgen.random(math.mininteger, math.maxinteger)), "integer")
    end
    equal(dgen.random(1), 1)
    equal(dgen.random(math.maxinteger, math.maxinteger), math.maxinteger)
    equal(dgen.random(math.mininteger, math.mininteger), math.mininteger)
end)

-- The high and the low word of a product of unsigned words, from products of halves.
local function product(a, b)
    local mask = 0xFFFFFFFF
    local low = (a & mask) * (b & mask)
    local middle = (a >> 32) * (b & mask) + (low >> 32)
    local cross = (a & mask) * (b >> 32) + (middle & mask)
    return (a >> 32) * (b >> 32) + (middle >> 32) + (cross >> 32), a * b
end

test("dgen.random takes the values of uniform and of integers, one after the other, as its help says", function()
    for _, seed in ipairs { { 42 }, { 0, 5 }, { -1, -2 }, { "0xFFFFFFFFFFFFFFFF", 1 } } do
        equal(select("#", dgen.randomseed(table.unpack(seed))), 2)
        local options = { seed = seed[1] == -1 and "0xFFFFFFFFFFFFFFFF" or seed[1],
            stream = seed[2] == -2 and "0xFFFFFFFFFFFFFFFE" or seed[2] }
        local floats = dgen.uniform(5000, options)
        local words = dgen.integers(15000, math.mininteger, math.maxinteger, options)
        local at = 0
        local function word()
            at = at + 1
            return words[at]
        end
        for k = 1, 5000 do
            equal(dgen.random(), floats[k], k)
            if k % 3 == 0 then equal(dgen.random(0), word(), k) end
            local low, high = k % 7 - 5, k
            if k % 11 == 0 then low, high = -(1 << 61), math.maxinteger end
            local width, of, rest = high - low + 1, nil, nil
            local passed = width < 0 and -width or 0 -- 2^64 mod width; of narrow ones too little to matter
            repeat
                of, rest = product(word(), width)
            until not math.ult(rest, passed)
            equal(dgen.random(low, high), of + low, k)
        end
    end
end)

test("integers of dgen.random(0) are 64 random bits, as the format says", function()
    dgen.randomseed(42, 3)
    local bytes = stream.bytes(42, 3, 0, 800, 4 * 14 + 2)
    for k = 1, 100 do equal(dgen.random(0), math.mininteger + string.unpack("<i8", bytes, 8 * k - 7), k) end
end)

test("dgen.random is even over narrow and wide intervals", function()
    dgen.randomseed(20261121)
    for _, interval in ipairs { { 1, 6 }, { -5, 5 }, { 0, 2 }, { math.mininteger, (1 << 62) - 1 }, { 1, math.maxinteger } } do
        local low, high = table.unpack(interval)
        local width = high - low + 1 -- 3 * 2^62 - 2^62 and more: as a float where it is no integer
        local span = width > 0 and width * 1.0 or width + 0x1p64
        local cells = math.tointeger(math.min(span, 12.0))
        local counts, n, chisq = {}, 60000, 0
        for cell = 0, cells - 1 do counts[cell] = 0 end
        for _ = 1, n do
            local value = dgen.random(low, high)
            equal(value >= low and value <= high, true)
            local cell = math.floor((value * 1.0 - low) / span * cells)
            if cells == span then cell = value - low end
            counts[math.min(cell, cells - 1)] = counts[math.min(cell, cells - 1)] + 1
        end
        for cell = 0, cells - 1 do chisq = chisq + (counts[cell] - n / cells) ^ 2 / (n / cells) end
        equal(chisq < cells - 1 + 4 * math.sqrt(2 * (cells - 1)), true, ("%d to %d: %.1f"):format(low, high, chisq))
    end
end)

test("dgen.randomseed starts again, tells both parts, and without a seed draws a fresh one", function()
    local function take()
        local list = {}
        for k = 1, 3000 do list[k] = k % 3 == 0 and dgen.random(100) or dgen.random() end
        return table.concat(list, " ")
    end
    local seed, number = dgen.randomseed(42)
    equal(seed, 42)
    equal(number, 0)
    local first = take()
    equal(take() ~= first, true)
    dgen.randomseed(42)
    equal(take(), first)
    dgen.randomseed(42.0)
    equal(take(), first)
    dgen.randomseed(42, 1)
    equal(take() ~= first, true)
    seed, number = dgen.randomseed()
    local fresh = take()
    equal(fresh ~= first, true)
    dgen.randomseed(seed, number)
    equal(take(), fresh)
    seed, number = dgen.randomseed(math.mininteger, -1)
    equal(seed, math.mininteger)
    equal(number, -1)
    equal(select("#", dgen.randomseed(os.time())), 2)
    for _, bad in ipairs { 1.5, -1.0, NAN, "x", {}, true } do
        equal(pcall(dgen.randomseed, bad), false)
        equal(pcall(dgen.randomseed, 1, bad), false)
    end
    equal(pcall(dgen.randomseed, nil), false) -- as math.randomseed: a seed that is missing by mistake
    local before = dgen.randomseed(7)
    local value = dgen.random()
    dgen.randomseed(7)
    pcall(dgen.randomseed, "x")
    equal(dgen.random(), value) -- a refused seed changes nothing
    equal(before, 7)
end)

test("a script written for math.random runs on dgen's numbers", function()
    local output, ended = check.run [[
        local dgen = require "dgen"
        math.random, math.randomseed = dgen.random, dgen.randomseed
        math.randomseed(42)
        local list = { "a", "b", "c", "d", "e", "f" }
        for i = #list, 2, -1 do
            local j = math.random(i)
            list[i], list[j] = list[j], list[i]
        end
        table.sort(list)
        print(table.concat(list), math.random() < 1, math.random(10, 20) >= 10)
        setmetatable({}, { __gc = function() print(math.random() < 1) end })
        collectgarbage()
        setmetatable({}, { __gc = function() print(math.random(5) <= 5) end })]]
    equal(output, "abcdef\ttrue\ttrue\ntrue\ntrue\n")
    equal(ended, "exit 0")
end)

------------------------------------------------------------------------------------------------------------- misuse

-- A literal of tests/random_errors.tsv, whose header says what they are; a list as a table if `tables`.
local function literal(text, tables)
    local inside = text:match("^%[(.*)%]$")
    if inside then
        local numbers = {}
        for number in inside:gmatch("[^,]+") do
            numbers[#numbers + 1] = number == "nan" and NAN or tonumber(number)
        end
        return tables and numbers or dgen.array(numbers)
    end
    if text == "nan" then return NAN end
    if text == "nil" then return nil end
    return text:match('^"(.*)"$') or assert(tonumber(text), "not a literal: " .. text)
end

-- The arguments of a line by position, and those by name.
local function read_line(words, n_first, tables)
    local arguments, count, options = {}, 0, {}
    for word in words:gmatch("%S+") do
        local name, value = word:match("^(%l[%l%d_]*)=(.*)$")
        if name then
            options[name] = literal(value, tables)
        else
            count = count + 1
            arguments[count] = literal(word, tables or (n_first and count == 1))
        end
    end
    return arguments, count, options
end

local kinds, lines = {}, 0
for _, row in ipairs(rows) do kinds[row.name] = row end
for line in io.lines(check.here .. "/random_errors.tsv") do
    if line ~= "" and line:sub(1, 1) ~= "#" then
        lines = lines + 1
        test("random_errors.tsv: " .. line, function()
            local name, words, message = line:match("^([^\t]*)\t([^\t]*)\t(.*)$")
            local row = assert(kinds[name], name)
            local n_first = has_n(row)
            for _, tables in ipairs { false, true } do
                local arguments, count, options = read_line(words, n_first, tables)
                arguments[count + 1] = options
                raises(message, dgen[name], table.unpack(arguments, 1, count + 1))
                for i = n_first and 2 or 1, count do -- all by name
                    options[row.parameters[n_first and i - 1 or i]] = arguments[i]
                end
                if n_first then options.n = arguments[1] end
                raises(message, dgen[name], options)
            end
        end)
    end
end
test("random_errors.tsv has lines", function() equal(lines > 60, true) end)

test("arguments twice, in a wrong place or of a wrong kind", function()
    local x = dgen.array(5)
    raises("mean must be given once", dgen.normal, 3, 1, { mean = 1 })
    raises("k must be given once", dgen.sample, 5, 3, { k = 3 })
    raises("n must be given once", dgen.normal, 3, { n = 3 })
    raises("n must be given once", dgen.permutation, 3, { n = 3 })
    raises("n must be left out where out is given", dgen.normal, 5, { out = x })
    raises("n must be left out where out is given", dgen.normal, { n = 5, out = x })
    raises("n must be 1 to 4 dimensions, not 0", dgen.normal)
    raises("n must be 1 to 4 dimensions, not 0", dgen.normal, { seed = 1 })
    raises("n must be a number or a list of dimensions", dgen.normal, { 3, mean = 1 })
    raises("n must be 1 to 4 dimensions, not 0", dgen.normal, {}, 1)
    raises("n must be a whole number from 0 to 9007199254740992, not a value of another type", dgen.normal, x)
    raises("n must be a whole number from 0 to 9007199254740992, not true", dgen.normal, true)
    raises("mean must be a list of numbers", dgen.normal, 3, { 0, 1, seed = 1 })
    raises("mean must be a list of numbers", dgen.normal, 3, { 0, "1" })
    raises("mean must be a list of numbers", dgen.normal, 3, { 1, nil, 3 })
    raises("mean must be a number or an array", dgen.normal, 3, true)
    raises("mean must be a number or an array", dgen.normal, 3, { mean = print })
    raises("options must be a table", dgen.normal, 3, 0, 1, 5)
    raises("options must be a table", dgen.normal, 3, 0, 1, x)
    raises("options must be a table", dgen.permutation, 3, "i32")
    raises("options must be a table whose keys are names of options", dgen.normal, 3, 0, 1, { 1 })
    raises("options must be a table whose keys are names of options", dgen.normal, 3, { ["sd\0"] = 1 })
    raises("out must be a dgen.array", dgen.normal, { out = { 1, 2 } })
    raises("type must be that of out, f64", dgen.normal, { out = x, type = "f32" })
    raises("type must be f64 or f32 for normal, not u8", dgen.normal, { out = dgen.buffer(3) })
    raises("out must not overlap mean", dgen.normal, { out = x, mean = x })
    raises("out must have 4 elements, not 5", dgen.permutation, { n = 4, out = x })
    raises("out must have 2 rows of 3 elements", dgen.unit_vectors, 2, 3, { out = dgen.array(6) })
    raises("mean must have at least one element", dgen.normal, 3, dgen.array(0))
    local closed = dgen.array(1)
    closed:close()
    raises("mean is closed", dgen.normal, 3, closed)
    raises("out is closed", dgen.normal, { out = closed })
    local ok, message = pcall(function() dgen.normal(-1) end)
    equal(ok, false)
    equal(message:match("random%.lua:%d+: n must be") ~= nil, true)
end)

test("a refused call leaves out as it was", function()
    local x = dgen.array { 1, 2, 3 }
    for _, options in ipairs { { sd = -1 }, { mean = { 1, 2, NAN } }, { type = "f32" }, { seed = -1 }, { colour = 1 } } do
        options.out = x
        equal(pcall(dgen.normal, options), false)
        equal(x == dgen.array { 1, 2, 3 }, true)
    end
end)

test("arrays closed by a finalizer in the middle of a call are an error or no matter, never a crash", function()
    for _ = 1, 200 do
        local x, mean = dgen.array(100), dgen.array { 1, 2, 3 }
        local g = dgen.sampler("normal", { seed = 1 })
        for _ = 1, 5 do
            setmetatable({}, { __gc = function()
                x:close()
                mean:close()
                g:close()
            end })
        end
        collectgarbage("step")
        pcall(dgen.normal, { out = x, mean = mean, sd = { 1, 2, 3 } })
        pcall(dgen.normal, 10, mean, { 1, 2 })
        pcall(g.next, g, 10)
        pcall(g.fill, g, x)
    end
    collectgarbage()
end)

test("values nobody closes are collected", function()
    for _, step in ipairs { "dgen.uniform(2^20)", "g:next(2^20)", "dgen.normalize_rows(m)" } do
        local output, ended = check.run(check.status_code .. [[
            local dgen = require "dgen"
            local g, m = dgen.sampler "uniform", dgen.array(2^20):reshape(2^10, 2^10)
            for _ = 1, 300 do ]] .. step .. [[ end
            print(status("VmHWM") // 1024)]])
        equal(ended, "exit 0", output)
        equal(tonumber(output:match("(%d+)%s*$")) < 300, true, step .. ": " .. output) -- MiB, of 300 * 8
    end
end)

test("10,000 failing calls of each kind leave nothing behind", function()
    local closed, x, long = dgen.array(1), dgen.array(1000), {}
    closed:close()
    for i = 1, 1000 do long[i] = i end
    long[1001] = "1"
    local g = dgen.sampler "normal"
    local failing = {
        function() dgen.normal(-1) end,
        function() dgen.normal(2 ^ 50) end,
        function() dgen.normal(3, long) end,
        function() dgen.normal(3, { 1, 2, -3 }, { 1, -1 }) end,
        function() dgen.normal(3, closed) end,
        function() dgen.normal { out = x, mean = { 1, 2, 3 }, sd = -1 } end,
        function() dgen.normal { out = closed } end,
        function() dgen.poisson(1000, -1) end,
        function() dgen.categorical(10, { 0, 0 }) end,
        function() dgen.categorical(10, { 1, 2, 3 }, { colour = 1 }) end,
        function() dgen.integers(10, math.maxinteger, math.mininteger) end,
        function() dgen.permutation(300, { type = "u8" }) end,
        function() dgen.sample(3, 4) end,
        function() dgen.unit_vectors(2 ^ 40, 2 ^ 10) end,
        function() dgen.normalize_rows(x:reshape(10, 100), { out = x }) end,
        function() dgen.sampler("normal", { mean = { 1, 2 }, sd = -1 }) end,
        function() dgen.sampler("categorical", { weights = { 1, 2 }, seed = -1 }) end,
        function() dgen.sampler("sample", { n = 3, k = 2 }) end,
        function() g:next(2 ^ 50) end,
        function() g:fill(closed) end,
        function() dgen.random(3, 1) end,
        function() dgen.randomseed(0.5) end,
    }
    check.leaves_nothing("random calls", failing, 3000)
end)
