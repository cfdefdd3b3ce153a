# The operations: each row of the registry against R's own arithmetic, and what is R's alone: NA, names and dim, R's operators
# of dgen_arrays, out, and how little of all that is kept.

dgen_threads(2)
rows <- dgen_operations()
fn <- function(name) get(paste0("dgen_", name), envir = asNamespace("dgen"))
row_of <- function(name) rows[match(name, rows$name), ]
f32 <- function(x) as.double(dgen_array(x, "f32"))
says <- function(expression) tryCatch({ expression; "no error" }, dgen_error = conditionMessage)
bits <- function(x) writeBin(as.vector(x), raw())

# ----------------------------------------------------------------------------------------------- against R's arithmetic

with_sign <- function(x, y) abs(x) * ifelse(y < 0 | 1 / y < 0, -1, 1)
exponential_linear <- function(x, alpha) ifelse(x < 0, alpha * expm1(x), x)
error_function <- function(x) { # the series near 0, where 1 - pnorm loses digits
  terms <- lapply(0:20, function(n) (-1)^n * x^(2 * n + 1) / (factorial(n) * (2 * n + 1)))
  ifelse(abs(x) < 0.5, 2 / sqrt(pi) * Reduce(`+`, terms), sign(x) * (1 - 2 * pnorm(-sqrt(2) * abs(x))))
}
oracles <- list(
  add = function(x, y) x + y, sub = function(x, y) x - y, mul = function(x, y) x * y, div = function(x, y) x / y,
  fma = function(x, y, z) x * y + z, lerp = function(x, y, t) x + t * (y - x), minimum = pmin, maximum = pmax,
  copysign = with_sign, abs = abs, neg = function(x) -x, sqrt = sqrt, rsqrt = function(x) 1 / sqrt(x),
  recip = function(x) 1 / x, square = function(x) x * x, scale = function(x, factor) x * factor,
  clamp = function(x, min, max) pmin(pmax(x, min), max), floor = floor, ceil = ceiling, round = round, trunc = trunc,
  fract = function(x) x - trunc(x),
  sign = sign, pow = function(x, y) x^y, exp = exp, exp2 = function(x) 2^x, expm1 = expm1, log = log, log2 = log2,
  log10 = log10, log1p = log1p, sin = sin, cos = cos, tanh = tanh, sigmoid = plogis,
  erf = error_function, relu = function(x) pmax(x, 0),
  leaky_relu = function(x, slope = 0.01) ifelse(x < 0, slope * x, x),
  elu = function(x, alpha = 1) exponential_linear(x, alpha),
  selu = function(x) 1.0507009873554804934193349852946 * exponential_linear(x, 1.6732632423543772848170429916717),
  silu = function(x) x * plogis(x), gelu = function(x) x * pnorm(x),
  gelu_tanh = function(x) x * plogis(2 * sqrt(2 / pi) * (x + 0.044715 * x^3)),
  hardswish = function(x) x * pmin(pmax(x + 3, 0), 6) / 6, mish = function(x) x * tanh(log1p(exp(x))),
  softplus = function(x) log1p(exp(x)),
  dot = function(x, y) sum(x * y), sum = sum, sumsq = function(x) sum(x^2), mean = mean, var = var, sd = sd, min = min,
  max = max, argmin = which.min, argmax = which.max, norm_l1 = function(x) sum(abs(x)),
  norm_l2 = function(x) sqrt(sum(x^2)), norm_linf = function(x) max(abs(x)),
  logsumexp = function(x) max(x) + log(sum(exp(x - max(x)))),
  cosine = function(x, y) sum(x * y) / sqrt(sum(x^2) * sum(y^2)), distance_l2sq = function(x, y) sum((x - y)^2),
  zscore = function(x) (x - mean(x)) / sd(x), minmax_normalize = function(x) (x - min(x)) / (max(x) - min(x)),
  normalize = function(x) x / sqrt(sum(x^2))
)
expect_equal(setdiff(names(oracles), rows$name), character())

# Operands that f32 holds exactly: of both signs, but positive for functions that need it and for reductions, whose bounds
# are of the sum of magnitudes.
k <- 0:999
signed <- list(((k * 37) %% 1000 - 500.5) / 128, ((k * 61) %% 997 - 300) / 32, ((k * 7) %% 64) / 64)
positive_only <- c("log", "log2", "log10", "log1p", "sqrt", "rsqrt", "pow", rows$name[rows$kind == "reduction"])
arrays_of <- function(name) {
  x <- signed[seq_len(row_of(name)$arrays)]
  if (name %in% positive_only) x[[1]] <- abs(x[[1]])
  if (name %in% positive_only && row_of(name)$kind == "reduction") x <- lapply(x, abs)
  x
}
parameters <- list(scale = list(2.5), clamp = list(-1, 1))
in_f32 <- list(leaky_relu = list(f32(0.01))) # a number takes the array's type

