-- What only a process of its own can show: its peak memory, its end, its answer to Ctrl-C.
local check = require "check"
local test, equal = check.test, check.equal

local MIB = 1024 -- in KiB, as the kernel counts

local function peak(code)
    local output, ended = check.run(check.status_code .. code .. '\nprint(status("VmHWM"))')
    equal(ended, "exit 0", output)
    return math.tointeger(output:match("(%d+)%s*$")), output
end

test("a one-shot of 500 MiB is one allocation", function()
    local bare = peak ""
    local made = peak 'local x = require("dgen").generate { size = 500 * 2^20, seed = 1 }'
    local grown = made - bare
    if grown > 1.05 * 500 * MIB or grown < 500 * MIB then
        error(("peak memory grew by %.1f MiB for 500 MiB"):format(grown / MIB))
    end
end)

test("writing and reading 256 MiB through a file takes no second copy", function()
    local bare = peak ""
    local made = peak [[
        local x = require("dgen").generate { size = 256 * 2^20, seed = 1 }
        local path = os.tmpname()
        local file = assert(io.open(path, "w+b"))
        assert(x:write(file) == #x)
        file:seek("set")
        assert(x:read(file) == #x)
        file:close()
        os.remove(path)]]
    if made - bare > 1.05 * 256 * MIB then error(("peak memory grew by %.1f MiB"):format((made - bare) / MIB)) end
end)

test("arrays nobody closes are collected, in both modes of the collector", function()
    for _, mode in ipairs { "incremental", "generational" } do
        local grown = peak(([[
            local dgen = require "dgen"
            collectgarbage(%q)
            local g = dgen.generator { size = 2^40, seed = 1 }
            for i = 1, 100 do local x = dgen.generate { size = 32 * 2^20, seed = i } end
            for i = 1, 3000 do local x = g:next(2^20) end
            for i = 1, 300000 do local x = g:next(4096) end]]):format(mode)) - peak ""
        if grown > 512 * MIB then error(("%s: peak memory grew by %.1f MiB"):format(mode, grown / MIB)) end
    end
end)

test("when memory runs out, garbage is collected before it is an error", function()
    local output, ended = check.run([[
        local dgen = require "dgen"
        collectgarbage "stop"
        for i = 1, 12 do local x = dgen.buffer(2^29); x[1] = 1 end
        local kept = {}
        local ok, message = pcall(function() while true do kept[#kept + 1] = dgen.buffer(2^29) end end)
        print(ok, message:match("size: there is no memory for 536870912 bytes"))
        kept = nil
        print(#dgen.generate { size = 2^29, seed = 1 })]], "DGEN_NUM_THREADS=1 sh -c 'ulimit -v 3000000; exec \"$@\"' sh")
    equal(ended, "exit 0", output)
    equal(output, "false\tsize: there is no memory for 536870912 bytes\n536870912\n")
end)

test("100 exits with everything alive end well", function()
    local ways = { "", "os.exit(0)", "os.exit(0, true)", "coroutine.wrap(function() os.exit(0, true) end)()" }
    for number = 1, 100 do
        local output, ended = check.run([[
            local dgen = require "dgen"
            x = dgen.generate { size = 2^22 + 1, seed = 1 }
            view = x:slice(10, 20)
            g = dgen.generator { size = 2^40, seed = 1 }
            some = dgen.buffers(10, 100000)
            iterate = g:chunks()
            iterate()
            late = setmetatable({}, { __gc = function() pcall(function() x[1] = view[1]; g:fill(x) end) end })
            ]] .. ways[number % #ways + 1], number % 2 == 0 and "OMP_WAIT_POLICY=active" or nil)
        equal(ended .. output, "exit 0", "exit " .. number)
    end
end)

test("leaving from within write_file is safe", function()
    local path = check.temporary("old")
    for _, close in ipairs { "false", "true" } do
        local output, ended = check.run(([[
            g = require("dgen").generator { size = 2^28, seed = 1 }
            g:write_file(%q, { progress = function() os.exit(3, %s) end })]]):format(path, close))
        equal(ended, "exit 3", output)
        equal(check.contents(path), "old")
    end
    os.remove(path)
end)

--[[ Runs `code` with `before` done, sends it Ctrl-C in the middle, and wants it to have been cut short by Lua's own
error, with a working session after it. Returns the seconds from the signal to the answer, to 10 ms. ]]
local function interrupt(name, code, environment)
    local pipe, process, wait = check.start([[
        local dgen = require "dgen"
        io.stdout:setvbuf "no"
        local g = dgen.generator { size = 2^50, seed = 1 }
        local x = dgen.buffer(2^28)
        x:fill(1)
        local y = dgen.array(2^25, "f64")
        print "ready"
        local ok, message = pcall(function()
            ]] .. code .. [[

        end)
        print(io.open("/proc/uptime"):read("n"))
        print(ok, (tostring(message):gsub("^[^:]+:%d+: ", "")))
        local y = dgen.generate { size = 10^6, seed = 5 }
        print(dgen.verify(y, { size = 10^6, seed = 5 }).ok, #g:seek(0):next(10))]], environment)
    equal(pipe:read("l"), "ready", name)
    os.execute("sleep 0.05")
    local sent = check.uptime()
    os.execute("kill -INT " .. process)
    local answered, rest = pipe:read("n", "a")
    local kind, number = wait()
    equal(kind .. " " .. number, "exit 0", name)
    equal(rest, "\nfalse\tinterrupted!\ntrue\t10\n", name)
    return answered - sent
end

test("Ctrl-C cuts a call short and leaves the session usable", function()
    local path = check.temporary("old")
    local ways = {
        { "generate 4 GiB", "dgen.generate { size = 2^32, seed = 1 }" },
        { "generate 4 GiB, compressible", "dgen.generate { size = 2^32, seed = 1, compress_ratio = 2, dedup_ratio = 2 }" },
        { "generate 4 GiB on one thread", "dgen.generate { size = 2^32, seed = 1, max_threads = 1 }" },
        { "g:next", "g:next(2^32)" },
        { "chunks", "for _ in g:chunks(x) do end" },
        { "an operation", "while true do y:tanh { out = y } end" },
        { "an operation on one thread", "while true do y:pow(y, { max_threads = 1 }) end" },
        { "an operation on bytes", "while true do x:slice(1, 2^25):neg { out = y } end" },
        { "a reduction", "while true do y:logsumexp() end" },
        { "small operations", "local z = dgen.array(100) while true do z:add(z, { out = z }) end" },
        { "small fills", "local b = dgen.buffer(4096) while true do g:fill(b) end" },
        { "random values", "while true do dgen.gamma { out = y, shape = 2 } end" },
        { "random values on one thread", "while true do dgen.normal { out = y, max_threads = 1 } end" },
        { "whole numbers of many parameters", "while true do dgen.poisson(2^24, { 5, 50, 500 }) end" },
        { "a permutation", "while true do dgen.permutation(2^25) end" },
        { "a sample", "while true do dgen.sample(2^25, 2^24) end" },
        { "unit vectors", "while true do dgen.unit_vectors(2^16, 2^9) end" },
        { "rows normalized", "local m = y:reshape(2^16, 2^9) while true do dgen.normalize_rows(m, { out = m }) end" },
        { "a sampler", "local s = dgen.sampler 'cauchy' while true do s:fill(y) end" },
        { "quantize", "while true do dgen.quantize(y, { bits = 4 }) end" },
        { "quantize, a search on one thread", "dgen.quantize(y, { search = 'mse', bits = 2, max_threads = 1 }) dgen.quantize(y)"
            .. " while true do dgen.quantize(y, { search = 'percentile', max_threads = 1 }) end" },
        { "dequantize", "local q = dgen.quantize(y:slice(1, 2^24)) while true do q:dequantize('f64') q:unpack() end" },
        { "a batch", "local z = y:slice(1, 2^12) local t = {} for i = 1, 2^13 do t[i] = z end "
            .. "while true do dgen.quantize_batch(t, { progress = function() end }) end" },
        { "bits under a budget", "while true do dgen.choose_bits({ y, y }, { budget = 2^26 }) end" },
        { "another layout", "local q = dgen.quantize(y:reshape(2^12, 2^13), { group = 32, scale_type = 'f16', certificate = false }) "
            .. "while true do q:repack('gptq_v2'):repack('dgen') end" },
        { "channels equalized", "local m = y:reshape(2^15, 2^10) while true do dgen.equalize(m, m) end" },
        { "groups of timesteps", "local t = dgen.array(12000):reshape(4000, 3) for i = 1, 4000 do t[i], t[4000 + i], t[8000 + i] = "
            .. "i, -(i % 7), 1 + i % 5 end while true do dgen.activation_table(t, 4000) end" },
        { "write_file to nowhere", "g:write_file '/dev/null'" },
        { "write_file", ("g:write_file %q"):format(path) },
        { "write_file with progress", ("g:write_file(%q, { progress = function() end })"):format(path) },
        { "x:write", "x:write(io.popen('while sleep 0.02; [ $(head -c 100000 | wc -c) -gt 0 ]; do :; done', 'w'))" },
        { "x:read", "x:read(io.popen('while sleep 0.02 && head -c 100000 /dev/zero; do :; done', 'r'))" },
    }
    for _, way in ipairs(ways) do
        local seconds = interrupt(way[1], way[2])
        print(("Ctrl-C to answer, %s: %.0f ms"):format(way[1], seconds * 1000))
        equal(seconds < 20, true, way[1]) -- uncut, the slowest would take a minute, or for ever
        equal(check.contents(path), "old", way[1])
    end
    os.remove(path)
end)

test("Ctrl-C in a coroutine ends the call there and the program's next step", function()
    local pipe, process, wait = check.start [[
        local dgen = require "dgen"
        io.stdout:setvbuf "no"
        local g = dgen.generator { size = 2^50, seed = 1 }
        print "ready"
        print(pcall(function()
            print(coroutine.resume(coroutine.create(function() g:write_file "/dev/null" end)))
        end))
        print(#g:seek(0):next(10))]]
    equal(pipe:read("l"), "ready")
    os.execute("sleep 0.05")
    os.execute("kill -INT " .. process)
    local rest = pipe:read("a"):gsub("[^%s:]+:%d+: ", "")
    local kind, number = wait()
    equal(kind .. " " .. number, "exit 0", rest)
    equal(rest, "false\tinterrupted!\n10\n")
end)
