-- The Lua host of the random values in tests/cross_hosts.sh, which says what a call looks like: random.lua FILE FOLDER.
local dgen = require "dgen"

local function literal(text)
    local inside = text:match("^%[(.*)%]$")
    if not inside then return text:match('^"(.*)"$') or assert(tonumber(text), text) end
    local list = {}
    for number in inside:gmatch("[^,]+") do list[#list + 1] = tonumber(number) end
    return list
end

-- The arguments of a call: those by position, then those by name.
local function read(words)
    local values, named = {}, {}
    for word in words:gmatch("%S+") do
        local name, value = word:match("^([%l%d_]+)=(.*)$")
        if name then
            named[name] = literal(value)
        else
            values[#values + 1] = literal(word)
        end
    end
    return values, named
end

local function pieces(name, lengths, named)
    local g <close> = dgen.sampler(name, named)
    local parts = {}
    for _, n in ipairs(lengths) do parts[#parts + 1] = g:next(n):tostring() end
    parts[#parts + 1] = g:seek(7):next(10):tostring()
    parts[#parts + 1] = g:reset():next(10):tostring()
    return table.concat(parts)
end

local number = 0
for line in io.lines(arg[1]) do
    number = number + 1
    local act, words = line:match("^(%S+) (.*)$")
    local name = act
    if act == "sampler" or act == "normalize_rows" then name, words = words:match("^(%S+) (.*)$") end
    local values, named = read(words)
    local bytes
    if act == "sampler" then
        bytes = pieces(name, values[1], named)
    else
        values[#values + 1] = named
        local x = dgen[name](table.unpack(values))
        if act == "normalize_rows" then x = dgen.normalize_rows(x) end
        bytes = x:tostring()
    end
    local file = assert(io.open(arg[2] .. "/" .. number, "wb"))
    assert(file:write(bytes))
    assert(file:close())
end
