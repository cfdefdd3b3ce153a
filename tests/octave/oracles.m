## What each operation computes, by Octave's own functions: a struct of functions. Those of operations whose formula is
## rounded step by step are right to the bit in single and double; the others, given doubles, to some ULP of double.

function o = oracles ()
  negative = @(x) x < 0 | (x == 0 & 1 ./ x < 0);
  at_least_0 = @(x) merge (x < 0, cast (NaN, class (x)), x);
  finite = @(x) max (x, -realmax (class (x)));
  vanishing = @(x) finite (x) .* exp (x / 2) .* exp (x / 2); # x e^x
  o.add = @(x, y) x + y;
  o.sub = @(x, y) x - y;
  o.mul = @(x, y) x .* y;
  o.div = @(x, y) x ./ y;
  o.fma = @(x, y, z) x .* y + z;
  o.lerp = @(x, y, t) x + t .* (y - x);
  o.minimum = @(x, y) merge (x < y | (x == y & negative (x)), x, y);
  o.maximum = @(x, y) merge (x > y | (x == y & ! negative (x)), x, y);
  o.copysign = @(x, y) merge (negative (x) == negative (y), x, -x);
  o.abs = @abs;
  o.neg = @(x) -x;
  o.sqrt = @(x) sqrt (at_least_0 (x));
  o.rsqrt = @(x) 1 ./ sqrt (at_least_0 (x));
  o.recip = @(x) 1 ./ x;
  o.square = @(x) x .* x;
  o.scale = @(x, factor) x * factor;
  o.clamp = @(x, low, high) min (max (x, low), high);
  o.floor = @floor;
  o.ceil = @ceil;
  o.round = @(x) merge (abs (x - fix (x)) == 0.5, 2 * round (x / 2), round (x));
  o.trunc = @fix;
  o.fract = @(x) x - fix (x);
  o.sign = @(x) merge (x == 0, x, sign (x));
  power = @(x, y) merge (x < 0 & ! isinf (x) & fix (y) != y, NaN, abs (x) .^ y);
  o.pow = @(x, y) power (x, y) .* merge (negative (x) & mod (y, 2) == 1, -1, 1);
  o.exp = @exp;
  o.exp2 = @(x) 2 .^ x;
  o.expm1 = @expm1;
  o.log = @(x) log (at_least_0 (x));
  o.log2 = @(x) log2 (at_least_0 (x));
  o.log10 = @(x) log10 (at_least_0 (x));
  o.log1p = @(x) log1p (merge (x < -1, NaN, x));
  o.sin = @sin;
  o.cos = @cos;
  o.tanh = @tanh;
  o.sigmoid = @(x) merge (x < 0, exp (x) ./ (1 + exp (x)), 1 ./ (1 + exp (-x)));
  o.erf = @erf;
  o.relu = @(x) merge (x > 0, x, 0 * ones (size (x), class (x)));
  o.leaky_relu = @(x, slope) merge (x < 0, slope * x, x);
  o.elu = @(x, alpha) merge (x < 0, alpha * expm1 (x), x);
  o.selu = @(x) 1.0507009873554804934 * merge (x < 0, 1.6732632423543772848 * expm1 (x), x);
  o.silu = @(x) merge (x < 0, vanishing (x) ./ (1 + exp (x)), x ./ (1 + exp (-x)));
  o.gelu = @(x) finite (x) / 2 .* erfc (-x / sqrt (2));
  o.gelu_tanh = @(x) finite (x) ./ (1 + exp (-2 * sqrt (2 / pi) * (x + 0.044715 * x.^3)));
  o.hardswish = @(x) finite (x) .* (min (max (x + 3, 0), 6) / 6);
  o.softplus = @(x) max (x, 0) + log1p (exp (-abs (x)));
  o.mish = @(x) merge (x < -40, vanishing (x), x .* tanh (o.softplus (x)));

  o.dot = @(x, y) sum (x .* y);
  o.sum = @sum;
  o.sumsq = @(x) sum (x .^ 2);
  o.mean = @(x) sum (x) / numel (x);
  o.var = @(x) (numel (x) * sum (x .^ 2) - sum (x) ^ 2) / (numel (x) * (numel (x) - 1));
  o.sd = @(x) sqrt (o.var (x));
  o.min = @min;
  o.max = @max;
  o.argmin = @(x) nthargout (2, @min, x);
  o.argmax = @(x) nthargout (2, @max, x);
  o.norm_l1 = @(x) sum (abs (x));
  o.norm_l2 = @(x) sqrt (sum (x .^ 2));
  o.norm_linf = @(x) max (abs (x));
  o.logsumexp = @(x) max (x) + log (sum (exp (x - max (x))));
  o.cosine = @(x, y) sum (x .* y) / sqrt (sum (x .^ 2) * sum (y .^ 2));
  o.distance_l2sq = @(x, y) sum ((x - y) .^ 2);

  o.zscore = @(x) (x - o.mean (x)) / o.sd (x);
  o.minmax_normalize = @(x) (x - min (x)) / (max (x) - min (x));
  o.normalize = @(x) x / o.norm_l2 (x);
endfunction
