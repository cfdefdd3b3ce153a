---@meta _

-- Help for the quantization of `require "dgen"`, in the form of dgen.lua beside it.

---@class dgenlib
local dgen = {}

---An array, or a list of numbers, which counts as f64, or a list of rows of numbers, a matrix.
---@alias dgen.floats dgen.array|number[]|number[][]

---How to quantize.
---@class dgen.quantize_options
---@field bits? 8|4|2 of a code; default 8
---@field scheme? "asymmetric"|"symmetric" whether a group has a zero of its own; default "asymmetric"
---The codes of a symmetric scheme: as many below 0 as above; one more below; of 2 bits, -1.5, -0.5, 0.5 and 1.5 scales.
---@field range? "narrow"|"full"|"midrise" default "narrow"
---@field axis? "group"|"row"|"tensor" what has a scale of its own; default "group"
---@field group? integer elements of a row that share a scale, the last ones of a row fewer; default 128, or the whole row
---How scales are chosen: the range; of 16 the one of least squared error; the range without the largest elements.
---@field search? "minmax"|"mse"|"percentile" default "minmax"
---@field percentile? number 50 to 100: of elements that the range has at least; default 99.9
---What NaNs and infinities are: an error; 0 and the extremes of the group; 0.
---@field nan? "error"|"saturate"|"zero" default "error"
---@field exact? boolean elements are divided by the scale, not multiplied by its reciprocal: a bound of 1 ulp, not 2
---@field scale_type? "f32"|"f16" default "f32"
---@field rule? "dgen"|"ggml_q8_0"|"ggml_q4_0"|"ggml_q4_1" ggml's own codes and scales, which hold no bound; default "dgen"
---@field certificate? boolean whether the errors are measured; default true
---@field max_threads? integer 0 to 1024

---@class dgen.dequantize_options
---@field type? "f32"|"f64"|"f16"|"bf16" default that of `out`, or "f32"
---@field max_threads? integer
---@field out? dgen.array an array to fill

---How far what comes back is from what was quantized. NaN where it was not measured.
---@class dgen.certificate
---@field max number the largest error
---@field rmse number root mean square error
---@field snr_db number 10 log10 of the squares' sum over that of the errors
---@field cosine number
---@field clipped integer elements beyond the range of the codes by more than half a scale
---@field nonfinite integer NaNs and infinities, replaced

---A matrix of floats as codes of 8, 4 or 2 bits, with a scale and a zero for each group of a row: what comes back is
---(code - zero) * scale. An array of one dimension is one row. It is a table: with the fields of another, put
---together anew, all functions and methods take it.
---
---Where nothing clips, |w - w'| is at most scale / 2 and 2 ulp of w in f32. 0 comes back as 0, a constant group as
---its constant.
---
---```lua
---local dgen = require "dgen"
---local q = dgen.quantize({ { -1, 0, 0.5, 1 }, { 0, 0, 0, 0 } }, { bits = 4 })
---print(q) --> dgen.quantized: 4 bits, asymmetric, groups of 4 of 2 x 4, ...
---assert(#q.codes == 2 * 2 and #q.scale == 2 and q.error.max <= q.scale[1] / 2)
---local again = {}
---for name, value in pairs(q) do again[name] = value end
---assert(dgen.dequantize(again) == q:dequantize())
---```
---@class dgen.quantized
---@field codes dgen.array u8 of bytes a row x rows: element j in bits j * bits and up, the lowest of a byte first
---@field scale dgen.array f32 or f16 of groups a row x rows
---@field zero dgen.array u8, of the shape of scale
---@field bits 8|4|2
---@field scheme "asymmetric"|"symmetric"|"offset" the last: code * scale + zero, of floats, as ggml's Q4_1
---@field range "narrow"|"full"|"midrise"
---@field axis "group"|"row"|"tensor"
---@field group integer
---@field shape integer[]
---@field error dgen.certificate
local quantized = {}

---The method form of `dgen.dequantize`.
---
---```lua
---local dgen = require "dgen"
---local q = dgen.quantize({ -127, 5, 127 }, { scheme = "symmetric" })
---assert(q:dequantize("f64") == dgen.array { -127, 5, 127 })
---```
---@param type? dgen.dequantize_options|"f32"|"f64"|"f16"|"bf16"
---@return dgen.array
function quantized:dequantize(type) end

