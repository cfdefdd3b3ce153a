-- The vector operations: each against a reference of Lua's own, and what the binding makes of arguments and results.
local check = require "check"
local dgen = require "dgen"
local references = require "references"
local test, equal, raises, same_bytes = check.test, check.equal, check.raises, check.same_bytes

local NAN = 0 / 0
local operations, named = dgen.operations(), {}
for _, operation in ipairs(operations) do named[operation.name] = operation end

local rounding = {
    f32 = function(x) return (string.unpack("<f", string.pack("<f", x))) end,
    f64 = function(x) return x end,
}

-- The distance of neighbours at x in a type.
local function ulp(x, kind)
    local exponent = (string.unpack("<i8", string.pack("<d", x)) >> 52 & 0x7FF) - 1023
    return kind == "f32" and 2.0 ^ (math.max(exponent, -126) - 23) or 2.0 ^ (math.max(exponent, -1022) - 52)
end

local function is_close(got, wanted, kind, allowed)
    if wanted ~= wanted then return got ~= got end
    if got == wanted then return true end
    local most = 0x1.fffffep127
    if kind == "f32" and math.abs(wanted) > most and math.abs(got) >= most then return got * wanted > 0 end
    return math.abs(got - wanted) <= allowed * ulp(wanted, kind)
end

-- Equal, or NaN both.
local function same(got, wanted, what)
    equal(got == wanted or got ~= got and wanted ~= wanted, true, what)
end

-- Tables of numbers as arrays of a type, and the numbers that those hold.
local function arrays_of(kind, ...)
    local arrays, tables = {}, {}
    for i, numbers in ipairs { ... } do
        arrays[i] = dgen.array(numbers, kind)
        tables[i] = arrays[i]:totable()
    end
    return arrays, tables
end

