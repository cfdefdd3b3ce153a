-- The programs that measure: how each is started, what it answers, and a word on the terminal while it works.
--
-- A program prints lines (see measure.h). Here each becomes a record of named fields, and a program that is not
-- installed or that fails becomes a `missing` record with the reason, so that nothing is left out in silence.

local now = require "bench_clock"
local programs = {}
programs.__index = programs

-- How lines are made of fields, after the word that says which kind of line it is.
local FIELDS = {
  row = { "role", "mode", "what", "host", "bytes", "times" },
  skip = { "role", "mode", "what", "host", "bytes", "reason" },
  value = { "host", "name", "number" },
  ratio = { "name", "median", "best", "ours", "other" },
  op = { "role", "host", "what", "type", "memory", "n", "times" },
  error = { "role", "host", "what", "type", "number" },
  working = { "host", "text" },
  nano = { "name", "median", "least", "other", "ratio" },
  load = { "median", "best", "bare" },
  about = { "name", "text" },
  doing = { "host", "what", "bytes" },
}

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end
programs.quote = quote

--- The output of a command, without its last line ends; nil if it fails or says nothing.
function programs.output(command)
  local pipe = io.popen(command .. " 2>/dev/null")
  local text = pipe:read "a":gsub("%s+$", "")
  return pipe:close() and text ~= "" and text or nil
end

function programs.size_text(bytes)
  for _, unit in ipairs { { 1 << 30, "GiB" }, { 1 << 20, "MiB" }, { 1 << 10, "KiB" } } do
    if bytes >= unit[1] and bytes % unit[1] == 0 then return ("%d %s"):format(bytes // unit[1], unit[2]) end
  end
  return ("%d B"):format(bytes)
end

--- `here` is this folder, `build` the one that everything was built into.
function programs.new(here, build)
  local self = setmetatable({ here = here, build = build, started = now(), abouts = {} }, programs)
  self.terminal = os.execute "test -t 2" == true
  self.lua = arg[-1] or "lua5.4"
  self.commands = {
    C = { run = quote(build .. "/bench/bytes") },
    Lua = { run = self.lua .. " " .. quote(here .. "/bytes.lua"), needs = self.lua },
    R = { run = "Rscript --vanilla " .. quote(here .. "/bytes.R"), needs = "Rscript" },
    Octave = { run = "octave-cli --no-history " .. quote(here .. "/bytes.m"), needs = "octave-cli" },
    Python = { run = "python3 " .. quote(here .. "/bytes.py"), needs = "python3" },
    figures = { run = quote(build .. "/bench/figures") },
    op_figures = { run = quote(build .. "/bench/op_figures") },
    random_figures = { run = quote(build .. "/bench/random_figures") },
    ["C random"] = { run = quote(build .. "/bench/random") },
    ["Lua random"] = { run = self.lua .. " " .. quote(here .. "/random.lua"), needs = self.lua },
    ["R random"] = { run = "Rscript --vanilla " .. quote(here .. "/random.R"), needs = "Rscript" },
    ["Octave random"] = { run = "octave-cli --no-history " .. quote(here .. "/random.m"), needs = "octave-cli" },
    ["Python random"] = { run = "python3 " .. quote(here .. "/random.py"), needs = "python3" },
    quantization_figures = { run = quote(build .. "/bench/quantization_figures") },
    ["C quantization"] = { run = quote(build .. "/bench/quantization") },
    ["Lua quantization"] = { run = self.lua .. " " .. quote(here .. "/quantization.lua"), needs = self.lua },
    ["R quantization"] = { run = "Rscript --vanilla " .. quote(here .. "/quantization.R"), needs = "Rscript" },
    ["Octave quantization"] = { run = "octave-cli --no-history " .. quote(here .. "/quantization.m"), needs = "octave-cli" },
    ["Python quantization"] = { run = "python3 " .. quote(here .. "/quantization.py"), needs = "python3" },
    ["C operations"] = { run = quote(build .. "/bench/operations") },
    ["Lua operations"] = { run = self.lua .. " " .. quote(here .. "/operations.lua"), needs = self.lua },
    ["R operations"] = { run = "Rscript --vanilla " .. quote(here .. "/operations.R"), needs = "Rscript" },
    ["Octave operations"] = { run = "octave-cli --no-history " .. quote(here .. "/operations.m"), needs = "octave-cli" },
    ["Python operations"] = { run = "python3 " .. quote(here .. "/operations.py"), needs = "python3" },
  }
  return self
end

--- Shows what is being measured: one line rewritten on a terminal, else a line each.
function programs:progress(text)
  if text == self.shown then return end
  self.shown = text
  local line = ("[%4.0f s] %s"):format(now() - self.started, text)
  io.stderr:write(self.terminal and "\r\27[K" .. line or line .. "\n")
end

function programs:end_progress()
  if self.terminal then io.stderr:write "\r\27[K" end
end

local function record_of(line)
  local fields, record = {}, {}
  for field in (line .. "\t"):gmatch "([^\t]*)\t" do fields[#fields + 1] = field end
  local names = FIELDS[fields[1]]
  if not names then return nil end
  record.kind = fields[1]
  for i, name in ipairs(names) do
    local text = fields[i + 1] or ""
    record[name] = name ~= "text" and name ~= "what" and tonumber(text) or text
  end
  if record.times then
    local times = {}
    for time in tostring(record.times):gmatch "%S+" do times[#times + 1] = tonumber(time) end
    record.times = times
  end
  return record
end

local function last_line(path)
  local last
  for line in io.lines(path) do
    if line:match "%S" then last = line end
  end
  return last
end

--- Runs one program and returns its records. Arguments are passed as they are; environment is a text of assignments.
function programs:run(name, arguments, environment)
  local command, records = self.commands[name], {}
  if command.needs and not programs.output("command -v " .. command.needs) then
    return { { kind = "missing", host = name, reason = command.needs .. " is not installed" } }
  end
  local errors = self.build .. "/bench/" .. name .. ".err"
  -- The module with the clock is found before all others; two semicolons stand for Lua's own path.
  -- An OpenMP team that has set memory must not go on spinning on the CPUs of what is measured next.
  local paths = ("OMP_WAIT_POLICY=passive PYTHONDONTWRITEBYTECODE=1 LUA_PATH=%s LUA_CPATH=%s\"${LUA_CPATH:-;}\""):format(
    quote(self.here .. "/?.lua;;"), quote(self.build .. "/bench/?.so;"))
  local quoted = {}
  for i, argument in ipairs(arguments) do quoted[i] = quote(tostring(argument)) end
  local pipe = io.popen(("%s %s %s %s 2>%s"):format(paths, environment or "", command.run, table.concat(quoted, " "),
    quote(errors)))
  self:progress(name)
  for line in pipe:lines() do
    local record = record_of(line)
    if record and record.kind == "doing" then
      self:progress(("%s: %s, %s"):format(record.host, record.what, programs.size_text(record.bytes)))
    elseif record and record.kind == "working" then
      self:progress(record.host .. ": " .. record.text)
    elseif record and record.kind == "about" then
      self.abouts[record.name] = record.text
    elseif record then
      records[#records + 1] = record
    end
  end
  if not pipe:close() then
    records[#records + 1] = { kind = "missing", host = name, reason = last_line(errors) or "it ended without a word" }
  end
  return records
end

--- Measures modes at sizes in one host.
function programs:measure(host, modes, sizes, runs) return self:run(host, { modes, table.concat(sizes, ","), runs }) end

return programs
