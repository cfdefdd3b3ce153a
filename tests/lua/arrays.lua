-- The array type: elements, views, conversion, Lua's files, and the functions about the machine.
local check = require "check"
local dgen = require "dgen"
local test, equal, raises = check.test, check.equal, check.raises

test("the module has the names of the interface and no others", function()
    local names = {}
    for name, value in pairs(dgen) do
        equal(type(value), "function", name)
        names[#names + 1] = name
    end
    local wanted = { "activation_table", "array", "arrow_export", "arrow_import", "buffer", "buffers", "choose_bits", "copy",
        "dequantize", "describe", "distributions", "equalize", "fill", "generate", "generator", "normalize_rows", "operations",
        "pool_cap", "pool_trim", "quantize", "quantize_activations", "quantize_batch", "random", "randomseed", "repack",
        "sampler", "system_info", "threads", "unpack", "verify", "version" }
    for _, operation in ipairs(dgen.operations()) do wanted[#wanted + 1] = operation.name end
    for _, distribution in ipairs(dgen.distributions()) do wanted[#wanted + 1] = distribution.name end
    table.sort(names)
    table.sort(wanted)
    equal(table.concat(names, " "), table.concat(wanted, " "))
end)

test("an array has length, type, shape and elements from 1", function()
    local x = dgen.array({ 10, 20, 30 }, "i32")
    equal(#x, 3)
    equal(x.type, "i32")
    equal(#x.shape, 1)
    equal(x.shape[1], 3)
    equal(x[1], 10)
    equal(x[3], 30)
    equal(x[2.0], 20)
    for _, outside in ipairs { 0, -1, 4, 1.5, math.maxinteger, math.mininteger } do equal(x[outside], nil) end
    equal(x.no_such_name, nil)
    equal(x[true], nil)
    x[2] = 7
    equal(x[2], 7)
    for _, outside in ipairs { 0, -1, 4 } do
        raises(("index must be a whole number from 1 to 3, not %d"):format(outside), function() x[outside] = 1 end)
    end
    raises("index must be a whole number from 1 to 3, not 1.5", function() x[1.5] = 1 end)
    raises("value must be a number", function() x[1] = "1" end)
    raises("value must be a number", function() x[1] = nil end)
    equal(table.concat(x:totable(), " "), "10 7 30")
end)

test("every type stores its extremes and refuses what lies beyond", function()
    local extremes = {
        u8 = { 0, 255 }, i8 = { -128, 127 }, u16 = { 0, 65535 }, i16 = { -32768, 32767 },
        u32 = { 0, 4294967295 }, i32 = { -2147483648, 2147483647 }, i64 = { math.mininteger, math.maxinteger },
    }
    for name, pair in pairs(extremes) do
        local x = dgen.array(pair, name)
        equal(x[1], pair[1], name)
        equal(x[2], pair[2], name)
        equal(pcall(function() x[1] = pair[1] - 1.0 end), name == "i64", name) -- -2^63 - 1.0 is -2^63
        equal(pcall(function() x[1] = pair[2] + 1.0 end), false, name)
        equal(pcall(function() x[1] = 0.5 end), false, name)
        equal(pcall(function() x[1] = 0 / 0 end), false, name)
        equal(x[2], pair[2], name)
    end
    local values = { f64 = 0.1, f32 = 0.1, f16 = 0.0999755859375, bf16 = 0.10009765625 }
    for name, wanted in pairs(values) do
        local x = dgen.array({ 0.1, 1 / 0, 0 / 0, -0.0 }, name)
        equal(x[1], name == "f32" and string.unpack("f", string.pack("f", 0.1)) or wanted, name)
        equal(x[2], 1 / 0, name)
        equal(x[3] ~= x[3], true, name)
        equal(1 / x[4], -1 / 0, name)
    end
    raises("value must be a whole number from 0 to 255, not 256", function() dgen.array({ 256 }, "u8") end)
    raises('type must be u8, i8, i16, u16, i32, u32, i64, f16, bf16, f32 or f64, not "f8"', dgen.array, { 1 }, "f8")
    raises("type must be text", dgen.array, { 1 }, 8)
end)

test("dgen.array makes zeros of a length, dgen.buffer and dgen.buffers make room", function()
    local zeros = dgen.array(1000, "f32")
    equal(#zeros, 1000)
    equal(zeros:tostring(), ("\0"):rep(4000))
    equal(dgen.array({}).type, "f64")
    equal(#dgen.array({}), 0)
    equal(dgen.buffer(5).type, "u8")
    equal(dgen.buffer(5, "double").type, "f64")
    equal(#dgen.buffer(0), 0)
    local some = dgen.buffers(3, 100)
    equal(#some, 3)
    for i = 1, 3 do some[i]:fill(i) end
    for i = 1, 3 do equal(some[i]:tostring(), string.char(i):rep(100)) end
    equal(#dgen.buffers(0, 100), 0)
    raises("n must be a whole number from 0 to 9223372036854775807, not -1", dgen.buffer, -1)
    raises("n must be a whole number from 0 to 9223372036854775807, not 1.5", dgen.buffer, 1.5)
    raises("count must be a whole number from 0 to 2147483647, not -1", dgen.buffers, -1, 1)
    raises("values must be a table of numbers or a length", dgen.array, "abc")
    raises("value must be a number", dgen.array, { 1, "2" })
end)

test("slice, totable, tostring and fill take positions as string.sub does", function()
    local letters = "abcdefghij"
    local x = dgen.array({ letters:byte(1, -1) }, "u8")
    for i = -12, 12 do
        for j = -12, 12 do
            local wanted = letters:sub(i, j)
            equal(x:tostring(i, j), wanted)
            equal(x:slice(i, j):tostring(), wanted)
            equal(#x:slice(i, j), #wanted)
            equal(#x:totable(i, j), #wanted)
        end
    end
    equal(x:slice():tostring(), letters)
    equal(x:slice(3):tostring(), letters:sub(3))
    equal(x:slice(math.mininteger, math.maxinteger):tostring(), letters)
    raises("i must be a whole number", x.slice, x, "1")
    raises("j must be a whole number", x.slice, x, 1, 1.5)
    equal(x:fill(65, 2, -2):tostring(), "aAAAAAAAAj")
    equal(x:fill(66):tostring(), ("B"):rep(10))
    equal(x:fill(67, 5, 4):tostring(), ("B"):rep(10))
    local y = dgen.array(7, "f64"):fill(1.5)
    for i = 1, 7 do equal(y[i], 1.5) end
end)

test("a slice and a reshaped view share memory, a copy does not", function()
    local x = dgen.array({ 1, 2, 3, 4, 5, 6 }, "f32")
    local view, shaped, copy = x:slice(2, 4), x:reshape(2, 3), x:copy()
    x[3] = 30
    equal(view[2], 30.0)
    equal(shaped[3], 30.0)
    equal(copy[3], 3.0)
    view[1] = 20
    equal(x[2], 20.0)
    equal(dgen.copy(view):tostring(), view:tostring())
    equal(table.concat(shaped.shape, "x"), "2x3")
    equal(table.concat(shaped:copy().shape, "x"), "2x3")
    equal(table.concat(shaped:astype("f64").shape, "x"), "2x3")
    equal(table.concat(x:reshape(1, 2, 3, 1).shape, "x"), "1x2x3x1")
    raises("shape must be dimensions whose product is 6", x.reshape, x, 4, 2)
    raises("shape must be a whole number from 0 to 6, not 7", x.reshape, x, 7)
    raises("shape must be 1 to 4 dimensions", x.reshape, x)
    raises("shape must be 1 to 4 dimensions", x.reshape, x, 1, 1, 1, 1, 6)
end)

test("rows and columns are views of a matrix", function()
    for _, kind in ipairs { "u8", "i8", "i16", "u16", "i32", "u32", "i64", "f16", "bf16", "f32", "f64" } do
        local whole = dgen.array(12, kind)
        for k = 1, 12 do whole[k] = k end
        local x = whole:reshape(3, 4)
        local row, column = x:row(2), x:column(3)
        equal(table.concat(row.shape, "x") .. " " .. table.concat(column.shape, "x"), "4 3")
        equal(row.type, kind)
        equal(#row, 4)
        for j = 1, 4 do equal(row[j], whole[3 * j - 1], kind) end
        for i = 1, 3 do equal(column[i], whole[6 + i], kind) end
        equal(row[0], nil)
        equal(row[5], nil)
        local wanted = dgen.array({ 2, 5, 8, 11 }, kind)
        equal(row == wanted and wanted == row and row == row:copy() and row == x:row(2), true, kind)
        equal(row == x:row(1), false)
        equal(row:copy():tostring(), wanted:tostring())
        equal(row:tostring(), wanted:tostring())
        equal(row:tostring(-2), wanted:tostring(-2))
        equal(#row:tostring(3, 2), 0)
        equal(table.concat(row:totable(2, 3), " "), table.concat(wanted:totable(2, 3), " "))
        equal(row:astype("f64") == dgen.array { 2, 5, 8, 11 }, true, kind)
        equal(row:astype(kind) == wanted, true, kind)
        equal(tostring(row), tostring(wanted))
        local seen = {}
        for j, value in pairs(row) do seen[j] = value end
        equal(table.concat(seen, " "), table.concat(wanted:totable(), " "))
        local middle = row:slice(2, 3)
        equal(middle == dgen.array({ 5, 8 }, kind), true, kind)
        equal(middle:slice(2) == dgen.array({ 8 }, kind), true, kind)
        equal(row:slice(5) == dgen.array({}, kind), true, kind)

        middle[2] = 80
        equal(whole[8], dgen.array({ 80 }, kind)[1])
        equal(row:fill(7, 2, 3), row)
        equal(whole == dgen.array({ 1, 2, 3, 4, 7, 6, 7, 7, 9, 10, 11, 12 }, kind), true, kind)
        row:fill(0)
        column:fill(1)
        equal(whole == dgen.array({ 1, 0, 3, 4, 0, 6, 1, 1, 1, 10, 0, 12 }, kind), true, kind)
    end
    local exact = dgen.array({ 1, math.maxinteger, 3, math.mininteger }, "i64"):reshape(2, 2):row(2)
    equal(exact[1], math.maxinteger)
    equal(exact:copy()[2], math.mininteger)
    exact[2] = math.maxinteger - 1
    equal(exact:totable()[2], math.maxinteger - 1)

    local x = dgen.array({ 1, 2, 3, 4, 5, 6 }):reshape(2, 3)
    raises("i must be a whole number from 1 to 2, not 3", x.row, x, 3)
    raises("i must be a whole number from 1 to 2, not 0", x.row, x, 0)
    raises("j must be a whole number from 1 to 3, not -1", x.column, x, -1)
    raises("j must be a whole number from 1 to 3, not a value of another type", x.column, x)
    raises("x must be an array of 2 dimensions", x.row, x:reshape(6), 1)
    raises("x must be an array of 2 dimensions", x.column, x:row(1), 1)
end)

test("a row's bytes go to files and come back", function()
    local path = check.temporary()
    for _, kind in ipairs { "u8", "i16", "f32", "f64" } do
        local rows, n = 3, 5000 -- more than a piece of the copying loop
        local x = dgen.array(rows * n, kind)
        dgen.fill(x, { seed = 4 })
        local row, wanted = x:reshape(rows, n):row(2), {}
        local width = #row:tostring(1, 1)
        for j = 1, n do wanted[j] = row:tostring(j, j) end
        wanted = table.concat(wanted)
        equal(row:tostring(), wanted)
        local file = assert(io.open(path, "w+b"))
        equal(row:write(file), n * width)
        equal(row:write(file, 2, 3), 2 * width)
        file:seek("set")
        equal(file:read("a"), wanted .. wanted:sub(width + 1, 3 * width))
        file:close()

        file = assert(io.open(path, "r+b"))
        local y = dgen.array(rows * n, kind):fill(1)
        local before = y:copy()
        local target = y:reshape(rows, n):row(3)
        equal(target:read(file), n * width)
        equal(target:tostring(), wanted)
        equal(target:read(file, 4), 2 * width)
        equal(target:tostring(1, 3) .. target:tostring(6), wanted:sub(1, 3 * width) .. wanted:sub(5 * width + 1))
        equal(target:tostring(4, 5), wanted:sub(width + 1, 3 * width))
        equal(y:reshape(rows, n):row(1) == before:reshape(rows, n):row(1), true)
        equal(y:reshape(rows, n):row(2) == before:reshape(rows, n):row(2), true)
        file:seek("set", (n + 2) * width - 3) -- the last 3 bytes: part of an element stays, for the wider types
        local old = target:tostring()
        equal(target:read(file), 3)
        equal(target:tostring(), (wanted .. wanted:sub(width + 1, 3 * width)):sub(-3) .. old:sub(4))
        file:close()
    end
    os.remove(path)
end)

test("what wants plain bytes says so to a row", function()
    local x = dgen.array(12, "u8"):reshape(3, 4)
    local row, g = x:row(1), dgen.generator { size = 100, seed = 1 }
    local message = " must be contiguous; a row is not, but its copy is"
    raises("buf" .. message, dgen.fill, row, { seed = 1 })
    raises("buf" .. message, g.fill, g, row)
    raises("buf" .. message, g.chunks, g, row)
    raises("x" .. message, dgen.verify, row, { seed = 1 })
    raises("x" .. message, dgen.describe, row)
    raises("x" .. message, row.reshape, row, 2, 2)
    equal(dgen.fill(x:column(1), { seed = 1 }), 3)
    equal(dgen.fill(row:copy(), { seed = 1 }), 4)
    equal(dgen.describe(row:slice(2, 2)).size, 1)
    equal(table.concat(row:copy():reshape(2, 2).shape, "x"), "2x2")
end)

test("astype converts and rounds half to even", function()
    local x = dgen.array({ 0.5, 1.5, 2.5, -0.5 }, "f64")
    equal(table.concat(x:astype("i8"):totable(), " "), "0 2 2 0")
    equal(x:astype("f64") == x, true)
    equal(x:astype("f32").type, "f32")
    raises("x must lie from 0 to 255 to become u8; element 2 is 256", dgen.array({ 1, 256 }).astype,
        dgen.array({ 1, 256 }), "u8")
end)

test("equality is of type, shape and bytes", function()
    local x = dgen.array({ 1, 2, 3, 4 }, "u8")
    equal(x == x:copy(), true)
    equal(x == x:slice(), true)
    equal(x == dgen.array({ 1, 2, 3, 5 }, "u8"), false)
    equal(x == dgen.array({ 1, 2, 3 }, "u8"), false)
    equal(x == x:astype("i8"), false)
    equal(x == x:reshape(2, 2), false)
    equal(x == dgen.generator { size = 1 }, false)
    equal(dgen.array({}) == dgen.array({}), true)
end)

test("pairs walks the elements, tostring describes", function()
    local x, seen = dgen.array({ 5, 6, 7 }, "i16"), {}
    for i, value in pairs(x) do seen[#seen + 1] = i .. "=" .. value end
    equal(table.concat(seen, " "), "1=5 2=6 3=7")
    equal(tostring(x), "dgen.array i16 [3]: 5 6 7")
    equal(tostring(x:reshape(1, 3)), "dgen.array i16 [1, 3]: 5 6 7")
    equal(getmetatable(x), "dgen.array")
end)

test("write and read move bytes between arrays and Lua's files", function()
    local path = check.temporary()
    local x = dgen.generate { size = 9 * 2 ^ 20 + 5, seed = 3 } -- more than two pieces of the copying loop
    local file = assert(io.open(path, "w+b"))
    equal(x:write(file), #x)
    equal(x:write(file, 2, 4), 3)
    equal(x:write(file, 1, 0), 0)
    file:seek("set")
    local y = dgen.buffer(#x)
    equal(y:read(file), #x)
    equal(y == x, true)
    equal(y:read(file, 10), 3) -- what was left
    equal(y:tostring(10, 12), x:tostring(2, 4))
    equal(y:read(file), 0)
    file:seek("set")
    local floats = dgen.array(2, "f32")
    equal(floats:read(file, 2, 2), 4)
    equal(floats:tostring(2, 2), x:tostring(1, 4))
    file:close()
    raises("file is closed", x.write, x, file)
    raises("file must be an open file", x.write, x, path)
    raises("file must be an open file", x.read, x)
    os.remove(path)
end)

test("what the system refuses comes as nil, message, number", function()
    local full = assert(io.open("/dev/full", "wb"))
    local got, message, number = dgen.buffer(2 ^ 20):write(full)
    equal(got, nil)
    equal(message, "No space left on device")
    equal(number, 28)
    full:close()
    local directory = assert(io.open("/", "rb"))
    got, message, number = dgen.buffer(10):read(directory)
    equal(got, nil)
    equal(message, "Is a directory")
    equal(number, 21)
    directory:close()
end)

test("system_info, version, threads, pool_trim and pool_cap", function()
    local info = dgen.system_info()
    equal(dgen.version(), info.version)
    equal(math.type(info.format), "integer")
    for name, kind in pairs { version = "string", format = "number", isa = "string", isas = "table", aes = "string",
        threads = "number", threads_why = "string", cores = "number", logical_cpus = "number", nodes = "number",
        huge_pages = "string", pool_bytes = "number", pool_cap = "number" } do
        equal(type(info[name]), kind, name)
    end
    local usable = {}
    for _, isa in ipairs(info.isas) do usable[isa] = true end
    equal(usable[info.isa], true)

    local before = dgen.threads()
    equal(before, info.threads)
    equal(dgen.threads(1), before)
    equal(dgen.threads(), 1)
    equal(dgen.threads(0), 1)
    equal(dgen.threads(), before)
    raises("n must be a whole number from 0 to 1024, not -1", dgen.threads, -1)
    raises("n must be a whole number from 0 to 1024, not 1.5", dgen.threads, 1.5)

    dgen.generate({ size = 2 ^ 20 }):close()
    equal(dgen.system_info().pool_bytes >= 2 ^ 20, true)
    equal(dgen.pool_trim() >= 2 ^ 20, true)
    equal(dgen.system_info().pool_bytes, 0)
    local cap = dgen.pool_cap()
    equal(cap, info.pool_cap)
    equal(dgen.pool_cap(0), cap)
    dgen.generate({ size = 2 ^ 20 }):close()
    equal(dgen.system_info().pool_bytes, 0)
    equal(dgen.pool_cap(cap), 0)
    raises("bytes must be a whole number from 0 to 9007199254740992, not -1", dgen.pool_cap, -1)
end)
