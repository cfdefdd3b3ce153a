--[[
What each operation computes, by Lua's own mathematics: references[name](r, x, y, z) for one element, where r rounds to
the type at hand (an operation of f32 is one of doubles, rounded: Figueroa, "When is double rounding innocuous?", 1995).
A second result is how many ULP of a double the reference itself may be off, beside what every one is allowed.
references.reductions[name](x, y) gets tables; its second result is the sum of the terms' magnitudes.
references.normalizations[name](x) gives a table.
]]
local abs, exp, log, sqrt, floor, ceil = math.abs, math.exp, math.log, math.sqrt, math.floor, math.ceil
local huge, pi = math.huge, math.pi

local function is_negative(x) return x < 0 or (x == 0 and 1 / x < 0) end
-- f of what is small enough to have a fraction; a zero has the sign of x.
local function whole(f)
    return function(_, x)
        if abs(x) >= 2 ^ 52 then return x end
        return f(x) == 0 and x * 0 or f(x) + 0.0
    end
end

-- W. Kahan's ways to e^x - 1 and ln (1 + x): the error of exp or of 1 + x cancels.
local function expm1(x)
    local u = exp(x)
    if u == 1 then return x end
    if u == 0 or u == huge then return u - 1 end
    return u - 1 == -1 and -1.0 or (u - 1) * x / log(u)
end
local function log1p(x)
    local u = 1 + x
    return (u == 1 or u == huge) and x or log(u) * x / (u - 1)
end
local function tanh(x)
    local t = expm1(2 * abs(x))
    local y = t == huge and 1.0 or t / (t + 2)
    return is_negative(x) and -y or y
end
local function sigmoid(x)
    local e = exp(-abs(x))
    return x < 0 and e / (1 + e) or 1 / (1 + e)
end

-- e^-x^2, the square split so that its rounding does not grow with x.
local function gaussian(x)
    if abs(x) > 40 then return 0.0 end
    local high = floor(x * 2 ^ 20 + 0.5) / 2 ^ 20
    return exp(-high * high) * exp((high - x) * (high + x))
end
-- The complement of erf for x >= 0: near 0 by its series, else by the trapezoidal rule, of which the step 1/2 leaves an
-- error below 1e-17 (F. Matta and A. Reichel, "Uniform computation of the error function", 1971).
local function erf_series(x)
    local term, sum, n = x, x, 0
    while term ~= 0 and abs(term) > abs(sum) * 2 ^ -60 do
        n = n + 1
        term = term * 2 * x * x / (2 * n + 1)
        sum = sum + term
    end
    return 2 / sqrt(pi) * gaussian(x) * sum
end
local function erfc(x)
    if x < 0.5 then return 1 - erf_series(x) end
    local sum = 0.5 / (x * x)
    for k = 1, 14 do sum = sum + exp(-k * k / 4) / (k * k / 4 + x * x) end
    local correction = x < 2 * pi and 2 / (exp(4 * pi * x) - 1) or 0
    return gaussian(x) * x / pi * sum - correction
end
local function erf(x)
    if abs(x) < 2 then return erf_series(x) end
    return x < 0 and erfc(-x) - 1 or 1 - erfc(x)
end
local function mish(x)
    if x < 0 then
        local n = exp(x) * (exp(x) + 2)
        return x * (n / (n + 2))
    end
    local d = exp(-x)
    return x * ((1 + 2 * d) / (1 + 2 * d + 2 * d * d))
end

