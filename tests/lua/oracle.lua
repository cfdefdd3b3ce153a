--[[
What quantized arrays must be, by plain Lua's own arithmetic: codes out of bytes as pack.h says, scales as dgen.h says,
rounded by itself; f32 is string.pack's.
]]
local check = require "check"
local equal = check.equal
local oracle = {}

function oracle.f32(x) return (string.unpack("<f", string.pack("<f", x))) end

function oracle.even(x) -- to whole, halves to even
    local whole = math.floor(x)
    local rest = x - whole
    if rest > 0.5 or rest == 0.5 and whole % 2 == 1 then whole = whole + 1 end
    return math.tointeger(whole)
end

local function exponent(x) return (string.unpack("<i8", string.pack("<d", x)) >> 52 & 0x7FF) - 1023 end
function oracle.ulp(x) return 2.0 ^ (math.max(exponent(x), -126) - 23) end

-- Element j, from 0, of a row's bytes.
function oracle.code_at(row, j, bits)
    local in_byte = 8 // bits
    return row:byte(j // in_byte + 1) >> j % in_byte * bits & (1 << bits) - 1
end

-- The codes of q as rows of a table, and scale and zero of each element, from the fields alone.
function oracle.read(q)
    local rows, columns = 1, q.shape[1]
    if #q.shape > 1 then
        rows, columns = q.shape[1], 1
        for i = 2, #q.shape do columns = columns * q.shape[i] end
    end
    local bytes, row_bytes = q.codes:tostring(), (columns * q.bits + 7) // 8
    equal(#bytes, rows * row_bytes)
    local group = q.axis == "group" and q.group or columns
    local groups = (columns + group - 1) // group
    local all = { rows = rows, columns = columns, codes = {}, scale = {}, zero = {} }
    for i = 1, rows do
        local row = bytes:sub((i - 1) * row_bytes + 1, i * row_bytes)
        all.codes[i], all.scale[i], all.zero[i] = {}, {}, {}
        for j = 1, columns do
            local k = q.axis == "tensor" and 1 or (i - 1) * groups + (j - 1) // group + 1
            all.codes[i][j] = oracle.code_at(row, j - 1, q.bits)
            all.scale[i][j], all.zero[i][j] = q.scale[k], q.zero[k]
        end
        local rest = columns * q.bits % 8 -- past the row: zeros
        if rest > 0 then equal(row:byte(-1) >> rest, 0) end
    end
    return all
end

-- Element (i, j) of an array as `read` numbers them: column-major, the dimensions after the first in the order of memory.
function oracle.element(x, all, i, j) return x[(j - 1) * all.rows + i] end

-- The least number of `digits` binary digits that is not below range / levels.
function oracle.scale_of(range, levels, digits)
    local unit = 2.0 ^ (exponent(range / levels) + 1 - digits)
    local s = math.floor(range / levels / unit) * unit
    return s * levels < range and s + unit or s
end

-- Scale, zero, first and last code of the numbers of a group that is no constant.
local function parameters(numbers, options)
    local bits = options.bits or 8
    local half, top = 1 << bits - 1, (1 << bits) - 1
    local digits = options.scale_type == "f16" and 11 or 16
    local least, most = 0.0, 0.0
    for _, x in ipairs(numbers) do least, most = math.min(least, x), math.max(most, x) end
    if options.scheme ~= "symmetric" then
        local s = oracle.scale_of(most - least, top, digits)
        return s, oracle.even(-least / s), 0, top
    end
    local below, above = half - 1, half - 1
    if options.range == "full" then below = half end
    if options.range == "midrise" then below, above = 2, 2 end
    local s = 0
    if least < 0 then s = oracle.scale_of(-least, below, digits) end
    if most > 0 then s = math.max(s, oracle.scale_of(most, above, digits)) end
    return s, half, (options.range or "narrow") == "narrow" and 1 or 0, top
end

-- All of q for the numbers of x, found once more.
function oracle.check_against(x, q, options)
    local all = oracle.read(q)
    local group = q.axis == "group" and q.group or all.columns
    local kinds = {}
    for i = 1, all.rows do
        for first = 1, all.columns, group do
            local key = q.axis == "tensor" and 1 or i .. ":" .. first
            kinds[key] = kinds[key] or {}
            for j = first, math.min(first + group - 1, all.columns) do
                table.insert(kinds[key], { i, j, oracle.f32(oracle.element(x, all, i, j)) })
            end
        end
    end
    for key, places in pairs(kinds) do
        local numbers = {}
        for n, place in ipairs(places) do numbers[n] = place[3] end
        local is_constant = true
        for _, number in ipairs(numbers) do is_constant = is_constant and number == numbers[1] end
        local s, zero, bottom, top = parameters(numbers, options)
        for _, place in ipairs(places) do
            local i, j, w = table.unpack(place)
            local where = ("%s, %d, %d"):format(key, i, j)
            if is_constant and options.range ~= "midrise" then
                equal(all.scale[i][j], math.abs(w), "scale of " .. where)
                equal(all.codes[i][j] - all.zero[i][j], w < 0 and -1 or 1, "code of " .. where)
                goto continue
            end
            equal(all.scale[i][j], s, "scale of " .. where)
            equal(all.zero[i][j], zero, "zero of " .. where)
            local wanted
            if options.range == "midrise" then
                wanted = math.floor(oracle.f32(w * oracle.f32(1 / s))) + 2
            else
                wanted = oracle.even(options.exact and oracle.f32(w / s) or oracle.f32(w * oracle.f32(1 / s))) + zero
            end
            equal(all.codes[i][j], math.max(bottom, math.min(top, wanted)), "code of " .. where)
            ::continue::
        end
    end
    return all
end

-- What all codes stand for, against the bound and the certificate.
function oracle.check_values(x, q, all, options)
    local middle = options.range == "midrise" and -0.5 or 0
    local values, codes = q:dequantize(), q:unpack()
    equal(values.type .. codes.type, "f32u8")
    local most, squares, results, errors, dot = 0.0, 0.0, 0.0, 0.0, 0.0
    for i = 1, all.rows do
        for j = 1, all.columns do
            local w, s = oracle.f32(oracle.element(x, all, i, j)), all.scale[i][j]
            local back = (all.codes[i][j] - all.zero[i][j] - middle) * s
            equal(oracle.element(values, all, i, j), back)
            equal(oracle.element(codes, all, i, j), all.codes[i][j])
            local deviation = math.abs(w - back)
            equal(deviation <= s / 2 + (options.exact and 1 or 2) * oracle.ulp(w) or options.search ~= nil, true, "bound")
            most = math.max(most, deviation)
            squares, results = squares + w * w, results + back * back
            errors, dot = errors + deviation * deviation, dot + w * back
        end
    end
    local n = all.rows * all.columns
    local function near(got, wanted, allowed, what)
        if not (math.abs(got - wanted) <= allowed) then error(("%s: %.17g, wanted %.17g"):format(what, got, wanted)) end
    end
    near(q.error.max, most, most * 2 ^ -23, "max")
    near(q.error.rmse, math.sqrt(errors / n), 1e-5 * math.sqrt(errors / n), "rmse") -- sums of f32 in lanes
    local ratio = errors == 0 and math.huge or 10 * math.log(squares / errors, 10)
    if ratio == math.huge then equal(q.error.snr_db, ratio) else near(q.error.snr_db, ratio, 1e-4, "snr_db") end
    near(q.error.cosine, dot / math.sqrt(squares * results), 1e-5, "cosine")
    equal(q.error.nonfinite, 0)
    if not options.search then equal(q.error.clipped, 0) end
end

function oracle.same_quantized(a, b)
    for _, name in ipairs { "bits", "scheme", "range", "axis", "group" } do equal(a[name], b[name], name) end
    equal(table.concat(a.shape, " "), table.concat(b.shape, " "))
    equal(a.codes == b.codes and a.scale == b.scale and a.zero == b.zero, true)
    for name, value in pairs(a.error) do equal(b.error[name] == value or value ~= value, true, name) end
end

return oracle
