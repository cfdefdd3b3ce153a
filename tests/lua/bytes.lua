-- The bytes: against the plain Lua form of the format, and against themselves however they are asked for.
local check = require "check"
local dgen = require "dgen"
local stream = require "stream"
local test, equal, same_bytes = check.test, check.equal, check.same_bytes

-- How a 64-bit number is written for dgen, and as one of Lua's wrapping integers.
local numbers = {
    { 0, 0 }, { 1, 1 }, { 42, 42 }, { 2 ^ 53, 1 << 53 }, { math.maxinteger, math.maxinteger }, { "1234567890123", 1234567890123 },
    { "0x8000000000000000", math.mininteger }, { "0xFFFFFFFFFFFFFFFF", -1 }, { "18446744073709551615", -1 },
}

test("plain bytes are those of the written format, for seeds and streams up to 2^64-1", function()
    for _, seed in ipairs(numbers) do
        for _, number in ipairs(numbers) do
            local x = dgen.generate { size = 1000, seed = seed[1], stream = number[1] }
            same_bytes(x:tostring(), stream.bytes(seed[2], number[2], 0, 1000),
                ("seed %s, stream %s"):format(seed[1], number[1]))
        end
    end
end)

test("plain bytes at odd offsets and lengths, up to 2^62", function()
    local offsets = { 0, 1, 15, 16, 17, 4095, 4096, 4097, 65535, (1 << 36) - 9, (1 << 40) + 5, (1 << 62) - 333 }
    local buffer = dgen.buffer(9000)
    for _, offset in ipairs(offsets) do
        for _, n in ipairs { 1, 15, 16, 17, 31, 255, 4096, 4099, 9000 } do
            local piece = buffer:slice(1, n)
            equal(dgen.fill(piece, { seed = 7, stream = 3, offset = offset }), n)
            same_bytes(piece:tostring(), stream.bytes(7, 3, offset, n), ("%d bytes at %d"):format(n, offset))
        end
    end
end)

test("a buffer is filled to its ends and no further, at any alignment", function()
    local buffer = dgen.buffer(400)
    for start = 1, 66 do
        for _, n in ipairs { 0, 1, 16, 63, 64, 200 } do
            buffer:fill(170)
            dgen.fill(buffer:slice(start, start + n - 1), { seed = 5 })
            equal(buffer:tostring(), ("\170"):rep(start - 1) .. stream.bytes(5, 0, 0, n) .. ("\170"):rep(400 - start + 1 - n))
        end
    end
end)

local function pseudo_random(n, seed)
    return (seed * 6364136223846793005 + 1442695040888963407 >> 33) % n, seed * 6364136223846793005 + 1442695040888963407
end

