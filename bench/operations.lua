-- Vector operations in Lua: dgen on its arrays, and loops over tables. Lines and timing rule: measure.h.
--
--     operations.lua MODE FOLDER TYPES OPERATIONS SIZES RUNS
--
-- Modes: grid times each operation; results writes what each makes of the inputs of one size, for their errors. The
-- folder holds the inputs, x.f32, y.f32, x.f64 and y.f64, taken again from the start where a size is larger.

local measures = require "measure"
local dgen = require "dgen"
local emit = measures.emit
local mode, folder, types, names, sizes, runs = table.unpack(arg)
local PARAMETERS = { scale = { 2.5 }, clamp = { -1, 1 } }

-- Lua's own way: what is done with v = x[i] and w = y[i], or the whole of a reduction.
local EACH = { add = "v + w", sub = "v - w", mul = "v * w", div = "v / w", relu = "v > 0 and v or 0",
  sigmoid = "1 / (1 + exp(-v))", tanh = "1 - 2 / (exp(2 * v) + 1)", exp = "exp(v)", abs = "abs(v)", scale = "v * 2.5",
  clamp = "v < -1 and -1 or v > 1 and 1 or v", square = "v * v" }
local WHOLE = {
  dot = "local s = 0.0 for i = 1, #x do s = s + x[i] * y[i] end return s",
  sum = "local s = 0.0 for i = 1, #x do s = s + x[i] end return s",
  max = "local m = x[1] for i = 2, #x do if x[i] > m then m = x[i] end end return m",
  min = "local m = x[1] for i = 2, #x do if x[i] < m then m = x[i] end end return m",
  argmax = "local at = 1 for i = 2, #x do if x[i] > x[at] then at = i end end return at",
  argmin = "local at = 1 for i = 2, #x do if x[i] < x[at] then at = i end end return at",
  norm_l2 = "local s = 0.0 for i = 1, #x do s = s + x[i] * x[i] end return s ^ 0.5",
  norm_l1 = "local s = 0.0 for i = 1, #x do s = s + abs(x[i]) end return s",
}
local LOOP = [[local exp, abs = math.exp, math.abs
return function(x, y, out) out = out or {} for i = 1, #x do local v, w = x[i], y[i] out[i] = %s end return out end]]

local function native(name)
  if EACH[name] then return load(LOOP:format(EACH[name]))() end
  return WHOLE[name] and load("local abs = math.abs return function(x, y) " .. WHOLE[name] .. " end")()
end

local function input(name, kind, n)
  local array, file = dgen.buffer(n, kind), assert(io.open(("%s/%s.%s"):format(folder, name, kind), "rb"))
  local length = file:seek "end" // (kind == "f32" and 4 or 8)
  for i = 1, n, length do
    file:seek "set"
    array:read(file, i, math.min(n, i + length - 1))
  end
  file:close()
  return array
end

--- The operation as dgen's function of the options alone.
local function ours(name, x, y)
  local row, f = nil, dgen[name]
  for _, operation in ipairs(dgen.operations()) do row = operation.name == name and operation or row end
  local p = PARAMETERS[name] or {}
  if row.kind == "reduction" and #row.arguments == 2 then return function() return f(x, y) end, true end
  if row.kind == "reduction" then return function() return f(x) end, true end
  if #p == 2 then return function(options) return f(x, p[1], p[2], options) end end
  if #p == 1 then return function(options) return f(x, p[1], options) end end
  if #row.arguments == 2 then return function(options) return f(x, y, options) end end
  return function(options) return f(x, options) end
end

--- Large results are warm when their pages have come round again.
local function pace(n) return { warm = n < 1e6 and 0.02 or 0.2, batch = 0.005, row = 0.5 } end

local function tell(role, name, kind, memory, n, act)
  emit("working", "Lua", ("%s %s %s, %d"):format(name, kind, memory, n))
  emit("op", role, "Lua", name, kind, memory, n, (measures.times(act, tonumber(runs), pace(n))))
end

local function grid(name, kind, n, x, y)
  local act, reduces = ours(name, x, y)
  local out = { out = dgen.buffer(n, kind) }
  tell("dgen", name, kind, "out", n, reduces and act or function() act(out) end)
  if not reduces then tell("dgen", name, kind, "alloc", n, function() act() end) end
  local own = kind == "f64" and n <= 1e6 and native(name)
  if not own then return end
  local tx, ty, tout = x:totable(), y:totable(), {}
  tell("native", name, kind, "out", n, function() own(tx, ty, tout) end)
  if not reduces then tell("native", name, kind, "alloc", n, function() own(tx, ty) end) end
end

local function write(role, name, kind, result)
  local file = assert(io.open(("%s/%s Lua.%s.%s"):format(folder, role, kind, name), "wb"))
  if type(result) == "number" then result = { result } end
  if type(result) == "table" then
    for _, value in ipairs(result) do file:write(string.pack("<d", value)) end
  else
    result:write(file)
  end
  file:close()
end

local function results(name, kind, _, x, y)
  write("dgen", name, kind, ours(name, x, y)())
  local own = kind == "f64" and native(name)
  if own then write("native", name, kind, own(x:totable(), y:totable())) end
end

for kind in types:gmatch "%w+" do
  for size in sizes:gmatch "%d+" do
    local n = math.tointeger(size)
    local x, y = input("x", kind, n), input("y", kind, n)
    for name in names:gmatch "[%w_]+" do (mode == "grid" and grid or results)(name, kind, n, x, y) end
  end
end
