-- The grid of vector operations: 19 of them at five sizes, f32 and f64, into a given array and into a new one, in C and in
-- each host, beside the host's own expression, NumPy and PyTorch, with the error of each beside its time; every operation
-- at one size; activations and cosine at the sizes of models; and how small dgen stands beside what Python imports.
--
-- Times are medians of a call. Everything runs as its user finds it: PyTorch and dgen on all CPUs where they think it pays.

local machine, programs, report = require "machine", require "programs", require "report"

local GRID = { "add", "sub", "mul", "div", "dot", "sum", "max", "min", "argmax", "argmin", "norm_l2", "norm_l1", "relu",
  "sigmoid", "tanh", "exp", "abs", "scale", "clamp" }
local SIZES = { 100, 1000, 10000, 100000, 1000000 }
local MODEL_SIZES = { 1000000, 10000000, 50000000, 32 * 512 * 768 }
local COSINE_SIZES = { 768 * 768, 3072 * 768, 12288 * 3072 }
local RUNS = 7
local COLUMNS = { "dgen C", "dgen Lua", "dgen R", "dgen Octave", "native C", "native Lua", "native R", "native Octave",
  "peer NumPy", "peer PyTorch" }

-- seconds[type][memory][operation][size]["role host"], and errors[type][operation]["role host"].
local seconds, errors, missing = {}, {}, {}

local function at(tree, ...)
  for _, key in ipairs { ... } do
    tree[key] = tree[key] or {}
    tree = tree[key]
  end
  return tree
end

