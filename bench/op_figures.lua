-- The figures asked of vector operations: each measured as it is asked, and told in one line with what was asked and got.
--
-- In C each is timed in pairs with something else (op_figures.c): times are medians, ratios medians of the pairs' ratios. The
-- nanoseconds asked are those of another machine's cores (Zen 5): what stands beside each was timed in the same minute.

local report, verdicts = require "report", require "verdicts"
local figure, by_name = verdicts.figure, verdicts.by_name

local function pairs_of(all, mode) return by_name(all:run("op_figures", { mode }), "nano") end

local function beside(nano, what)
  return ("least %s; %s %s ns"):format(report.number(nano.least), what, report.number(nano.other))
end

local function reduction_figures(all)
  local records = all:run("op_figures", { "reductions" })
  local found, reason = by_name(records, "nano")
  local values = by_name(records, "value")
  for _, case in ipairs { { "dot", 30, 450 }, { "sum", 20, 110 }, { "max", 20, 140 }, { "norm_l2", 22, 140 },
    { "argmax", 50, 180 } } do
    for i, n in ipairs { 1000, 10000 } do
      local nano = found[case[1] .. "_" .. n]
      local other = case[1] == "dot" and not all.abouts.OpenBLAS and "OpenBLAS sdot" or "reading alone"
      figure(("%s f32, %d"):format(case[1], n), "<=", case[i + 1], "ns", nano and nano.median,
        nano and beside(nano, other) or reason)
    end
  end
  for _, n in ipairs { 1000, 10000 } do
    local nano, off = found["dot_" .. n], values["dot_error_" .. n]
    figure(("dot f32 over OpenBLAS sdot, %d"):format(n), ">=", 1, "x", off and nano.ratio, all.abouts.OpenBLAS)
    figure(("error of OpenBLAS sdot over dot's, %d"):format(n), ">=", 10, "x", off and off.number, all.abouts.OpenBLAS)
  end
end

local function compensated_figures(all)
  local found, reason = pairs_of(all, "compensated")
  for _, case in ipairs { { "compensated_l1", "in L1", 1.4 }, { "compensated_last", "from the last cache", 1.1 } } do
    local nano = found[case[1]]
    figure("f64 sum, time over a plain sum " .. case[2], "<=", case[3], "x", nano and 1 / nano.ratio,
      nano and beside(nano, "plain") or reason)
  end
end

-- Nanoseconds an element asked at n = 10000.
local MAPS = { { "exp", 0.22 }, { "tanh", 0.22 }, { "erf", 0.22 }, { "sigmoid", 0.36 }, { "log", 0.35 }, { "sin", 0.32 },
  { "cos", 0.32 }, { "expm1", 0.31 }, { "log1p", 0.389 }, { "log2", 0.376 }, { "log10", 0.442 }, { "exp2", 0.22 },
  { "pow", 1.108 }, { "silu", 0.492 }, { "softplus", 0.652 }, { "gelu", 0.558 }, { "gelu_tanh", 0.938 },
  { "mish", 0.379 } }
local MAPS_F64 = { { "exp", 0.6 }, { "tanh", 0.9 }, { "log", 0.85 }, { "sin", 0.9 } }

local function map_figures(all, seconds)
  local found, reason = pairs_of(all, "maps")
  local add = found.add_f32
  figure("add f32 into a given array, 10000", "<=", 700, "ns", add and add.median, add and beside(add, "reading one") or reason)
  local ours, its = seconds["dgen C|add|f32|out|10000"], seconds["peer NumPy|add|f32|out|10000"]
  figure("add f32 10000 over NumPy's out=", ">=", 1.4, "x", ours and its and its.median / ours.median,
    ours and its and ("%s over %s"):format(report.seconds(its.median), report.seconds(ours.median)) or "NumPy is not there")
  for _, list in ipairs { { MAPS, "f32" }, { MAPS_F64, "f64" } } do
    for _, case in ipairs(list[1]) do
      local nano = found[case[1] .. "_" .. list[2]]
      local numpy = seconds[("peer NumPy|%s|%s|out|10000"):format(case[1], list[2])]
      figure(("%s %s, 10000, an element"):format(case[1], list[2]), "<=", case[2], "ns", nano and nano.median / 1e4,
        nano and ("least %s%s"):format(report.number(nano.least / 1e4),
          numpy and ("; NumPy %s"):format(report.number(numpy.median * 1e5)) or "") or reason)
    end
  end
