-- Random values in Lua: dgen's functions, and loops over math.random into tables. Lines and timing rule: measure.h;
-- arguments: random.c.

local measures = require "measure"
local dgen = require "dgen"
local emit = measures.emit
local types, names, sizes, runs = table.unpack(arg)

local PARAMETERS = { gamma = { 2 }, gamma_half = { 0.5 }, beta = { 2, 3 }, chisq = { 3 }, t = { 5 }, geometric = { 0.2 },
  poisson_5 = { 5 }, poisson_50 = { 50 }, poisson_5000 = { 5000 }, binomial = { 100, 0.3 }, bernoulli = { 0.3 },
  integers_256 = { 0, 255 }, integers_1e6 = { 1, 1000003 }, categorical = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 } } }
local WHOLE = {}
for name in ("geometric poisson_5 poisson_50 poisson_5000 binomial bernoulli integers_256 integers_1e6 categorical permutation sample"):gmatch "%S+" do
  WHOLE[name] = true
end

--- What is drawn n times, with math's functions at hand.
local EACH = {
  uniform = "random()", integers_256 = "random(0, 255)", integers_1e6 = "random(1, 1000003)",
  exponential = "-log(1 - random())", bernoulli = "random() < 0.3 and 1 or 0",
  cauchy = "tan(pi * (random() - 0.5))", geometric = "floor(log(1 - random()) / -0.22314355131420976)",
  normal = "sqrt(-2 * log(1 - random())) * cos(2 * pi * random())",
  lognormal = "exp(sqrt(-2 * log(1 - random())) * cos(2 * pi * random()))",
}
local LOOP = [[local random, log, sqrt, cos, exp, tan, floor, pi =
  math.random, math.log, math.sqrt, math.cos, math.exp, math.tan, math.floor, math.pi
return function(n) local out = {} for i = 1, n do out[i] = %s end return out end]]
local SHUFFLE = [[local random = math.random
return function(n)
  local out = {}
  for i = 1, n do out[i] = i end
  for i = n, 2, -1 do local j = random(i) out[i], out[j] = out[j], out[i] end
  return out
end]]

local function native(name)
  if name == "permutation" then return load(SHUFFLE)() end
  return EACH[name] and load(LOOP:format(EACH[name]))()
end

--- dgen's call: a function of n and options.
local function ours(name, n)
  local f = dgen[name:match "^(.-)_%d" or name:match "^gamma" or name]
  local p = PARAMETERS[name] or {}
  if name == "unit_vectors" then return function(options) return f(n // 512, 512, options) end end
  if name == "sample" then return function(options) return f(10 * n, n, options) end end
  if #p == 2 then return function(options) return f(n, p[1], p[2], options) end end
  if #p == 1 then return function(options) return f(n, p[1], options) end end
  return function(options) return f(n, options) end
end

local function tell(role, name, kind, memory, n, act)
  emit("working", "Lua", ("%s %s %s, %d"):format(name, kind, memory, n))
  emit("op", role, "Lua", name, kind, memory, n,
    (measures.times(act, tonumber(runs), { warm = n < 1e6 and 0.05 or 0.3, batch = 0.005, row = 0.5 })))
end

local function rows(name, kind, n)
  if kind == "i32" and not WHOLE[name] then return end
  if kind == "f32" and name == "sample" and 10 * n > 1 << 24 then return end -- no f32 holds them all
  local act, options = ours(name, n), { type = kind }
  tell("dgen", name, kind, "alloc", n, function() act(options) end)
  local own = kind == (WHOLE[name] and "i32" or "f64") and native(name)
  if own then tell("native", name, kind, "alloc", n, function() own(n) end) end
end

for kind in types:gmatch "%w+" do
  for size in sizes:gmatch "[^,]+" do
    for name in names:gmatch "[%w_]+" do rows(name, kind, math.tointeger(tonumber(size))) end
  end
end