---The method form of `dgen.unpack`.
---
---```lua
---local dgen = require "dgen"
---local q = dgen.quantize({ 0, 1, 2, 3 }, { bits = 2 })
---assert(q:unpack() == dgen.array({ 0, 1, 2, 3 }, "u8"))
---```
---@param options? { max_threads?: integer, out?: dgen.array }
---@return dgen.array
function quantized:unpack(options) end

---The method form of `dgen.repack`.
---
---```lua
---local dgen = require "dgen"
---local q = dgen.quantize(dgen.normal({ 4, 64 }), { bits = 4, group = 32 })
---assert(q:repack("onnx").packing == "onnx")
---```
---@param packing string
---@return dgen.packed
function quantized:repack(packing) end

---Closes codes, scale and zero, which gives their memory back at once, as does the end of `local q <close>`.
---
---```lua
---local dgen = require "dgen"
---local q = dgen.quantize { 1, 2, 3 }
---q:close()
---assert(tostring(q) == "dgen.quantized: closed")
---```
function quantized:close() end

---Codes of 8, 4 or 2 bits for an array of f32, f64, f16 or bf16, which is read where it lies. Every result has the
---same bits on any machine, for any number of threads, in any language.
---
---```lua
---local dgen = require "dgen"
---local w = dgen.normal({ 64, 256 }, { type = "f32", seed = 42 })
---local q = dgen.quantize(w, { bits = 4, group = 64, search = "mse" })
---print(q, q.error.rmse)
---assert(dgen.cosine(w:reshape(64 * 256), q:dequantize():reshape(64 * 256)) > 0.99)
---```
---@param x dgen.floats
---@param options? dgen.quantize_options
---@return dgen.quantized
function dgen.quantize(x, options) end

---What a quantized array stands for, in the shape of what was quantized: f32, in which it is exact, unless another
---type is asked for.
---
---```lua
---local dgen = require "dgen"
---local q = dgen.quantize({ 0.5, -0.25, 1 }, { bits = 8 })
---local x = dgen.dequantize(q)
---assert(x.type == "f32" and math.abs(x[1] - 0.5) <= q.scale[1] / 2)
---dgen.dequantize(q, { out = x })
---assert(dgen.dequantize(q, "f64")[3] == x[3])
---```
---@param q dgen.quantized
---@param type? dgen.dequantize_options|"f32"|"f64"|"f16"|"bf16"
---@return dgen.array
function dgen.dequantize(q, type) end

---The codes one a byte, in the shape of what was quantized.
---
---```lua
---local dgen = require "dgen"
---local q = dgen.quantize({ -3, 0, 3 }, { bits = 4, scheme = "symmetric" })
---assert(dgen.unpack(q) == dgen.array({ 1, 8, 15 }, "u8"))
---```
---@param q dgen.quantized
---@param options? { max_threads?: integer, out?: dgen.array }
---@return dgen.array
function dgen.unpack(q, options) end

---@class dgen.batch_options: dgen.quantize_options
---@field bits? integer|integer[] the same for all layers, or one each
---Called between layers with elements done and to do; false cancels.
---@field progress? fun(done: integer, total: integer): boolean?

---Quantizes many arrays in one call: all of them, or none.
---
---```lua
---local dgen = require "dgen"
---local layers = { dgen.normal({ 16, 64 }), dgen.normal({ 4, 64 }), { 1, 2, 3 } }
---local list = dgen.quantize_batch(layers, { bits = { 8, 4, 2 }, progress = function(done, total) print(done, total) end })
---assert(#list == 3 and list[2].bits == 4)
---```
---@param list dgen.floats[]
---@param options? dgen.batch_options
---@return dgen.quantized[]
function dgen.quantize_batch(list, options) end

---@alias dgen.packing "dgen"|"ggml_q8_0"|"ggml_q4_0"|"ggml_q4_1"|"gptq"|"gptq_v2"|"onnx"

