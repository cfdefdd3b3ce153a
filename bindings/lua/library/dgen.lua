---@meta dgen

-- Help for `require "dgen"`, in the form that editors with the Lua language server read: all but quantization, which is
-- in the file beside this one, and the vector operations and distributions, whose help `make lua` makes from their
-- registries and puts beside a copy of this file. Every example runs as it stands; tests/lua/help.lua runs them.

---Synthetic data at the speed of memory: bytes of a chosen size, seed, redundancy and compressibility.
---
---Byte k of an object depends on its options alone: not on threads, chunks, the machine, or the language. Positions in
---an object count from 0, elements of an array from 1. A mistake is an error that names the option and what is legal.
---
---```lua
---local dgen = require "dgen"
---local x <close> = dgen.generate { size = 2^20, seed = 42, dedup_ratio = 2, compress_ratio = 3 }
---print(x, #x, x[1])
---assert(dgen.verify(x, { size = 2^20, seed = 42, dedup_ratio = 2, compress_ratio = 3 }).ok)
---```
---@class dgenlib
local dgen = {}

---@alias dgen.type "u8"|"i8"|"i16"|"u16"|"i32"|"u32"|"i64"|"f16"|"bf16"|"f32"|"f64"
---@alias dgen.number64 number|string a whole number from 0 to 2^64-1; from 2^63 up as "0x..." or decimal text

---What to generate. Any other name is an error.
---@class dgen.options
---@field size? number bytes of the whole object, 0 to 2^63; required by `generate` and `generator`
---@field seed? dgen.number64 default: a fresh one from the operating system; a generator tells it
---@field stream? dgen.number64 numbers independent streams of one seed: ranks, files, workers; default 0
---@field dedup_ratio? number 1 to 1e6: units of `block_size` bytes per distinct unit; default 1
---@field compress_ratio? number 1 to 25: how much every aligned block of 4 KiB to 1 MiB compresses at least; default 1
---@field block_size? number a power of two, 512 to 16 MiB; default 65536
---@field codec? "any"|"lz4"|"zstd"|"lz4+zstd"|"zlib" which compressors `compress_ratio` is held for; default "any"
---@field offset? number where in the object to start, 0 to size; default 0
---@field chunk_size? number bytes of a streaming step; default 32 MiB
---@field numa_mode? "auto"|"force"|"disabled"
---@field numa_node? number the NUMA node to place memory on
---@field max_threads? number 1 to 1024

---An array of numbers in memory of dgen, shared by its views. `#x`, `x[i]` and `x[i] = v` work as for a table: reading
---outside is nil, writing outside an error, and so is a value the type cannot hold. `pairs(x)` and `ipairs(x)` walk the
---elements; `x == y` compares type, shape and bytes; `local x <close>` and `x:close()` give the memory back at once.
---
---`x + y`, `x - y`, `x * y`, `x / y`, `x ^ y` and `-x` are the operations `add`, `sub`, `mul`, `div`, `pow` and `neg`, of
---arrays, lists of numbers, and numbers; see `dgen.operations`.
---
---```lua
---local dgen = require "dgen"
---local x = dgen.array({ 1, 2, 3 }, "f32")
---x[2] = 0.5
---assert(#x == 3 and x[2] == 0.5 and x[4] == nil)
---assert(x.type == "f32" and x.shape[1] == 3)
---for i, value in pairs(x) do print(i, value) end
---assert((1 / x)[2] == 2)
---```
---@class dgen.array
---@operator add(dgen.array|number[]|number): dgen.array
---@operator sub(dgen.array|number[]|number): dgen.array
---@operator mul(dgen.array|number[]|number): dgen.array
---@operator div(dgen.array|number[]|number): dgen.array
---@operator pow(dgen.array|number[]|number): dgen.array
---@operator unm: dgen.array
---@field type dgen.type
---@field shape integer[]
---@field [integer] number
local array = {}

