-- The first table: random bytes by every way at hand, at four sizes.
--
-- "of limit" is the speed as a part of the fastest memset of the same size (one shot: one buffer of that size; stream:
-- one of 32 MiB again and again). "x native" is the speed as a multiple of the fastest way to random bytes that the
-- same host has of its own; for C that is /dev/urandom, for dgen-py NumPy.

local machine, programs, report = require "machine", require "programs", require "report"

local SIZES, RUNS = { 1 << 20, 10 << 20, 100 << 20, 500 << 20 }, 5
local HOSTS = { "C", "Lua", "R", "Octave", "Python" }
local NATIVE_HOST = { C = "OS", ["dgen-py"] = "NumPy" }
local MODE_TEXT = { oneshot = "one shot", stream = "stream", native = "native" }
local ROLE_TEXT = { values = "numbers" } -- the host's own, but not uniform as bytes

--- The least median of the rows that `wanted` picks.
local function fastest(rows, wanted)
  local least
  for _, row in ipairs(rows) do
    if row.kind == "row" and wanted(row) and (not least or row.median < least) then least = row.median end
  end
  return least
end

--- Adds statistics to each row, then the two ratios.
local function judge(rows)
  for _, row in ipairs(rows) do
    if row.kind == "row" then
      for name, value in pairs(report.statistics(row.times)) do row[name] = value end
      row.rate = row.bytes / row.median / 1e9
    end
  end
  for _, row in ipairs(rows) do
    if row.kind == "row" then
      local mode = row.mode == "native" and "oneshot" or row.mode
      local limit = fastest(rows, function(r) return r.role == "limit" and r.mode == mode and r.bytes == row.bytes end)
      local native = fastest(rows, function(r)
        return (r.role == "native" or r.role == "os") and r.bytes == row.bytes
          and r.host == (NATIVE_HOST[row.host] or row.host)
      end)
      row.of_limit = limit and limit / row.median
      if row.role ~= "limit" and row.role ~= "os" then row.over_native = native and native / row.median end
    end
  end
end

--- The cells of a row of the table.
local function cells(row)
  local first = { programs.size_text(row.bytes), ROLE_TEXT[row.role] or MODE_TEXT[row.mode], row.host, row.what }
  if row.kind == "skip" then
    return { runs_on = true, first[1], first[2], first[3], first[4], "0", row.reason }
  end
  return { first[1], first[2], first[3], first[4], tostring(row.n), report.seconds(row.median), report.seconds(row.min),
    report.number(row.rate), report.number(row.of_limit), report.number(row.over_native) }
end

--- The rows of one size: limits, then dgen and its peer, then what the hosts have of their own.
local function in_order(rows, bytes)
  local chosen = {}
  for _, wanted in ipairs { "limit", "oneshot", "stream", "native" } do
    for _, row in ipairs(rows) do
      local group = row.role == "limit" and "limit" or row.mode
      if row.bytes == bytes and group == wanted then chosen[#chosen + 1] = row end
    end
  end
  return chosen
end

local function print_table(rows, missing)
  local lines = {}
  for _, bytes in ipairs(SIZES) do
    if #lines > 0 then lines[#lines + 1] = {} end
    for _, row in ipairs(in_order(rows, bytes)) do lines[#lines + 1] = cells(row) end
  end
  report.table({ "size", "way", "host", "what", "n", "median", "min", "GB/s", "of limit", "x native" }, lines,
    { way = true, host = true, what = true })
  for _, absence in ipairs(missing) do print(("%s: not measured: %s"):format(absence.host, absence.reason)) end
end

local function json_rows(rows, missing)
  local list = {}
  for _, row in ipairs(rows) do
    list[#list + 1] = { { "role", row.role }, { "mode", row.mode }, { "host", row.host }, { "what", row.what },
      { "bytes", row.bytes }, { "n", row.n or 0 }, { "median_s", row.median }, { "min_s", row.min },
      { "mad_s", row.mad }, { "gb_per_s", row.rate }, { "of_limit", row.of_limit },
      { "over_native", row.over_native }, { "reason", row.reason } }
  end
  for _, absence in ipairs(missing) do
    list[#list + 1] = { { "host", absence.host }, { "n", 0 }, { "reason", absence.reason } }
  end
  return list
end

local function run(all)
  local rows, missing = {}, {}
  for _, host in ipairs(HOSTS) do
    for _, record in ipairs(all:measure(host, "about,limit,oneshot,stream,native", SIZES, RUNS)) do
      table.insert(record.kind == "missing" and missing or rows, record)
    end
  end
  all:end_progress()
  judge(rows)
  local fingerprint = machine.fingerprint(all.here, all.abouts)
  for _, pair in ipairs(fingerprint) do print(("%-17s %s"):format(pair[1], pair[2])) end
  print()
  print_table(rows, missing)
  local path = all.build .. "/bench/bytes.json"
  report.write_json(path, fingerprint, json_rows(rows, missing))
  print "\nGB = 1e9 bytes; n: runs, 0 if not measured; of limit: as a part of the fastest memset of the size;"
  print "x native: over the fastest random bytes of the same host (C: /dev/urandom; dgen-py: NumPy)"
  print("all of it, with deviations: " .. path)
end

return { run = run }
