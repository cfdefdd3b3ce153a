-- Quantization to codes and back, one array or a batch: against plain Lua's own arithmetic, what is read and given back
-- without a copy, and what it says to misuse.
local check = require "check"
local dgen = require "dgen"
local oracle = require "oracle"
local test, equal, raises, same_bytes = check.test, check.equal, check.raises, check.same_bytes
local NAN, INFINITY = 0 / 0, math.huge

---------------------------------------------------------------------------------------------------- quantize and back

local shapes = { { 130 }, { 7, 130 }, { 3, 5, 20 }, { 1, 33 }, { 40, 3 } }
for _, options in ipairs {
    { bits = 8 }, { bits = 4 }, { bits = 2 }, { bits = 8, scheme = "symmetric" }, { bits = 4, scheme = "symmetric" },
    { bits = 2, scheme = "symmetric" }, { bits = 4, scheme = "symmetric", range = "full" }, { bits = 4, exact = true },
    { bits = 2, scheme = "symmetric", range = "midrise" }, { bits = 8, scale_type = "f16" }, { bits = 4, axis = "row" },
    { bits = 2, axis = "tensor" }, { bits = 8, axis = "row", scheme = "symmetric", exact = true },
    { bits = 4, group = 32 }, { bits = 2, group = 3 }, { bits = 8, group = 1 },
} do
    local words = {}
    for name, value in pairs(options) do words[#words + 1] = name .. " " .. tostring(value) end
    table.sort(words)
    test("quantize: " .. table.concat(words, ", "), function()
        for number, shape in ipairs(shapes) do
            local columns = #shape == 1 and shape[1] or #shape == 2 and shape[2] or shape[2] * shape[3]
            if not options.group or options.group <= columns then
                for _, kind in ipairs { "f32", "f64" } do
                    local x = dgen.normal(shape, 0.25, 3, { seed = number, type = kind })
                    local q = dgen.quantize(x, options)
                    equal(q.bits, options.bits)
                    equal(q.scheme, options.scheme or "asymmetric")
                    equal(q.axis, options.axis or "group")
                    if q.axis == "group" then equal(q.group, options.group or math.min(128, columns)) end
                    equal(table.concat(q.shape, " "), table.concat(shape, " "))
                    equal(q.scale.type, options.scale_type or "f32")
                    oracle.check_values(x, q, oracle.check_against(x, q, options), options)
                end
            end
        end
    end)
end

test("f16, bf16 and strided arrays are what their elements are in f32", function()
    local x = dgen.normal({ 6, 50 }, { seed = 1 })
    for _, kind in ipairs { "f16", "bf16", "f32" } do
        local narrow = x:astype(kind)
        local a, b = dgen.quantize(narrow, { bits = 4 }), dgen.quantize(narrow:astype("f32"), { bits = 4 })
        equal(a.codes == b.codes and a.scale == b.scale and a.zero == b.zero, true, kind)
        for i = 1, 6 do
            local row = dgen.quantize(narrow:row(i), { bits = 4 })
            equal(row.codes == a.codes:column(i), true, kind .. " row")
            equal(row.codes == dgen.quantize(narrow:row(i):copy(), { bits = 4 }).codes, true)
        end
    end
end)

test("lists of numbers and of rows are f64 arrays", function()
    local q = dgen.quantize({ 1, 2, 3 })
    equal(table.concat(q.shape, " "), "3")
    same_bytes(q.codes:tostring(), dgen.quantize(dgen.array { 1, 2, 3 }).codes:tostring())
    local rows = dgen.quantize({ { 1, -2, 3 }, { 4, 5, -6 } }, { axis = "row" })
    equal(table.concat(rows.shape, " "), "2 3")
    local x = dgen.array({ 1, 4, -2, 5, 3, -6 }):reshape(2, 3)
    same_bytes(rows.codes:tostring(), dgen.quantize(x, { axis = "row" }).codes:tostring())
    raises("x must be an array", dgen.quantize, 5)
    raises("x must be an array", dgen.quantize)
    raises("x must be an array", dgen.quantize, "text")
    raises("x must be an array", dgen.quantize, { n = 1 })
    raises("x must be an array", dgen.quantize, q)
    raises("x must not be empty", dgen.quantize, {})
    local legal = "x must be a list of numbers, or of rows of as many numbers each"
    for _, wrong in ipairs { { 1, "2" }, { "1" }, { { 1, 2 }, { 3 } }, { { 1 }, 2 }, { 1, { 2 } }, { { 1 }, { {} } } } do
        raises(legal, dgen.quantize, wrong)
    end
    raises("x must not be empty", dgen.quantize, { {}, {} })
    raises("options must be a table", dgen.quantize, { 1 }, 4)
    raises("options must be a table whose keys are names of options", dgen.quantize, { 1 }, { 4 })
end)

test("zeros, constants and whole numbers come back as they are", function()
    for _, bits in ipairs { 8, 4, 2 } do
        for _, scheme in ipairs { "asymmetric", "symmetric" } do
            for _, number in ipairs { 0.0, 1.0, -0.1, 2e-38, 3e38 } do
                local x = dgen.array({ number, number, number }, "f32")
                local q = dgen.quantize(x, { bits = bits, scheme = scheme })
                equal(q:dequantize() == x or number == 0, true, number)
                equal(q.error.max, 0.0)
                equal(q.error.snr_db, INFINITY)
                equal(q.error.cosine, 1.0)
            end
            local mixed = dgen.quantize({ -0.3, 0, 0.7, 1 }, { bits = bits, scheme = scheme }):dequantize()
            equal(mixed[2], 0.0)
        end
    end
    local whole = {}
    for i = -127, 127 do whole[#whole + 1] = i end
    local q = dgen.quantize(whole, { scheme = "symmetric", axis = "tensor" })
    equal(q.scale[1], 1.0)
    equal(q:dequantize("f64") == dgen.array(whole), true)
end)

test("what is not finite is replaced where asked", function()
    local x = { 1, NAN, -3, INFINITY, 2, -INFINITY, 1e300 }
    local saturated = dgen.quantize(x, { nan = "saturate" })
    equal(saturated.error.nonfinite, 4)
    same_bytes(saturated.codes:tostring(), dgen.quantize({ 1, 0, -3, 2, 2, -3, 2 }).codes:tostring())
    local zeroed = dgen.quantize(x, { nan = "zero" })
    equal(zeroed.error.nonfinite, 4)
    same_bytes(zeroed.codes:tostring(), dgen.quantize({ 1, 0, -3, 0, 2, 0, 0 }).codes:tostring())
end)

test("searched scales lose less, and a certificate may be left out", function()
    local x = dgen.normal({ 8, 512 }, { seed = 3, type = "f32" })
    for _, bits in ipairs { 4, 2 } do
        local plain = dgen.quantize(x, { bits = bits })
        local found = dgen.quantize(x, { bits = bits, search = "mse" })
        equal(found.error.rmse < plain.error.rmse, true)
        oracle.check_values(x, found, oracle.read(found), { search = "mse" })
        local cut = dgen.quantize(x, { bits = bits, search = "percentile", percentile = 95 })
        oracle.check_values(x, cut, oracle.read(cut), { search = "percentile" })
        equal(cut.error.clipped > 0, true)
    end
    local unmeasured = dgen.quantize(x, { certificate = false })
    for _, name in ipairs { "max", "rmse", "snr_db", "cosine" } do
        equal(unmeasured.error[name] ~= unmeasured.error[name], true, name)
    end
    same_bytes(unmeasured.codes:tostring(), dgen.quantize(x).codes:tostring())
end)

test("dequantize gives any float type, and fills what is given", function()
    local q = dgen.quantize(dgen.normal({ 9, 33 }, { seed = 4 }), { bits = 4 })
    local x = dgen.dequantize(q)
    equal(x.type, "f32")
    equal(table.concat(x.shape, " "), "9 33")
    for _, kind in ipairs { "f32", "f64", "f16", "bf16" } do
        local as = dgen.dequantize(q, kind)
        equal(as == x:astype(kind), true, kind)
        equal(dgen.dequantize(q, { type = kind, max_threads = 1 }) == as, true)
        local out = dgen.buffer(9 * 33, kind):reshape(9, 33)
        equal(rawequal(dgen.dequantize(q, { out = out }), out), true)
        equal(out == as, true)
        equal(q:dequantize(kind) == as, true)
    end
    local matrix = dgen.array(4 * 33, "f32"):reshape(4, 33)
    local line = dgen.quantize(dgen.normal(33, { seed = 4 }))
    line:dequantize { out = matrix:row(2) }
    equal(matrix:row(2):copy() == line:dequantize(), true)
    equal(matrix:row(1):sum(), 0.0)
    local codes = dgen.buffer(9 * 33):reshape(9, 33)
    equal(rawequal(dgen.unpack(q, { out = codes, max_threads = 2 }), codes), true)
    equal(codes == q:unpack(), true)
    raises("out must be f64, not f32", dgen.dequantize, q, { type = "f64", out = x })
    raises("out must have the shape of x, 9 x 33, not 297", dgen.dequantize, q, { out = x:reshape(9 * 33) })
    raises("out must be u8, not f32", dgen.unpack, q, { out = x })
    raises("out must be a dgen.array", dgen.dequantize, q, { out = {} })
    raises("type must be text", dgen.dequantize, q, 64)
    raises('"colour" is not an option; the options are type, max_threads, out', dgen.dequantize, q, { colour = 1 })
    raises('"type" is not an option; the options are max_threads, out', dgen.unpack, q, { type = "u8" })
    raises("options must be a table", dgen.unpack, q, "u8")
    raises("max_threads must be a whole number from 0 to 1024, not -1", dgen.unpack, q, { max_threads = -1 })
end)

--------------------------------------------------------------------------------------------------------- q as a value

test("a quantized array is a value: its fields make another", function()
    for _, options in ipairs {
        { bits = 4 }, { bits = 2, scheme = "symmetric", range = "midrise" }, { axis = "tensor" },
        { scale_type = "f16", axis = "row" }, { rule = "ggml_q4_1" },
    } do
        local q = dgen.quantize(dgen.normal({ 5, 64 }, { seed = 5 }), options)
        local plain, copy = {}, {}
        for name, value in pairs(q) do plain[name] = value end
        for name, value in pairs(q) do copy[name] = type(value) == "userdata" and value:copy() or value end
        equal(dgen.dequantize(plain) == q:dequantize(), true)
        equal(dgen.unpack(copy) == q:unpack(), true)
        plain.error = nil
        equal(dgen.dequantize(plain) == q:dequantize(), true)
    end
    local q = dgen.quantize(dgen.normal({ 768, 768 }, { seed = 1 }), { bits = 4 })
    equal(tostring(q):match("^dgen%.quantized: 4 bits, asymmetric, groups of 128 of 768 x 768, %d+%.%d dB$") ~= nil, true)
    local unmeasured = dgen.quantize({ 1, 2 }, { certificate = false, axis = "row" })
    equal(tostring(unmeasured), "dgen.quantized: 8 bits, asymmetric, rows of 2")
    equal(getmetatable(q), "dgen.quantized")
    equal(q.no_such_field, nil)
end)

test("a spoiled table is refused, and says why", function()
    local q = dgen.quantize(dgen.normal({ 4, 64 }, { seed = 6 }), { bits = 4, group = 32 })
    local closed, wide = dgen.buffer(32 * 4):reshape(32, 4), dgen.array(8, "f64"):reshape(2, 4)
    closed:close()
    local spoils = {
        { "bits", nil, "bits must be 8, 4 or 2, not a value of another type" },
        { "bits", 3, "bits must be 8, 4 or 2, not 3" },
        { "bits", 8, "q.codes must have 256 elements for its shape, bits and group, not 128" },
        { "scheme", "affine", 'scheme must be "asymmetric", "symmetric" or "offset", not "affine"' },
        { "scheme", "offset", "q.zero must be f32, not u8" },
        { "range", nil, 'range must be "narrow", "full" or "midrise", not a value of another type' },
        { "axis", 1, 'axis must be "group", "row" or "tensor", not 1' },
        { "group", 0, "q.group must be 1 or more, not 0" },
        { "group", -1, "group must be a whole number from 0 to 9007199254740992, not -1" },
        { "group", 16, "q.scale must have 16 elements for its shape, bits and group, not 8" },
        { "shape", nil, "q.shape must be a list of dimensions" },
        { "shape", {}, "q.shape must have 1 to 4 dimensions, not 0" },
        { "shape", { 4, 1, 1, 1, 64 }, "q.shape must have 1 to 4 dimensions, not 5" },
        { "shape", { 4, 63.5 }, "q.shape must be a whole number from 0 to 1152921504606846976, not 63.5" },
        { "shape", { 4, 0 }, "q.shape must have sizes from 1 up whose product is less than 2^60" },
        { "shape", { 1 << 31, 1 << 31 }, "q.shape must have sizes from 1 up whose product is less than 2^60" },
        { "shape", { 5, 64 }, "q.codes must have 160 elements for its shape, bits and group, not 128" },
        { "codes", nil, "q.codes must be a dgen.array" },
        { "codes", "bytes", "q.codes must be a dgen.array" },
        { "codes", closed, "q.codes is closed" },
        { "codes", q.codes:slice(2), "q.codes must have 128 elements for its shape, bits and group, not 127" },
        { "codes", dgen.array(128, "i8"), "q.codes must be u8, not i8" },
        { "codes", dgen.buffer(256):reshape(2, 128):row(1), "q.codes must be contiguous" },
        { "scale", nil, "q.scale must be a dgen.array" },
        { "scale", wide, "q.scale must be f32, not f64" },
        { "zero", q.scale, "q.zero must be u8, not f32" },
        { "zero", { 1, 2 }, "q.zero must be a dgen.array" },
    }
    for _, spoil in ipairs(spoils) do
        local spoiled = {}
        for name, value in pairs(q) do spoiled[name] = value end
        spoiled[spoil[1]] = spoil[2]
        raises(spoil[3], dgen.dequantize, spoiled)
        raises(spoil[3], dgen.unpack, spoiled)
        raises(spoil[3], dgen.repack, spoiled, "onnx")
        if spoiled.codes then raises(spoil[3], dgen.arrow_export, spoiled) end
        if spoiled.codes ~= closed then raises(spoil[3], debug.getmetatable(q).__tostring, spoiled) end
    end
    for _, wrong in ipairs { 1, "q", true, print } do
        raises("q must be what quantize returns", dgen.dequantize, wrong)
        raises("q must be what quantize returns", dgen.unpack, wrong)
        raises("q must be what quantize or repack returns", dgen.repack, wrong, "onnx")
    end
    q:close()
    q:close()
    equal(tostring(q), "dgen.quantized: closed")
    raises("q.codes is closed", q.dequantize, q)
    raises("q.codes is closed", q.repack, q, "onnx")
    do
        local kept
        do
            local scoped <close> = dgen.quantize { 1, 2 }
            kept = scoped.codes
        end
        raises("x is closed", kept.copy, kept)
    end
end)

test("closed arrays are refused everywhere", function()
    local x, q = dgen.array { 1, 2 }, dgen.quantize { 1, 2 }
    x:close()
    raises("x is closed", dgen.quantize, x)
    raises("out is closed", dgen.dequantize, q, { out = x })
    raises("out is closed", dgen.unpack, q, { out = x })
    raises("layer 2: x is closed", dgen.quantize_batch, { { 1, 2 }, x })
    raises("layer 1: x is closed", dgen.choose_bits, { x })
    raises("w is closed", dgen.equalize, x, { { 1 } })
    raises("x is closed", dgen.equalize, { { 1 } }, x)
    raises("stats is closed", dgen.activation_table, x)
    local steps = dgen.activation_table { { 0, -1, 1 } }
    raises("x is closed", dgen.quantize_activations, x, 0, steps)
    raises("t is closed", dgen.quantize_activations, { { 1, 2 } }, x, steps)
    steps.scale:close()
    raises("table.scale is closed", dgen.quantize_activations, { { 1, 2 } }, 0, steps)
    raises("x is closed", dgen.arrow_export, x)
end)

-------------------------------------------------------------------------------------------------------------- batches

test("a batch is its layers one by one", function()
    local layers = {}
    for i = 1, 40 do
        layers[i] = dgen.normal(i % 3 == 0 and { 100 + i } or { i, 64 }, { seed = i, type = i % 2 == 0 and "f32" or "f64" })
    end
    layers[41] = { 1, 2, 3 }
    layers[42] = { { 1, 2, 3 }, { 4, 5, 6 } }
    local bits = {}
    for i = 1, #layers do bits[i] = ({ 8, 4, 2 })[i % 3 + 1] end
    local told, total = {}, 0
    for _, x in ipairs(layers) do total = total + (type(x) == "userdata" and #x or type(x[1]) == "table" and 6 or 3) end
    local function progress(done, all)
        told[#told + 1] = done
        equal(all, total)
        return nil
    end
    for _, options in ipairs { { bits = 4 }, { bits = bits }, { scheme = "symmetric" }, {} } do
        options.progress = progress
        local list = dgen.quantize_batch(layers, options)
        options.progress = nil
        equal(#list, #layers)
        for i, q in ipairs(list) do
            local one = {}
            for name, value in pairs(options) do one[name] = value end
            if options.bits == bits then one.bits = bits[i] end
            oracle.same_quantized(q, dgen.quantize(layers[i], one))
            equal(getmetatable(q), "dgen.quantized")
        end
    end
    equal(#told >= 4, true)
    for i = 2, #told do equal(told[i] > told[i - 1] or told[i - 1] == total, true) end
    equal(told[#told], total)
    equal(#dgen.quantize_batch(layers), #layers)
end)

test("a batch can be stopped, and its progress may do anything", function()
    local layers = {}
    for i = 1, 8 do layers[i] = dgen.normal({ 64, 512 }, { seed = i }) end
    local calls = 0
    local function stop() calls = calls + 1 return false end
    local ok, message = pcall(dgen.quantize_batch, layers, { progress = stop })
    equal(ok, false)
    equal(message, "interrupted")
    equal(calls, 1)
    local own = {}
    ok, message = pcall(dgen.quantize_batch, layers, { progress = function() error(own) end })
    equal(rawequal(message, own), true)
    raises("progress must be a function", dgen.quantize_batch, layers, { progress = true })
    -- It closes the layers, drops them, collects, quantizes by itself: the batch has its own hold on them.
    local wanted = dgen.quantize_batch(layers)
    local list = dgen.quantize_batch(layers, { progress = function()
        for i, x in ipairs(layers) do
            x:close()
            layers[i] = nil
        end
        collectgarbage()
        dgen.normal({ 64, 512 }, { seed = 99 })
        dgen.quantize(dgen.normal(1000))
        return true
    end })
    for i, q in ipairs(list) do oracle.same_quantized(q, wanted[i]) end
    -- An error that names a layer leaves no result.
    raises("list must be a list of arrays", dgen.quantize_batch, 5)
    raises("list must be a list of arrays", dgen.quantize_batch, { { 1 }, n = 1 })
    raises("list must be a list of arrays", dgen.quantize_batch)
    raises("layer 2: x must be an array", dgen.quantize_batch, { { 1 }, 5 })
    raises("layer 2: x must be a list of numbers, or of rows of as many numbers each", dgen.quantize_batch, { { 1 }, { "1" } })
    raises("layer 2: x must be f32, f64, f16 or bf16, not u8", dgen.quantize_batch, { { 1 }, dgen.buffer(3) })
    raises("bits must be 8, 4 or 2, not 3", dgen.quantize_batch, { { 1 }, { 2 } }, { bits = { 8, 3 } })
    raises("bits must be 8, 4 or 2, not 16", dgen.quantize_batch, { { 1 }, { 2 } }, { bits = 16 })
end)

------------------------------------------------------------------------------------------------------------ no copies

local function available()
    local kib = check.contents("/proc/meminfo"):match("MemAvailable:%s*(%d+)")
    return math.tointeger(kib) // 1024
end

test("4, 40 and 400 MB are read in place, and codes come back without a copy", function()
    for _, megabytes in ipairs { 4, 40, 400 } do
        if available() < 3 * megabytes + 500 then
            print(("%d MB left out: only %d MiB of memory are available"):format(megabytes, available()))
        else
            local output, ended = check.run(check.status_code .. ([[
                local dgen = require "dgen"
                local n = %d * 1000000 // 4
                dgen.quantize(dgen.normal({ 300, 1000 }, { type = "f32" }), { bits = 4 }):dequantize():close()
                local x = dgen.normal(n, { type = "f32", seed = 1 })
                dgen.pool_trim()
                local before = status "VmRSS"
                assert(io.open("/proc/self/clear_refs", "w")):write("5"):close() -- the peak from here on
                local q = dgen.quantize(x, { bits = 4 })
                print(status "VmHWM" - before, (#q.codes + 5 * #q.scale) // 1024)
                dgen.pool_trim()
                before = status "VmRSS"
                local made = q:dequantize()
                dgen.dequantize(q, { out = made })
                print(status "VmRSS" - before, 4 * n // 1024)]]):format(megabytes))
            equal(ended, "exit 0", output)
            local grown, wanted, again, values = output:match("^(%d+)\t(%d+)\n(%d+)\t(%d+)\n$")
            print(("quantize %d MB: memory grew by %s KiB, codes, scales and zeros are %s KiB"):format(megabytes, grown, wanted))
            equal(tonumber(grown) <= 1.05 * wanted + 1024, true, output)
            equal(tonumber(again) <= 1.05 * values + 1024, true, output)
        end
    end
end)

test("a batch's results are each one allocation, and its arrays are held for the call only", function()
    local layers = {}
    for i = 1, 10 do layers[i] = dgen.buffer(2 ^ 18, "f32"):fill(i) end
    dgen.quantize_batch(layers)
    for _, x in ipairs(layers) do x:close() end
    dgen.pool_trim()
    local x = dgen.buffer(2 ^ 18, "f32"):fill(1)
    dgen.quantize_batch { x }
    equal(pcall(dgen.quantize_batch, { x, { NAN } }), false)
    equal(pcall(dgen.quantize_batch, { x, x }, { progress = error }), false)
    equal(pcall(dgen.choose_bits, { x }, { budget = 1 }), false)
    collectgarbage()
    dgen.pool_trim()
    x:close()
    equal(dgen.system_info().pool_bytes >= 2 ^ 20, true) -- the last reference
end)

--------------------------------------------------------------------------------------------------------------- misuse

local function literal(text, tables, numbers_of_q)
    if text:sub(1, 5) == "list(" then
        local list = {}
        for part in text:sub(6, -2):gmatch("%b[]") do list[#list + 1] = literal(part, tables) end
        return list
    end
    local kind, inside = text:match("^(i?)%[(.*)%]$")
    if inside then
        local rows = {}
        for row in inside:gmatch("[^;]+") do
            local numbers = {}
            for word in row:gmatch("[^,]+") do numbers[#numbers + 1] = literal(word) end
            rows[#rows + 1] = numbers
        end
        if kind == "i" then return dgen.array(rows[1], "i32") end
        if tables then return #rows > 1 and rows or rows[1] or {} end
        local columns, flat = rows[1] and #rows[1] or 0, {}
        for j = 1, columns do
            for i = 1, #rows do flat[#flat + 1] = rows[i][j] end
        end
        local x = dgen.array(flat)
        return #rows > 1 and x:reshape(#rows, columns) or x
    end
    local words = { ["nan"] = NAN, inf = INFINITY, ["true"] = true, ["false"] = false }
    if text == "nil" then return nil end
    if text == "q" then return dgen.quantize { 1, 2, 3 } end
    if text == "table" then return dgen.activation_table({ { 0, -1, 1 }, { 10, -2, 2 } }, 2) end
    if words[text] ~= nil then return words[text] end
    return text:match('^"(.*)"$') or assert(tonumber(text), "not a literal: " .. text)
end

local lines = 0
for line in io.lines(check.here .. "/quantization_errors.tsv") do
    if line ~= "" and line:sub(1, 1) ~= "#" then
        lines = lines + 1
        test("quantization_errors.tsv: " .. line, function()
            local name, words, message = line:match("^([^\t]*)\t([^\t]*)\t(.*)$")
            for _, tables in ipairs { false, true } do
                local arguments, count, options = {}, 0, nil
                for word in words:gmatch("%S+") do
                    local option, value = word:match("^(%l[%l_]*)=(.*)$")
                    if option then
                        options = options or {}
                        options[option] = literal(value, tables or option == "bits")
                    else
                        count = count + 1
                        arguments[count] = literal(word, tables)
                    end
                end
                arguments[count + 1] = options
                raises(message, dgen[name], table.unpack(arguments, 1, count + 1))
            end
        end)
    end
end
test("quantization_errors.tsv has lines", function() equal(lines > 40, true) end)

test("an error carries the position of the call", function()
    local ok, message = pcall(function() dgen.quantize({ 1 }, { bits = 3 }) end)
    equal(ok, false)
    equal(message:match("quantization%.lua:%d+: bits must") ~= nil, true)
end)

test("10,000 failing calls of each kind leave nothing behind", function()
    local x = dgen.normal({ 4, 64 }, { seed = 1 })
    local q = dgen.quantize(x, { bits = 4, group = 32 })
    local p, steps = q:repack("onnx"), dgen.activation_table({ { 0, -1, 1 }, { 10, -2, 2 } }, 2)
    local bad = dgen.array({ 1, 2, NAN })
    local function spoiled(t, name, value)
        local copy = {}
        for field, y in pairs(t) do copy[field] = y end
        copy[name] = value
        return copy
    end
    local no_codes, no_scale, wrong_p = spoiled(q, "codes", nil), spoiled(q, "scale", q.zero), spoiled(p, "codes", p.scale)
    local wrong_steps = spoiled(steps, "zero", steps.scale)
    local out = dgen.array(3)
    check.leaves_nothing("calls of quantization", {
        function() dgen.quantize(x, { bits = 3 }) end,
        function() dgen.quantize({ { 1, 2 }, { 3 } }) end,
        function() dgen.quantize({ 1, 2, NAN, 4 }) end,
        function() dgen.quantize(bad, { bits = 2, scheme = "symmetric" }) end,
        function() dgen.dequantize(no_codes) end,
        function() dgen.dequantize(no_scale) end,
        function() dgen.dequantize(q, "i32") end,
        function() dgen.dequantize(q, { out = out }) end,
        function() dgen.unpack(q, { out = out }) end,
        function() dgen.quantize_batch { x, { 1, 2 }, bad } end,
        function() dgen.quantize_batch({ x, { 1, 2 } }, { bits = { 8, 3 } }) end,
        function() dgen.quantize_batch({ x, { 1, 2 } }, { progress = function() error "mine" end }) end,
        function() dgen.quantize_batch({ x, { 1, 2 } }, { progress = function() return false end }) end,
        function() dgen.repack(q, "ggml_q4_0") end,
        function() dgen.repack(wrong_p, "dgen") end,
        function() dgen.repack(p, "ggml_q4_0") end,
        function() dgen.equalize(x, { { 1, 2, 3 } }) end,
        function() dgen.equalize(x, x, 2) end,
        function() dgen.activation_table({ { 0, 1, -1 } }) end,
        function() dgen.quantize_activations(x, -5, steps) end,
        function() dgen.quantize_activations(bad, 0, steps) end,
        function() dgen.quantize_activations(x, 0, wrong_steps) end,
        function() dgen.choose_bits({ x, bad }, { budget = 1000 }) end,
        function() dgen.choose_bits({ x }, { budget = 1 }) end,
        function() dgen.choose_bits({ x }, { budget = 1000, progress = function() error "mine" end }) end,
        function() dgen.choose_bits({ x }, { rules = { { "*", 8 }, { "*" } } }) end,
        function() dgen.arrow_export(x:row(1)) end,
        function() dgen.arrow_export(no_scale) end,
        function() dgen.arrow_import(dgen.arrow_export(x), 4097) end,
    }, 300)
end)
