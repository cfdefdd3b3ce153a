-- What is settled before quantizing: channels, timesteps, bits of layers.
local check = require "check"
local dgen = require "dgen"
local oracle = require "oracle"
local test, equal, raises = check.test, check.equal, check.raises
local NAN, INFINITY = 0 / 0, math.huge

test("equalized channels: their scales, and the product as it was", function()
    for _, kind in ipairs { "f32", "f64" } do
        local w, x = dgen.normal({ 6, 20 }, { seed = 1, type = kind }), dgen.cauchy({ 9, 20 }, { seed = 2, type = kind })
        local function most(a, j)
            local most = 0.0
            for i = 1, a.shape[1] do most = math.max(most, math.abs(a[(j - 1) * a.shape[1] + i])) end
            return most
        end
        for _, alpha in ipairs { 0, 0.5, 0.8, 1 } do
            local e = dgen.equalize(w, x, alpha)
            equal(e.w.type .. e.x.type .. e.scale.type .. e.inverse.type, kind .. kind .. "f32f32")
            local two = dgen.equalize(w, x, { alpha = alpha, power_of_two = true, max_threads = 1 })
            for j = 1, 20 do
                local wanted = most(x, j) ^ alpha / most(w, j) ^ (1 - alpha)
                equal(math.abs(e.scale[j] - wanted) <= 4 * oracle.ulp(wanted), true)
                equal(e.inverse[j], oracle.f32(1 / e.scale[j]))
                equal(math.log(two.scale[j], 2) % 1, 0.0)
                for i = 1, 6 do
                    local k = (j - 1) * 6 + i
                    local product = w[k] * e.scale[j]
                    equal(e.w[k], kind == "f32" and oracle.f32(product) or product)
                    equal(two.w[k] / two.scale[j], w[k])
                end
                for i = 1, 9 do equal(two.x[(j - 1) * 9 + i] * two.scale[j], x[(j - 1) * 9 + i]) end
            end
        end
        equal(dgen.equalize(w, x).w == dgen.equalize(w, x, 0.5).w, true)
        equal(dgen.equalize(w, x, nil, {}).w == dgen.equalize(w, x, { alpha = 0.5 }).w, true)
    end
    local dead = dgen.equalize({ { 0, 1 } }, { { 5, 0 } })
    equal(dead.scale == dgen.array({ 1, 1 }, "f32"), true)
    raises("alpha must be a number from 0 to 1", dgen.equalize, { { 1 } }, { { 1 } }, "a")
    raises("alpha must be a number from 0 to 1, not NaN", dgen.equalize, { { 1 } }, { { 1 } }, NAN)
    raises("power_of_two must be true or false", dgen.equalize, { { 1 } }, { { 1 } }, { power_of_two = 1 })
    raises('"power" is not an option of equalize; the options are alpha, power_of_two, max_threads', dgen.equalize, { { 1 } },
        { { 1 } }, 0.5, { power = 1 })
    raises("options must be a table", dgen.equalize, { { 1 } }, { { 1 } }, 0.5, 1)
    raises("w must be an array", dgen.equalize)
    raises("x must be an array", dgen.equalize, { { 1 } })
end)

-- The range of the timesteps of each group, from the table's own groups.
local function ranges_of(stats, steps)
    local least, most = {}, {}
    for i, row in ipairs(stats) do
        local g = steps.group[i]
        least[g], most[g] = math.min(least[g] or 0, row[2]), math.max(most[g] or 0, row[3])
    end
    return least, most
end