---A quantized matrix in the layout of another program. ggml: `codes` are its blocks, row after row, with their
---scales. GPTQ: qweight, f16 scales, qzeros (less 1 in "gptq"). ONNX: B, scales and zero_points of MatMulNBits. What
---a layout lacks is nil.
---
---```lua
---local dgen = require "dgen"
---local q = dgen.quantize(dgen.normal({ 2, 64 }), { rule = "ggml_q4_0" })
---local p = q:repack("ggml_q4_0")
---print(p) --> dgen.packed: ggml_q4_0, 4 bits, groups of 32 of 2 x 64
---assert(#p.codes == 2 * 2 * 18)
---```
---@class dgen.packed
---@field packing dgen.packing
---@field bits 8|4|2
---@field group integer
---@field shape integer[]
---@field codes dgen.array
---@field scale? dgen.array
---@field zero? dgen.array
local packed = {}

---The method form of `dgen.repack`.
---
---```lua
---local dgen = require "dgen"
---local q = dgen.quantize(dgen.normal({ 2, 64 }), { rule = "ggml_q8_0" })
---assert(q:repack("ggml_q8_0"):repack("dgen").codes == q.codes)
---```
---@param packing dgen.packing
---@return dgen.quantized|dgen.packed
function packed:repack(packing) end

---Closes the arrays.
---
---```lua
---local dgen = require "dgen"
---local p <close> = dgen.quantize(dgen.normal({ 2, 64 }), { rule = "ggml_q8_0" }):repack("ggml_q8_0")
---p:close()
---```
function packed:close() end

---To the layout of another program, without loss, or an error that says what the layout cannot hold; and with "dgen"
---back. The certificate of what comes back is NaN: it has nothing to be compared with.
---
---```lua
---local dgen = require "dgen"
---local q = dgen.quantize(dgen.normal({ 32, 64 }), { bits = 4, group = 32, scale_type = "f16" })
---local p = dgen.repack(q, "gptq_v2")
---assert(p.codes.type == "i32" and dgen.repack(p, "dgen").codes == q.codes)
---```
---@param q dgen.quantized|dgen.packed
---@param packing dgen.packing
---@return dgen.packed|dgen.quantized
function dgen.repack(q, packing) end

---@class dgen.equalized
---@field w dgen.array
---@field x dgen.array
---@field scale dgen.array f32, of each channel
---@field inverse dgen.array f32

---Channel equalization (SmoothQuant, arXiv 2211.10438): column j of the weights w is multiplied by max |X_j|^alpha /
---max |W_j|^(1 - alpha), column j of the activations x by its inverse, so that the product stays and large channels
---share their range.
---
---```lua
---local dgen = require "dgen"
---local w, x = { { 1, 1 }, { -1, 0.5 } }, { { 100, 1 }, { -50, 0.5 } }
---local e = dgen.equalize(w, x, 0.5, { power_of_two = true })
---assert(e.scale[1] == 8 and e.inverse[1] == 1 / 8 and e.w:row(2)[1] == -8)
---```
---@param w dgen.floats
---@param x dgen.floats with as many columns
---@param alpha? number 0 to 1; default 0.5
---@param options? { power_of_two?: boolean, max_threads?: integer } powers of two as scales lose nothing
---@return dgen.equalized
function dgen.equalize(w, x, alpha, options) end

---Scales and zeros of activations over the timesteps of a diffusion model, in groups of neighbours (Q-DiT, arXiv
---2406.17343; TQ-DiT, arXiv 2502.04056).
---@class dgen.activation_table
---@field timestep dgen.array f64, ascending
---@field group dgen.array i32, the number of its group, from 1
---@field scale dgen.array f32
---@field zero dgen.array u8
---@field bits 8|4|2
---@field groups integer
---@field method "uniform"|"equal_range"
---@field smoothing integer
---@field narrowed integer timesteps whose own range smoothing has cut
---@field noise number root mean square over timesteps of scale / sqrt(12)
---@field noise_single number the same of one group of all timesteps

---@class dgen.table_options
---@field groups? integer
---@field method? "uniform"|"equal_range"
---@field bits? 8|4|2 default 8
---@field smoothing? integer over so many timesteps on each side of a boundary the range goes over; default 0

