-- README's table of operations, from the registry. `lua5.4 tests/readme_operations.lua` prints it; with a file's name it
-- puts it there, between the two lines that mark its place.

local dgen = require "dgen"

local BEGIN, END = "<!-- operations: lua5.4 tests/readme_operations.lua README.md -->\n", "<!-- operations end -->\n"
local HEADS = {
  elementwise = "| elementwise | | f32, ULP | f64, ULP |\n|---|---|---|---|\n",
  reduction = "\n| reduction | | f32 | f64 |\n|---|---|---|---|\n",
  normalization = "\n| normalization | |\n|---|---|\n",
}

local function bound(x) return x == 0 and "exact" or ("%g"):format(x) end

--- A row's call, with what its arguments are if not given.
local function call(row)
  local arguments = {}
  for i, name in ipairs(row.arguments) do
    local default = row.defaults[name]
    arguments[i] = default and ("%s = %g"):format(name, default) or name
  end
  return ("`%s(%s)`"):format(row.name, table.concat(arguments, ", "))
end

local function escape(text) return (text:gsub("|", "\\|"):gsub("%*", "\\*")) end

local parts = {}
for _, kind in ipairs { "elementwise", "reduction", "normalization" } do
  parts[#parts + 1] = HEADS[kind]
  for _, row in ipairs(dgen.operations()) do
    if row.kind == kind and kind == "normalization" then
      parts[#parts + 1] = ("| %s | %s |\n"):format(call(row), escape(row.formula))
    elseif row.kind == kind then
      parts[#parts + 1] = ("| %s | %s | %s | %s |\n"):format(call(row), escape(row.formula), bound(row.error_f32),
        bound(row.error_f64))
    end
  end
end
local whole = BEGIN .. table.concat(parts) .. END

if not arg[1] then
  io.write(whole)
  return
end
local file = assert(io.open(arg[1]))
local text = file:read "a"
file:close()
local from, to = text:find(BEGIN, 1, true), select(2, text:find(END, 1, true))
assert(from and to, "the lines that mark the place are not there")
file = assert(io.open(arg[1], "w"))
file:write(text:sub(1, from - 1), whole, text:sub(to + 1))
file:close()