test("activation tables: groups, scales, zeros and what they are expected to lose", function()
    local stats = {}
    for i = 1, 40 do
        local spread = 1 + (i - 20) ^ 2 / 8
        stats[i] = { (i - 1) * 25, oracle.f32(-spread * (i % 3 + 1) / 3), oracle.f32(spread * (i % 5 + 1) / 5) }
    end
    local function noise_of(steps)
        local least, most = ranges_of(stats, steps)
        local sum = 0
        for i = 1, #stats do
            local g = steps.group[i]
            sum = sum + (most[g] - least[g]) ^ 2
        end
        return sum
    end
    for _, bits in ipairs { 8, 4, 2 } do
        for _, groups in ipairs { 1, 2, 7, 40 } do
            local even_ones = dgen.activation_table(stats, groups, "uniform", { bits = bits })
            local best = dgen.activation_table(stats, groups, "equal_range", { bits = bits })
            for _, steps in ipairs { even_ones, best } do
                local least, most = ranges_of(stats, steps)
                equal(#least, groups)
                local squares = 0
                for i = 1, #stats do
                    local g = steps.group[i]
                    equal(steps.timestep[i], stats[i][1] + 0.0)
                    equal(i == 1 and g == 1 or i > 1 and g - steps.group[i - 1] <= 1 and g >= steps.group[i - 1], true)
                    local s = oracle.scale_of(most[g] - least[g], (1 << bits) - 1, 16)
                    equal(steps.scale[i], s)
                    equal(steps.zero[i], oracle.even(-least[g] / s))
                    squares = squares + s * s
                end
                equal(steps.groups, groups)
                equal(steps.bits, bits)
                equal(steps.narrowed, 0)
                local noise = math.sqrt(squares / #stats / 12)
                equal(math.abs(steps.noise - noise) <= 1e-6 * noise, true)
                equal(steps.noise <= steps.noise_single * (1 + 1e-9), true)
            end
            for i = 1, 40 do -- group k begins at floor(k T / G)
                local g = even_ones.group[i] - 1
                equal(i - 1 >= g * 40 // groups and i - 1 < (g + 1) * 40 // groups, true)
            end
            equal(noise_of(best) <= noise_of(even_ones), true)
        end
    end
    -- All ways to part 12 timesteps into three.
    stats = table.move(stats, 15, 26, 1, {})
    local least_noise = INFINITY
    for a = 1, 10 do
        for b = a + 1, 11 do
            local of = {}
            for i = 1, 12 do of[i] = i <= a and 1 or i <= b and 2 or 3 end
            least_noise = math.min(least_noise, noise_of { group = of })
        end
    end
    local best = dgen.activation_table(stats, 3)
    equal(math.abs(noise_of(best) / least_noise - 1) < 1e-12, true)
    equal(best.method, "equal_range")
    equal(dgen.activation_table(stats).groups, 10)
    equal(dgen.activation_table({ { 0, -1, 1 } }).groups, 1)
    equal(dgen.activation_table(stats, { groups = 3, method = "uniform" }).method, "uniform")
    equal(dgen.activation_table(stats, 3, { method = "uniform", bits = 4 }).bits, 4)
    local smooth = dgen.activation_table(stats, 3, nil, { smoothing = 2 })
    equal(smooth.smoothing, 2)
    equal(smooth.scale == best.scale, false)
    raises('"colour" is not an option of activation_table; the options are groups, method, bits, smoothing', dgen.activation_table,
        stats, 3, "uniform", { colour = 1 })
    raises("stats must be an array", dgen.activation_table)
    raises("options must be a table", dgen.activation_table, stats, 3, "uniform", 8)
end)

test("activations have the scale of their timestep", function()
    local stats = { { 0, -1, 1 }, { 10, -2, 2 }, { 20, -8, 8 }, { 30, -8, 9 } }
    local times = { 0, 29.5, 1000, 10, 20, 9 }
    local x = dgen.normal({ 6, 50 }, 0, 2, { seed = 5, type = "f32" })
    local steps
    for _, bits in ipairs { 2, 4, 8 } do
        steps = dgen.activation_table(stats, 2, nil, { bits = bits })
        local top = (1 << bits) - 1
        for _, t in ipairs { times, dgen.array(times), dgen.array(times, "f32"), 12 } do
            local q = dgen.quantize_activations(x, t, steps)
            equal(q.axis, "row")
            equal(q.bits, bits)
            local clipped = 0
            for i = 1, 6 do
                local when, row = type(t) == "number" and t or times[i], 1
                for k, stat in ipairs(stats) do
                    if stat[1] <= when then row = k end
                end
                local s, zero = steps.scale[row], steps.zero[row]
                equal(q.scale[i], s)
                equal(q.zero[i], zero)
                local bytes = q.codes:column(i):tostring()
                for j = 1, 50 do
                    local w = x[(j - 1) * 6 + i]
                    local code = oracle.even(oracle.f32(w * oracle.f32(1 / s))) + zero
                    equal(oracle.code_at(bytes, j - 1, bits), math.max(0, math.min(top, code)))
                    if w < -zero * s - s / 2 or w > (top - zero) * s + s / 2 then clipped = clipped + 1 end
                end
            end
            equal(q.error.clipped, clipped)
        end
    end
    local copy = {}
    for name, value in pairs(steps) do copy[name] = value end
    oracle.same_quantized(dgen.quantize_activations(x, 5, copy), dgen.quantize_activations(x, 5, steps))
    equal(dgen.quantize_activations({ { 1, NAN } }, 0, steps, { nan = "zero" }).error.nonfinite, 1)
    local unmeasured = dgen.quantize_activations(x, 0, steps, { certificate = false, max_threads = 1 })
    equal(unmeasured.error.max ~= unmeasured.error.max, true)
    raises('"bits" is not an option of quantize_activations; the options are nan, certificate, max_threads',
        dgen.quantize_activations, x, 0, steps, { bits = 4 })
    raises("t must be an array or a number", dgen.quantize_activations, x, "0", steps)
    raises("table must be what activation_table returns", dgen.quantize_activations, x, 0)
    raises("table must be what activation_table returns", dgen.quantize_activations, x, 0, 5)
    for _, spoil in ipairs {
        { "bits", 3, "bits must be 8, 4 or 2, not 3" },
        { "scale", nil, "table.scale must be a dgen.array" },
        { "scale", steps.timestep, "table.scale must be f32, not f64" },
        { "zero", steps.zero:slice(2), "table.zero must have as many elements as table.timestep, 4, not 3" },
        { "method", "even", 'method must be "uniform" or "equal_range", not "even"' },
    } do
        local spoiled = {}
        for name, value in pairs(steps) do spoiled[name] = value end
        spoiled[spoil[1]] = spoil[2]
        raises(spoil[3], dgen.quantize_activations, x, 0, spoiled)
    end
end)

test("bits of layers by rules and by budget", function()
    local layers, names = {}, { "in.norm", "mid.proj", "mid.norm", "out" }
    for i, shape in ipairs { { 16, 64 }, { 64, 64 }, { 8, 256 }, { 100 } } do layers[i] = dgen.normal(shape, { seed = i }) end
    local function check_choice(choice)
        local total = 0
        for i, x in ipairs(layers) do
            total = total + choice.size[i]
            if choice.bits[i] == 16 then
                equal(choice.size[i], 2 * #x)
            else
                local q = dgen.quantize(x, { bits = choice.bits[i] })
                equal(choice.size[i], #q.codes + 4 * #q.scale + #q.zero)
                equal(math.abs(choice.rmse[i] - q.error.rmse) <= 1e-9 * q.error.rmse, true)
                equal(math.abs(choice.snr_db[i] - q.error.snr_db) <= 1e-9 * q.error.snr_db, true)
            end
        end
        return total
    end
    local function bits(choice) return table.concat(choice.bits, " ") end
    equal(bits(dgen.choose_bits(layers)), "8 8 8 8")
    equal(bits(dgen.choose_bits(layers, { bits = 4 })), "4 4 4 4")
    local rules = { { "*norm*", 16 }, { "mid.*", 8 }, { "o?t", 4 }, { "*", 2 } }
    equal(bits(dgen.choose_bits(layers, { names = names, rules = rules })), "16 8 16 4")
    equal(bits(dgen.choose_bits(layers, { names = names, rules = { { "*norm*", 2 } }, bits = 8 })), "2 8 2 8")
    check_choice(dgen.choose_bits(layers, { names = names, rules = rules }))
    local two = check_choice(dgen.choose_bits(layers, { bits = 2 }))
    local eight = check_choice(dgen.choose_bits(layers, { bits = 8 }))
    local before = -INFINITY
    for budget = two, eight + 100, 500 do
        local choice = dgen.choose_bits(layers, { budget = budget })
        equal(check_choice(choice) <= budget, true)
        local quality = 0
        for i = 1, #layers do quality = quality - 10 ^ (-choice.snr_db[i] / 10) end
        equal(quality >= before, true, "a larger budget loses no more")
        before = quality
    end
    equal(bits(dgen.choose_bits(layers, { budget = two })), "2 2 2 2")
    equal(bits(dgen.choose_bits(layers, { budget = eight })), "8 8 8 8")
    local list = dgen.quantize_batch(layers, { bits = dgen.choose_bits(layers, { budget = two + 2000 }).bits })
    equal(#list, 4)
    equal(pcall(dgen.choose_bits, layers, { budget = two - 1 }), false)
    raises("layers must be a list of arrays", dgen.choose_bits, 5)
    raises("names must be a list of texts, one for each of 4 layers", dgen.choose_bits, layers, { names = { "a" } })
    raises("names must be a list of texts, one for each of 4 layers", dgen.choose_bits, layers, { names = { "a", "b", "c", 4 } })
    raises("names must be a list of texts, one for each of 4 layers", dgen.choose_bits, layers, { names = "abcd" })
    for _, wrong in ipairs { 5, { "*" }, { { "*" } }, { { "*", "8" } }, { { 8, 8 } }, { { "*", 8, 9 } }, { { "a\0", 8 } } } do
        raises("rules must be a list of pairs, each a pattern and bits", dgen.choose_bits, layers, { rules = wrong })
    end
    equal(pcall(dgen.choose_bits, layers, { names = names, rules = { { "*", 3 } } }), false)
    raises("progress must be a function", dgen.choose_bits, layers, { progress = 1 })
    local ok, message = pcall(dgen.choose_bits, layers, { budget = two, progress = function() return false end })
    equal(ok, false)
    equal(message, "interrupted")
    raises("mine", dgen.choose_bits, layers, { budget = two, progress = function() error("mine", 0) end })
    local told
    dgen.choose_bits(layers, { budget = two, names = names, progress = function(done, total)
        told = done <= total
        for _, x in ipairs(layers) do x:close() end
        for i in ipairs(names) do names[i] = nil end
        collectgarbage()
    end })
    equal(told, true)
end)