---A table of activation scales from what was seen at each timestep.
---
---```lua
---local dgen = require "dgen"
---local stats = { { 0, -1, 1 }, { 10, -2, 2 }, { 20, -8, 8 }, { 30, -8, 9 } }
---local t = dgen.activation_table(stats, 2, "equal_range", { bits = 8 })
---assert(t.group[2] == 1 and t.group[3] == 2 and t.noise < t.noise_single)
---```
---@param stats dgen.floats rows of a timestep, ascending, the least and the largest activation seen at it
---@param groups? integer default 10, or as many as there are timesteps
---@param method? "uniform"|"equal_range" as many timesteps in each, or the least noise; default "equal_range"
---@param options? dgen.table_options
---@return dgen.activation_table
function dgen.activation_table(stats, groups, method, options) end

---Quantizes activations by the table: row i of x was seen at timestep t[i], or all at t, and has the scale and zero
---of the last timestep of the table that is not after it.
---
---```lua
---local dgen = require "dgen"
---local steps = dgen.activation_table({ { 0, -1, 1 }, { 10, -8, 8 } }, 2)
---local q = dgen.quantize_activations({ { 0.5, -1 }, { 6, 7 } }, { 3, 12 }, steps)
---assert(q.axis == "row" and q.scale[1] == steps.scale[1] and q.scale[2] == steps.scale[2])
---```
---@param x dgen.floats
---@param t number|dgen.floats
---@param table dgen.activation_table
---@param options? { nan?: "error"|"saturate"|"zero", certificate?: boolean, max_threads?: integer }
---@return dgen.quantized
function dgen.quantize_activations(x, t, table, options) end

---@class dgen.choose_options: dgen.quantize_options
---@field budget? integer bytes that codes, scales and zeros of all layers may take; default: no limit
---@field names? string[] one a layer, for the rules
---Pairs of a pattern, in which * is any characters and ? is one, and bits: 2, 4, 8, or 16 for a layer that stays as it
---is. The first that fits holds.
---@field rules? { [1]: string, [2]: integer }[]
---@field progress? fun(done: integer, total: integer): boolean? false cancels

---@class dgen.bits_choice
---@field bits integer[] one a layer, as `quantize_batch` takes them
---@field size integer[] bytes
---@field rmse number[]
---@field snr_db number[]

---Bits for each of a model's layers: of all choices that fit the budget, one of little error over the layers. Without
---a budget, rules decide, and `bits` for the others.
---
---```lua
---local dgen = require "dgen"
---local layers = { dgen.normal({ 16, 64 }), dgen.normal({ 16, 64 }, 0, 100) }
---local choice = dgen.choose_bits(layers, { budget = 2000, names = { "in.norm", "out" }, rules = { { "*norm*", 8 } } })
---assert(choice.bits[1] == 8 and choice.size[1] + choice.size[2] <= 2000)
---local list = dgen.quantize_batch(layers, { bits = choice.bits })
---```
---@param layers dgen.floats[]
---@param options? dgen.choose_options
---@return dgen.bits_choice
function dgen.choose_bits(layers, options) end

---Hands an array or a quantized one to another library of the process by the Arrow C data interface, without a copy:
---fills the library's structs, or makes two, which it returns. `string.format("%p", ...)` tells their addresses; what
---no library has taken over the collector releases. A list of numbers is copied.
---
---```lua
---local dgen = require "dgen"
---local x = dgen.array { 1, 2, 3 }
---local array, schema = dgen.arrow_export(x)
---print(("ArrowArray at %p, ArrowSchema at %p"):format(array, schema))
---local y = dgen.arrow_import(array, schema)
---x[2] = 20
---assert(y[2] == 20)
---```
---@param x dgen.floats|dgen.quantized
---@param array_address? integer|string|userdata of a struct ArrowArray: a number, "0x..." text, light userdata
---@param schema_address? integer|string|userdata the same of its struct ArrowSchema
---@return userdata? array
---@return userdata? schema
function dgen.arrow_export(x, array_address, schema_address) end

---Takes both structs over and gives what they hold, without a copy: an array, or a quantized one. It may be read, not
---written, unless it is known who else has it. Nulls and types that dgen has not are errors.
---
---```lua
---local dgen = require "dgen"
---local q = dgen.arrow_import(dgen.arrow_export(dgen.quantize({ 1, 2, 3 }, { bits = 4 })))
---assert(q.bits == 4 and #q.codes == 2)
---```
---@param array_address integer|string|userdata
---@param schema_address integer|string|userdata
---@return dgen.array|dgen.quantized
function dgen.arrow_import(array_address, schema_address) end

return dgen
