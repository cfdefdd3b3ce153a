-- Random values: each distribution at two sizes and in up to three types, by dgen in C and in each host, beside the host's
-- own, dqrng, NumPy (PCG64 and SFC64) and dgen-py.
--
-- Nanoseconds a value, from medians of a call; "C out" fills a given array, all else makes a new one. dgen runs as its user
-- finds it, on all CPUs where it thinks they pay; the others have one thread, but for dgen-py.

local machine, programs, report = require "machine", require "programs", require "report"

local CASES = { "uniform", "normal", "lognormal", "exponential", "gamma", "gamma_half", "beta", "chisq", "t", "cauchy",
  "geometric", "poisson_5", "poisson_50", "poisson_5000", "binomial", "bernoulli", "integers_256", "integers_1e6",
  "categorical", "permutation", "sample", "unit_vectors" }
local SIZES, TYPES, RUNS = { 100000, 10000000 }, { "f64", "f32", "i32" }, 5
local COLUMNS = { "dgen C out", "dgen C", "dgen Lua", "dgen R", "dgen Octave", "native Lua", "native R", "native Octave",
  "peer dqrng", "peer NumPy", "peer SFC64", "peer dgen-py" }

local seconds, missing = {}, {}

local function collect(records)
  for _, record in ipairs(records) do
    if record.kind == "op" and type(record.times) == "table" and #record.times > 0 then
      local who = ("%s %s%s"):format(record.role, record.host, record.memory == "out" and " out" or "")
      seconds[("%s|%s|%d|%s"):format(who, record.type, record.n, record.what)] = report.statistics(record.times)
    elseif record.kind == "missing" then
      missing[#missing + 1] = record
    end
  end
end

local function found(who, kind, n, name) return seconds[("%s|%s|%d|%s"):format(who, kind, n, name)] end

local function print_table(kind, n)
  local head, rows = { "values" }, {}
  for _, column in ipairs(COLUMNS) do head[#head + 1] = (column:gsub("native", "own"):gsub("peer ", "")) end
  for _, name in ipairs(CASES) do
    local row = { name }
    for _, column in ipairs(COLUMNS) do
      local statistics = found(column, kind, n, name)
      row[#row + 1] = statistics and report.number(statistics.median * 1e9 / n) or "-"
    end
    if #table.concat(row, "", 2):gsub("-", "") > 0 then rows[#rows + 1] = row end
  end
  print(("\n%s, %d values: ns a value"):format(kind, n))
  report.table(head, rows, { values = true })
end

local RIVALS = { ["dgen C"] = { "peer NumPy", "peer SFC64", "peer dgen-py" }, ["dgen Lua"] = { "native Lua" },
  ["dgen R"] = { "native R", "peer dqrng" }, ["dgen Octave"] = { "native Octave" } }

--- Every cell in which dgen is not the faster one, by the medians.
local function print_lost()
  local lost, held = {}, 0
  for _, kind in ipairs(TYPES) do
    for _, n in ipairs(SIZES) do
      for _, name in ipairs(CASES) do
        for ours, others in pairs(RIVALS) do
          local mine = found(ours, kind, n, name)
          for _, other in ipairs(others) do
            local its = found(other, kind, n, name)
            if mine and its and mine.median >= its.median then
              lost[#lost + 1] = ("  %s %s, n = %d: %s %s, %s %s"):format(name, kind, n, ours, report.seconds(mine.median), other,
                report.seconds(its.median))
            elseif mine and its then
              held = held + 1
            end
          end
        end
      end
    end
  end
  table.sort(lost)
  print(("\nfaster than what stands beside it in %d of %d cells"):format(held, held + #lost))
  for _, line in ipairs(lost) do print(line) end
end

local function json_rows()
  local keys, rows = {}, {}
  for key in pairs(seconds) do keys[#keys + 1] = key end
  table.sort(keys)
  for i, key in ipairs(keys) do
    local who, kind, n, name = key:match "^(.-)|(.-)|(.-)|(.-)$"
    local s = seconds[key]
    rows[i] = { { "who", who }, { "values", name }, { "type", kind }, { "count", tonumber(n) }, { "n", s.n },
      { "median_s", s.median }, { "min_s", s.min }, { "mad_s", s.mad }, { "ns_per_value", s.median * 1e9 / tonumber(n) } }
  end
  return rows
end

local function run(all)
  for _, host in ipairs { "C random", "Lua random", "R random", "Octave random", "Python random" } do
    collect(all:run(host, { table.concat(TYPES, ","), table.concat(CASES, ","), table.concat(SIZES, ","), RUNS }))
  end
  for _, host in ipairs { "C", "Lua", "R", "Octave", "Python" } do all:measure(host, "about", { 1 }, 1) end
  all:end_progress()
  local fingerprint = machine.fingerprint(all.here, all.abouts)
  for _, pair in ipairs(fingerprint) do print(("%-17s %s"):format(pair[1], pair[2])) end
  for _, n in ipairs(SIZES) do
    for _, kind in ipairs(TYPES) do print_table(kind, n) end
  end
  print_lost()
  for _, absence in ipairs(missing) do print(("%s: not measured: %s"):format(absence.host, absence.reason)) end
  local path = all.build .. "/bench/random.json"
  report.write_json(path, fingerprint, json_rows())
  print("\nall of it, with deviations: " .. path)
end

return { run = run }