---A view of elements i to j, counted as string.sub does; writing to it writes to the array. It keeps the memory alive
---when the array is closed.
---
---```lua
---local dgen = require "dgen"
---local x = dgen.array({ 1, 2, 3, 4 }, "u8")
---local last = x:slice(-2)
---last[1] = 30
---assert(x[3] == 30)
---```
---@param i? integer default 1
---@param j? integer default -1
---@return dgen.array
function array:slice(i, j) end

---Row i of an array of 2 dimensions, a view: its elements are as far apart as the columns. What wants plain bytes
---(`dgen.fill`, `dgen.verify`, `dgen.describe`, `reshape`, a generator's buffer) takes a copy of it.
---
---```lua
---local dgen = require "dgen"
---local x = dgen.array({ 1, 2, 3, 4, 5, 6 }):reshape(2, 3)
---x:row(2):fill(0)
---assert(x:row(1):sum() == 9 and x:sum() == 9)
---```
---@param i integer 1 to x.shape[1]
---@return dgen.array
function array:row(i) end

---Column j of an array of 2 dimensions, a view.
---
---```lua
---local dgen = require "dgen"
---local x = dgen.array({ 1, 2, 3, 4, 5, 6 }):reshape(2, 3)
---assert(x:column(2) == dgen.array { 3, 4 })
---```
---@param j integer 1 to x.shape[2]
---@return dgen.array
function array:column(j) end

---The same elements in memory of their own.
---
---```lua
---local dgen = require "dgen"
---local x = dgen.array({ 1, 2, 3 })
---local own = x:copy()
---own[1] = 10
---assert(x[1] == 1)
---```
---@return dgen.array
function array:copy() end

---The elements converted to another type. Floats round half to even; a value that does not fit is an error.
---
---```lua
---local dgen = require "dgen"
---local x = dgen.array({ 0.5, 1.5, 2.5 }):astype("i8")
---assert(x[1] == 0 and x[2] == 2 and x[3] == 2)
---```
---@param type dgen.type
---@return dgen.array
function array:astype(type) end

---A view with one to four dimensions of the same length, the first running fastest. Elements are still counted from 1
---to #x.
---
---```lua
---local dgen = require "dgen"
---local x = dgen.array({ 1, 2, 3, 4, 5, 6 }):reshape(2, 3)
---assert(x.shape[1] == 2 and x.shape[2] == 3 and x[6] == 6)
---```
---@param ... integer dimensions whose product is the length
---@return dgen.array
function array:reshape(...) end

---Elements i to j as a table, counted as string.sub does.
---
---```lua
---local dgen = require "dgen"
---assert(table.concat(dgen.array({ 1, 2, 3 }, "i32"):totable(2), " ") == "2 3")
---```
---@param i? integer default 1
---@param j? integer default -1
---@return number[]
function array:totable(i, j) end

---The bytes of elements i to j as a string, counted as string.sub does.
---
---```lua
---local dgen = require "dgen"
---assert(dgen.array({ 72, 105 }, "u8"):tostring() == "Hi")
---```
---@param i? integer default 1
---@param j? integer default -1
---@return string
function array:tostring(i, j) end

---Sets elements i to j to one value. Returns the array.
---
---```lua
---local dgen = require "dgen"
---local x = dgen.buffer(1000):fill(0):fill(255, 1, 10)
---assert(x[10] == 255 and x[11] == 0)
---```
---@param value number
---@param i? integer default 1
---@param j? integer default -1
---@return dgen.array
function array:fill(value, i, j) end

---Writes the bytes of elements i to j to an open file, without making a string of them. Returns how many bytes, or nil,
---a message and a number, as Lua's files do.
---
---```lua
---local dgen = require "dgen"
---local file = assert(io.tmpfile())
---assert(assert(dgen.generate({ size = 1000, seed = 1 }):write(file)) == 1000)
---```
---@param file file*
---@param i? integer default 1
---@param j? integer default -1
---@return integer? n_bytes
---@return string? message
---@return integer? number
function array:write(file, i, j) end

---Reads bytes of an open file into elements i to j. Returns how many bytes, fewer at the end of the file; or nil, a
---message and a number, as Lua's files do.
---
---```lua
---local dgen = require "dgen"
---local file, x = assert(io.tmpfile()), dgen.buffer(1000)
---file:write("abc")
---file:seek("set")
---assert(assert(x:read(file)) == 3 and x:tostring(1, 3) == "abc")
---```
---@param file file*
---@param i? integer default 1
---@param j? integer default -1
---@return integer? n_bytes
---@return string? message
---@return integer? number
function array:read(file, i, j) end

---Gives up this array; its memory goes back when no view needs it. Closing twice is harmless.
---
---```lua
---local dgen = require "dgen"
---local x = dgen.buffer(2^20)
---x:close()
---assert(not pcall(function() return x[1] end))
---```
function array:close() end

---A position in an object, whose bytes come in steps. Its options are fields: `g.size`, `g.seed`, `g.chunk_size` ...
---
---```lua
---local dgen = require "dgen"
---local g <close> = dgen.generator { size = 10^6, seed = 42, chunk_size = 2^16 }
---local total = 0
---for x in g:chunks() do total = total + #x end
---assert(total == g.size and g:done())
---```
---@class dgen.generator : dgen.options
local generator = {}

---Fills an array, of any type, with the next bytes. Returns how many, fewer at the end of the object; past it, an error.
---
---```lua
---local dgen = require "dgen"
---local g, buffer = dgen.generator { size = 5000, seed = 1 }, dgen.buffer(4096)
---assert(g:fill(buffer) == 4096 and g:fill(buffer) == 904 and g:done())
---```
---@param buf dgen.array
---@return integer n_bytes
function generator:fill(buf) end

---The next n bytes as a new array, fewer at the end of the object; past it, an error.
---
---```lua
---local dgen = require "dgen"
---local g = dgen.generator { size = 5000, seed = 1 }
---assert(#g:next(4096) == 4096 and #g:next() == 904)
---```
---@param n? integer default g.chunk_size
---@return dgen.array
function generator:next(n) end

---What is left, step by step, for a `for` loop. Every step fills one and the same buffer, yours if given, so copy what
---you keep; a last, shorter step is a view of it.
---
---```lua
---local dgen = require "dgen"
---for x in dgen.generator({ size = 10^6, seed = 1 }):chunks(dgen.buffer(4096)) do
---    assert(#x <= 4096)
---end
---```
---@param buf? dgen.array of type u8; default: a new one of chunk_size bytes
---@return fun(): dgen.array?
function generator:chunks(buf) end

---How many bytes of the object are behind.
---
---```lua
---local dgen = require "dgen"
---local g = dgen.generator { size = 5000, seed = 1 }
---g:next(100)
---assert(g:position() == 100)
---```
---@return integer
function generator:position() end

---Goes on from another position, 0 to g.size. Returns the generator.
---
---```lua
---local dgen = require "dgen"
---local g = dgen.generator { size = 5000, seed = 1 }
---local all = g:next(5000)
---assert(g:seek(4990):next() == all:slice(4991))
---```
---@param position integer
---@return dgen.generator
function generator:seek(position) end

---Goes back to where it began. Returns the generator.
---
---```lua
---local dgen = require "dgen"
---local g = dgen.generator { size = 5000, seed = 1 }
---local first = g:next(10)
---assert(g:reset():next(10) == first)
---```
---@return dgen.generator
function generator:reset() end

---Uses another seed from here on. Returns the generator.
---
---```lua
---local dgen = require "dgen"
---local g = dgen.generator { size = 5000, seed = 1 }
---assert(g:set_seed(2):next() == dgen.generate { size = 5000, seed = 2 })
---```
---@param seed dgen.number64
---@return dgen.generator
function generator:set_seed(seed) end

---True at the end of the object.
---
---```lua
---local dgen = require "dgen"
---local g = dgen.generator { size = 5000, seed = 1 }
---while not g:done() do g:next(1000) end
---```
---@return boolean
function generator:done() end

---Writes what is left to a file, which readers see as it was or as a whole. Returns how many bytes. The function
---`progress` is called with bytes done and to do now and then; if it returns false or raises an error nothing is written.
---
---```lua
---local dgen = require "dgen"
---local path = os.tmpname()
---local g = dgen.generator { size = 10^6, seed = 1, compress_ratio = 2 }
---local n = g:write_file(path, { progress = function(done, total) print(done * 100 // total .. " %") end })
---assert(n == 10^6)
---os.remove(path)
---```
---@param path string
---@param options? { progress?: fun(done: integer, total: integer): boolean? }
---@return integer n_bytes
function generator:write_file(path, options) end

---Gives up the generator. Closing twice is harmless.
---
---```lua
---local dgen = require "dgen"
---local g = dgen.generator { size = 5000 }
---g:close()
---```
function generator:close() end

---A generator at the start of an object, or at `offset`.
---
---```lua
---local dgen = require "dgen"
---local g = dgen.generator { size = 10^6 }
---print(g, g.seed)
---```
---@param options dgen.options
---@return dgen.generator
function dgen.generator(options) end

---Bytes offset to size of an object in a new u8 array.
---
---```lua
---local dgen = require "dgen"
---local x = dgen.generate { size = 2^20, seed = 42 }
---assert(#x == 2^20 and x.type == "u8")
---```
---@param options dgen.options
---@return dgen.array
function dgen.generate(options) end

---Fills an array, of any type, with the bytes of an object from `offset` on. Returns how many.
---
---```lua
---local dgen = require "dgen"
---local buffer = dgen.buffer(4096)
---dgen.fill(buffer, { seed = 42, offset = 2^40 })
---```
---@param buf dgen.array
---@param options? dgen.options
---@return integer n_bytes
function dgen.fill(buf, options) end

---An array of n elements with whatever is in its memory, to be filled.
---
---```lua
---local dgen = require "dgen"
---assert(#dgen.buffer(1000) == 1000 and dgen.buffer(10, "f32").type == "f32")
---```
---@param n integer
---@param type? dgen.type default "u8"
---@return dgen.array
function dgen.buffer(n, type) end

---A table of `count` arrays as dgen.buffer makes them.
---
---```lua
---local dgen = require "dgen"
---local queue = dgen.buffers(8, 2^16)
---assert(#queue == 8 and #queue[8] == 2^16)
---```
---@param count integer
---@param n integer
---@param type? dgen.type default "u8"
---@return dgen.array[]
function dgen.buffers(count, n, type) end

---An array of a table's numbers, or of n zeros.
---
---```lua
---local dgen = require "dgen"
---assert(dgen.array({ 1, 2, 3 }, "i16")[3] == 3)
---assert(dgen.array(1000)[1000] == 0)
---```
---@param values number[]|integer
---@param type? dgen.type default "f64"
---@return dgen.array
function dgen.array(values, type) end

---The same elements in memory of their own: detaches a view from the array it came from.
---
---```lua
---local dgen = require "dgen"
---local head = dgen.copy(dgen.generate({ size = 2^20 }):slice(1, 100))
---assert(#head == 100)
---```
---@param x dgen.array
---@return dgen.array
function dgen.copy(x) end

---@class dgen.verify_report
---@field ok boolean
---@field checked integer bytes compared
---@field bad_bytes integer bytes that differ
---@field first_bad? integer the first of them, counted from 1
---@field class? "bit flip"|"zeroed"|"misplaced"|"stale seed"|"truncated"|"unknown"
---@field from? integer of misplaced bytes: the position in the object where they belong

---Compares bytes with those of an object: the options it was made with, and the `offset` of the piece in hand.
---
---```lua
---local dgen = require "dgen"
---local x = dgen.generate { size = 10000, seed = 42 }
---x[5000] = x[5000] ~ 1
---local report = dgen.verify(x:slice(4001), { size = 10000, seed = 42, offset = 4000 })
---assert(not report.ok and report.first_bad == 1000 and report.class == "bit flip")
---```
---@param x dgen.array|string
---@param options dgen.options
---@return dgen.verify_report
function dgen.verify(x, options) end

---@class dgen.describe_report
---@field size integer
---@field block_size integer
---@field blocks integer a last, partial one counts
---@field entropy number bits a byte
---@field unique_blocks integer
---@field zero_blocks integer
---@field sampled_blocks integer how many blocks the ratios were estimated on
---@field lz_ratio number how much the blocks compress in the LZ4 format, each alone: over all
---@field lz_ratio_min number the worst
---@field lz_ratio_max number the best

---What any bytes are like.
---
---```lua
---local dgen = require "dgen"
---local report = dgen.describe(("abc"):rep(10000), { block_size = 3000 })
---assert(report.unique_blocks == 1 and report.lz_ratio > 10)
---```
---@param x dgen.array|string
---@param options? { block_size?: integer } 64 to 16777216; default 4096
---@return dgen.describe_report
function dgen.describe(x, options) end

---@class dgen.operation
---@field name string of the function and the method
---@field kind "elementwise"|"normalization"|"reduction"
---@field arguments string[] the first `arrays` of them arrays, the others numbers
---@field arrays integer
---@field defaults table<string, number> of the arguments that have one
---@field options string[] what the table after the arguments may hold
---@field formula string
---@field summary string
---@field error_f32 number elementwise: in ULP; reductions: in 2^-24 of the sum of the terms' magnitudes; 0: exact
---@field error_f64 number the same, in 2^-53

---The vector operations, each a function and a method of arrays.
---
---Operands are arrays of one shape, or of one dimension and the same length. A list of numbers counts as an f64 array,
---and where there are several operands all but one may be numbers. f16 and bf16 count as f32, integers as f64, f32 beside
---f64 as f64; a number beside an array takes the array's type. The last argument is a table of options: `out`, an array
---the result is written into, of the result's type and shape, which may be an operand itself; `nan = "ignore"`, where NaNs
---are not to spread; `max_threads`. Elementwise operations return an array, reductions a number, positions from 1.
---
---```lua
---local dgen = require "dgen"
---for _, operation in ipairs(dgen.operations()) do
---    print(operation.name .. "(" .. table.concat(operation.arguments, ", ") .. ")", operation.formula)
---end
---local x = dgen.array({ -1, 0, 1 }, "f32")
---assert(dgen.exp(x, { out = x }) == x and x[2] == 1)
---assert(dgen.max({ 1, 0 / 0, 2 }, { nan = "ignore" }) == 2)
---```
---@return dgen.operation[]
function dgen.operations() end

---Options of random values. Those of a distribution hold its parameters by name, too, and `n`.
---@class dgen.random_options
---@field type? "f64"|"f32"|"i32"|"i64"|"u8" default: by the distribution
---@field seed? dgen.number64 default: a fresh one from the operating system
---@field stream? dgen.number64 numbers independent streams of one seed; default 0
---@field offset? integer the first value is this one of the stream, from 0; default 0
---@field max_threads? integer 1 to 1024
---@field out? dgen.array an array to fill, of any shape, instead of a new one; n is then left out

---@class dgen.distribution
---@field name string of the function
---@field kind "real"|"whole"|"index"|"order"|"rows"
---@field parameters string[]
---@field defaults table<string, number> of the parameters that have one
---@field legal table<string, string> what each parameter must be
---@field summary string
---@field method string how, and after whom

---The distributions, each a function: `dgen.normal(n, mean, sd, options)`.
---
---`n` is how many, or a list of one to four dimensions. Parameters and options may stand by name in the table that comes
---last, or all in one table. A parameter is a number, an array or a list: value k then has element k of it, again from the
---front after its end. Value k of a call depends on seed, stream, distribution, its own parameters, type and k: not on
---threads, the machine, the language, or how many are asked for at a time; with `offset = k` a call goes on at value k.
---Distributions share no random bits, so that one seed serves them all.
---
---```lua
---local dgen = require "dgen"
---for _, distribution in ipairs(dgen.distributions()) do
---    print(distribution.name .. "(" .. table.concat(distribution.parameters, ", ") .. ")", distribution.summary)
---end
---local x = dgen.normal(10, 0, { 1, 100 }, { seed = 42, type = "f32" })
---assert(x:slice(5) == dgen.normal(6, { sd = { 1, 100 }, seed = 42, type = "f32", offset = 4 }))
---local y = dgen.buffer(10, "f32"):reshape(2, 5)
---dgen.normal { out = y, sd = { 1, 100 }, seed = 42 }
---assert(y:reshape(10) == x)
---```
---@return dgen.distribution[]
function dgen.distributions() end

---A distribution with its parameters and a position, which gives the next values again and again: those of one long call.
---Checks and tables are made once. Fields tell what it samples.
---
---```lua
---local dgen = require "dgen"
---local g <close> = dgen.sampler("gamma", { shape = 2, seed = 42 })
---local first, next = g:next(3), g:next(4)
---local all = dgen.gamma(7, 2, { seed = 42 })
---assert(all:slice(1, 3) == first and all:slice(4) == next)
---```
---@class dgen.sampler
---@field distribution string
---@field type dgen.type
---@field seed dgen.number64
---@field stream dgen.number64
---@field offset integer
---@field max_threads integer
local sampler = {}

---The next values as a new array.
---
---```lua
---local dgen = require "dgen"
---local g = dgen.sampler("poisson", { lambda = 3, seed = 42 })
---assert(#g:next(10) == 10 and g:next({ 2, 3 }).shape[2] == 3)
---```
---@param n integer|integer[] how many, or one to four dimensions
---@return dgen.array
function sampler:next(n) end

---Fills an array of the sampler's type with the next values. Returns the array.
---
---```lua
---local dgen = require "dgen"
---local g, x = dgen.sampler("normal", { mean = 100, type = "f32" }), dgen.buffer(1000, "f32")
---assert(g:fill(x):mean() > 99)
---```
---@param x dgen.array
---@return dgen.array x
function sampler:fill(x) end

---How many values of the stream lie before the next one.
---
---```lua
---local dgen = require "dgen"
---local g = dgen.sampler("normal", { offset = 5 })
---g:next(10)
---assert(g:position() == 15)
---```
---@return integer
function sampler:position() end

---Goes on from another value of the stream, counted from 0. Returns the sampler.
---
---```lua
---local dgen = require "dgen"
---local g = dgen.sampler("normal", { seed = 42 })
---assert(g:seek(1000):next(5) == dgen.normal(5, { seed = 42, offset = 1000 }))
---```
---@param position integer 0 to 2^53
---@return dgen.sampler
function sampler:seek(position) end

---Goes back to where it began. Returns the sampler.
---
---```lua
---local dgen = require "dgen"
---local g = dgen.sampler("normal")
---local first = g:next(10)
---assert(g:reset():next(10) == first)
---```
---@return dgen.sampler
function sampler:reset() end

---Gives up the sampler. Closing twice is harmless.
---
---```lua
---local dgen = require "dgen"
---local g = dgen.sampler("normal")
---g:close()
---assert(not pcall(g.next, g, 1))
---```
function sampler:close() end

---A sampler of one of the distributions whose values stand for themselves: all but permutation, sample and unit_vectors.
---Options are its parameters and those of random values, but `n` and `out`.
---
---```lua
---local dgen = require "dgen"
---local g = dgen.sampler("normal", { mean = 1, sd = { 1, 2, 3 }, seed = 42 })
---print(g) --> dgen.sampler: normal f64, seed 42, stream 0, at value 0
---```
---@param distribution string
---@param options? dgen.random_options
---@return dgen.sampler
function dgen.sampler(distribution, options) end

---A random number, as from `math.random`, with the same forms and errors: without arguments a float from 0 up to, and
---without, 1; `random(n)` an integer from 1 to n; `random(m, n)` from m to n, each as likely; `random(0)` an integer of 64
---random bits. Scripts take dgen's numbers after `math.random, math.randomseed = dgen.random, dgen.randomseed`.
---
---After `dgen.randomseed(seed, stream)` the floats are the values of `dgen.uniform(n, { seed = seed, stream = stream })`, one
---a call, and the integers of `random(0)` those of `dgen.integers(n, math.mininteger, math.maxinteger, ...)`. A number
---from m to n is m plus the high 64 bits of the product of the next such integer, unsigned, and n - m + 1, where integers
---that would make some numbers likelier are passed over (Lemire, Fast Random Integer Generation in an Interval, 2019).
---
---```lua
---local dgen = require "dgen"
---dgen.randomseed(42)
---local x = dgen.uniform(3, { seed = 42 })
---assert(dgen.random() == x[1] and dgen.random() == x[2])
---print(dgen.random(6), dgen.random(-5, 5))
---assert(dgen.random() == x[3])
---```
---@overload fun(): number
---@param m integer
---@param n? integer
---@return integer
function dgen.random(m, n) end

---Seeds `dgen.random`, as `math.randomseed` does, which may pass any integer: it counts by its 64 bits. Without a seed a fresh
---one is drawn from the operating system, as when dgen is loaded. Returns both parts, which make the same numbers again.
---
---```lua
---local dgen = require "dgen"
---local seed, stream = dgen.randomseed()
---local a = dgen.random()
---dgen.randomseed(seed, stream)
---assert(dgen.random() == a)
---```
---@param seed? integer|string
---@param stream? integer|string default 0
---@return integer seed
---@return integer stream
function dgen.randomseed(seed, stream) end

---The rows of a matrix, each over its Euclidean norm. A row of zeros stays as it is; one with a NaN or an infinity becomes
---NaN. Sums are taken in f64; f16 and bf16 count as f32, integers as f64.
---
---```lua
---local dgen = require "dgen"
---local x = dgen.array({ 3, 0, 4, 2 }):reshape(2, 2)
---assert(dgen.normalize_rows(x):row(1) == dgen.array { 0.6, 0.8 })
---dgen.normalize_rows(x, { out = x })
---assert(x[2] == 0 and x[4] == 1)
---```
---@param x dgen.array of two dimensions
---@param options? { out?: dgen.array, max_threads?: integer }
---@return dgen.array
function dgen.normalize_rows(x, options) end

---This build and machine: version, format, isa, isas, aes, threads, threads_why, cores, logical_cpus, nodes, huge_pages,
---pool_bytes, pool_cap.
---
---```lua
---local dgen = require "dgen"
---local info = dgen.system_info()
---print(info.isa, info.threads, info.threads_why)
---```
---@return table<string, any>
function dgen.system_info() end

---How many threads a call may use at most; with n, sets it (0: the default) and returns what it was.
---
---```lua
---local dgen = require "dgen"
---local before = dgen.threads(1)
---assert(dgen.threads() == 1)
---dgen.threads(before)
---```
---@param n? integer 0 to 1024
---@return integer
function dgen.threads(n) end

---The version of dgen.
---
---```lua
---local dgen = require "dgen"
---assert(dgen.version():match("^%d+%.%d+%.%d+$"))
---```
---@return string
function dgen.version() end

---Returns the memory kept for reuse to the operating system. Returns how many bytes.
---
---```lua
---local dgen = require "dgen"
---dgen.generate({ size = 2^20 }):close()
---assert(dgen.pool_trim() >= 2^20)
---```
---@return integer
function dgen.pool_trim() end

---How many bytes at most are kept for reuse; with a number, sets it and returns what it was.
---
---```lua
---local dgen = require "dgen"
---local before = dgen.pool_cap(2^28)
---assert(dgen.pool_cap(before) == 2^28)
---```
---@param bytes? integer
---@return integer
function dgen.pool_cap(bytes) end

return dgen
