--[[
Writes the help for the functions of the distributions, in the form that editors with the Lua language server read, from
the registry that dgen.distributions tells: distributions_help.lua PATH. `make lua` puts it beside a copy of library/dgen.lua.
]]
local dgen = require "dgen"

-- An example of a parameter that has no default, the first and the second of a call, by what is legal.
local examples = {
    ["a finite number from 0 up"] = { "4", "4" },
    ["a finite number more than 0"] = { "2", "3" },
    ["a number from 0 to 1"] = { "0.25", "0.25" },
    ["a number more than 0 and at most 1"] = { "0.25", "0.25" },
    ["a whole number from 0 to 2^53"] = { "10", "3" },
    ["a whole number from -2^63 to 2^63 - 1"] = { "1", "6" },
    ["an array of finite numbers from 0 up, not all 0"] = { "{ 1, 2, 5 }" },
}
-- By the kind of a distribution: what a parameter may be, and what the values are.
local parameter_types = { index = "number[]|dgen.array", order = "integer", rows = "integer" }
local values = {
    real = "Types: f64 (default), f32.",
    whole = "Types: i32 (default; i64 where that is too short), i64, u8, f64, f32, all with the same numbers.",
    index = "Positions count from 1. Types: i32 (default), i64, u8, f64, f32, all with the same numbers.",
    order = "Counted from 1. Types: i32 (default; i64 where that is too short), i64, u8, f64, f32. Takes no offset.",
    rows = "Types: f32 (default), f64.",
}

-- A call with positional and one with named arguments, of the same values.
local function example(row, first)
    local positional, named = { first }, { first and "n = " .. first }
    for i, name in ipairs(row.parameters) do
        local default = row.defaults[name]
        local value = default and ("%g"):format(default) or assert(examples[row.legal[name]], row.legal[name])[i]
        positional[#positional + 1] = value
        named[#named + 1] = name .. " = " .. value
    end
    local call = "dgen." .. row.name
    return ("%s(%s, { seed = 42 })"):format(call, table.concat(positional, ", ")),
        ("%s { %s, seed = 42 }"):format(call, table.concat(named, ", "))
end

local function help(row)
    local lines, names = {}, {}
    local function add(format, ...) lines[#lines + 1] = format:format(...) end
    local has_n = row.kind ~= "order" and row.kind ~= "rows"
    local kind = parameter_types[row.kind] or "number|number[]|dgen.array"
    add("---@class dgen.%s_options : dgen.random_options", row.name)
    if has_n then add("---@field n? integer|integer[]") end
    for _, name in ipairs(row.parameters) do add("---@field %s? %s", name, kind) end
    if row.name == "uniform" then
        add('---@field resolution? "standard"|"full" full: every number of the type between 0 and 1; default "standard"')
        add('---@field engine? "dgen"|"r"|"octave"|"lua" another: the numbers that runif, rand or math.random of that host gives')
    end
    add("\n---Random values: %s. %s", row.summary, values[row.kind])
    add("---\n---Method: %s.", row.method)
    local call, by_name = example(row, has_n and "5" or nil)
    add("---\n---```lua\n---local dgen = require \"dgen\"")
    add("---local x = %s", call)
    add("---print(x) --> %s", tostring(assert(load("local dgen = ... return " .. call))(dgen)))
    add("---assert(x == %s)\n---```", by_name)
    add("---@overload fun(options: dgen.%s_options): dgen.array", row.name)
    if has_n then
        names[1] = "n"
        add("---@param n integer|integer[] how many, or one to four dimensions")
    end
    for _, name in ipairs(row.parameters) do
        names[#names + 1] = name
        local default = row.defaults[name]
        if default then
            add("---@param %s? %s default %g; %s", name, kind, default, row.legal[name])
        else
            add("---@param %s %s %s", name, kind, row.legal[name])
        end
    end
    names[#names + 1] = "options"
    add("---@param options? dgen.%s_options", row.name)
    add("---@return dgen.array")
    add("function dgen.%s(%s) end\n", row.name, table.concat(names, ", "))
    return table.concat(lines, "\n")
end

local parts = { [[
---@meta _

-- Help for the distributions of `require "dgen"`, made from their registry: do not edit.

---@class dgenlib
local dgen = {}
]] }
for _, row in ipairs(dgen.distributions()) do parts[#parts + 1] = help(row) end
local file = assert(io.open(arg[1], "w"))
assert(file:write(table.concat(parts, "\n")))
assert(file:close())