-- The operation's arguments: its arrays, then numbers for parameters without a default.
local PARAMETERS = { [1] = { 2.5 }, [2] = { -1.0, 1.0 } }
local function arguments_of(operation, arrays)
    local arguments, parameters = {}, #operation.arguments - operation.arrays
    for i = 1, operation.arrays do arguments[i] = arrays[i] end
    for i = 1, parameters do
        local default = operation.defaults[operation.arguments[operation.arrays + i]]
        if not default then arguments[#arguments + 1] = PARAMETERS[parameters][i] end
    end
    return arguments
end
local function call(operation, arrays, options)
    local arguments = arguments_of(operation, arrays)
    arguments[#arguments + 1] = options
    return dgen[operation.name](table.unpack(arguments))
end

-- A few hundred values of each sign, from far below 1 to far above; three orders of them.
local values, others, thirds = {}, {}, {}
for i = -160, 160 do values[#values + 1] = i / 16 end
for i = -30, 30 do
    values[#values + 1] = 10 ^ (i / 2)
    values[#values + 1] = -1.7 * 10 ^ (i / 3)
end
for i = 1, #values do
    others[i] = values[i * 97 % #values + 1]
    thirds[i] = values[i * 61 % #values + 1]
end

-------------------------------------------------------------------------------------------------- against references

local unreferenced = {}
for _, operation in ipairs(operations) do
    local name = operation.name
    if not (references[name] or references.reductions[name] or references.normalizations[name]) then unreferenced[#unreferenced + 1] = operation.name end
end
if #unreferenced > 0 then print("no reference in tests/lua/references.lua for: " .. table.concat(unreferenced, ", ")) end

local function check_elementwise(operation, kind)
    local reference, r = references[operation.name], rounding[kind]
    local arrays, tables = arrays_of(kind, values, others, thirds)
    local parameters = arguments_of(operation, {})
    local result = call(operation, arrays)
    equal(result.type, kind)
    equal(#result, #values)
    local bound = operation["error_" .. kind]
    for i = 1, #values do
        local operands = { tables[1][i] }
        for k = 2, operation.arrays do operands[k] = tables[k][i] end
        table.move(parameters, 1, #parameters, #operands + 1, operands)
        local wanted, slack = reference(r, table.unpack(operands))
        local allowed = (4 + (slack or 0)) * (kind == "f32" and 2 ^ -29 or 1)
        -- Up to half a ULP there is one right answer, to the bit but for a NaN's.
        allowed = bound <= 0.5 and 0 or bound + allowed
        if not is_close(result[i], wanted, kind, allowed) then
            local text = table.concat(operands, ", ")
            error(("%s(%s) in %s is %.17g, wanted %.17g"):format(operation.name, text, kind, result[i], wanted), 0)
        end
        if allowed == 0 and wanted == 0 then equal(1 / result[i], 1 / wanted, operation.name .. " of " .. operands[1]) end
    end
end

for _, operation in ipairs(operations) do
    if operation.kind == "elementwise" and references[operation.name] then
        for kind in pairs(rounding) do
            test(operation.name .. " in " .. kind, check_elementwise, operation, kind)
        end
    end
end

local function check_reduction(operation, kind)
    local reference = references.reductions[operation.name]
    for _, n in ipairs { 2, 3, 7, 64, 100, 257, 443 } do
        local x, y = {}, {}
        for i = 1, n do
            x[i] = (i * 37 % 1000 - 500) / 16
            y[i] = (i * 61 % 997 - 300) / 32 + i / 3
        end
        local arrays, tables = arrays_of(kind, x, y)
        local got = call(operation, arrays)
        local wanted, magnitude = reference(table.unpack(tables, 1, operation.arrays))
        local unit = kind == "f32" and 2 ^ -24 or 2 ^ -53
        local bound = operation["error_" .. kind] * unit * (magnitude or math.abs(wanted))
        if bound > 0 then bound = bound + 4 * ulp(wanted, "f64") end
        equal(math.type(got), math.type(wanted), operation.name)
        if not (math.abs(got - wanted) <= bound) then
            error(("%s of %d %s is %.17g, wanted %.17g"):format(operation.name, n, kind, got, wanted), 0)
        end
    end
end

local function check_normalization(operation, kind)
    for _, n in ipairs { 2, 3, 7, 64, 100, 257, 443 } do
        local x = {}
        for i = 1, n do x[i] = (i * 37 % 1000 - 500) / 16 + i / 7 end
        local arrays, tables = arrays_of(kind, x)
        local got, wanted = call(operation, arrays), references.normalizations[operation.name](tables[1])
        equal(got.type, kind)
        local most = 0
        for i = 1, n do most = math.max(most, math.abs(wanted[i])) end
        for i = 1, n do
            if not (math.abs(got[i] - wanted[i]) <= 8 * ulp(most, kind)) then
                local text = "%s: element %d of %d %s is %.17g, wanted %.17g"
                error(text:format(operation.name, i, n, kind, got[i], wanted[i]), 0)
            end
        end
    end
end

for _, operation in ipairs(operations) do
    for kind in pairs(rounding) do
        if references.reductions[operation.name] then
            test(operation.name .. " in " .. kind, check_reduction, operation, kind)
        elseif references.normalizations[operation.name] then
            test(operation.name .. " in " .. kind, check_normalization, operation, kind)
        end
    end
end

test("zeros, infinities and beyond the domain", function()
    local inf = math.huge
    local cases = {
        { "exp", -inf, 0 }, { "exp", inf, inf }, { "exp", 1000, inf }, { "exp", -1000, 0 }, { "log", 0, -inf },
        { "log", inf, inf }, { "log", -1, NAN }, { "sqrt", -0.0, -0.0 }, { "sqrt", -1, NAN }, { "recip", -0.0, -inf }, { "tanh", inf, 1 },
        { "tanh", -inf, -1 }, { "erf", -inf, -1 }, { "sigmoid", -inf, 0 }, { "sigmoid", inf, 1 }, { "sin", inf, NAN },
        { "log1p", -1, -inf }, { "expm1", -inf, -1 }, { "sign", -0.0, -0.0 }, { "relu", -inf, 0 }, { "abs", -0.0, 0 },
        { "round", 0.5, 0 }, { "round", -0.5, -0.0 }, { "round", 2.5, 2 }, { "neg", 0, -0.0 },
    }
    for _, case in ipairs(cases) do
        local name, x, wanted = table.unpack(case)
        for kind in pairs(rounding) do
            local got = dgen[name](dgen.array({ x }, kind))[1]
            same(got, wanted, ("%s(%s) in %s"):format(name, x, kind))
            same(1 / got, 1 / wanted, ("the sign of %s(%s) in %s"):format(name, x, kind))
        end
    end
end)

------------------------------------------------------------------------------------------------- arguments and results

test("the registry is a list of records", function()
    equal(#operations > 60, true)
    for _, operation in ipairs(operations) do
        equal(type(dgen[operation.name]), "function", operation.name)
        equal(type(operation.formula) .. type(operation.summary), "stringstring", operation.name)
        equal(operation.arguments[1], "x", operation.name)
        equal(operation.options[#operation.options], "max_threads", operation.name)
        equal(math.type(operation.error_f32) .. math.type(operation.error_f64), "floatfloat", operation.name)
    end
    equal(table.concat(named.clamp.arguments, " "), "x min max")
    equal(named.clamp.arrays, 1)
    equal(named.leaky_relu.defaults.slope, 0.01)
    equal(next(named.clamp.defaults), nil)
    equal(named.exp.kind .. named.sum.kind .. named.zscore.kind, "elementwisereductionnormalization")
    equal(table.concat(named.minimum.options, " "), "out nan max_threads")
    equal(table.concat(named.exp.options, " "), "out max_threads")
    equal(table.concat(named.sum.options, " "), "nan max_threads")
end)

test("no operation has the name of another function or method", function()
    local taken = { "type", "shape" }
    for _, name in ipairs { "slice", "row", "column", "copy", "astype", "reshape", "totable", "tostring", "fill", "write",
        "read", "close", "array", "buffer", "buffers", "describe", "generate", "generator", "operations", "pool_cap", "pool_trim",
        "system_info", "threads", "verify", "version" } do
        taken[#taken + 1] = name
    end
    for _, name in ipairs(taken) do equal(named[name], nil, name) end
end)

test("a function and a method are one", function()
    local arrays = arrays_of("f64", values, others, thirds)
    for _, operation in ipairs(operations) do
        local arguments = arguments_of(operation, arrays)
        same(arrays[1][operation.name](table.unpack(arguments)), dgen[operation.name](table.unpack(arguments)), operation.name)
    end
end)

test("results have the promised type and shape", function()
    local promised = { u8 = "f64", i8 = "f64", i16 = "f64", u16 = "f64", i32 = "f64", u32 = "f64", i64 = "f64", f64 = "f64",
        f16 = "f32", bf16 = "f32", f32 = "f32" }
    for kind, wanted in pairs(promised) do
        local x = dgen.array({ 1, 2, 3, 4, 5, 6 }, kind)
        local shaped = x:reshape(1, 2, 3)
        for _, operation in ipairs(operations) do
            local flat = call(operation, { x, x, x })
            local result = call(operation, { shaped, x, shaped })
            if operation.kind == "reduction" then
                equal(result, flat, operation.name)
                equal(math.type(result), operation.name:find "^arg" and "integer" or "float", operation.name)
            else
                equal(result.type .. flat.type, wanted .. wanted, operation.name)
                equal(table.concat(result.shape, "x"), "1x2x3", operation.name)
                equal(table.concat(flat.shape, "x"), "6", operation.name)
                equal(result:tostring(), flat:tostring(), operation.name)
            end
        end
        equal(table.concat(dgen.add(x, 1):totable(), " "), "2.0 3.0 4.0 5.0 6.0 7.0", kind)
        equal(dgen.add(x, dgen.array({ 1, 1, 1, 1, 1, 1 }, "f64")).type, "f64", kind)
        equal(dgen.sum(x), 21.0, kind)
    end
end)

test("lists and numbers stand in for arrays", function()
    local x = dgen.array({ 1, 2, 3 }, "f32")
    equal(dgen.add({ 1, 2, 3 }, { 4, 5, 6 }) == dgen.array { 5, 7, 9 }, true)
    equal(dgen.add(x, { 4, 5, 6 }) == dgen.array { 5, 7, 9 }, true)
    equal(dgen.add({ 4, 5, 6 }, x) == dgen.array { 5, 7, 9 }, true)
    equal(dgen.sub(10, x) == dgen.array({ 9, 8, 7 }, "f32"), true)
    equal(dgen.sub(x, 10) == dgen.array({ -9, -8, -7 }, "f32"), true)
    equal(dgen.fma(2, { 1, 2 }, 0.5) == dgen.array { 2.5, 4.5 }, true)
    equal(dgen.sum {}, 0.0)
    equal(#dgen.exp {}, 0)
    equal(#dgen.add({}, {}), 0)
    equal(dgen.exp({}).type, "f64")
    equal(dgen.sum { 1 << 53, 1 }, 2.0 ^ 53 + 1)
    equal(dgen.add(dgen.array({ 0.1 }, "f32"), 0.2)[1], rounding.f32(rounding.f32(0.1) + rounding.f32(0.2)))
    equal(dgen.dot({ 1, 2 }, { 3, 4 }), 11.0)
    equal(dgen.argmax { 1, 5, 5 }, 2)
    equal(dgen.argmin { 1, 5, 0, 0 }, 3)
    for _, wrong in ipairs { { 1, "2" }, { 1, {} }, { 1, true }, { x } } do
        raises("x must be a list of numbers", dgen.exp, wrong)
        raises("y must be a list of numbers", dgen.add, x, wrong)
    end
    raises("y must be an array or a number", dgen.add, x, { nan = "ignore" })
    raises("x must be an array", dgen.exp, { nan = "ignore" })
end)

test("parameters: as given, by default, nil, or left out before the options", function()
    local x = { -2, 3 }
    for _, y in ipairs { dgen.leaky_relu(x, 0.01), dgen.leaky_relu(x), dgen.leaky_relu(x, nil),
        dgen.leaky_relu(x, nil, {}), dgen.leaky_relu(x, { max_threads = 1 }), dgen.leaky_relu(x, 0.01, { max_threads = 1 }) } do
        equal(y[1], -0.02)
        equal(y[2], 3.0)
    end
    equal(dgen.leaky_relu(x, 0.5)[1], -1.0)
    local out = dgen.array(2)
    equal(dgen.leaky_relu(x, { out = out }), out)
    equal(dgen.clamp(x, -1, 1, { out = out }), out)
    equal(out[1], -1.0)
    raises("factor must be a number", dgen.scale, x)
    raises("factor must be a number", dgen.scale, x, nil)
    raises("factor must be a number", dgen.scale, x, { max_threads = 1 })
    raises("max must be a number", dgen.clamp, x, 1)
    raises("slope must be a number", dgen.leaky_relu, x, "0.1")
    raises("slope must be a number", dgen.leaky_relu, x, dgen.array { 1, 2 })
end)

test("operators: arrays, lists and numbers on either side", function()
    local x, y = dgen.array({ 1, 2, 3, 4 }, "f64"), dgen.array({ 4, 3, 2, 8 }, "f64")
    local function gives(got, ...) equal(table.concat(got:totable(), " "), table.concat({ ... }, " ")) end
    gives(x + y, 5.0, 5.0, 5.0, 12.0)
    gives(x - y, -3.0, -1.0, 1.0, -4.0)
    gives(x * y, 4.0, 6.0, 6.0, 32.0)
    gives(x / y, 0.25, 2 / 3, 1.5, 0.5)
    gives(x ^ 2, 1.0, 4.0, 9.0, 16.0)
    gives(2 ^ x, 2.0, 4.0, 8.0, 16.0)
    gives(-x, -1.0, -2.0, -3.0, -4.0)
    gives(x + 1, 2.0, 3.0, 4.0, 5.0)
    gives(1 - x, 0.0, -1.0, -2.0, -3.0)
    gives(12 / x, 12.0, 6.0, 4.0, 3.0)
    gives(x * 0.5, 0.5, 1.0, 1.5, 2.0)
    gives(x + { 1, 1, 1, 1 }, 2.0, 3.0, 4.0, 5.0)
    gives({ 1, 1, 1, 1 } - x, 0.0, -1.0, -2.0, -3.0)
    gives((x + y) * 2 - 1 / x, 9.0, 9.5, 10 - 1 / 3, 23.75)
    equal((-x:reshape(2, 2)).shape[2], 2)
    raises("y must have the shape of x, [4], not [2]", function() return x + { 1, 2 } end)
    raises("y must be an array or a number", function() return x + "1" end)
    raises("x must be an array or a number", function() return "1" + x end)
    raises("y must be an array or a number", function() return x + nil end)
    raises("x must be an array or a number", function() return nil + x end)
end)

test("out: elsewhere, in place, a view; the array itself is returned", function()
    local tables = { values, others, thirds }
    for _, operation in ipairs(operations) do
        if operation.kind ~= "reduction" then
            for kind in pairs(rounding) do
                local arrays = arrays_of(kind, table.unpack(tables))
                local wanted = call(operation, arrays):tostring()
                local out = dgen.array(#values, kind)
                equal(call(operation, arrays, { out = out }), out, operation.name)
                same_bytes(out:tostring(), wanted, operation.name)
                local wider = dgen.array(#values + 2, kind):fill(7)
                call(operation, arrays, { out = wider:slice(2, -2) })
                same_bytes(wider:tostring(2, -2), wanted, operation.name .. " into a view")
                equal(wider[1] + wider[#wider], 14.0, operation.name)
                local row = dgen.array(3 * #values, kind):reshape(3, #values):row(2)
                equal(call(operation, arrays, { out = row }), row, operation.name)
                same_bytes(row:tostring(), wanted, operation.name .. " into a row")
                for i = 1, operation.arrays do
                    local fresh = arrays_of(kind, table.unpack(tables))
                    call(operation, fresh, { out = fresh[i] })
                    same_bytes(fresh[i]:tostring(), wanted, operation.name .. " in place of argument " .. i)
                end
            end
        end
    end
    local x = dgen.array { 1, 2, 3 }
    raises("out must be a dgen.array", dgen.exp, x, { out = { 1, 2, 3 } })
    raises("out must be a dgen.array", dgen.exp, x, { out = 1 })
    raises("out must be f64, not f32", dgen.exp, x, { out = dgen.array(3, "f32") })
    raises("out must have the shape of the result: 3 elements, not 2", dgen.exp, x, { out = dgen.array(2) })
    raises("out must not overlap x unless it is the same array", dgen.exp, x:slice(1, 2), { out = x:slice(2, 3) })
    raises('"out" is not an option of sum; the options are nan, max_threads', dgen.sum, x, { out = x })
    equal(table.concat(x:totable(), " "), "1.0 2.0 3.0")
end)

test("nan: propagated by default, ignored where that is an option", function()
    local x, ignore = dgen.array { NAN, 1, NAN, 3 }, { nan = "ignore" }
    for _, operation in ipairs(operations) do
        if operation.kind == "reduction" and not operation.name:find "^arg" then
            local result = call(operation, { x, x })
            equal(result ~= result, true, operation.name)
            equal(call(operation, { x, x }, { nan = "propagate" }) ~= result, true, operation.name)
            local wanted = call(operation, { { 1, 3 }, { 1, 3 } })
            equal(call(operation, { x, x }, ignore), wanted, operation.name)
        end
    end
    equal(x:argmax(), 1)
    equal(x:argmax(ignore), 4)
    equal(x:argmin(ignore), 2)
    equal(table.concat(dgen.minimum(x, 2, ignore):totable(), " "), "2.0 1.0 2.0 2.0")
    equal(table.concat(dgen.maximum(2, x, ignore):totable(), " "), "2.0 2.0 2.0 3.0")
    local least = dgen.minimum(x, 2)
    equal(least[1] ~= least[1] and least[2] == 1, true)
    equal(x:sum { nan = "ignore", max_threads = 1 }, 4.0)
end)

test("rows and columns are operands and results", function()
    for _, kind in ipairs { "f32", "f64", "f16", "i32" } do
        local x = {}
        for k = 1, 60 do x[k] = k * 37 % 100 - 50 end
        local matrix = dgen.array(x, kind):reshape(6, 10)
        for _, operation in ipairs(operations) do
            for i = 1, 6 do
                local row, other = matrix:row(i), matrix:row(7 - i)
                local wanted = call(operation, { row:copy(), other:copy(), row:copy() })
                same(call(operation, { row, other, row }), wanted, operation.name .. " of rows")
            end
            local column, row = matrix:column(3), matrix:row(2):slice(2, 7)
            local wanted = call(operation, { column:copy(), row:copy(), row:copy() })
            same(call(operation, { column, row, row }), wanted, operation.name .. " of a column")
        end
    end
    local matrix = dgen.array({ 1, 2, 3, 4, 5, 6 }):reshape(2, 3)
    dgen.neg(matrix:row(2), { out = matrix:row(1) })
    equal(table.concat(matrix:totable(), " "), "-2.0 2.0 -4.0 4.0 -6.0 6.0")
    dgen.scale(matrix:column(2), 10, { out = matrix:column(2) })
    equal(table.concat(matrix:totable(), " "), "-2.0 2.0 -40.0 40.0 -6.0 6.0")
end)

test("large arrays: the same bits on any number of threads", function()
    local n = 700001
    for kind in pairs(rounding) do
        local raw = dgen.buffer(n, "i16")
        dgen.fill(raw, { seed = 5 })
        local x = dgen.scale(raw, 1 / 4096):astype(kind)
        dgen.fill(raw, { seed = 6 })
        local y = dgen.scale(raw, 1 / 8192):astype(kind)
        for _, operation in ipairs(operations) do
            local wanted = call(operation, { x, y, x }, { max_threads = 1 })
            for _, threads in ipairs { 2, 3, 0 } do
                local got = call(operation, { x, y, x }, { max_threads = threads })
                same(got, wanted, ("%s on %d threads"):format(operation.name, threads))
            end
            if operation.kind ~= "reduction" then
                local tail = n - 1000
                local piece = call(operation, { x:slice(tail), y:slice(tail), x:slice(tail) })
                if operation.kind == "elementwise" then
                    same_bytes(piece:tostring(), wanted:tostring(tail), operation.name .. " at the end")
                end
                wanted:close()
            end
        end
    end
end)

test("closed arrays are named", function()
    local x, closed = dgen.array { 1, 2 }, dgen.array { 1, 2 }
    closed:close()
    for _, operation in ipairs(operations) do
        for i = 1, operation.arrays do
            local arrays = { x, x, x }
            arrays[i] = closed
            raises(operation.arguments[i] .. " is closed", call, operation, arrays)
        end
        if operation.kind ~= "reduction" then
            raises("out is closed", call, operation, { x, x, x }, { out = closed })
        end
    end
    raises("x is closed", function() return closed + 1 end)
    raises("y is closed", function() return 1 + closed end)
    raises("x is closed", function() return -closed end)
    raises("x is closed", function() return closed:sum() end)
end)

------------------------------------------------------------------------------------------------------------- misuse

-- A literal of tests/op_errors.tsv, whose header says what they are; an f64 list as a table if `tables`.
local function literal(text, tables)
    local inside = text:match("%[(.*)%]$")
    if inside then
        local kind, shape, numbers = text:match("^%l+%d+"), text:match("(%d+x[%dx]+)%["), {}
        for number in inside:gmatch("[^,]+") do
            numbers[#numbers + 1] = number == "nan" and NAN or tonumber(number)
        end
        if tables and not kind and not shape then return numbers end
        local x = dgen.array(numbers, kind or "f64")
        local dimensions = {}
        for dimension in (shape or ""):gmatch("%d+") do dimensions[#dimensions + 1] = tonumber(dimension) end
        return shape and x:reshape(table.unpack(dimensions)) or x
    end
    if text == "nan" then return NAN end
    if text == "nil" then return nil end
    return assert(text:match('^"(.*)"$') or tonumber(text), "not a literal: " .. text)
end

local lines = 0
for line in io.lines(check.here .. "/op_errors.tsv") do
    if line ~= "" and line:sub(1, 1) ~= "#" then
        lines = lines + 1
        test("op_errors.tsv: " .. line, function()
            local name, words, message = line:match("^([^\t]*)\t([^\t]*)\t(.*)$")
            for _, tables in ipairs { false, true } do
                local arguments, count, options = {}, 0, nil
                for word in words:gmatch("%S+") do
                    local option, value = word:match("^(%l[%l_]*)=(.*)$")
                    if option then
                        options = options or {}
                        options[option] = literal(value)
                    else
                        count = count + 1
                        arguments[count] = literal(word, tables)
                    end
                end
                if options then
                    count = count + 1
                    arguments[count] = options
                end
                raises(message, dgen[name], table.unpack(arguments, 1, count))
                local x = arguments[1]
                if getmetatable(x) == "dgen.array" then raises(message, x[name], table.unpack(arguments, 1, count)) end
            end
        end)
    end
end
test("op_errors.tsv has lines", function() equal(lines > 25, true) end)

test("options are a table of names, and last", function()
    local x = dgen.array { 1, 2 }
    raises("options must be a table", dgen.exp, x, 1)
    raises("options must be a table", dgen.exp, x, "nan")
    raises("options must be a table", dgen.exp, x, x)
    raises("options must be a table", dgen.add, x, x, x)
    raises("options must be a table whose keys are names of options", dgen.exp, x, { 1 })
    raises("options must be a table whose keys are names of options", dgen.exp, x, { ["nan\0"] = 1 })
    raises("x must be an array", dgen.exp)
    raises("y must be an array or a number", dgen.add, x)
    raises("y must be an array", dgen.dot, x)
    local ok, message = pcall(function() dgen.exp(1) end)
    equal(ok, false)
    equal(message:match("operations%.lua:%d+: x must be") ~= nil, true)
end)

test("10,000 failing calls of each kind leave nothing behind", function()
    local closed, x, floats = dgen.array(1), dgen.array(1000), dgen.array(1000, "f32")
    closed:close()
    local long = {}
    for i = 1, 1000 do long[i] = i end
    long[1001] = "1"
    local kinds = {
        function() dgen.exp(1) end,
        function() dgen.exp(closed) end,
        function() dgen.exp(long) end,
        function() return x + long end,
        function() return x + { 1, 2 } end,
        function() dgen.add({ 1, 2, 3 }, { 1, 2 }) end,
        function() dgen.exp(x, { out = floats }) end,
        function() dgen.exp(x, { no = 1 }) end,
        function() dgen.exp(x, { out = closed }) end,
        function() dgen.exp({ 1, 2, 3 }, { max_threads = -1 }) end,
        function() dgen.clamp(x, 2, 1) end,
        function() dgen.max {} end,
        function() dgen.sd { 1 } end,
        function() dgen.sum(x, { nan = "drop" }) end,
        function() x:reshape(10, 100):row(11) end,
        function() x:row(1) end,
        function() x:reshape(10, 100):row(1):reshape(10, 10) end,
    }
    check.leaves_nothing("calls of operations", kinds, 300)
end)

test("results nobody keeps are collected, and their memory is used again", function()
    local x = dgen.array(2 ^ 17, "f64"):fill(1)
    dgen.pool_trim()
    local before = check.status("VmRSS")
    for _ = 1, 2000 do
        local y = x + 1
        y = nil
    end
    local grown = check.status("VmRSS") - before
    if grown > 300 * 1024 then error(("grew by %d KiB over 2000 results of 1 MiB"):format(grown)) end
end)