# Errors in units in the last place of a type of so many digits, whose least normal number is 2^least.
ulps <- function(got, want, digits, least) {
  error <- abs(got - want) / 2^(pmax(floor(log2(abs(want))), least) - digits + 1)
  max(0, error[got != want & abs(want) < 2^(1 - least)], na.rm = TRUE)
}
# R's own formula is a few roundings from the truth in f64, which an exponential of 10 and more multiplies.
roundings <- function(name) if (name == "gelu_tanh") 24 else 8
for (name in intersect(rows$name, names(oracles))) {
  row <- row_of(name)
  arrays <- arrays_of(name)
  want <- do.call(oracles[[name]], c(arrays, parameters[[name]]))
  got <- do.call(fn(name), c(arrays, parameters[[name]]))
  expect_equal(length(got), length(want), info = name)
  expect_equal(is.na(got), is.na(want), info = name)
  if (row$error_f64 == 0 && row$kind != "normalization") expect_true(all(got == want), info = name)
  expect_true(ulps(got, want, 53, -1022) <= row$error_f64 + roundings(name), info = paste(name, ulps(got, want, 53, -1022)))

  if (!is.null(in_f32[[name]])) want <- do.call(oracles[[name]], c(arrays, in_f32[[name]]))
  typed <- do.call(fn(name), c(lapply(arrays, dgen_array), parameters[[name]]))
  expect_equal(is.double(typed), row$kind == "reduction", info = name)
  error <- ulps(as.double(typed), want, 24, -126)
  # Of several steps, each rounded: compared where R can round each, below.
  if (row$kind == "normalization" || name %in% c("fma", "lerp")) expect_true(error <= 64, info = name)
  else if (row$kind == "reduction") expect_true(error <= row$error_f32 + 1, info = paste(name, error))
  else expect_true(error <= max(row$error_f32, 0.5), info = paste(name, error))
}
x <- signed[[1]]; y <- signed[[2]]; t <- signed[[3]]
expect_identical(as.double(dgen_fma(dgen_array(x), dgen_array(y), dgen_array(t))), f32(f32(x * y) + t))
expect_identical(as.double(dgen_lerp(dgen_array(x), dgen_array(y), dgen_array(t))), f32(x + f32(t * f32(y - x))))
expect_identical(dgen_round(c(-2.5, -0.5, 0.5, 1.5)), c(-2, -0, 0, 2))
expect_identical(bits(dgen_neg(c(0, 1))), bits(c(-0, -1)))
expect_identical(dgen_leaky_relu(c(-1, 1), 0.5), c(-0.5, 1))
expect_identical(dgen_elu(-1, alpha = 0), -0)

# ------------------------------------------------------------------------------------------------------------ functions

for (name in rows$name) {
  formals <- formals(fn(name))
  expected <- strsplit(gsub(" = [^,]*", "", row_of(name)$arguments), ", ")[[1]]
  options <- c(if (row_of(name)$kind != "reduction") "out", if (row_of(name)$nan) "nan", "max_threads")
  expect_equal(names(formals), c(expected, "...", options), info = name)
}
expect_equal(formals(dgen_leaky_relu)$slope, 0.01)
expect_equal(names(rows), c("name", "kind", "arguments", "arrays", "nan", "formula", "summary", "error_f32", "error_f64"))
expect_equal(rows$arguments[rows$name == "leaky_relu"], "x, slope = 0.01")

# ------------------------------------------------------------------------------------------- operands of any type and NA

values <- c(0, 1, 2, 100)
expect_identical(dgen_add(as.integer(values), 1), values + 1)
expect_identical(dgen_add(as.raw(values), 1L), values + 1)
expect_identical(dgen_add(c(TRUE, FALSE), TRUE), c(2, 1))
for (type in c("i8", "i16", "u16", "u32", "i64")) expect_identical(dgen_add(dgen_array(values, type), 1), values + 1)
for (type in c("f16", "bf16", "f32")) expect_identical(dgen_add(dgen_array(values, type), 1), dgen_array(values + 1, "f32"))
integer64 <- structure(values * 2^-1074, class = "integer64") # the bytes are those of 64-bit integers
expect_identical(dgen_add(integer64, 1), values + 1)
expect_identical(dgen_add(values, structure(3 * 2^-1074, class = "integer64")), values + 3)
expect_true(grepl("y must lie from -2^53 to 2^53", fixed = TRUE,
  says(dgen_add(values, structure(1, class = "integer64")))))
