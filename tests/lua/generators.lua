-- The streaming generator: steps, state, chunks and files.
local check = require "check"
local dgen = require "dgen"
local test, equal, raises, same_bytes = check.test, check.equal, check.raises, check.same_bytes

local END = "generator is at its end, 1000 of 1000 bytes; seek or reset it first"
local function make(more)
    local options = { size = 1000, seed = 42 }
    for name, value in pairs(more or {}) do options[name] = value end
    return dgen.generator(options)
end
local whole = dgen.generate({ size = 1000, seed = 42 }):tostring()

test("fill, next and position walk the object, whose end is an error", function()
    local g, buffer = make(), dgen.buffer(300)
    equal(g:position(), 0)
    equal(g:done(), false)
    equal(g:fill(buffer), 300)
    same_bytes(buffer:tostring(), whole:sub(1, 300))
    same_bytes(g:next(7):tostring(), whole:sub(301, 307))
    equal(g:position(), 307)
    equal(#g:next(0), 0)
    equal(g:fill(dgen.buffer(0)), 0)
    equal(g:fill(buffer:slice(1, 600)), 300)
    equal(g:fill(dgen.buffer(390)), 390)
    equal(g:fill(buffer), 3) -- what is left
    same_bytes(buffer:tostring(1, 3), whole:sub(-3))
    equal(g:done(), true)
    raises(END, g.fill, g, buffer)
    raises(END, g.next, g)
    raises(END, g.next, g, 1)
end)

test("next without a number takes chunk_size", function()
    local g = make { chunk_size = 600 }
    equal(#g:next(), 600)
    equal(#g:next(), 400)
end)

test("arrays of any type are filled, by bytes", function()
    local g, floats = make(), dgen.array(10, "f64")
    equal(g:fill(floats), 80)
    same_bytes(floats:tostring(), whole:sub(1, 80))
end)

test("seek, reset and set_seed", function()
    local g = make { offset = 100 }
    equal(g:position(), 100)
    same_bytes(g:next(10):tostring(), whole:sub(101, 110))
    equal(g:seek(990), g)
    same_bytes(g:next(100):tostring(), whole:sub(991))
    g:seek(1000)
    equal(g:done(), true)
    equal(g:reset(), g)
    equal(g:position(), 100)
    equal(g:seek(0):set_seed(43), g)
    same_bytes(g:next(1000):tostring(), dgen.generate({ size = 1000, seed = 43 }):tostring())
    equal(g.seed, 43)
    g:set_seed("0xFFFFFFFFFFFFFFFF")
    equal(g.seed, "0xFFFFFFFFFFFFFFFF")
    g:seek(1)
    same_bytes(g:next(9):tostring(), dgen.generate({ size = 10, seed = g.seed }):tostring(2))
    raises("position must be a whole number from 0 to 1000, not -1", g.seek, g, -1)
    raises("position must be a whole number from 0 to 1000, not 1001", g.seek, g, 1001)
    raises("position must be a whole number from 0 to 1000, not 0.5", g.seek, g, 0.5)
    raises('seed must be a whole number from 0 to 2^64-1, or "0x..." text, not -1', g.set_seed, g, -1)
    equal(g:position(), 10)
end)

test("a generator tells its options, and a fresh seed that makes the same bytes again", function()
    local g = dgen.generator { size = 5000, stream = 3, dedup_ratio = 2, compress_ratio = 1.5, block_size = 512,
        codec = "lz4", chunk_size = 100, max_threads = 1, numa_mode = "disabled" }
    for name, wanted in pairs { size = 5000, stream = 3, offset = 0, dedup_ratio = 2.0, compress_ratio = 1.5,
        block_size = 512, codec = "lz4", chunk_size = 100, max_threads = 1, numa_mode = "disabled" } do
        equal(g[name], wanted, name)
    end
    equal(g.no_such_name, nil)
    equal(g[1], nil)
    local first = g:next(5000)
    local options = { size = 5000, seed = g.seed, stream = 3, dedup_ratio = 2, compress_ratio = 1.5, block_size = 512,
        codec = "lz4" }
    equal(dgen.generate(options) == first, true)
    equal(dgen.generator({ size = 1 }).seed ~= dgen.generator({ size = 1 }).seed, true)
    equal(tostring(make()):match("^dgen.generator: at 0 of 1000 bytes, seed 42"), "dgen.generator: at 0 of 1000 bytes, seed 42")
    equal(getmetatable(g), "dgen.generator")
end)

test("chunks reuse one buffer, mine if given, and end at the end", function()
    local pieces, arrays = {}, {}
    for x in make({ chunk_size = 300 }):chunks() do
        pieces[#pieces + 1] = x:tostring()
        arrays[#arrays + 1] = x
    end
    equal(#pieces, 4)
    same_bytes(table.concat(pieces), whole)
    equal(rawequal(arrays[1], arrays[3]), true)
    equal(#arrays[4], 100)
    arrays[1][1] = 99 -- the last piece is a view of the same memory
    equal(arrays[4][1], 99)

    local mine = dgen.buffer(250)
    pieces = {}
    for x in make():chunks(mine) do
        equal(rawequal(x, mine), true)
        pieces[#pieces + 1] = x:tostring()
    end
    same_bytes(table.concat(pieces), whole)

    local count = 0
    for _ in make({ size = 0 }):chunks() do count = count + 1 end
    equal(count, 0)
    local g = make { chunk_size = 100 }
    for _ in g:chunks() do break end
    equal(g:position(), 100)
    local wanted = "buf must be a dgen.array of type u8 and at least one element"
    raises(wanted, g.chunks, g, dgen.buffer(0))
    raises(wanted, g.chunks, g, dgen.array(10, "f32"))
    raises("buf must be a dgen.array", g.chunks, g, "text")
end)

test("write_file writes what is left, replaces the old file, and tells its progress", function()
    local path = check.temporary("old")
    local g = make()
    equal(g:write_file(path), 1000)
    same_bytes(check.contents(path), whole)
    equal(g:done(), true)
    g:seek(990)
    local told = {}
    equal(g:write_file(path, { progress = function(done, total) told[#told + 1] = done .. "/" .. total end }), 10)
    same_bytes(check.contents(path), whole:sub(991))
    equal(told[#told], "10/10")
    equal(g:reset():write_file("/dev/null"), 1000)
    os.remove(path)
end)

test("write_file that fails leaves the old file and the position", function()
    local path = check.temporary("old")
    local g = make { size = 2 ^ 26 }
    g:seek(5)
    raises("enough", g.write_file, g, path, { progress = function() error("enough", 0) end })
    equal(g:position(), 5)
    equal(check.contents(path), "old")
    raises("interrupted", g.write_file, g, path, { progress = function() return false end })
    equal(check.contents(path), "old")
    equal(pcall(g.write_file, g, path .. "/absent/file"), false)
    equal(pcall(g.write_file, g, "/dev/full"), false)
    equal(g:position(), 5)
    raises("path must be text", g.write_file, g)
    raises("path must be text", g.write_file, g, "a\0b")
    raises("path must be the name of a file, not empty", g.write_file, g, "")
    raises("progress must be a function", g.write_file, g, path, { progress = true })
    raises("options must be a table", g.write_file, g, path, 1)
    raises('"Progress" is not an option; the options are progress', g.write_file, g, path, { Progress = print })
    local directory = path:match("^(.*)/")
    local listing = io.popen("ls -A " .. directory):read("a")
    equal(listing:find(path:match("[^/]*$") .. ".", 1, true), nil, "a temporary file beside the old one")
    os.remove(path)
end)

test("during write_file the generator may be looked at, not touched; everything else works", function()
    local g, calls = make(), 0
    local lent = "generator must be left alone until its write_file returns"
    g:write_file("/dev/null", { progress = function()
        calls = calls + 1
        equal(g.size, 1000)
        equal(type(g:position()), "number")
        for _, name in ipairs { "fill", "next", "chunks", "seek", "reset", "set_seed", "close" } do
            if name ~= "chunks" then raises(lent, g[name], g, dgen.buffer(1)) end
        end
        raises(lent, g.write_file, g, "/dev/null")
        same_bytes(dgen.generate({ size = 1000, seed = 42 }):tostring(), whole)
        collectgarbage()
    end })
    equal(calls > 0, true)
    equal(g:done(), true)
    g:close()
end)

test("two generators, and coroutines, do not disturb each other", function()
    local a, b = make(), make()
    same_bytes(a:next(100):tostring(), b:next(100):tostring())
    local co = coroutine.wrap(function()
        for x in make({ chunk_size = 100 }):chunks() do coroutine.yield(x:tostring()) end
    end)
    local pieces = {}
    for piece in co do
        pieces[#pieces + 1] = piece
        dgen.generate { size = 10 }
    end
    same_bytes(table.concat(pieces), whole)
end)