local function collect(records)
  for _, record in ipairs(records) do
    local who = ("%s %s"):format(record.role, record.host)
    if record.kind == "op" and type(record.times) == "table" and #record.times > 0 then
      at(seconds, record.type, record.memory, record.what, record.n)[who] = report.statistics(record.times)
    elseif record.kind == "error" then
      at(errors, record.type, record.what)[who] = record.number
    elseif record.kind == "missing" then
      missing[#missing + 1] = record
    end
  end
end

local function each_host(all, mode, folder, types, names, sizes)
  for _, host in ipairs { "C operations", "Lua operations", "R operations", "Octave operations", "Python operations" } do
    collect(all:run(host, { mode, folder, types, table.concat(names, ","), table.concat(sizes, ","), RUNS }))
  end
end

--- Nanoseconds with three digits.
local function cell(statistics)
  return statistics and report.number(statistics.median * 1e9) or "-"
end

local function short(column) return (column:gsub("native", "own"):gsub("peer ", "")) end

local function heads(first)
  local head, left = table.move(first, 1, #first, 1, {}), {}
  for _, column in ipairs(COLUMNS) do head[#head + 1] = short(column) end
  for _, name in ipairs(first) do left[name] = true end
  return head, left
end

local function print_grid(kind, memory, names, sizes, title)
  local rows = {}
  for _, name in ipairs(names) do
    for _, n in ipairs(sizes) do
      local found = at(seconds, kind, memory, name, n)
      local row = { name, ("%d"):format(n) }
      for _, column in ipairs(COLUMNS) do row[#row + 1] = cell(found[column]) end
      if next(found) then rows[#rows + 1] = row end
    end
  end
  print(("\n%s, %s, ns a call"):format(kind, title))
  report.table(heads { "operation", "n" }, rows, { operation = true })
end

local function print_errors(kind)
  local rows = {}
  for _, name in ipairs(GRID) do
    local row = { name }
    for _, column in ipairs(COLUMNS) do
      local off = at(errors, kind, name)[column]
      row[#row + 1] = off and report.number(off) or "-"
    end
    rows[#rows + 1] = row
  end
  print(("\n%s: greatest error on 100,000 normals, in units of the last place of the exact result"):format(kind))
  report.table(heads { "operation" }, rows, { operation = true })
end

-- ------------------------------------------------------------------------------------------- who is faster than whom

local RIVALS = {
  { "dgen C", { "peer NumPy", "peer PyTorch", "native C" } },
  { "dgen Lua", { "native Lua" } }, { "dgen R", { "native R" } }, { "dgen Octave", { "native Octave" } },
}

local function sorted_keys(tree)
  local keys = {}
  for key in pairs(tree) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

--- Every cell of the grid in which dgen is not the faster one, by the medians.
local function print_lost()
  local lost, held = {}, 0
  for _, kind in ipairs { "f32", "f64" } do
    for _, memory in ipairs { "out", "alloc" } do
      for _, name in ipairs(GRID) do
        for _, n in ipairs(SIZES) do
          local found = at(seconds, kind, memory, name, n)
          for _, rival in ipairs(RIVALS) do
            for _, other in ipairs(rival[2]) do
              local ours, its = found[rival[1]], found[other]
              if ours and its and ours.median > its.median then
                lost[#lost + 1] = ("  %s %s, %s, n = %d: %s %s ns, %s %s ns"):format(name, kind, memory, n, rival[1],
                  cell(ours), short(other), cell(its))
              elseif ours and its then
                held = held + 1
              end
            end
          end
        end
      end
    end
  end
  print(("\ndgen is faster in %d of %d comparisons; it is not in"):format(held, held + #lost))
  for _, line in ipairs(lost) do print(line) end
end

-- -------------------------------------------------------------------------------------------------- every operation

local function print_every()
  local rows = {}
  for _, name in ipairs(sorted_keys(at(seconds, "f32", "out"))) do
    local single, double = at(seconds, "f32", "out", name, 10000)["dgen C"], at(seconds, "f64", "out", name, 10000)["dgen C"]
    if single and double then
      rows[#rows + 1] = { name, report.number(single.median * 1e5), report.number(double.median * 1e5) }
    end
  end
  print "\nevery operation in C into a given array, n = 10000: ns an element"
  report.table({ "operation", "f32", "f64" }, rows, { operation = true })
end

-- ------------------------------------------------------------------------------------------------------- small footprint

local PYTHON_RSS = "import sys;print([l.split()[1] for l in open('/proc/self/status') if l.startswith('VmRSS')][0])"
local LUA_RSS = "for l in io.lines '/proc/self/status' do local k = l:match '^VmRSS:%%s*(%%d+)' if k then print(k) end end"
local R_RSS = "cat(sub('\\\\D+(\\\\d+).*', '\\\\1', grep('^VmRSS', readLines('/proc/self/status'), value = TRUE)))"
local OCTAVE_RSS = "disp (regexp (fileread ('/proc/self/status'), 'VmRSS:\\s*(\\d+)', 'tokens', 'once'){1})"

-- host, command with %s for a program text, how resident memory is told, what loads the library, what makes 1M f32 zeros.
local FOOTPRINTS = {
  { "Lua", "lua5.4 -e %s", LUA_RSS, "require 'dgen'", "x = require 'dgen'.exp(require 'dgen'.buffer(1000000, 'f32'))" },
  { "R", "Rscript --vanilla -e %s", R_RSS, "library(dgen)", "library(dgen); x <- dgen_exp(numeric(1000000))" },
  { "Octave", "octave-cli --no-history -qf --eval %s", OCTAVE_RSS, "dgen_version ();",
    "x = dgen_exp (zeros (1000000, 1, 'single'));" },
  { "NumPy", "python3 -c %s", PYTHON_RSS, "import numpy", "import numpy; x = numpy.exp(numpy.zeros(1000000, 'f4'))" },
  { "PyTorch", "python3 -c %s", PYTHON_RSS, "import torch", "import torch; x = torch.exp(torch.zeros(1000000))" },
}

local function least_seconds(command)
  local now, least = require "bench_clock", math.huge
  for _ = 1, 7 do
    local start = now()
    if not os.execute(command .. " > /dev/null 2>&1") then return nil end
    least = math.min(least, now() - start)
  end
  return least
end

local function print_footprint(all)
  local rows = {}
  for _, host in ipairs(FOOTPRINTS) do
    local function command(text) return host[2]:format(programs.quote(text)) end
    local function rss(text)
      return tonumber(programs.output(command(text .. (text == "" and "" or "; ") .. host[3]:gsub("%%%%", "%%"))))
    end
    all:progress("footprint of " .. host[1])
    local bare, loaded = least_seconds(command(host[1] == "R" and "invisible(0)" or "")), least_seconds(command(host[4]))
    local bare_rss, loaded_rss, used_rss = rss(host[1] == "R" and "invisible(0)" or ""), rss(host[4]), rss(host[5])
    rows[#rows + 1] = { host[1], bare and loaded and ("%.1f"):format((loaded - bare) * 1e3) or "-",
      bare_rss and loaded_rss and ("%.1f"):format((loaded_rss - bare_rss) / 1024) or "-",
      bare_rss and used_rss and ("%.1f"):format((used_rss - bare_rss) / 1024) or "-" }
  end
  all:end_progress()
  print "\nover the bare host (bare Python for NumPy and PyTorch): ms to load, MiB resident when loaded and after exp of 1M"
  report.table({ "library", "load ms", "loaded MiB", "1M vector MiB" }, rows, { library = true })
  for _, file in ipairs { "libdgen.so", "lua/dgen.so", "r/dgen/libs/dgen.so", "octave/__dgen__.oct" } do
    local stripped = all.build .. "/bench/stripped.so"
    os.execute(("strip -o %s %s"):format(programs.quote(stripped), programs.quote(all.build .. "/" .. file)))
    local size = programs.output("stat -c %s " .. programs.quote(stripped))
    print(("stripped %-22s %s MB"):format(file, size and report.number(tonumber(size) / 1e6) or "-"))
  end
end

-- ---------------------------------------------------------------------------------------------------------------- all of it

local function json_rows()
  local list = {}
  for _, kind in ipairs(sorted_keys(seconds)) do
    for _, memory in ipairs(sorted_keys(seconds[kind])) do
      for _, name in ipairs(sorted_keys(seconds[kind][memory])) do
        for _, n in ipairs(sorted_keys(seconds[kind][memory][name])) do
          for _, who in ipairs(sorted_keys(seconds[kind][memory][name][n])) do
            local found = seconds[kind][memory][name][n][who]
            list[#list + 1] = { { "who", who }, { "operation", name }, { "type", kind }, { "memory", memory }, { "n", n },
              { "median_s", found.median }, { "min_s", found.min }, { "mad_s", found.mad }, { "runs", found.n },
              { "error_ulp", at(errors, kind, name)[who] } }
          end
        end
      end
    end
  end
  return list
end

local function run(all)
  local folder = all.build .. "/bench/inputs"
  os.execute("rm -rf " .. programs.quote(folder) .. " && mkdir -p " .. programs.quote(folder))
  collect(all:run("C operations", { "inputs", folder, 1000000 }))
  all:run("C", { "about", "1", 1 })
  each_host(all, "grid", folder, "f32,f64", GRID, SIZES)
  each_host(all, "results", folder, "f32,f64", GRID, { 100000 })
  collect(all:run("C operations", { "errors", folder, "f32,f64", table.concat(GRID, ","), 100000, 1 }))
  collect(all:run("C operations", { "grid", folder, "f32,f64", "all", 10000, RUNS }))
  each_host(all, "grid", folder, "f32", { "relu", "exp", "sigmoid", "square" }, MODEL_SIZES)
  each_host(all, "grid", folder, "f32", { "cosine" }, COSINE_SIZES)
  all:end_progress()
  local fingerprint = machine.fingerprint(all.here, all.abouts)
  for _, pair in ipairs(fingerprint) do print(("%-17s %s"):format(pair[1], pair[2])) end
  for _, kind in ipairs { "f32", "f64" } do
    print_grid(kind, "out", GRID, SIZES, "into a given array, or to a number")
    print_grid(kind, "alloc", GRID, SIZES, "into a new array")
    print_errors(kind)
  end
  print_every()
  print_grid("f32", "out", { "relu", "exp", "sigmoid", "square" }, MODEL_SIZES, "models: into a given array")
  print_grid("f32", "alloc", { "relu", "exp", "sigmoid", "square" }, MODEL_SIZES, "models: into a new array")
  print_grid("f32", "out", { "cosine" }, COSINE_SIZES, "cosine of 768 x 768, 3072 x 768 and 12288 x 3072")
  print_footprint(all)
  print_lost()
  for _, absence in ipairs(missing) do print(("%s: not measured: %s"):format(absence.host, absence.reason)) end
  local path = all.build .. "/bench/operations.json"
  report.write_json(path, fingerprint, json_rows())
  print("\nall of it, with deviations: " .. path)
end

return { run = run }
