--[[
The stream and the fold re-implemented in plain Lua from what libcore/stream.c and fold.c say, as an independent oracle.

Lua's integers are 64 bits that wrap, so 2^64-1 is -1 here. The S-box is made from its definition in FIPS 197, section
5.1.1: the inverse in GF(2^8), then an affine map; no table is shared with the core.
]]
local stream = {}

local GOLDEN, ROOT3, FORMAT = 0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B, 1

local function mix(z)
    z = (z ~ z >> 30) * 0xBF58476D1CE4E5B9
    z = (z ~ z >> 27) * 0x94D049BB133111EB
    return z ~ z >> 31
end

local function double(a) return (a << 1 ~ (a >> 7) * 0x11B) & 255 end

local function product(a, b)
    local p = 0
    while b > 0 do
        if b & 1 == 1 then p = p ~ a end
        a, b = double(a), b >> 1
    end
    return p
end

local sbox = { [0] = 0x63 }
for a = 1, 255 do
    local inverse = 1
    while product(a, inverse) ~= 1 do inverse = inverse + 1 end
    local wide = inverse * 0x101
    sbox[a] = (inverse ~ wide >> 7 ~ wide >> 6 ~ wide >> 5 ~ wide >> 4 ~ 0x63) & 255
end

-- The six round keys, 16 bytes each; of bits that are not an object's, under their domain.
local function schedule(seed, domain)
    local keys, low = {}, mix(seed + GOLDEN * FORMAT)
    local high = mix(low + ROOT3 * (domain + 1))
    for r = 0, 5 do
        keys[r] = { string.pack("<i8i8", low, high):byte(1, 16) }
        low, high = low + GOLDEN, high + ROOT3
    end
    return keys
end

local function block(keys, number, stream_number)
    local x, y = { string.pack("<i8i8", number, stream_number):byte(1, 16) }, {}
    for i = 1, 16 do x[i] = x[i] ~ keys[0][i] end
    for r = 1, 5 do
        for column = 0, 3 do
            for row = 0, 3 do y[4 * column + row + 1] = sbox[x[4 * ((column + row) % 4) + row + 1]] end
        end
        for column = 0, 3 do
            local c = 4 * column + 1
            local a, b, d, e = y[c], y[c + 1], y[c + 2], y[c + 3]
            if r < 5 then
                local all = a ~ b ~ d ~ e
                a, b, d, e = a ~ all ~ double(a ~ b), b ~ all ~ double(b ~ d), d ~ all ~ double(d ~ e),
                    e ~ all ~ double(e ~ a)
            end
            local k = keys[r]
            x[c], x[c + 1], x[c + 2], x[c + 3] = a ~ k[c], b ~ k[c + 1], d ~ k[c + 2], e ~ k[c + 3]
        end
    end
    return string.char(table.unpack(x))
end

-- Bytes [offset, offset + n) of a stream, of an object or of another domain.
function stream.bytes(seed, number, offset, n, domain)
    local keys, blocks = schedule(seed, domain or 0), {}
    if n == 0 then return "" end
    for b = offset >> 4, (offset + n - 1) >> 4 do blocks[#blocks + 1] = block(keys, b, number) end
    return table.concat(blocks):sub((offset & 15) + 1, (offset & 15) + n)
end

local LOW = 0xFFFFFFFF

local function hash(z)
    z = z * 0x85EBCA6B & LOW
    return (z ~ z >> 15) * 0xC2B2AE35 & LOW
end

-- The content that each of `units` units has, folded onto `unique`.
local function fold(seed, number, units, unique)
    local bits, keys = 0, {}
    local key = mix(mix(seed + FORMAT) ~ number)
    for r = 0, 3 do
        key = mix(key + GOLDEN)
        keys[2 * r], keys[2 * r + 1] = key & LOW, key >> 32
    end
    while 1 << bits < units do bits = bits + 1 end
    bits = bits // 2
    local a, mask = (units + (1 << bits) - 1) >> bits, (1 << bits) - 1
    return function(unit)
        if unit >= units then return unit - units + unique end
        if unique == units then return unit end
        repeat
            local high, low = unit >> bits, unit & mask
            for r = 0, 3 do
                high = (high + (hash(low ~ keys[2 * r]) * a >> 32)) % a
                low = low ~ hash(high ~ keys[2 * r + 1]) >> 32 - bits
            end
            unit = high << bits | low
        until unit < units
        return unit % unique
    end
end

-- Bytes [offset, offset + n) of an object of `size` bytes with dedup_ratio and block_size.
function stream.deduplicated(seed, number, size, ratio, block_size, offset, n)
    local units = size // block_size
    local id = fold(seed, number, units, math.max(math.min(units, 1), math.floor(units / ratio + 0.5)))
    local pieces = {}
    while n > 0 do
        local within = offset % block_size
        local piece = math.min(block_size - within, n)
        pieces[#pieces + 1] = stream.bytes(seed, number, id(offset // block_size) * block_size + within, piece)
        offset, n = offset + piece, n - piece
    end
    return table.concat(pieces)
end

return stream
