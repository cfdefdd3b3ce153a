--[[
Writes the help for the vector operations, in the form that editors with the Lua language server read, from the
registry that dgen.operations tells: operations_help.lua PATH. `make lua` puts it beside a copy of library/dgen.lua.
]]
local dgen = require "dgen"

local types = {
    list = "dgen.array|number[]",
    list_or_number = "dgen.array|number[]|number",
    out = "dgen.array",
    nan = '"propagate"|"ignore"',
    max_threads = "integer",
}
local lists = { "{ 0, 1 }", "{ 2, 3 }", "{ 4, 5 }" }

-- Arguments for an example: lists, then numbers where there is no default.
local function example_arguments(operation)
    local values = {}
    for i, name in ipairs(operation.arguments) do
        if i <= operation.arrays then
            values[i] = lists[i]
        elseif not operation.defaults[name] then
            values[i] = tostring((i - operation.arrays) / 2)
        end
    end
    return values
end

local function accuracy(operation)
    local f32, f64 = operation.error_f32, operation.error_f64
    if f32 == 0 and f64 == 0 then return "" end
    if operation.kind == "reduction" then
        local text = "\n---Error at most %g * 2^-24 (f32) or %g * 2^-53 (f64) of the sum of the terms' magnitudes."
        return text:format(f32, f64)
    end
    return ("\n---Error at most %g ULP in f32, %g ULP in f64."):format(f32, f64)
end

local function options_type(operation)
    local fields = {}
    for i, name in ipairs(operation.options) do fields[i] = name .. "?: " .. types[name] end
    return "{ " .. table.concat(fields, ", ") .. " }"
end

-- The help for a function or a method, whose first argument is then `self`.
local function help(operation, place, separator)
    local lines, names = {}, {}
    local function add(format, ...) lines[#lines + 1] = format:format(...) end
    local values = example_arguments(operation)
    local call = ("dgen.%s(%s)"):format(operation.name, table.concat(values, ", "))
    if separator == ":" then
        local self = table.remove(values, 1)
        call = ("dgen.array(%s):%s(%s)"):format(self, operation.name, table.concat(values, ", "))
    end
    add("---%s: %s.%s", operation.summary:gsub("^%l", string.upper), operation.formula, accuracy(operation))
    add("---\n---```lua\n---local dgen = require \"dgen\"")
    add("---print(%s) --> %s\n---```", call, assert(load("local dgen = ... return " .. call))(dgen))
    for i, name in ipairs(operation.arguments) do
        local default = operation.defaults[name]
        if i > 1 or separator == "." then
            names[#names + 1] = name
            if default then
                add("---@param %s? number default %g", name, default)
            elseif i > operation.arrays then
                add("---@param %s number", name)
            else
                local kind = operation.kind == "elementwise" and operation.arrays > 1 and "list_or_number" or "list"
                add("---@param %s %s", name, types[kind])
            end
        end
    end
    names[#names + 1] = "options"
    add("---@param options? %s", options_type(operation))
    add("---@return %s", operation.kind == "reduction" and "number" or "dgen.array")
    add("function %s%s%s(%s) end\n", place, separator, operation.name, table.concat(names, ", "))
    return table.concat(lines, "\n")
end

local parts = { [[
---@meta _

-- Help for the vector operations of `require "dgen"`, made from their registry: do not edit.

---@class dgenlib
local dgen = {}

---@class dgen.array
local array = {}
]] }
for _, operation in ipairs(dgen.operations()) do
    parts[#parts + 1] = help(operation, "dgen", ".")
    parts[#parts + 1] = help(operation, "array", ":")
end
local file = assert(io.open(arg[1], "w"))
assert(file:write(table.concat(parts, "\n")))
assert(file:close())
