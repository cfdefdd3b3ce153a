-- Quantized arrays for other programs: their layouts, and the Arrow interface.
local check = require "check"
local dgen = require "dgen"
local oracle = require "oracle"
local test, equal, raises, same_bytes = check.test, check.equal, check.raises, check.same_bytes

-------------------------------------------------------------------------------------------------------- other layouts

local function f16(x) return dgen.array({ x }, "f16"):tostring() end

-- Blocks of 32 as ggml has them: f16 scale, f16 minimum where there is one, codes.
local function ggml_blocks(q, name)
    local all, parts = oracle.read(q), {}
    for i = 1, all.rows do
        for first = 1, all.columns, 32 do
            local codes = table.move(all.codes[i], first, first + 31, 1, {})
            parts[#parts + 1] = f16(all.scale[i][first])
            if name == "ggml_q4_1" then parts[#parts + 1] = f16(all.zero[i][first]) end
            for k = 1, name == "ggml_q8_0" and 32 or 16 do
                local byte = name == "ggml_q8_0" and codes[k] - 128 & 255 or codes[k] | codes[k + 16] << 4
                parts[#parts + 1] = string.char(byte)
            end
        end
    end
    return table.concat(parts)
end

test("ggml's layouts, byte by byte, and back", function()
    for name, bytes in pairs { ggml_q8_0 = 34, ggml_q4_0 = 18, ggml_q4_1 = 20 } do
        local q = dgen.quantize(dgen.normal({ 3, 96 }, { seed = 7 }), { rule = name })
        local p = q:repack(name)
        equal(p.packing, name)
        equal(p.codes.type, "u8")
        equal(#p.codes, 3 * 3 * bytes)
        equal(p.scale, nil)
        equal(p.zero, nil)
        equal(table.concat(p.shape, " "), "3 96")
        same_bytes(p.codes:tostring(), ggml_blocks(q, name), name)
        local back = p:repack("dgen")
        equal(back.codes == q.codes and back.scale == q.scale and back.zero == q.zero, true, name)
        equal(back.error.max ~= back.error.max, true)
        equal(back:dequantize() == q:dequantize(), true)
        local plain = { packing = name, bits = p.bits, group = p.group, shape = p.shape, codes = p.codes:copy() }
        equal(dgen.repack(plain, "dgen").codes == q.codes, true)
        equal(tostring(p), ("dgen.packed: %s, %d bits, groups of 32 of 3 x 96"):format(name, p.bits))
    end
end)

test("GPTQ's and ONNX's layouts by their elements, and back", function()
    for _, bits in ipairs { 8, 4, 2 } do
        local q = dgen.quantize(dgen.normal({ 32, 64 }, { seed = bits }), { bits = bits, group = 16, scale_type = "f16" })
        local codes, scale, zero = q:unpack(), q.scale, q.zero
        local p = q:repack("gptq_v2")
        equal(p.codes.type .. p.scale.type .. p.zero.type, "i32f16i32")
        local in_word, mask = 32 // bits, (1 << bits) - 1
        equal(table.concat(p.codes.shape, " "), ("32 %d"):format(64 // in_word))
        for i = 1, 32 do
            for j = 1, 64 do
                local word = p.codes[(j - 1) // in_word * 32 + i]
                equal(word >> (j - 1) % in_word * bits & mask, codes[(j - 1) * 32 + i])
            end
            for g = 1, 4 do
                equal(p.scale[(g - 1) * 32 + i], scale[(i - 1) * 4 + g])
                local word = p.zero[(g - 1) * (32 // in_word) + (i - 1) // in_word + 1]
                equal(word >> (i - 1) % in_word * bits & mask, zero[(i - 1) * 4 + g])
            end
        end
        local onnx = q:repack("onnx")
        local blob = onnx.codes:tostring()
        for i = 1, 32 do
            for j = 1, 64 do
                local at = (i - 1) * 64 * bits // 8 + (j - 1) // 16 * (16 * bits // 8)
                equal(oracle.code_at(blob:sub(at + 1, at + 16 * bits // 8), (j - 1) % 16, bits), codes[(j - 1) * 32 + i])
            end
        end
        same_bytes(onnx.scale:tostring(), scale:tostring())
        for _, packed in ipairs { p, onnx, p:repack("onnx"), onnx:repack("gptq_v2") } do
            local back = packed:repack("dgen")
            equal(back.codes == q.codes and back.scale == q.scale and back.zero == q.zero, true, packed.packing)
        end
    end
end)

test("what a layout cannot hold, and spoiled packed tables, are errors", function()
    local q = dgen.quantize(dgen.normal({ 32, 64 }, { seed = 8 }), { bits = 4, group = 32, scale_type = "f16" })
    equal(pcall(q.repack, q, "ggml_q4_0"), false)
    raises("packing must be text", dgen.repack, q)
    raises("packing must be text", dgen.repack, q, 8)
    local p = q:repack("onnx")
    local spoils = {
        { "packing", 5, "p.packing must be text" },
        { "packing", "zip", 'packing must be one of dgen, ggml_q8_0, ggml_q4_0, ggml_q4_1, gptq, gptq_v2, onnx, not "zip"' },
        { "bits", "4", 'p.bits must be a whole number from 0 to 9007199254740992, not "4"' },
        { "group", nil, "p.group must be a whole number from 0 to 9007199254740992, not a value of another type" },
        { "shape", 64, "p.shape must be a list of dimensions" },
        { "codes", nil, "p.codes must be a dgen.array" },
        { "scale", 1, "p.scale must be a dgen.array" },
    }
    local function spoiled(name, value)
        local copy = {}
        for field, x in pairs(p) do copy[field] = x end
        copy[name] = value
        return copy
    end
    for _, spoil in ipairs(spoils) do raises(spoil[3], dgen.repack, spoiled(spoil[1], spoil[2]), "dgen") end
    local short = dgen.buffer(3)
    local wrong = {
        bits = { 0, 3, 8, 2 ^ 53 }, group = { 0, 16, 2 ^ 53 }, shape = { {}, { 0, 64 }, { 32, 65 }, { 1, 1, 1, 1, 1 } },
        codes = { short, p.scale }, scale = { short }, zero = { short },
    }
    for name, values in pairs(wrong) do
        for _, value in ipairs(values) do
            local ok, message = pcall(dgen.repack, spoiled(name, value), "dgen")
            equal(ok, false, name)
            equal(message:match("^[pb]") ~= nil or message:match("must") ~= nil, true, message)
        end
    end
    p:close()
    equal(tostring(p), "dgen.packed: closed")
    raises("p.codes is closed", p.repack, p, "dgen")
end)

---------------------------------------------------------------------------------------------------------------- Arrow

local function addresses(array, schema) return ("%p"):format(array), ("%p"):format(schema) end

test("arrays go through the Arrow interface and share their memory", function()
    for _, kind in ipairs { "u8", "i8", "i16", "u16", "i32", "u32", "i64", "f16", "bf16", "f32", "f64" } do
        local x = dgen.array({ 1, 2, 3, 4, 5, 6 }, kind)
        local array, schema = dgen.arrow_export(x)
        equal(tostring(array):match("^dgen%.arrow_array: 0x%x+$") ~= nil, true)
        equal(tostring(schema):match("^dgen%.arrow_schema: 0x%x+$") ~= nil, true)
        local y = dgen.arrow_import(array, schema)
        equal(x == y, true, kind)
        x[2] = 7
        equal(y[2], x[2])
        x:close()
        collectgarbage()
        dgen.array({ 9, 9, 9, 9, 9, 9 }, kind)
        equal(y[3], dgen.array({ 3 }, kind)[1])
        local part = y:slice(2, 3)
        y:close()
        equal(part[1], dgen.array({ 7 }, kind)[1])
    end
    local matrix = dgen.normal({ 5, 7 }, { seed = 1, type = "f32" })
    local copy = matrix:copy()
    local again = dgen.arrow_import(dgen.arrow_export(matrix))
    equal(again == copy, true)
    equal(table.concat(again.shape, " "), "5 7")
    equal(dgen.arrow_import(dgen.arrow_export { 1, 2 }) == dgen.array { 1, 2 }, true)
    equal(dgen.arrow_import(dgen.arrow_export { { 1, 2 }, { 3, 4 } }):row(2):copy() == dgen.array { 3, 4 }, true)
    equal(#dgen.arrow_import(dgen.arrow_export(dgen.array(0))), 0)
    raises("x must be an array", dgen.arrow_export)
    equal(pcall(dgen.arrow_export, matrix:row(1)), false)
end)

test("quantized arrays go through the Arrow interface as what they are", function()
    for _, options in ipairs {
        { bits = 4 }, { bits = 2, scheme = "symmetric", range = "midrise", axis = "row" },
        { scale_type = "f16", axis = "tensor" }, { rule = "ggml_q4_1" },
    } do
        local q = dgen.quantize(dgen.normal({ 5, 64 }, { seed = 5 }), options)
        local wanted = q:dequantize()
        local back = dgen.arrow_import(dgen.arrow_export(q))
        equal(getmetatable(back), "dgen.quantized")
        for _, name in ipairs { "bits", "scheme", "range", "axis", "group" } do equal(back[name], q[name], name) end
        equal(back.codes == q.codes and back.scale == q.scale and back.zero == q.zero, true)
        q.codes[1] = q.codes[1] ~ 1
        equal(back.codes[1], q.codes[1])
        q.codes[1] = q.codes[1] ~ 1
        q:close()
        collectgarbage()
        equal(back:dequantize() == wanted, true)
    end
end)

test("structs at addresses: filled, taken over, and released once", function()
    local x = dgen.array { 1, 2, 3 }
    local array, schema = dgen.arrow_export(x)
    local at, of = addresses(array, schema)
    raises("array_address must be a released struct", dgen.arrow_export, x, array, schema)
    local y = dgen.arrow_import(at, of) -- as another library would
    equal(y == x, true)
    equal(pcall(dgen.arrow_import, array, schema), false) -- they are released now
    equal(select("#", dgen.arrow_export(x, at, math.tointeger(of))), 0)
    equal(dgen.arrow_import(math.tointeger(at), schema) == x, true)
    equal(select("#", dgen.arrow_export(x, array, schema)), 0) -- and the collector will release them
    array, schema, x, y = nil, nil, nil, nil
    collectgarbage()
    dgen.pool_trim()
    do -- neither holds the memory of an array that is let go
        local large = dgen.buffer(2 ^ 20)
        local structs = table.pack(dgen.arrow_export(large))
        large:close()
        equal(dgen.system_info().pool_bytes, 0)
        structs = nil
        collectgarbage()
        equal(dgen.system_info().pool_bytes >= 2 ^ 20, true)
    end
    local legal = 'array_address must be a whole number from 1 to 18446744073709551615, or "0x..." text, '
    for wrong, shown in pairs { [0] = "not 0", [-8] = "not -8", [1.5] = "not 1.5", text = 'not "text"' } do
        local ok, message = pcall(dgen.arrow_import, wrong, 8)
        equal(ok, false)
        equal(message:sub(-#shown), shown)
    end
    raises("array_address must be the address of a struct", dgen.arrow_import, 4097, 4096)
    raises("schema_address must be the address of a struct", dgen.arrow_export, { 1 }, 4096, 4097)
    equal(pcall(dgen.arrow_export, { 1 }, 4096), false)
    equal(pcall(dgen.arrow_import), false)
    local a, s = dgen.arrow_export { 1 }
    equal(pcall(dgen.arrow_import, s, a), false)
    for _, object in ipairs { a, s } do
        local finalize = debug.getmetatable(object).__gc
        finalize(object)
        finalize(object)
        equal(pcall(finalize, 1), false)
    end
end)
