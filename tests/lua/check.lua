--[[
What the Lua tests share: named tests, comparisons, and child processes whose end and memory can be looked at.

A test is a function that raises when something is wrong; check.summary tells how many did, and ends the process.
]]
local check = { passed = 0, failed = 0 }

-- The interpreter this runs in, for children.
local interpreter = arg[-1] or "lua5.4"

function check.test(name, f, ...)
    local ok, message = xpcall(f, debug.traceback, ...)
    if ok then
        check.passed = check.passed + 1
    else
        check.failed = check.failed + 1
        io.stderr:write("FAILED ", name, ": ", message, "\n")
    end
end

function check.summary()
    print(("%d passed, %d failed"):format(check.passed, check.failed))
    os.exit(check.failed == 0, true)
end

local function show(x)
    if type(x) ~= "string" then return tostring(x) end
    return #x > 200 and ("a string of %d bytes"):format(#x) or ("%q"):format(x)
end

function check.equal(got, wanted, what)
    if got ~= wanted or math.type(got) ~= math.type(wanted) then
        error(("%sgot %s, wanted %s"):format(what and what .. ": " or "", show(got), show(wanted)), 2)
    end
end

-- Two byte strings: says where they part.
function check.same_bytes(got, wanted, what)
    if got == wanted then return end
    local at = 1
    while got:byte(at) == wanted:byte(at) do at = at + 1 end
    error(("%s: %d and %d bytes part at %d"):format(what or "bytes", #got, #wanted, at), 2)
end

-- f(...) must raise an error whose text, after Lua's position, is exactly `message`.
function check.raises(message, f, ...)
    local ok, got = pcall(f, ...)
    if ok then error(("no error; wanted %q"):format(message), 2) end
    local text = tostring(got):gsub("^[^:]+%.lua:%d+: ", "")
    if text ~= message then error(("raised %q, wanted %q"):format(text, message), 2) end
end

function check.temporary(text)
    local path = os.tmpname()
    if text then
        local file = assert(io.open(path, "wb"))
        assert(file:write(text))
        file:close()
    end
    return path
end

function check.contents(path)
    local file = io.open(path, "rb")
    if not file then return nil end
    local text = file:read("a")
    file:close()
    return text
end

--[[ Runs `code` in a new interpreter, with variables `environment` (shell text) set. Returns the process's output to be
read while it runs, its process id, and a function that waits for its end: "exit" or "signal", and the number. A child
that will not end is ended by its limit of CPU seconds. ]]
function check.start(code, environment)
    local path = check.temporary(code)
    local pipe = io.popen(("echo $$; ulimit -t 120; exec env %s %s %s 2>&1"):format(environment or "", interpreter, path), "r")
    local process = pipe:read("n", "l")
    return pipe, process, function()
        local _, kind, number = pipe:close()
        os.remove(path)
        return kind, number
    end
end

-- Runs `code` to its end: all it printed, and how it ended, such as "exit 0".
function check.run(code, environment)
    local pipe, _, wait = check.start(code, environment)
    local output = pipe:read("a")
    local kind, number = wait()
    return output, kind .. " " .. number
end

-- A number of KiB from /proc/self/status.
check.status_code = [[
local function status(field)
    for line in io.lines("/proc/self/status") do
        local kib = line:match("^" .. field .. ":%s*(%d+)")
        if kib then return math.tointeger(kib) end
    end
end
]]
check.status = assert(load(check.status_code .. "return status"))()

-- Functions that must fail, 10,000 times each after `warm` times: the memory of the process grows by less than a MiB.
function check.leaves_nothing(what, kinds, warm)
    local function fail_all(times)
        for number, f in ipairs(kinds) do
            for _ = 1, times do
                if pcall(f) then error("kind " .. number .. " did not fail") end
            end
        end
        collectgarbage()
        collectgarbage()
    end
    fail_all(warm)
    local before = check.status("VmRSS")
    fail_all(10000)
    local grown = check.status("VmRSS") - before
    print(("%d failing %s: resident memory grew by %d KiB"):format(10000 * #kinds, what, grown))
    if grown >= 1024 then error(("grew by %d KiB"):format(grown)) end
end

-- Seconds since the machine started, to 10 ms.
function check.uptime() return tonumber(check.contents("/proc/uptime"):match("^%S+")) end

return check
