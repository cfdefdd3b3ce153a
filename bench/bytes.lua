-- The first table's rows in Lua: dgen through its shim, and Lua's own ways. Lines and timing rule: measure.h.
--
--     bytes.lua MODES SIZES RUNS    modes: about, oneshot, stream, native, objects, overhead, rss
--
-- native: 64-bit math.random words packed 64 at a time, the fastest way found to a string of random bytes, beside the
-- obvious one, a byte at a time, and a table of numbers.

local measures = require "measure"
local emit, time = measures.emit, measures.time
local PACE, SKIP_SECONDS, CHUNK_BYTES = { warm = 0.2, batch = 0.02, row = 2 }, 5, 32 << 20

--- Times one row, prints it, and returns the seconds of a call.
local function measure(role, mode, what, bytes, runs, act)
  emit("doing", "Lua", what, bytes)
  local times, once = measures.times(act, runs, PACE)
  emit("row", role, mode, what, "Lua", bytes, times)
  return once
end

local loaded, dgen = pcall(require, "dgen")
local modes = {}

function modes.about() emit("about", "Lua", (_VERSION:gsub("Lua ", ""))) end

--- Measures what needs dgen at each size, or says for each why not.
local function with_dgen(mode, what, sizes, act)
  for _, bytes in ipairs(sizes) do
    if loaded then act(bytes) else emit("skip", "dgen", mode, what, "Lua", bytes, (dgen:match "^[^\n:]*")) end
  end
end

function modes.oneshot(sizes, runs)
  with_dgen("oneshot", "dgen.generate", sizes, function(bytes)
    measure("dgen", "oneshot", "dgen.generate", bytes, runs, function() dgen.generate { size = bytes }:close() end)
  end)
end

--- A function that makes the next `bytes` bytes of an endless object, a chunk at a time into one buffer.
local function streamer(bytes)
  local generator = dgen.generator { size = 1 << 62 }
  local buffer = dgen.buffer(math.min(bytes, CHUNK_BYTES), "u8")
  local rest = bytes % CHUNK_BYTES > 0 and buffer:slice(1, bytes % CHUNK_BYTES)
  return function()
    for _ = 1, bytes // CHUNK_BYTES do generator:fill(buffer) end
    if rest then generator:fill(rest) end
  end
end

function modes.stream(sizes, runs)
  with_dgen("stream", "g:fill", sizes, function(bytes)
    measure("dgen", "stream", "g:fill", bytes, runs, streamer(bytes))
  end)
end

local function packed_words(bytes)
  local call = ("pack('%s', %srandom(0))"):format(("j"):rep(64), ("random(0), "):rep(63))
  local chunk = load("local random, pack = ... return function() return " .. call .. " end")(math.random, string.pack)
  local parts = {}
  for i = 1, bytes // 512 do parts[i] = chunk() end
  return table.concat(parts)
end

local function single_bytes(bytes)
  local parts, random, char = {}, math.random, string.char
  for i = 1, bytes do parts[i] = char(random(0, 255)) end
  return table.concat(parts)
end

local function table_of_words(bytes)
  local words, random = {}, math.random
  for i = 1, bytes // 8 do words[i] = random(0) end
  return words
end

function modes.native(sizes, runs)
  for _, way in ipairs {
    { "native", "math.random to string", packed_words },
    { "native", "math.random a byte", single_bytes },
    { "values", "math.random to table", table_of_words },
  } do
    local rate -- seconds a byte at the size before
    for _, bytes in ipairs(sizes) do
      local expected = (rate or 0) * bytes
      if expected > SKIP_SECONDS then
        emit("skip", way[1], "native", way[2], "Lua", bytes, ("not run: about %.0f s each"):format(expected))
      else
        rate = measure(way[1], "native", way[2], bytes, runs, function() way[3](bytes) end) / bytes
      end
    end
  end
end

--- Small objects: the size of one, filled again and again from one generator.
function modes.objects(sizes, runs)
  with_dgen("objects", "g:fill", sizes, function(bytes)
    measure("dgen", "objects", "g:fill", bytes, runs, streamer(bytes))
  end)
end

--- Seconds that a generate of few bytes costs over an empty function called in the same way: the least of each.
function modes.overhead(sizes, runs)
  local function empty() end
  with_dgen("overhead", "dgen.generate", sizes, function(bytes)
    local call, bare = math.huge, math.huge
    for _ = 1, 5 * runs do
      call = math.min(call, time(function() dgen.generate { size = bytes, seed = 42 } end, 20000))
      bare = math.min(bare, time(function() empty { size = bytes, seed = 42 } end, 20000))
    end
    emit("value", "Lua", "overhead", ("%.9g"):format(call - bare))
  end)
end

local function peak_bytes()
  for line in io.lines "/proc/self/status" do
    local kib = line:match "^VmHWM:%s*(%d+)"
    if kib then return tonumber(kib) * 1024 end
  end
end

--- How much streaming so many bytes adds to the peak of resident memory, the buffer included.
function modes.rss(sizes)
  with_dgen("rss", "g:fill", sizes, function(bytes)
    local before = peak_bytes()
    streamer(bytes)()
    emit("value", "Lua", "peak_growth", peak_bytes() - before)
  end)
end

local sizes = {}
for size in arg[2]:gmatch "%d+" do sizes[#sizes + 1] = math.tointeger(size) end
for mode in arg[1]:gmatch "%a+" do
  if modes[mode] then modes[mode](sizes, tonumber(arg[3])) end
end
