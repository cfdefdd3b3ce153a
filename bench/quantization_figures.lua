-- The figures asked of quantization: each measured as it is asked, and told in one line with what was asked and got.
--
-- In C each is timed in pairs with something else (quantization_figures.c): rates are of medians, ratios medians of the pairs'
-- ratios. Rates asked are those of another machine's cores (Zen 5): beside each stands what memcpy of the elements made of the same
-- cache in the same minute.

local report, verdicts = require "report", require "verdicts"
local figure, by_name = verdicts.figure, verdicts.by_name

local CACHE, MATRIX = 48 * 3072, 12288 * 3072
local VALUES = 1e9

local function rate(nano, n) return nano and n / nano.median end

local function beside_copy(nano)
  return ("best %s; memcpy of the elements %s, ratio %s"):format(report.number(CACHE / nano.least), report.number(CACHE / nano.other),
    report.number(nano.ratio))
end

local function cache_figures(all)
  local found, reason = by_name(all:run("quantization_figures", { "cache" }, "DGEN_NUM_THREADS=1"), "nano")
  local function one(text, name, asked, nanos)
    local nano = nanos[name]
    figure(text, ">=", asked, "G/s", rate(nano, CACHE), nano and beside_copy(nano) or reason)
  end
  local function certified(text, name, asked)
    local nano = found[name]
    figure(text, ">=", asked, "G/s", rate(nano, CACHE), nano and ("best %s; %s x the time without"):format(
      report.number(CACHE / nano.least), report.number(1 / nano.ratio)) or reason)
  end
  one("int8 group 32 quantize, in L2", "int8_32", 8, found)
  one("int8 group 128", "int8_128", 12, found)
  certified("int8 group 32 with certificate", "int8_32_certificate", 4)
  certified("int8 group 128 with certificate", "int8_128_certificate", 6.5)
  one("int4 group 32", "int4_32", 8, found)
  one("int2 group 64", "int2_64", 11, found)
  one("int8 back", "int8_128_back", 22, found)
  one("int4 back", "int4_128_back", 20, found)
  one("int2 back", "int2_128_back", 22, found)
  for _, name in ipairs { "int8_32", "int8_128", "int4_32", "int2_64" } do
    local nano = found[name .. "_exact"]
    figure(name:gsub("_", " group ") .. ", exact over plain, time", "<=", 1.3, "x", nano and 1 / nano.ratio, reason)
  end
  local ragged = found.int8_50_over_128
  figure("int8 group 50 over group 128, rate", ">=", 0.4, "x", ragged and ragged.ratio,
    ragged and report.number(CACHE / ragged.median) .. " G/s" or reason)
  local narrow = by_name(all:run("quantization_figures", { "cache" }, "DGEN_NUM_THREADS=1 DGEN_ISA=avx2"), "nano")
  one("AVX2: int8 group 32", "int8_32", 7.5, narrow)
  one("AVX2: int8 group 128", "int8_128", 10, narrow)
  one("AVX2: int4 group 32", "int4_32", 6.5, narrow)
  one("AVX2: int2 group 64", "int2_64", 7.5, narrow)
end

local function memory_figures(all)
  local found, reason = by_name(all:run("quantization_figures", { "memory" }), "nano")
  for _, back in ipairs { "", "_back" } do
    for _, bits in ipairs { 8, 4, 2 } do
      local nano, text = found[("memory_int%d%s"):format(bits, back)], ("int%d%s, 12288 x 3072"):format(bits, back:gsub("_", " "))
      local bytes = MATRIX * (4 + bits / 8)
      figure(text .. ", bytes moved over the limit", ">=", 0.9, "x", nano and nano.ratio, nano and ("%s GB/s of %s, %s G/s"):format(
        report.number(bytes / nano.median), report.number(bytes / nano.other), report.number(MATRIX / nano.median)) or reason)
      local two = found[("threads_int%d%s"):format(bits, back)]
      figure(text .. ", two threads over one", ">=", 1.4, "x", two and two.ratio, two and report.number(MATRIX / two.median) .. " G/s")
    end
  end
  local rows = found.memory_int8_rows
  local torch
  for _, record in ipairs(all:run("Python quantization", { 9, 1 })) do
    if record.kind == "op" and record.what == "quantize 8" and record.memory == "12288 x 3072" and #record.times > 0 then
      torch = report.median(record.times)
    elseif record.kind == "missing" then
      reason = record.reason
    end
  end
  figure("int8 by row over PyTorch's quantize_per_channel, 12288 x 3072", ">=", 8, "x", rows and torch and torch * 1e9 / rows.median,
    torch and rows and ("%s over %s"):format(report.seconds(torch), report.seconds(rows.median * 1e-9)) or reason)
