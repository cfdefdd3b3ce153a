-- Quantization in Lua: dgen's call on arrays that are read in place, and on a table, which is converted; beside a loop of
-- Lua's own. Lines and timing rule: measure.h. Arguments: runs, most elements.

local measures = require "measure"
local dgen = require "dgen"
local emit = measures.emit
local runs, most = tonumber(arg[1]), tonumber(arg[2]) or math.huge

local function tell(role, kind, memory, n, act)
  emit("working", "Lua", ("%s %s, %d"):format(kind, memory, n))
  emit("op", role, "Lua", "quantize 8", kind, memory, n, (measures.times(act, runs, { warm = 0.2, batch = 0.005, row = 0.5 })))
end

local function own(x)
  local codes, scales, zeros = {}, {}, {}
  for first = 1, #x, 128 do
    local least, most, last = 0, 0, math.min(first + 127, #x)
    for i = first, last do
      if x[i] < least then least = x[i] elseif x[i] > most then most = x[i] end
    end
    local scale = (most - least) / 255
    local inverse = scale > 0 and 1 / scale or 0
    local zero = (-least * inverse + 0.5) // 1
    scales[#scales + 1], zeros[#zeros + 1] = scale, zero
    for i = first, last do codes[i] = (x[i] * inverse + zero + 0.5) // 1 end
  end
  return codes, scales, zeros
end

for _, n in ipairs { 1000000, 10000000, 100000000 } do
  if n > most then break end
  for _, kind in ipairs { "f32", "f64" } do
    local x = dgen.normal(n, { type = kind, seed = 5 })
    tell("dgen", kind, "array", n, function() dgen.quantize(x) end)
    if n == 1000000 and kind == "f64" then
      local list = x:totable()
      tell("dgen", kind, "table", n, function() dgen.quantize(list) end)
      tell("native", kind, "table", n, function() own(list) end)
    end
    x:close()
  end
end