local references = {
    add = function(r, x, y) return r(x + y) end,
    sub = function(r, x, y) return r(x - y) end,
    mul = function(r, x, y) return r(x * y) end,
    div = function(r, x, y) return r(x / y) end,
    fma = function(r, x, y, z) return r(r(x * y) + z) end,
    lerp = function(r, x, y, t) return r(x + r(t * r(y - x))) end,
    minimum = function(_, x, y) return (x < y or (x == y and is_negative(x))) and x or y end,
    maximum = function(_, x, y) return (x > y or (x == y and is_negative(y))) and x or y end,
    copysign = function(_, x, y) return is_negative(x) == is_negative(y) and x or -x end,
    abs = function(_, x) return abs(x) end,
    neg = function(_, x) return -x end,
    sqrt = function(r, x) return r(sqrt(x)) end,
    rsqrt = function(_, x) return 1 / sqrt(x) end,
    recip = function(r, x) return r(1 / x) end,
    square = function(r, x) return r(x * x) end,
    scale = function(r, x, factor) return r(x * r(factor)) end,
    clamp = function(_, x, low, high) return math.min(math.max(x, low), high) end,
    floor = whole(floor),
    ceil = whole(ceil),
    trunc = whole(function(x) return x < 0 and ceil(x) or floor(x) end),
    fract = function(r, x)
        if x == math.huge or x == -math.huge then return 0 / 0 end
        return r(x - (x < 0 and ceil(x) or floor(x)))
    end,
    round = whole(function(x)
        local n = floor(x)
        if x - n == 0.5 then return n + n % 2 end
        return x - n < 0.5 and n or n + 1
    end),
    sign = function(_, x) return x > 0 and 1.0 or x < 0 and -1.0 or x end,

    pow = function(_, x, y) return x ^ y end,
    exp = function(_, x) return exp(x) end,
    exp2 = function(_, x) return 2 ^ x end,
    expm1 = function(_, x) return expm1(x) end,
    log = function(_, x) return log(x) end,
    log2 = function(_, x) return log(x, 2) end,
    log10 = function(_, x) return log(x, 10) end,
    log1p = function(_, x) return log1p(x) end,
    sin = function(_, x) return math.sin(x) end,
    cos = function(_, x) return math.cos(x) end,
    tanh = function(_, x) return tanh(x) end,
    sigmoid = function(_, x) return sigmoid(x) end,
    erf = function(_, x) return erf(x), 8 end,

    relu = function(_, x) return x > 0 and x or 0.0 end,
    leaky_relu = function(r, x, slope) return x < 0 and r(r(slope or 0.01) * x) or x end,
    elu = function(r, x, alpha) return x < 0 and r(alpha or 1) * expm1(x) or x end,
    selu = function(_, x) return 1.0507009873554804934 * (x < 0 and 1.6732632423543772848 * expm1(x) or x) end,
    silu = function(_, x) return x * sigmoid(x) end,
    gelu = function(_, x)
        if x > 0 then return x / 2 * (1 + erf(x / sqrt(2))), 8 end
        return x / 2 * erfc(-x / sqrt(2)), 8 + 2 * x * x -- x / sqrt (2) is rounded, e^-x^2 / 2 steep
    end,
    gelu_tanh = function(_, x)
        local u = 2 * sqrt(2 / pi) * (x + 0.044715 * x * x * x)
        return x * sigmoid(u), 4 + 4 * abs(u)
    end,
    hardswish = function(_, x) return x * math.min(math.max(x + 3, 0), 6) / 6 end,
    mish = function(_, x) return mish(x) end,
    softplus = function(_, x) return math.max(x, 0) + log1p(exp(-abs(x))) end,
}

-- The sum of f (i) for i = 1 .. n, and of its magnitudes; with a running compensation (A. Neumaier, 1974).
local function total(n, f)
    local sum, lost, magnitude = 0.0, 0.0, 0.0
    for i = 1, n do
        local term = f(i)
        local new = sum + term
        lost = lost + (abs(sum) >= abs(term) and sum - new + term or term - new + sum)
        sum, magnitude = new, magnitude + abs(term)
    end
    return sum + lost, magnitude
end
local function sum_of_squares(x) return total(#x, function(i) return x[i] * x[i] end) end
local function mean(x)
    local sum, magnitude = total(#x, function(i) return x[i] end)
    return sum / #x, magnitude / #x
end
local function variance(x)
    local m = mean(x)
    return total(#x, function(i) return (x[i] - m) ^ 2 end) / (#x - 1)
end
local function best(x, better)
    local at = 1
    for i = 2, #x do if better(x[i], x[at]) then at = i end end
    return x[at], at
end
local function less(a, b) return a < b end
local function greater(a, b) return a > b end
local function single(f) return function(...) return (f(...)) end end

references.reductions = {
    dot = function(x, y) return total(#x, function(i) return x[i] * y[i] end) end,
    sum = function(x) return total(#x, function(i) return x[i] end) end,
    sumsq = sum_of_squares,
    mean = mean,
    var = variance,
    sd = function(x) return sqrt(variance(x)) end,
    min = single(function(x) return best(x, less) end),
    max = single(function(x) return best(x, greater) end),
    argmin = function(x) return (select(2, best(x, less))) end,
    argmax = function(x) return (select(2, best(x, greater))) end,
    norm_l1 = function(x) return total(#x, function(i) return abs(x[i]) end) end,
    norm_l2 = function(x) return sqrt((sum_of_squares(x))) end,
    norm_linf = function(x) return abs((best(x, function(a, b) return abs(a) > abs(b) end))) end,
    logsumexp = function(x)
        local most = best(x, greater)
        return most + log((total(#x, function(i) return exp(x[i] - most) end)))
    end,
    cosine = function(x, y)
        local product = total(#x, function(i) return x[i] * y[i] end)
        return product / sqrt((sum_of_squares(x))) / sqrt((sum_of_squares(y))), 1
    end,
    distance_l2sq = function(x, y) return total(#x, function(i) return (x[i] - y[i]) ^ 2 end) end,
}

local function each(x, f)
    local y = {}
    for i = 1, #x do y[i] = f(x[i]) end
    return y
end
references.normalizations = {
    zscore = function(x)
        local m, sd = mean(x), sqrt(variance(x))
        return each(x, function(v) return (v - m) / sd end)
    end,
    minmax_normalize = function(x)
        local low, high = best(x, less), best(x, greater)
        return each(x, function(v) return (v - low) / (high - low) end)
    end,
    normalize = function(x)
        local norm = sqrt((sum_of_squares(x)))
        return each(x, function(v) return v / norm end)
    end,
}

return references
