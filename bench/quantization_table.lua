-- Quantization: what each step takes on matrices of a network's sizes, under each ISA and thread count, beside plain loops and
-- PyTorch; what is lost by data and scheme; a layer of a diffusion model under four treatments; batches beside single calls; and each
-- host's vectors beside arrays.
--
-- Rates are 1e9 elements a second, from medians of a call. dgen's results are those of any ISA and thread count, byte for byte
-- (tests say so); the scales are found within the time, PyTorch's are given.

local machine, programs, report = require "machine", require "programs", require "report"

local RUNS = 9
local SHAPES = { "768 x 768", "3072 x 768", "12288 x 3072" }
local STEPS = { "quantize", "dequantize", "cosine", "round trip" }
local THREADS = { 1, 2, 4, 8, 16 }
-- ggml, of 2026-08 with native flags, one thread of a Zen 5 (not this machine): 1e9 elements a second in the cache.
local GGML = { { "Q8_0, int8, groups of 32", "6.9", "9.9" }, { "Q4_0, int4, groups of 32", "0.75", "2.9" } }

local seconds, values, missing = {}, {}, {}
local best_isa

local function collect(records, who)
  for _, record in ipairs(records) do
    if record.kind == "op" and type(record.times) == "table" and #record.times > 0 then
      local key = ("%s|%s|%s|%s|%d"):format(who or record.role .. " " .. record.host, record.what, record.type, record.memory, record.n)
      seconds[key] = report.statistics(record.times)
    elseif record.kind == "value" then
      values[record.name] = record.number
    elseif record.kind == "missing" then
      missing[#missing + 1] = record
    end
  end
end

local function elements(shape)
  local rows, columns = shape:match "(%d+) x (%d+)"
  return tonumber(rows) * tonumber(columns)
end

local function found(who, what, kind, memory, n) return seconds[("%s|%s|%s|%s|%d"):format(who, what, kind, memory, n)] end

local function rate(who, what, kind, memory, n)
  local statistics = found(who, what, kind, memory, n)
  return statistics and report.number(n / statistics.median / 1e9) or "-"
end

local function usable_isas(all)
  local text = programs.output(("%s -e 'print(table.concat(require \"dgen\".system_info().isas, \" \"))'"):format(all.lua)) or ""
  local isas = {}
  for isa in text:gmatch "%S+" do isas[#isas + 1] = isa end
  return isas
end

local function cores(all)
  return tonumber(programs.output(("%s -e 'print(require \"dgen\".system_info().logical_cpus)'"):format(all.lua))) or 1
end

local function print_grid(isas, step)
  local head, rows = { "elements, bits" }, {}
  for _, isa in ipairs(isas) do head[#head + 1] = isa end
  table.move({ "plain loop", "PyTorch" }, 1, 2, #head + 1, head)
  for _, shape in ipairs(SHAPES) do
    for _, bits in ipairs { 8, 4, 2 } do
      local what, n = step .. " " .. bits, elements(shape)
      local row = { ("%s, %d"):format(shape, bits) }
      for _, isa in ipairs(isas) do row[#row + 1] = rate(isa, what, "f32", shape, n) end
      row[#row + 1] = rate("scalar C", what, "f32", shape, n)
      row[#row + 1] = rate("peer PyTorch", what, "f32", shape, n)
      rows[#rows + 1] = row
    end
  end
  print(("\n%s, groups of 128, one thread: 1e9 elements a second"):format(step))
  report.table(head, rows, { ["elements, bits"] = true })
end

local function print_threads(count)
  local head, rows = { "12288 x 3072" }, {}
  for _, threads in ipairs(THREADS) do head[#head + 1] = threads .. (threads > count and " (more than CPUs)" or "") end
  for _, step in ipairs { "quantize", "dequantize" } do
    for _, bits in ipairs { 8, 4, 2 } do
      local row = { ("%s %d"):format(step, bits) }
      for _, threads in ipairs(THREADS) do
        row[#row + 1] = rate("threads " .. threads, row[1], "f32", "12288 x 3072", elements "12288 x 3072")
      end
      rows[#rows + 1] = row
    end
  end
  print "\nthreads asked for: 1e9 elements a second"
  report.table(head, rows, { ["12288 x 3072"] = true })
end

local function print_ggml()
  local rows = {}
  for _, line in ipairs(GGML) do
    local bits = line[1]:match "int(%d)"
    rows[#rows + 1] = { line[1], line[2], line[3], rate(best_isa, "quantize " .. bits, "f32", "768 x 768", elements "768 x 768"),
      rate(best_isa, "dequantize " .. bits, "f32", "768 x 768", elements "768 x 768") }
  end
  print "\nggml, measured on another machine (Zen 5), beside dgen here with groups of 128: 1e9 elements a second"
  report.table({ "layout", "ggml", "and back", "dgen", "and back" }, rows, { layout = true })
end

local SCHEMES = { "asymmetric", "asymmetric, MSE", "asymmetric, 99 %", "narrow", "narrow, MSE", "full", "midrise", "midrise, MSE",
  "asymmetric, rows", "asymmetric, tensor", "ggml Q8_0", "ggml Q4_0", "ggml Q4_1" }

local function print_loss()
  local head, rows = { "scheme" }, {}
  for _, data in ipairs { "normal", "laplace", "outliers" } do
    for _, bits in ipairs { 8, 4, 2 } do head[#head + 1] = ("%s %d"):format(data, bits) end
  end
  for _, scheme in ipairs(SCHEMES) do
    local row = { scheme }
    for c = 2, #head do
      local data, bits = head[c]:match "(%a+) (%d)"
      local db = values[("snr|%s|%s|%s"):format(data, bits, scheme)]
      row[c] = db and ("%.1f"):format(db) or "-"
    end
    rows[#rows + 1] = row
  end
  print "\nSNR in dB by data and bits; groups of 128 unless said, ggml's of 32"
  report.table(head, rows, { scheme = true })
end

local function print_levels()
  local rows = {}
  for _, level in ipairs { "baseline", "time-aware", "spatial", "all" } do
    local row = { level }
    for _, part in ipairs { "weights", "activations", "output" } do
      local db = values[("level|%s|%s"):format(level, part)]
      row[#row + 1] = db and ("%.1f"):format(db) or "-"
    end
    local n = (768 + 400) * 3072
    local statistics = found("dgen C", level, "f32", "levels", n)
    row[#row + 1] = statistics and report.seconds(statistics.median) or "-"
    rows[#rows + 1] = row
  end
  print "\na layer of 3072 inputs and 768 outputs over 50 timesteps, 8 bits: SNR in dB, and time of a call"
  report.table({ "level", "weights", "activations", "output", "time" }, rows, { level = true })
end

local function print_batches()
  local rows = {}
  for key, one in pairs(seconds) do
    local name, count, n = key:match "^dgen C|one call|f32|(%w+), (%d+) layers|(%d+)$"
    if name then
      local each = found("dgen C", "one by one", "f32", ("%s, %s layers"):format(name, count), tonumber(n))
      rows[#rows + 1] = { ("%s, %s layers"):format(name, count), report.number(tonumber(n) / 1e6), report.seconds(one.median),
        report.seconds(each.median), report.number((each.median - one.median) / tonumber(count) * 1e6) }
    end
  end
  table.sort(rows, function(a, b) return a[1] < b[1] end)
  print "\nlayers to 4 bits, certificates and new memory included"
  report.table({ "layers", "million elements", "one call", "one by one", "us less a layer" }, rows, { layers = true })
end

local function print_vectors()
  local rows = {}
  for _, n in ipairs { 1000000, 10000000, 100000000 } do
    for _, kind in ipairs { "f32", "f64" } do
      local c = found("dgen C", "quantize 8", kind, "new", n)
      for _, case in ipairs { { "dgen Lua", "array" }, { "dgen Lua", "table" }, { "native Lua", "table" }, { "dgen R", "array" },
        { "dgen R", "vector" }, { "native R", "vector" }, { "dgen Octave", "vector" }, { "native Octave", "vector" } } do
        local its = found(case[1], "quantize 8", kind, case[2], n)
        if its and c then
          rows[#rows + 1] = { ("%d MB as f32, %s"):format(n * 4 // 1000000, kind), case[1]:gsub("native", "own") .. ", " .. case[2],
            report.seconds(its.median), report.seconds(c.median), report.number(its.median / c.median) }
        end
      end
    end
  end
  print "\nvectors to 8 bits in each host, beside the same call in C into new memory; tables are converted, all else is read in place"
  report.table({ "vector", "who", "a call", "C", "over C" }, rows, { vector = true, who = true })
end

local function json_rows()
  local keys, rows = {}, {}
  for key in pairs(seconds) do keys[#keys + 1] = key end
  table.sort(keys)
  for i, key in ipairs(keys) do
    local who, what, kind, memory, n = key:match "^(.-)|(.-)|(.-)|(.-)|(.-)$"
    local s = seconds[key]
    rows[i] = { { "who", who }, { "step", what }, { "type", kind }, { "memory", memory }, { "count", tonumber(n) }, { "n", s.n },
      { "median_s", s.median }, { "min_s", s.min }, { "mad_s", s.mad }, { "rate_per_s", tonumber(n) / s.median } }
  end
  keys = {}
  for name in pairs(values) do keys[#keys + 1] = name end
  table.sort(keys)
  for _, name in ipairs(keys) do rows[#rows + 1] = { { "who", "dgen C" }, { "loss", name }, { "db", values[name] } } end
  return rows
end

local function run(all)
  local isas, count = usable_isas(all), cores(all)
  for _, isa in ipairs(isas) do
    collect(all:run("C quantization", { "grid", RUNS }, ("DGEN_NUM_THREADS=1 DGEN_ISA=%s"):format(isa)), isa)
    best_isa = isa
  end
  collect(all:run("C quantization", { "scalar", RUNS }, "DGEN_NUM_THREADS=1"))
  collect(all:run("Python quantization", { RUNS, 1 }))
  for _, threads in ipairs(THREADS) do
    collect(all:run("C quantization", { "threads", RUNS }, "DGEN_NUM_THREADS=" .. threads), "threads " .. threads)
  end
  for _, mode in ipairs { "loss", "levels", "batch" } do collect(all:run("C quantization", { mode, RUNS })) end
  for _, host in ipairs { "Lua", "R", "Octave" } do collect(all:run(host .. " quantization", { RUNS })) end
  collect(all:run("C quantization", { "vectors", RUNS }))
  for _, host in ipairs { "C", "Lua", "R", "Octave", "Python" } do all:measure(host, "about", { 1 }, 1) end
  all:end_progress()
  local fingerprint = machine.fingerprint(all.here, all.abouts)
  for _, pair in ipairs(fingerprint) do print(("%-17s %s"):format(pair[1], pair[2])) end
  for _, step in ipairs(STEPS) do print_grid(isas, step) end
  print_threads(count)
  print_ggml()
  print_loss()
  print_levels()
  print_batches()
  print_vectors()
  for _, absence in ipairs(missing) do print(("%s: not measured: %s"):format(absence.host, absence.reason)) end
  local path = all.build .. "/bench/quantization.json"
  report.write_json(path, fingerprint, json_rows())
  print("\nall of it, with deviations: " .. path)
end

return { run = run }