buffer <- dgen_buffer(4)
buffer[] <- values
expect_identical(dgen_sum(buffer), sum(values))
close(buffer)
expect_equal(says(dgen_sum(buffer)), "x is closed")

expect_identical(dgen_add(c(1L, NA, 3L), 1), c(2, NA, 4))
expect_identical(dgen_add(c(TRUE, NA), 1L), c(2, NA))
expect_identical(dgen_add(c(1, 2), NA), c(NA_real_, NA_real_))
expect_identical(dgen_add(c(1, 2), NA_integer_), c(NA_real_, NA_real_))
expect_identical(dgen_scale(c(1, 2), NA), c(NA_real_, NA_real_))
na <- function(x) is.na(x) & !is.nan(x)
for (name in rows$name[rows$arrays == 1 & rows$kind != "normalization"]) {
  if (grepl("^arg", name)) next
  x <- c(0.5, NA, NaN, 2)
  got <- do.call(fn(name), c(list(x), parameters[[name]]))
  if (row_of(name)$kind == "reduction") expect_true(na(got), info = name)
  else expect_identical(c(na(got), is.nan(got)), c(na(x), is.nan(x)), info = name)
  got <- do.call(fn(name), c(list(c(1L, NA, 3L)), parameters[[name]]))
  expect_true(any(na(got)), info = name)
}
expect_true(all(na(c(dgen_mul(NA, 2), dgen_mul(2, NA), dgen_mul(c(1, NA), c(NaN, NaN))[2], dgen_dot(c(1, NA), c(1, 1))))))
expect_identical(dgen_pow(c(NA, 1), c(0, NA)), c(1, 1)) # as R has it
expect_identical(dgen_argmax(c(1, NA, 3)), 2)

# -------------------------------------------------------------------------------------------------- one element, and none

expect_identical(dgen_add(1, 2), 3)
expect_identical(dgen_sub(c(1, 2), 3), c(-2, -1))
expect_identical(dgen_sub(3, c(1, 2)), c(2, 1))
expect_identical(dgen_fma(2, c(1, 2), 1), c(3, 5))
expect_identical(dgen_add(numeric(), 1), numeric())
expect_identical(dgen_exp(integer()), numeric())
expect_identical(dgen_sum(numeric()), 0)
expect_equal(says(dgen_dot(c(1, 2), 3)), "y must have the shape of x, [2], not [1]")
single <- dgen_array(0.1)
expect_identical(dgen_add(single, 0.2), dgen_array(f32(0.1) + f32(0.2)))
expect_identical(dgen_add(0.2, single), dgen_array(f32(0.1) + f32(0.2)))
expect_identical(dgen_add(c(1, 2), single), c(1, 2) + f32(0.1))
expect_identical(dgen_add(single, dgen_array(c(1, 2))), dgen_array(f32(c(1, 2) + f32(0.1))))

# ---------------------------------------------------------------------------------------------------------- names and dim

x <- c(a = 1, b = 2)
m <- matrix(1:6 + 0, 2, dimnames = list(c("a", "b"), NULL))
expect_identical(dgen_square(x), x^2)
expect_identical(dgen_add(x, 1), x + 1)
expect_identical(dgen_add(1, x), 1 + x)
expect_identical(dgen_add(c(1, 2), x), c(1, 2) + x)
expect_identical(dgen_add(x, c(c = 1, d = 2)), x + c(c = 1, d = 2))
expect_identical(dgen_square(c(a = 1L, b = NA)), c(a = 1, b = NA))
expect_identical(dgen_square(m), m^2)
expect_identical(dgen_add(1, m), 1 + m)
expect_identical(dgen_mul(m, m), m * m)
expect_identical(dgen_add(1:6, m), 1:6 + m)
expect_identical(dgen_add(1, matrix(2)), 1 + matrix(2))
expect_identical(dgen_add(array(1:32, rep(2, 5)), 1), array(1:32, rep(2, 5)) + 1)
expect_identical(dgen_square(structure(c(1, 2), class = "difftime", units = "secs")), c(1, 4))
large <- matrix(1:4000 + 0, 50, dimnames = list(NULL, letters[rep(1:20, 4)]))
expect_identical(dgen_square(large), large^2)
expect_identical(dgen_array(m) * 2, dgen_array(m * 2))
expect_identical(dim(dgen_exp(dgen_array(large))), c(50L, 80L))
expect_identical(dgen_add(dgen_array(m), m), m * 2)
expect_equal(says(dgen_add(m, t(m))), "y must have the shape of x, [2, 3], not [3, 2]")