test("deduplicated bytes are those of the written format", function()
    local cases = {
        { 300000, 1.7, 4096 }, { 300000, 3, 512 }, { 262144, 2, 16384 }, { 700000, 2, 65536 }, { 100, 2, 512 },
        { 1535, 10, 512 }, { 20000, 1000, 512 }, { 66000, 1.01, 1024 },
    }
    for _, case in ipairs(cases) do
        local size, ratio, block_size = table.unpack(case)
        for _, seed in ipairs { { 11, 11 }, { "0xFFFFFFFFFFFFFFFF", -1 } } do
            local options = { size = size, seed = seed[1], stream = 9, dedup_ratio = ratio, block_size = block_size }
            local name = ("%d bytes, ratio %s, block_size %d"):format(size, ratio, block_size)
            local whole = stream.deduplicated(seed[2], 9, size, ratio, block_size, 0, size)
            same_bytes(dgen.generate(options):tostring(), whole, name)
            options.offset = size // 3
            same_bytes(dgen.generate(options):tostring(), whole:sub(size // 3 + 1), name .. " from a third on")
        end
    end
end)

test("as many units are distinct as dedup_ratio says", function()
    local options = { size = 2 ^ 20 + 100, seed = 1, dedup_ratio = 2.5, block_size = 4096 }
    for _, compress_ratio in ipairs { 1, 3 } do
        options.compress_ratio = compress_ratio
        local text, seen, distinct = dgen.generate(options):tostring(), {}, 0
        for at = 1, 2 ^ 20, 4096 do
            local unit = text:sub(at, at + 4095)
            if not seen[unit] then distinct = distinct + 1 end
            seen[unit] = true
        end
        equal(distinct, 102) -- round(256 / 2.5)
    end
end)

local configurations = {
    {}, { stream = 3 }, { dedup_ratio = 1.7 }, { compress_ratio = 2.5 }, { compress_ratio = 2, codec = "lz4" },
    { dedup_ratio = 2, compress_ratio = 3, block_size = 4096 }, { dedup_ratio = 3, compress_ratio = 2, block_size = 512 },
    { compress_ratio = 8, codec = "zstd" }, { compress_ratio = 1.5, codec = "zlib", dedup_ratio = 1.2, block_size = 65536 },
}

local function with(options, more)
    local all = {}
    for name, value in pairs(options) do all[name] = value end
    for name, value in pairs(more) do all[name] = value end
    return all
end

test("bytes depend on neither threads, chunks, offsets nor the way they are asked for", function()
    local size = 3 * 2 ^ 20 + 4321
    for number, configuration in ipairs(configurations) do
        local options = with(configuration, { size = size, seed = 99 })
        local whole, name = dgen.generate(options):tostring(), "configuration " .. number
        for threads = 1, 4 do
            same_bytes(dgen.generate(with(options, { max_threads = threads })):tostring(), whole, name .. ": threads")
        end
        for _, chunk in ipairs { 65537, 2 ^ 20, 2 ^ 30 } do
            local pieces = {}
            for x in dgen.generator(with(options, { chunk_size = chunk })):chunks() do
                pieces[#pieces + 1] = x:tostring()
            end
            same_bytes(table.concat(pieces), whole, name .. ": chunks of " .. chunk)
        end
        local random = 12345
        for _ = 1, 40 do
            local offset, n
            offset, random = pseudo_random(size, random)
            n, random = pseudo_random(10000, random)
            local buffer = dgen.buffer(math.min(n, size - offset))
            dgen.fill(buffer, with(options, { offset = offset }))
            same_bytes(buffer:tostring(), whole:sub(offset + 1, offset + n), name .. ": at " .. offset)
        end
    end
end)

test("sizes are exact from 0 up, and seeds and streams differ", function()
    for _, size in ipairs { 0, 1, 2, 15, 16, 17, 511, 512, 4095, 4096, 4097, 65536, 1000003 } do
        equal(#dgen.generate { size = size, seed = 1 }, size)
    end
    local seen = {}
    for seed = 0, 63 do
        for number = 0, 3 do seen[dgen.generate({ size = 16, seed = seed, stream = number }):tostring()] = true end
    end
    local count = 0
    for _ in pairs(seen) do count = count + 1 end
    equal(count, 256)
    equal(dgen.generate { size = 100 } == dgen.generate { size = 100 }, false) -- a fresh seed each time
end)

test("verify finds nothing wrong in any piece, and what was put there", function()
    for _, configuration in ipairs(configurations) do
        local options = with(configuration, { size = 2 ^ 20, seed = 77 })
        local whole = dgen.generate(options)
        local report = dgen.verify(whole, options)
        equal(report.ok, true)
        equal(report.checked, 2 ^ 20 | 0)
        equal(report.bad_bytes, 0)
        equal(report.first_bad, nil)
        equal(report.class, nil)
        equal(dgen.verify(whole:slice(5001, 9000), with(options, { offset = 5000 })).ok, true)
        equal(dgen.verify(whole:tostring(5001, 9000), with(options, { offset = 5000 })).ok, true)

        whole[70001] = whole[70001] ~ 4
        report = dgen.verify(whole, options)
        equal(report.ok, false)
        equal(report.first_bad, 70001)
        equal(report.bad_bytes, 1)
        equal(report.class, "bit flip")
    end
end)

test("verify tells kinds of damage apart", function()
    local options = { size = 2 ^ 20, seed = 77 }
    local function damaged(f)
        local x = dgen.generate(options)
        f(x)
        return dgen.verify(x, options)
    end
    local report = damaged(function(x) x:fill(0, 4097, 8192) end)
    equal(report.class, "zeroed")
    equal(damaged(function(x) x:fill(0, 500001) end).class, "truncated")
    report = damaged(function(x)
        dgen.fill(x:slice(8193, 12288), { seed = 77, offset = 65536 })
    end)
    equal(report.class, "misplaced")
    equal(report.first_bad, 8193)
    equal(report.from, 65536)
    equal(damaged(function(x) dgen.fill(x, { seed = 76 }) end).class, "stale seed")
    equal(damaged(function(x) dgen.fill(x:slice(513, 1536), { seed = "0x123456789ABCDEF0" }) end).class, "unknown")
end)

test("describe tells entropy, equal blocks and compressibility", function()
    local random = dgen.describe(dgen.generate { size = 2 ^ 20, seed = 1 })
    equal(random.entropy > 7.99, true)
    equal(random.unique_blocks, 256)
    equal(random.zero_blocks, 0)
    equal(random.lz_ratio < 1.01, true)
    equal(dgen.describe(("\0"):rep(8192), { block_size = 1024 }).zero_blocks, 8)
    equal(dgen.describe(("\0"):rep(8192)).entropy, 0.0)
    local twice = dgen.describe(dgen.generate { size = 2 ^ 20, seed = 1, dedup_ratio = 2, block_size = 4096 },
        { block_size = 4096 })
    equal(twice.unique_blocks, 128)
    local thrice = dgen.describe(dgen.generate { size = 2 ^ 20, seed = 1, compress_ratio = 3, codec = "lz4" })
    equal(thrice.lz_ratio > 2.9 and thrice.lz_ratio < 3.2, true)
end)
