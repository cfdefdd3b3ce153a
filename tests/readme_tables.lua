-- README's tables of operations and distributions, from their registries. `lua5.4 tests/readme_tables.lua` prints them; with a
-- file's name it puts each there, between the two lines that mark its place.

local dgen = require "dgen"

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

local function operations()
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
  return table.concat(parts)
end

local function distributions()
  local parts = { "| values | | method |\n|---|---|---|\n" }
  for _, row in ipairs(dgen.distributions()) do
    local arguments = row.kind == "order" and {} or row.kind == "rows" and {} or { "n" }
    for _, name in ipairs(row.parameters) do
      local default = row.defaults[name]
      arguments[#arguments + 1] = default and ("%s = %g"):format(name, default) or name
    end
    parts[#parts + 1] = ("| `%s(%s)` | %s | %s |\n"):format(row.name, table.concat(arguments, ", "), escape(row.summary),
      escape(row.method))
  end
  return table.concat(parts)
end

local file = arg[1] and assert(io.open(arg[1]))
local text = file and file:read "a"
if file then file:close() end
for _, part in ipairs { { "operations", operations }, { "distributions", distributions } } do
  local begin = ("<!-- %s: lua5.4 tests/readme_tables.lua README.md -->\n"):format(part[1])
  local finish = ("<!-- %s end -->\n"):format(part[1])
  local whole = begin .. part[2]() .. finish
  if not text then
    io.write(whole)
  else
    local from, to = text:find(begin, 1, true), select(2, text:find(finish, 1, true))
    assert(from and to, "the lines that mark the place are not there")
    text = text:sub(1, from - 1) .. whole .. text:sub(to + 1)
  end
end
if text then
  file = assert(io.open(arg[1], "w"))
  file:write(text)
  file:close()
end