# ------------------------------------------------------------------------------------------------------------------ groups

x <- dgen_array(c(0.5, 1.5, 2.25), "f32")
y <- dgen_array(c(3, -1, 0.125), "f32")
v <- as.double(x)
w <- as.double(y)
for (operator in c("+", "-", "*", "/", "^")) {
  op <- match.fun(operator)
  expect_identical(op(x, y), dgen_array(op(v, w)), info = operator)
  expect_identical(op(x, 2), dgen_array(op(v, 2)), info = operator)
  expect_identical(op(2L, x), dgen_array(op(2, v)), info = operator)
  expect_identical(op(x, c(1, 2, 3)), op(v, c(1, 2, 3)), info = operator)
  expect_identical(op(dgen_array(c(1, 2), "i8"), dgen_array(c(2, 4), "u16")), op(c(1, 2), c(2, 4)), info = operator)
}
for (operator in c("==", "!=", "<", "<=", ">", ">=", "%%", "%/%", "&", "|")) {
  op <- match.fun(operator)
  expect_identical(op(x, y), op(v, w), info = operator)
  expect_identical(op(x, 1.5), op(v, 1.5), info = operator)
  expect_identical(op(1.5, x), op(1.5, v), info = operator)
}
expect_identical(-x, dgen_array(-v))
expect_identical(+x, x)
expect_identical(!x, !v)
expect_identical(dgen_array(m) > 2, unname(m) > 2)
expect_equal(says(x + c(1, 2)), "y must have the shape of x, [3], not [2]")
expect_equal(says(x + "a"), "y must be an array or a number")
for (name in c("exp", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tanh", "abs", "sqrt", "floor", "ceiling",
  "round", "trunc", "sign")) {
  got <- match.fun(name)(x)
  expect_true(inherits(got, "dgen_array"), info = name)
  expect_equal(as.double(got), match.fun(name)(v), tolerance = 2^-22, info = name)
}
for (name in c("tan", "cumsum", "gamma", "cosh", "atan")) expect_identical(match.fun(name)(x), match.fun(name)(v), info = name)
expect_identical(round(x, 1), round(v, 1))
expect_identical(log(x, 3), log(v, 3))
for (name in c("sum", "min", "max", "range", "prod")) {
  summary <- match.fun(name)
  expect_identical(summary(x), summary(v), info = name)
  expect_identical(summary(x, y, 1:3), summary(v, w, 1:3), info = name)
  holed <- dgen_array(c(v, NaN))
  expect_true(all(is.nan(summary(holed))), info = name)
  expect_identical(summary(holed, na.rm = TRUE), summary(v), info = name)
}
expect_identical(c(any(x > 1), all(x > 1), mean(x), mean(x, trim = 0.5)), c(1, 0, mean(v), median(v)))
expect_identical(mean(dgen_array(c(1, NaN, 2)), na.rm = TRUE), 1.5)

# ---------------------------------------------------------------------------------------------------------------- options

x <- dgen_array(c(1, 2, 3))
shown <- withVisible(dgen_square(x, out = x))
expect_false(shown$visible)
expect_identical(as.double(x), c(1, 4, 9))
expect_identical(shown$value, x)
buffer <- dgen_buffer(24)
view <- dgen_view(buffer, "f64")
dgen_add(c(1, 2, 3), 1, out = view)
expect_identical(readBin(buffer[], "double", 3), c(2, 3, 4))
dgen_square(view, out = dgen_view(view, "f64"))
expect_identical(view[1:3], c(4, 9, 16))
owned <- "out must be a dgen_array or a view of a dgen_buffer"
plain <- c(1, 2, 3)
generated <- dgen_view(dgen_generate(8000, seed = 1), "f64")
for (out in list(plain, generated, dgen_add(generated, 1), "a", 1:3, list()))
  expect_equal(says(dgen_add(plain, 1, out = out)), owned)
