-- The figures that dgen promises: each measured as it is asked, and told in one line with what was asked and got.
--
-- A ratio of two things in C comes from pairs of batches (figures.c): got is the median of the pairs' ratios. Hosts and
-- peers are measured in rounds, each program once a round, and their runs of all rounds are pooled: got is the ratio of
-- the medians. `best` is the same ratio of the minima, which a busy machine disturbs least. Costs of calls and of
-- loading are differences, which noise could turn around: they are those of the minima.

local programs, report, verdicts = require "programs", require "report", require "verdicts"
local figure, by_name = verdicts.figure, verdicts.by_name

local MIB = 1 << 20
local SIZES, RUNS, ROUNDS = { MIB, 10 * MIB, 100 * MIB, 500 * MIB }, 5, 5
local SHIMS = { "Lua", "R", "Octave" }

-- ------------------------------------------------------------------------------------------------- ratios within C

local function ratio_figure(records, reason, key, name, asked)
  local ratio = records[key]
  figure(name, ">=", asked, "x", ratio and ratio.median, ratio and ("best %s; %s over %s GB/s"):format(
    report.number(ratio.best), report.number(ratio.ours), report.number(ratio.other)) or reason)
end

local function fill_figures(all)
  local records, reason = by_name(all:run("figures", { "fill" }), "ratio")
  for threads = 1, 2 do
    ratio_figure(records, reason, "fill_" .. threads,
      ("fill a warm 256 MiB buffer over non-temporal memset, threads: %d"):format(threads), 0.95)
  end
end

--- The core in L2, with the best instructions there are and with AVX2 without VAES; on what it ran is told.
local function core_figures(all)
  for _, case in ipairs { { "", 7 }, { "DGEN_ISA=avx2 DGEN_AES=aes-ni", 2 } } do
    local records, reason = by_name(all:run("figures", { "core" }, case[1]), "ratio")
    ratio_figure(records, reason, "core", ("core in 256 KiB over scalar xoshiro256++, %s and %s"):format(
      all.abouts.isa or "?", all.abouts.aes or "?"), case[2])
  end
end

local function fresh_figures(all)
  local records, reason = by_name(all:run("figures", { "fresh" }), "ratio")
  for _, size in ipairs { 100, 500 } do
    ratio_figure(records, reason, "fresh_" .. size, ("one shot on fresh pages over memset, %d MiB"):format(size), 0.9)
  end
end

local function ratios_figures(all)
  local records, reason = by_name(all:run("figures", { "ratios" }), "ratio")
  for _, block in ipairs { 65536, 4096, 512 } do
    for _, place in ipairs { "memory", "l2" } do
      for _, kind in ipairs { "compress", "dedup", "both" } do
        local asked = block == 512 and 0.5 or place == "l2" and 0.9 or 0.95
        local name = ("%s 2 over plain, block_size %d, in %s"):format(kind, block, place == "l2" and "L2" or "memory")
        ratio_figure(records, reason, ("%s_%d_%s"):format(kind, block, place), name, asked)
      end
    end
  end
end

local function verify_figures(all)
  local records, reason = by_name(all:run("figures", { "verify" }), "ratio")
  ratio_figure(records, reason, "verify_1", "verify over generation, 256 MiB, 1 thread", 0.9)
  ratio_figure(records, reason, "verify_all", "verify over generation, 256 MiB, all threads", 0.9)
end

-- ------------------------------------------------------------------------------------------------- hosts and peers

-- times["host|mode|role|what|bytes"]: all runs of all rounds; reasons[host]: why there are none.
local times, reasons = {}, {}

