--[[
The Lua host of quantization in tests/cross_hosts.sh: quantization.lua CALLS FOLDER makes the call of each line of CALLS
(tests/cross_hosts/quantization.calls) and writes what it gave to FOLDER/i, i from 1. All hosts must write the same bytes.

A line is an act, its arguments apart by one space, then NAME=ARGUMENT, which are options. An argument is
    1.5, true, false, "text"    a number (nan and inf too), a flag, a text
    [1,2,nan]  [1,2;3,4]        an f64 vector, an f64 matrix of two rows
    normal:f32:7:64x130         dgen_normal of 64 by 130 (or of 130) values, type f32, seed 7; cauchy alike
    A+B+C                       a list of such arrays
    names=a,b  rules=*n*:16,b:8 as they stand: a list of texts, a list of a pattern and bits each

Acts, and the parts that they write, in this order:
    quantize X                  q, then "values" (dequantize (q), f32) and "unpacked" (unpack (q))
    dequantize TYPE X           quantize X, then "values" of dequantize (q, TYPE)
    repack PACKING X            quantize X; p; then q = repack (p, "dgen")
    batch LIST                  q of each layer
    equalize W X ALPHA          w, x, scale, inverse
    activation_table STATS GROUPS METHOD    timestep, group, scale, zero, bits, groups, method, smoothing, narrowed,
                                            noise, noise_single
    activations X T STATS       q of quantize_activations (X, T, activation_table (STATS, 2)); options of the former
    choose_bits LIST            bits, size, rmse, snr_db, each the numbers of all layers
A q is codes, scale, zero, bits, scheme, range, axis, group, shape, max, rmse, snr_db, cosine, clipped, nonfinite; a p is packing, bits,
group, shape, codes, scale, zero, of which a layout may lack the last two.

An array is a line "name BYTES", then its bytes, little-endian in the order of memory (column-major), then a line's end.
Anything else is a line "name value": a text as it is, numbers as "%.17g" apart by one space, nan, inf and -inf in
small letters. A shape is one number for a vector.
]]
local dgen = require "dgen"

local function split(text, separator)
    local parts = {}
    for part in text:gmatch("[^" .. separator .. "]+") do parts[#parts + 1] = part end
    return parts
end

local function number(text)
    local words = { nan = 0 / 0, inf = math.huge, ["-inf"] = -math.huge }
    return words[text] or assert(tonumber(text), text)
end

local function matrix(text)
    local rows = {}
    for i, row in ipairs(split(text, ";")) do
        rows[i] = {}
        for j, word in ipairs(split(row, ",")) do rows[i][j] = number(word) end
    end
    return #rows == 1 and rows[1] or rows
end

local function argument(word)
    if word == "true" or word == "false" then return word == "true" end
    if word:find("^%[") then return matrix(word:sub(2, -2)) end
    if word:find('^"') then return word:sub(2, -2) end
    local distribution, type, seed, shape = word:match("^(%l+):(%w+):(%d+):([%dx]+)$")
    if not distribution then return number(word) end
    local dimensions = {}
    for i, n in ipairs(split(shape, "x")) do dimensions[i] = tonumber(n) end
    return dgen[distribution](dimensions, { type = type, seed = tonumber(seed) })
end

local function list(word)
    local arrays = {}
    for i, part in ipairs(split(word, "+")) do arrays[i] = argument(part) end
    return arrays
end

local function rules(text)
    local pairs_of = {}
    for i, rule in ipairs(split(text, ",")) do
        local pattern, bits = rule:match("^(.*):(%d+)$")
        pairs_of[i] = { pattern, tonumber(bits) }
    end
    return pairs_of
end

-- The words of a call: those by position, and the options.
local function read(line)
    local words, options = {}, {}
    for word in line:gmatch("%S+") do
        local name, value = word:match("^([%l_]+)=(.*)$")
        if name == "names" then
            options.names = split(value, ",")
        elseif name == "rules" then
            options.rules = rules(value)
        elseif name then
            options[name] = argument(value)
        else
            words[#words + 1] = word
        end
    end
    return words, options
end

local file
local function put(name, value)
    if type(value) == "userdata" then
        local bytes = value:tostring()
        file:write(name, " ", #bytes, "\n", bytes, "\n")
    elseif type(value) == "string" then
        file:write(name, " ", value, "\n")
    else
        local texts = {}
        for i, x in ipairs(type(value) == "table" and value or { value }) do
            texts[i] = x ~= x and "nan" or ("%.17g"):format(x)
        end
        file:write(name, " ", table.concat(texts, " "), "\n")
    end
end

local function put_fields(value, names)
    for name in names:gmatch("%S+") do
        if value[name] ~= nil then put(name, value[name]) end
    end
end

local function put_quantized(q)
    put_fields(q, "codes scale zero bits scheme range axis group shape")
    put_fields(q.error, "max rmse snr_db cosine clipped nonfinite")
end

local acts = {}

function acts.quantize(options, x)
    local q = dgen.quantize(argument(x), options)
    put_quantized(q)
    put("values", dgen.dequantize(q))
    put("unpacked", dgen.unpack(q))
end

function acts.dequantize(options, type, x)
    put("values", dgen.dequantize(dgen.quantize(argument(x), options), type))
end

function acts.repack(options, packing, x)
    local p = dgen.repack(dgen.quantize(argument(x), options), packing)
    put_fields(p, "packing bits group shape codes scale zero")
    put_quantized(dgen.repack(p, "dgen"))
end

function acts.batch(options, layers)
    for _, q in ipairs(dgen.quantize_batch(list(layers), options)) do put_quantized(q) end
end

function acts.equalize(options, w, x, alpha)
    put_fields(dgen.equalize(argument(w), argument(x), number(alpha), options), "w x scale inverse")
end

local table_fields = "timestep group scale zero bits groups method smoothing narrowed noise noise_single"
function acts.activation_table(options, stats, groups, method)
    put_fields(dgen.activation_table(argument(stats), number(groups), method, options), table_fields)
end

function acts.activations(options, x, t, stats)
    local of_steps = dgen.activation_table(argument(stats), 2)
    put_quantized(dgen.quantize_activations(argument(x), argument(t), of_steps, options))
end

function acts.choose_bits(options, layers)
    put_fields(dgen.choose_bits(list(layers), options), "bits size rmse snr_db")
end

local line_number = 0
for line in io.lines(arg[1]) do
    line_number = line_number + 1
    local words, options = read(line)
    file = assert(io.open(arg[2] .. "/" .. line_number, "wb"))
    acts[words[1]](options, table.unpack(words, 2))
    assert(file:close())
end