expect_identical(plain, c(1, 2, 3))
expect_equal(says(dgen_add(plain, 1, out = x)), "out must be f64, not f32")
expect_equal(says(dgen_add(plain, 1, out = buffer)), "out must be f64, not u8")
expect_true(startsWith(says(dgen_add(c(1, 2), 1, out = view)), "out must have the shape of the result"))
expect_equal(says(dgen_sum(plain, out = x)), "\"out\" is not an option of sum; the options are nan, max_threads")
expect_equal(says(dgen_exp(plain, 2)), "\"\" is not an option of exp; the options are max_threads")
expect_equal(class(tryCatch(dgen_clamp(plain, 2, 1), error = identity))[1], "dgen_error_invalid")
expect_equal(conditionCall(tryCatch(dgen_exp("a"), error = identity)), quote(dgen_exp("a")))
for (bad in list(NULL, "a", list(1), 1i, factor(1), quote(a), dgen_generator(1))) {
  expect_equal(says(dgen_exp(bad)), "x must be an array")
  expect_equal(says(dgen_scale(plain, bad)), "factor must be a number")
}

holed <- c(3, NaN, 1, NA)
expect_identical(dgen_sum(holed, nan = "ignore"), 4)
expect_identical(dgen_mean(holed, nan = "ignore"), 2)
expect_identical(dgen_max(holed, nan = "ignore"), 3)
expect_identical(dgen_argmin(holed, nan = "ignore"), 3)
expect_identical(dgen_minimum(holed, 2, nan = "ignore"), c(2, 2, 1, 2))
expect_identical(dgen_sum(c(1L, NA), nan = "ignore"), 1)
expect_identical(dgen_sum(plain, nan = NULL, max_threads = NULL), 6)

# --------------------------------------------------------------------------------------------------- large, and collected

x <- ((0:2999999 * 37) %% 1000 - 500.5) / 64
whole <- dgen_tanh(x, max_threads = 1)
expect_identical(bits(dgen_tanh(x, max_threads = 3)), bits(whole))
expect_identical(bits(dgen_tanh(x[1000001:1000100])), bits(whole[1000001:1000100]))
expect_identical(dgen_sum(x, max_threads = 1), dgen_sum(x, max_threads = 3))
expect_identical(x[1:2], c(-500.5, -463.5) / 64)
expect_equal(dgen_sum(as.integer(x)), sum(as.integer(x)))
x <- whole <- NULL

torture <- function() {
  gctorture(TRUE)
  on.exit(gctorture(FALSE))
  m <- matrix(c(1L, NA, 3L, 4L), 2, dimnames = list(c("a", "b"), NULL))
  f <- dgen_array(c(1, 2, 3), "f32")
  list(dgen_add(m, 1), dgen_add(c(a = 1L, b = NA), c(1L, NA)), f + 1, 2 * f, dgen_square(as.double(1:1000))[1000],
    dgen_sum(c(NA, TRUE), nan = "ignore"), dgen_square(f, out = f), says(dgen_exp("a")), nrow(dgen_operations()),
    as.double(dgen_square(dgen_array(as.double(1:2000)))[2000]))
}
expect_identical(torture(), list(matrix(c(2, NA, 4, 5), 2, dimnames = list(c("a", "b"), NULL)), c(a = 2, b = NA),
  dgen_array(c(2, 3, 4)), dgen_array(c(2, 4, 6)), 1e6, 1, dgen_array(c(1, 4, 9)), "x must be an array", nrow(rows), 4e6))

# 10,000 failing calls leave nothing behind, nor do as many that succeed
if (file.exists("/proc/self/status")) {
  resident <- function() {
    line <- grep("^VmRSS:", readLines("/proc/self/status"), value = TRUE)
    as.numeric(gsub("[^0-9]", "", line)) * 1024
  }
  numbers <- as.double(1:1e4)
  integers <- c(NA, 1:1e4)
  typed <- dgen_array(numbers)
  buffer <- dgen_buffer(1e4)
  calls <- function(times) {
    for (i in seq_len(times / 10)) {
      try(dgen_add(numbers, integers), silent = TRUE)
      try(dgen_add(typed, integers), silent = TRUE)
      try(dgen_clamp(numbers, 2, 1), silent = TRUE)
      try(dgen_sum(numbers, nan = 3), silent = TRUE)
      try(dgen_exp(integers, out = numbers), silent = TRUE)
      try(dgen_add(numbers, numbers, out = typed), silent = TRUE)
      try(dgen_dot(buffer, integers), silent = TRUE)
      try(typed + "a", silent = TRUE)
      try(dgen_max(dgen_add(numeric(), 1)), silent = TRUE)
      dgen_add(integers, buffer[[1]])
    }
    invisible(gc())
  }
  # R's heap settles after a round or two; what leaks grows in every round.
  growth <- Inf
  for (round in 1:5) {
    before <- resident()
    calls(10000)
    growth <- min(growth, resident() - before)
    if (growth < 2^20) break
  }
  expect_true(growth < 2^20)
}
dgen_threads(0)