local function collect(records)
  for _, record in ipairs(records) do
    if record.kind == "row" then
      local key = table.concat({ record.host, record.mode, record.role, record.what, record.bytes }, "|")
      times[key] = table.move(record.times, 1, #record.times, #(times[key] or {}) + 1, times[key] or {})
    elseif record.kind == "missing" or record.role ~= "native" and record.role ~= "values" then
      reasons[record.host] = record.reason
    end
  end
end

--- The runs of the fastest of the ways that share host, mode, role and size.
local function fastest(host, mode, role, bytes)
  local best
  for key, runs in pairs(times) do
    local h, m, r, _, b = key:match "^(.-)|(.-)|(.-)|(.*)|(%d+)$"
    if h == host and m == mode and r == role and tonumber(b) == bytes then
      if not best or report.median(runs) < report.median(best) then best = runs end
    end
  end
  return best
end

--- The speed of the fastest memset of so many bytes, as a text to set a figure beside.
local function limit_text(mode, bytes)
  local limit = fastest("C", mode, "limit", bytes)
  return limit and ("; memset %s"):format(report.number(bytes / report.median(limit) / 1e9)) or ""
end

--- A figure that is one host's speed over another's, both of so many bytes.
local function speed_figure(name, asked, bytes, ours, other, our_host, other_host, limit)
  if not ours or not other then
    return figure(name, ">=", asked, "x", nil, not ours and reasons[our_host] or reasons[other_host])
  end
  local our, its = report.statistics(ours), report.statistics(other)
  figure(name, ">=", asked, "x", its.median / our.median, ("best %s; %s over %s GB/s%s"):format(
    report.number(its.min / our.min), report.number(bytes / our.median / 1e9), report.number(bytes / its.median / 1e9),
    limit or ""))
end

local function measure_hosts(all)
  for _ = 1, ROUNDS do
    for _, host in ipairs { "C", "Lua", "R", "Octave", "Python" } do
      collect(all:measure(host, "limit,oneshot,stream", SIZES, RUNS))
    end
  end
  if reasons.Python then reasons["dgen-py"] = reasons.Python end
end

local function stream_figures()
  local bytes = SIZES[#SIZES]
  for _, host in ipairs(SHIMS) do
    local ours = fastest(host, "stream", "dgen", bytes)
    speed_figure(("streaming 32 MiB chunks, %s over C"):format(host), 0.9, bytes, ours,
      fastest("C", "stream", "dgen", bytes), host, "C")
    speed_figure(("streaming 32 MiB chunks, %s over dgen-py"):format(host), 6, bytes, ours,
      fastest("dgen-py", "stream", "peer", bytes), host, "dgen-py", limit_text("stream", bytes))
  end
end

local function one_shot_figures()
  for i, asked in ipairs { 2.5, 6, 15, 15 } do
    for _, host in ipairs(SHIMS) do
      speed_figure(("one shot, %s, %s over dgen-py"):format(programs.size_text(SIZES[i]), host), asked, SIZES[i],
        fastest(host, "oneshot", "dgen", SIZES[i]), fastest("dgen-py", "oneshot", "peer", SIZES[i]), host, "dgen-py",
        limit_text("oneshot", SIZES[i]))
    end
  end
end

--- The host's fastest random bytes; the small size lets a slow way show that it is too slow for the large one.
local function native_figures(all)
  local bytes = 100 * MIB
  for _, host in ipairs(SHIMS) do
    collect(all:measure(host, "native", { MIB, bytes }, RUNS))
    speed_figure(("one shot of 100 MiB over the host's own bytes, %s"):format(host), 100, bytes,
      fastest(host, "oneshot", "dgen", bytes), fastest(host, "native", "native", bytes), host, host)
  end
end

local function object_figure(all)
  for _ = 1, ROUNDS do
    collect(all:measure("Lua", "objects", { 4096 }, RUNS))
    collect(all:measure("Python", "objects", { 4096 }, RUNS))
  end
  local ours, other = fastest("Lua", "objects", "dgen", 4096), fastest("dgen-py", "objects", "peer", 4096)
  local rate = ours and 4096 / report.median(ours) / 1e9
  figure("objects of 4 KiB, Lua g:fill(buf)", ">=", 8, "GB/s", rate, not rate and reasons.Lua
    or other and ("dgen-py BufferPool %s GB/s"):format(report.number(4096 / report.median(other) / 1e9)))
end

-- --------------------------------------------------------------------------------------- memory, calls, loading, size

local function peak_figures(all)
  for _, host in ipairs { "C", "Lua", "R", "Octave" } do
    local values, reason = by_name(all:measure(host, "rss", { 64 << 30 }, 1), "value")
    local growth = values.peak_growth
    figure(("peak memory of streaming 64 GiB, buffer included, %s"):format(host), "<=", 64, "MiB",
      growth and growth.number / MIB, growth and "VmHWM over that before the buffer" or reason)
  end
end

local function overhead_figures(all)
  for _, case in ipairs { { "Lua", 0.5 }, { "R", 3 }, { "Octave", 8 } } do
    local host, asked = table.unpack(case)
    local values, reason = by_name(all:measure(host, "overhead", { 1 }, RUNS), "value")
    local overhead = values.overhead
    figure(("call for 1 byte over an empty function, %s"):format(host), "<=", asked, "us",
      overhead and overhead.number * 1e6, reason)
  end
end

local function load_figures(all)
  for _, case in ipairs {
    { "Lua", 3, all.lua .. " -e ''", all.lua .. " -e 'require \"dgen\"'", 100 },
    { "R", 60, "Rscript --vanilla -e 'invisible(1)'", "Rscript --vanilla -e 'library(dgen)'", 15 },
    { "Octave", 50, "octave-cli --no-history --eval '1;'", "octave-cli --no-history --eval 'dgen_version ();'", 15 },
  } do
    all:progress("load: " .. case[1])
    local records = all:run("figures", { "load", case[5], "exec " .. case[3], "exec " .. case[4] })
    local loads, reason = by_name(records, "load")
    local load = loads[1]
    figure(("load over the bare host, %s"):format(case[1]), "<=", case[2], "ms", load and load.best * 1e3,
      load and ("medians %s; bare host %s ms"):format(report.number(load.median * 1e3), report.number(load.bare * 1e3))
        or reason)
  end
end

local function size_figure(all)
  local stripped = all.build .. "/bench/libdgen.stripped.so"
  local done = os.execute(("strip -o '%s' '%s/libdgen.so'"):format(stripped, all.build))
  local file = done and io.open(stripped)
  figure("stripped libdgen.so", "<=", 1, "MB", file and file:seek "end" / 1e6, not file and "strip failed")
  if file then file:close() end
end

local function run(all)
  fill_figures(all)
  core_figures(all)
  measure_hosts(all)
  stream_figures()
  one_shot_figures()
  fresh_figures(all)
  ratios_figures(all)
  object_figure(all)
  native_figures(all)
  peak_figures(all)
  verify_figures(all)
  overhead_figures(all)
  load_figures(all)
  size_figure(all)
  verdicts.tell(all, "figures.json")
end

return { run = run }
