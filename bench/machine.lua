-- Where and with what a run was made: figures mean nothing without it.

local output = require("programs").output
local machine = {}

local FLAGS = { "sse4_2", "aes", "avx", "avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl", "vaes", "gfni",
  "hypervisor", "asimd", "sve" }

local function first_line(path)
  local file = io.open(path)
  local line = file and file:read "l"
  if file then file:close() end
  return line
end

--- The value of `key: value` in a file of the system.
local function entry(path, key)
  local file = io.open(path)
  local text = file and file:read "a" or ""
  if file then file:close() end
  return ("\n" .. text):match("\n" .. key .. "%s*:%s*([^\n]*)")
end

local function flags()
  local have, found = " " .. (entry("/proc/cpuinfo", "flags") or entry("/proc/cpuinfo", "Features") or "") .. " ", {}
  for _, flag in ipairs(FLAGS) do
    if have:find(" " .. flag .. " ", 1, true) then found[#found + 1] = flag end
  end
  return table.concat(found, " ")
end

--- Names and texts, in order. `folder` is in the repository; `abouts` is what the programs said of themselves.
function machine.fingerprint(folder, abouts)
  local pages = first_line "/sys/kernel/mm/transparent_hugepage/enabled"
  local changed = output("git -C '" .. folder .. "' status --porcelain --untracked-files=no") and " with changes" or ""
  local list = {
    { "cpu", entry("/proc/cpuinfo", "model name") or output "uname -m" },
    { "flags", flags() },
    { "cpus", output "getconf _NPROCESSORS_ONLN" },
    { "memory", entry("/proc/meminfo", "MemTotal") },
    { "kernel", output "uname -sr" },
    { "huge pages", pages and pages:match "%[(%w+)%]" },
    { "governor", first_line "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor" },
    { "load average", (first_line "/proc/loadavg" or ""):match "^%S+" },
    { "date", os.date "!%Y-%m-%dT%H:%M:%SZ" },
    { "commit", (output("git -C '" .. folder .. "' rev-parse --short=12 HEAD") or "none") .. changed },
  }
  for _, name in ipairs { "version", "format", "isa", "aes", "threads", "threads_why", "pool_cap" } do
    list[#list + 1] = { "dgen " .. name, abouts[name] }
  end
  for _, name in ipairs { "compiler", "Lua", "R", "Octave", "Python", "NumPy", "PyTorch", "dgen-py" } do
    list[#list + 1] = { name, abouts[name] or "not there" }
  end
  for _, pair in ipairs(list) do pair[2] = pair[2] or "unknown" end
  return list
end

return machine
