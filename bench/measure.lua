-- How a row is timed in Lua, and the lines in which it is told: the rule and the lines are those of measure.h.

local now = require "bench_clock"
local measure = {}

function measure.emit(...)
  io.write(table.concat({ ... }, "\t"), "\n")
  io.flush()
end

--- Seconds a call, over so many calls.
function measure.time(act, calls)
  local start = now()
  for _ = 1, calls do act() end
  return (now() - start) / calls
end

--- Calls act for so many seconds, at least once; the least time of a call.
function measure.warm(act, seconds)
  local start, least = now(), math.huge
  repeat least = math.min(least, measure.time(act, 1)) until now() - start >= seconds
  return least
end

--- The times of a call in at most `runs` batches, as text, and the least time of the warm-up. `pace`: seconds of the
--- warm-up, of a batch, and of all.
function measure.times(act, runs, pace)
  collectgarbage()
  local once, times = measure.warm(act, pace.warm), {}
  if once >= pace.row then
    times[1] = once
  else
    local calls = math.floor(pace.batch / math.max(once, 1e-9)) + 1
    for run = 1, math.max(1, math.min(runs, pace.row // once)) do times[run] = measure.time(act, calls) end
  end
  for run, seconds in ipairs(times) do times[run] = ("%.9g"):format(seconds) end
  return table.concat(times, " "), once
end

return measure