end

local function search_figures(all)
  local records = all:run("quantization_figures", { "search" }, "DGEN_NUM_THREADS=1")
  local found, reason = by_name(records, "nano")
  local values = by_name(records, "value")
  local function db(name) return values[name] and values[name].number end
  for _, case in ipairs { { "int4_asymmetric", 0.4 }, { "int4_symmetric", 0.4 }, { "int2_asymmetric", 2.5 }, { "int2_symmetric", 2.5 } } do
    local name = "search_" .. case[1]
    local text = case[1]:gsub("_", " "):gsub("int2 symmetric", "int2 midrise")
    local before, after = db(name .. "_minmax_db"), db(name .. "_mse_db")
    figure(("MSE search, %s, time over minmax"):format(text), "<=", 20, "x", found[name] and 1 / found[name].ratio, reason)
    figure(("MSE search, %s, gain on N(0, 1)"):format(text), ">=", case[2], "dB", before and after - before,
      before and ("%.2f to %.2f"):format(before, after))
    if case[1] == "int4_asymmetric" then figure("int4 SNR, minmax", ">=", 19, "dB", before) end
    if case[2] == 2.5 then figure(("%s SNR, MSE search"):format(text), ">=", 8.5, "dB", after) end
  end
  figure("int8 SNR, minmax", ">=", 43, "dB", db "int8_db")
end

local function batch_figures(all)
  local found, reason = by_name(all:run("quantization_figures", { "batch" }), "nano")
  for threads = 1, 2 do
    local nano = found["batch_" .. threads]
    figure(("1000 layers of 16 x 768, %d thread%s: over one layer of as many"):format(threads, threads > 1 and "s" or ""), "<=", 1,
      "us a layer", nano and (nano.median - nano.other) / 1e6,
      nano and ("%s against %s"):format(report.seconds(nano.median * 1e-9), report.seconds(nano.other * 1e-9)) or reason)
  end
end

local function bound_figures(all)
  local values, reason = by_name(all:run("quantization_figures", { "bound", VALUES }), "value")
  for _, case in ipairs { { "scale / 2 + 2 ulp", "bound_beyond" }, { "scale / 2 + 1 ulp, exact", "bound_beyond_exact" } } do
    local value = values[case[2]]
    figure(("values beyond %s"):format(case[1]), "<=", 0, "values", value and value.number,
      value and ("of %.3g"):format(values.bound_values.number) or reason)
  end
end

--- A host's call on 4 MB over C's, both into new memory.
local function host_figures(all)
  local function of(records, memory)
    local times = {}
    for _, record in ipairs(records) do
      if record.kind == "op" and record.role == "dgen" and record.n == 1000000 and record.memory == memory and #record.times > 0 then
        times[record.type] = report.median(record.times)
      end
    end
    return times
  end
  for _, case in ipairs { { "Lua", "array" }, { "R", "vector" }, { "R", "array" }, { "Octave", "vector" } } do
    local its = of(all:run(case[1] .. " quantization", { 31, 1000000 }, "DGEN_NUM_THREADS=1"), case[2])
    local c = of(all:run("C quantization", { "vectors", 31, 1000000 }, "DGEN_NUM_THREADS=1"), "new")
    for _, kind in ipairs { "f32", "f64" } do
      if its[kind] and c[kind] then
        figure(("%s's call over C's, 4 MB as f32, %s %s"):format(case[1], kind, case[2]), "<=", 1.03, "x", its[kind] / c[kind],
          ("%s, %s"):format(report.seconds(its[kind]), report.seconds(c[kind])))
      end
    end
  end
end

local function run(all)
  cache_figures(all)
  memory_figures(all)
  search_figures(all)
  batch_figures(all)
  bound_figures(all)
  host_figures(all)
  verdicts.tell(all, "quantization_figures.json")
end

return { run = run }