end

local function thread_figures(all)
  local found, reason = pairs_of(all, "threads")
  for _, name in ipairs { "add", "exp", "tanh", "sum", "dot", "max" } do
    local nano = found["threads_" .. name]
    figure(("%s f32, 1M, two threads over one"):format(name), ">=", 1.7, "x", nano and nano.ratio,
      nano and ("%s us"):format(report.number(nano.median / 1e3)) or reason)
  end
  found, reason = pairs_of(all, "memory")
  for _, case in ipairs { { "memory_add_1", "add f32, 50M, over the limit, 1 thread" },
    { "memory_add_2", "add f32, 50M, over the limit, 2 threads" }, { "memory_sum_1", "sum f32, 50M, over reading, 1 thread" } } do
    local nano = found[case[1]]
    figure(case[2], ">=", 0.9, "x", nano and nano.ratio, nano and ("%s ms"):format(report.number(nano.median / 1e6)) or reason)
  end
end

-- ------------------------------------------------------------------------------------------------------------- hosts

--- Medians by "role host|operation|type|memory|n".
local function measure_hosts(all, folder)
  local seconds = {}
  local function collect(host, types, names, size)
    for _, record in ipairs(all:run(host, { "grid", folder, types, names, size, 15 })) do
      if record.kind == "op" and type(record.times) == "table" and #record.times > 0 then
        local key = ("%s %s|%s|%s|%s|%d"):format(record.role, record.host, record.what, record.type, record.memory, record.n)
        seconds[key] = report.statistics(record.times)
      end
    end
  end
  collect("R operations", "f64", "tanh,exp", 1000000)
  collect("Octave operations", "f32", "tanh,exp", 1000000)
  for _, host in ipairs { "C", "Lua", "R", "Octave" } do collect(host .. " operations", "f32,f64", "add", 100) end
  collect("C operations", "f32", "add", 10000)
  collect("Python operations", "f32,f64", "add,exp,tanh,sigmoid", 10000)
  return seconds
end

local function host_figures(seconds)
  for _, case in ipairs { { "R", "tanh", "f64", 10 }, { "R", "exp", "f64", 5 }, { "Octave", "tanh", "f32", 20 },
    { "Octave", "exp", "f32", 4 } } do
    local key = ("%s|%s|alloc|1000000"):format(case[2], case[3])
    local ours, its = seconds[("dgen %s|%s"):format(case[1], key)], seconds[("native %s|%s"):format(case[1], key)]
    figure(("%s's own %s of 1M %s over dgen's"):format(case[1], case[2], case[3]), ">=", case[4], "x",
      ours and its and its.median / ours.median,
      ours and its and ("%s over %s"):format(report.seconds(its.median), report.seconds(ours.median)))
  end
  for _, case in ipairs { { "C", "f32|out", 0.025 }, { "Lua", "f32|out", 0.4 }, { "R", "f64|alloc", 1.5 },
    { "Octave", "f64|alloc", 6 } } do
    local ours = seconds[("dgen %s|add|%s|100"):format(case[1], case[2])]
    figure(("whole call of add, 100 elements, %s"):format(case[1]), "<=", case[3], "us", ours and ours.median * 1e6,
      ours and ("least %s"):format(report.number(ours.min * 1e6)))
  end
end

local function run(all)
  local folder = all.build .. "/bench/inputs"
  os.execute(("mkdir -p '%s'"):format(folder))
  all:run("C operations", { "inputs", folder, 1000000 })
  local seconds = measure_hosts(all, folder)
  reduction_figures(all)
  compensated_figures(all)
  map_figures(all, seconds)
  thread_figures(all)
  host_figures(seconds)
  local values, reason = by_name(all:run("op_figures", { "error" }), "value")
  figure("sum of 1e7 copies of 0.1f, error", "<=", 1, "ULP", values.sum_error and values.sum_error.number, reason)
  verdicts.tell(all, "op_figures.json")
end

return { run = run }
