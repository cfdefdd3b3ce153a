-- The figures asked of random values: each measured as it is asked, and told in one line with what was asked and got.
--
-- In C each is timed in pairs with the raw bytes of the stream (random_figures.c): rates are of medians, ratios medians of the
-- pairs' ratios. Rates asked are those of another machine's cores (Zen 5). Over a host's own call, n = 32,768 (256 KiB of f64)
-- unless said, medians of a call: dgen's call in C into a given array, and in that host, where both make a new one.

local report, verdicts = require "report", require "verdicts"
local figure, by_name = verdicts.figure, verdicts.by_name

local CACHE = 256 << 10
local WIDTH = { f64 = 8, f32 = 4, i32 = 4, u8 = 1 }

local function rate(nano) return nano and CACHE / nano.median end

local function beside(nano)
  return ("raw bytes %s GB/s, ratio %s"):format(report.number(CACHE / nano.other), report.number(nano.ratio))
end

local function cache_figures(all)
  local found, reason = by_name(all:run("random_figures", { "cache" }), "nano")
  for _, kind in ipairs { "f64", "f32" } do
    local nano = found["uniform_" .. kind]
    figure(("uniform %s over raw bytes, 256 KiB"):format(kind), ">=", 0.5, "x", nano and nano.ratio, nano and beside(nano) or reason)
  end
  for _, case in ipairs { { "normal_f64", 12 }, { "normal_f32", 10 } } do
    local nano = found[case[1]]
    figure(case[1]:gsub("_", " ") .. ", 256 KiB", ">=", case[2], "GB/s", rate(nano), nano and beside(nano) or reason)
  end
  local narrow = by_name(all:run("random_figures", { "cache" }, "DGEN_ISA=avx2"), "nano")
  for _, case in ipairs { { "normal_f64", 8 }, { "normal_f32", 4 }, { "exponential_f64", 9 } } do
    local nano = narrow[case[1]]
    figure("AVX2: " .. case[1]:gsub("_", " ") .. ", 256 KiB", ">=", case[2], "GB/s", rate(nano), nano and beside(nano))
  end
  local names = {}
  for name in pairs(found) do names[#names + 1] = name end
  table.sort(names)
  local lines = {}
  for _, name in ipairs(names) do
    local values = CACHE / WIDTH[name:match "_(%w+)$"]
    local avx2 = narrow[name]
    lines[#lines + 1] = { name, report.number(found[name].median / values), report.number(CACHE / found[name].median),
      report.number(found[name].ratio), avx2 and report.number(avx2.median / values) or "-",
      avx2 and report.number(CACHE / avx2.median) or "-" }
  end
  return lines
end

local function thread_figures(all)
  local records = all:run("random_figures", { "threads" })
  local found, reason = by_name(records, "nano")
  for _, name in ipairs { "uniform_f64", "normal_f64", "exponential_f64", "gamma_f64", "normal_f32",
    "poisson_50_i32", "permutation_i32" } do
    local nano = found[name]
    figure(("%s, %s, two threads over one"):format(name:gsub("_(%w+)$", " %1"), name:find "permutation" and "10M" or "4M"), ">=", 1.8, "x", nano and nano.ratio,
      nano and ("%s ms"):format(report.number(nano.median / 1e6)) or reason)
  end
  found = by_name(all:run("random_figures", { "memory" }), "nano")
  for _, name in ipairs { "uniform_f64", "normal_f64" } do
    local nano = found[name]
    if nano then print(("%s over raw bytes, 256 MiB, 1 thread: %s"):format(name, report.number(nano.ratio))) end
  end
end

-- ------------------------------------------------------------------------------------------------------------- hosts

local seconds = {}

local function collect(all, host, types, names, n, environment)
  for _, record in ipairs(all:run(host, { types, names, n, 15 }, environment)) do
    if record.kind == "op" and type(record.times) == "table" and #record.times > 0 then
      local key = ("%s %s|%s|%s|%s|%d"):format(record.role, record.host, record.what, record.type, record.memory, record.n)
      seconds[key] = report.statistics(record.times)
    end
  end
end

--- Our call over theirs: both by "who|values|type|memory|n".
local function over(text, asked, ours, theirs)
  local mine, its = seconds[ours], seconds[theirs]
  figure(text, ">=", asked, "x", mine and its and its.median / mine.median,
    mine and its and ("%s over %s"):format(report.seconds(its.median), report.seconds(mine.median)) or "not there")
end

local ONE = "DGEN_NUM_THREADS=1"
local FEW, MANY = 32768, 10000000

local function host_figures(all)
  collect(all, "R random", "f64,i32", "uniform,normal,exponential,gamma,poisson_5,poisson_50,binomial", FEW, ONE)
  collect(all, "R random", "i32", "permutation", MANY, ONE)
  collect(all, "Octave random", "f64,f32", "uniform,normal", FEW, ONE)
  collect(all, "Octave random", "u8", "integers_256", FEW, ONE)
  collect(all, "Octave random", "u8", "integers_256", MANY, ONE)
  collect(all, "Python random", "f64", "normal,exponential", FEW, ONE)
  collect(all, "C random", "f64,i32", "uniform,normal,exponential,gamma,poisson_5,poisson_50,binomial", FEW, ONE)
  collect(all, "C random", "f32", "unit_vectors", 100000 * 512, "DGEN_NUM_THREADS=2")
  collect(all, "R random", "f32", "unit_vectors", 100000 * 512, "DGEN_NUM_THREADS=2")
  collect(all, "Python random", "f32", "unit_vectors", 100000 * 512, ONE)
  local function octave(name, kind, n)
    return ("dgen Octave|%s|%s|alloc|%d"):format(name, kind, n), ("native Octave|%s|%s|alloc|%d"):format(name, kind, n)
  end
  for _, case in ipairs { { "uniform", "f64", 20, "R", "runif" }, { "uniform", "f64", 15, "Octave", "rand" },
    { "normal", "f64", 30, "R", "rnorm" }, { "normal", "f64", 15, "Octave", "randn" }, { "exponential", "f64", 25, "R", "rexp" },
    { "poisson_5", "i32", 20, "R", "rpois (5)" }, { "binomial", "i32", 20, "R", "rbinom (100, .3)" },
    { "poisson_50", "i32", 8, "R", "rpois (50)" }, { "gamma", "f64", 8, "R", "rgamma (2)" } } do
    local values = ("|%s|%s"):format(case[1], case[2])
    local its = ("native %s%s|alloc|%d"):format(case[4], values, FEW)
    over(("%s, dgen in C"):format(case[5]), case[3], ("dgen C%s|out|%d"):format(values, FEW), its)
    over(("%s, dgen in %s"):format(case[5], case[4]), case[3], ("dgen %s%s|alloc|%d"):format(case[4], values, FEW), its)
  end
  over("dqrnorm, dgen in C", 9, "dgen C|normal|f64|out|" .. FEW, "peer dqrng|normal|f64|alloc|" .. FEW)
  over("dqrnorm, dgen in R", 9, "dgen R|normal|f64|alloc|" .. FEW, "peer dqrng|normal|f64|alloc|" .. FEW)
  over("NumPy SFC64's normal, out given, dgen in C", 9, "dgen C|normal|f64|out|" .. FEW, "peer SFC64|normal|f64|out|" .. FEW)
  over("NumPy SFC64's exponential, out given, dgen in C", 4, "dgen C|exponential|f64|out|" .. FEW,
    "peer SFC64|exponential|f64|out|" .. FEW)
  over("randi ([0, 255]) to uint8, dgen in Octave, 32768", 500, octave("integers_256", "u8", FEW))
  over("randi ([0, 255]) to uint8, dgen in Octave, 1e7", 500, octave("integers_256", "u8", MANY))
  over("sample.int (1e7), dgen in R, 1 thread", 3, "dgen R|permutation|i32|alloc|" .. MANY, "native R|permutation|i32|alloc|" .. MANY)
  local rows = 100000 * 512
  over("unit vectors 100,000 x 512 over dgen-py, in C, 2 threads", 8, "dgen C|unit_vectors|f32|alloc|" .. rows, "peer dgen-py|unit_vectors|f32|alloc|" .. rows)
  over("the same into a given array", 8, "dgen C|unit_vectors|f32|out|" .. rows, "peer dgen-py|unit_vectors|f32|alloc|" .. rows)
  over("the same row by row, as dgen-py's", 8, "dgen C|unit_vectors|f32|rows|" .. rows, "peer dgen-py|unit_vectors|f32|alloc|" .. rows)
end

local function run(all)
  local lines = cache_figures(all)
  thread_figures(all)
  host_figures(all)
  verdicts.tell(all, "random_figures.json")
  print "\n256 KiB, one thread: ns a value, GB/s, over raw bytes; forced to AVX2: ns a value, GB/s"
  report.table({ "values", "ns", "GB/s", "of raw", "AVX2 ns", "GB/s" }, lines, { values = true })
end

return { run = run }
