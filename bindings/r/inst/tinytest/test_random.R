# Random values: what a user can type, the types and shapes that come back, in place and in part, and how little of it all is
# kept. That the values are those of C, Lua and Octave is shown by tests/cross_hosts.sh, and what bad input says by
# tests/test_r.R.

dgen_threads(2)
rows <- dgen_distributions()
fn <- function(name) get(paste0("dgen_", name), envir = asNamespace("dgen"))
says <- function(expression) tryCatch({ expression; "no error" }, dgen_error = conditionMessage)
class_of <- function(expression) tryCatch(expression, dgen_error = function(e) paste(class(e)[1], e$argument))

# What the parameters without a default are here.
given <- list(gamma = list(2), beta = list(2, 3), chisq = list(5), t = list(5), geometric = list(0.3), poisson = list(4),
  binomial = list(10, 0.3), bernoulli = list(0.4), integers = list(1, 6), categorical = list(c(1, 2, 7)),
  permutation = list(50), sample = list(50, 20), unit_vectors = list(10, 4))
shaped <- function(name) !rows$kind[rows$name == name] %in% c("order", "rows")
draw <- function(name, n, ...) {
  do.call(fn(name), c(if (shaped(name)) list(n), given[[name]], list(...)))
}

# ----------------------------------------------------------------------------------------------- the registry's functions

expect_equal(names(rows), c("name", "kind", "parameters", "legal", "types", "summary", "method"))
expect_equal(rows$parameters[rows$name == "normal"], "mean = 0, sd = 1")
expect_equal(rows$parameters[rows$name == "sample"], "n, k")
expect_true(all(nzchar(unlist(rows))))
for (i in seq_along(rows$name)) {
  parameters <- strsplit(gsub(" = [^,]*", "", rows$parameters[i]), ", ")[[1]]
  options <- c("type", "seed", "stream", if (rows$kind[i] != "order") "offset",
    if (rows$name[i] == "uniform") c("resolution", "engine"), "max_threads", "out")
  expect_equal(names(formals(fn(rows$name[i]))), c(if (shaped(rows$name[i])) "n", parameters, "...", options), info = rows$name[i])
}
expect_equal(formals(dgen_normal)[c("mean", "sd")], as.pairlist(list(mean = 0, sd = 1)), check.attributes = FALSE)

# Each type of each distribution: the class that R has for it, and values that depend on seed and stream.
plain <- function(x) if (inherits(x, "dgen_array")) as.double(x) else as.double(as.vector(x))
for (name in rows$name) for (type in strsplit(rows$types[rows$name == name], " ")[[1]]) {
  what <- paste(name, type)
  x <- draw(name, 2000, type = type, seed = 1)
  class <- switch(type, f64 = "double", i32 = "integer", u8 = "raw", "dgen_array")
  expect_equal(if (inherits(x, "dgen_array")) "dgen_array" else typeof(x), class, info = what)
  if (class == "dgen_array") expect_equal(attr(x, "type"), type, info = what)
  expect_equal(length(x), if (shaped(name)) 2000 else Reduce(`*`, list(permutation = 50, sample = 20, unit_vectors = c(10, 4))[[name]]),
    info = what)
  expect_identical(x, draw(name, 2000, type = type, seed = 1, max_threads = 1), info = what)
  expect_false(identical(x, draw(name, 2000, type = type, seed = 2)), info = what)
  expect_false(identical(x, draw(name, 2000, type = type, seed = 1, stream = 1)), info = what)
  expect_true(all(is.finite(plain(x))), info = what)
}
for (name in rows$name) {
  default <- strsplit(rows$types[rows$name == name], " ")[[1]][1]
  expect_identical(draw(name, 100, seed = 1), draw(name, 100, seed = 1, type = default), info = name)
  expect_false(identical(draw(name, 100), draw(name, 100)), info = name) # a fresh seed each
  expect_identical(draw(name, 100, seed = 1, type = NULL, stream = NULL, max_threads = NULL, out = NULL),
    draw(name, 100, seed = 1), info = name)
}

# Whole numbers are the same in every type; positions count from 1.
for (name in rows$name[rows$kind %in% c("whole", "index", "order")]) {
  x <- draw(name, 500, seed = 3)
  expect_true(is.integer(x), info = name)
  for (type in c("i64", "u8", "f64", "f32")) expect_identical(plain(draw(name, 500, seed = 3, type = type)), as.double(x),
    info = paste(name, type))
}
expect_identical(sort(dgen_permutation(1000, seed = 1)), 1:1000)
expect_equal(length(unique(dgen_sample(1000, 400, seed = 1))), 400)
expect_true(all(dgen_sample(1000, 400, seed = 1) %in% 1:1000))
expect_true(all(dgen_categorical(1000, c(0, 1, 0, 2), seed = 1) %in% c(2L, 4L)))
expect_true(all(dgen_categorical(10, 3, seed = 1) == 1L))
expect_true(all(dgen_bernoulli(1000, 0.5, seed = 1) %in% 0:1))
expect_true(all(dgen_integers(1000, -3, 2, seed = 1) %in% -3:2))
expect_identical(dgen_permutation(0), integer())
expect_identical(dgen_sample(5, 0), integer())

# --------------------------------------------------------------------------------------------------------------- shapes

for (name in c("normal", "poisson", "categorical")) for (type in c("f64", "f32")) {
  x <- draw(name, c(3, 4), seed = 1, type = type)
  expect_identical(dim(x), c(3L, 4L), info = name)
  expect_identical(plain(x), plain(draw(name, 12, seed = 1, type = type)), info = name)
  expect_identical(dim(draw(name, c(2L, 3L, 2L, 2L), type = type)), c(2L, 3L, 2L, 2L), info = name)
  expect_null(dim(draw(name, 12, type = type)), info = name)
  expect_equal(length(draw(name, c(0, 3), type = type)), 0, info = name)
}
expect_identical(dim(dgen_poisson(c(2, 5), 3, type = "u8")), c(2L, 5L))
expect_identical(dim(dgen_normal(c(100, 70), seed = 1)), c(100L, 70L)) # beyond a small result
expect_identical(as.vector(dgen_normal(c(100, 70), seed = 1)), dgen_normal(7000, seed = 1)[])
expect_identical(dim(dgen_normal(c(100, 70), type = "f32")), c(100L, 70L))
expect_identical(dgen_normal(0), numeric())
expect_identical(dgen_normal(5L, seed = 1), dgen_normal(5, seed = 1))
expect_identical(dgen_normal(structure(5 * 2^-1074, class = "integer64"), seed = 1), dgen_normal(5, seed = 1))
expect_identical(dim(dgen_unit_vectors(7, 3)), c(7L, 3L))
expect_identical(dim(dgen_unit_vectors(7, 3, type = "f64")), c(7L, 3L))
expect_true(is.matrix(dgen_unit_vectors(100, 60, type = "f64", seed = 1)))
expect_equal(says(dgen_normal(numeric())), "n must be 1 to 4 dimensions, not 0")
expect_equal(says(dgen_normal(c(3, NA))), "n must be a whole number from 0 to 2147483647, not NaN")
expect_equal(says(dgen_normal(c(2, 2^31))), "n must be a whole number from 0 to 2147483647, not 2147483648")
expect_equal(class_of(dgen_normal(factor(3))), "dgen_error_type n")
expect_equal(class_of(dgen_normal(NULL)), "dgen_error_type n")
expect_equal(class_of(dgen_normal(2^50)), "dgen_error_memory size")

# ---------------------------------------------------------------------------------------------------------- parameters

x <- dgen_normal(10, c(0, 100, NA)[1:2], 1:5, seed = 1)
expect_identical(x, dgen_normal(10, rep(c(0, 100), 5), rep(1:5, 2) + 0, seed = 1))
expect_identical(x, dgen_normal(10, c(0L, 100L), as.raw(1:5), seed = 1))
expect_identical(x, dgen_normal(10, dgen_array(c(0, 100)), dgen_array(1:5, "i64"), seed = 1))
expect_identical(x, dgen_normal(10, sd = 1:5, mean = structure(c(0, 100) * 2^-1074, class = "integer64"), seed = 1))
buffer <- dgen_buffer(5)
buffer[] <- 1:5
expect_identical(x, dgen_normal(10, c(0, 100), buffer, seed = 1))
close(buffer)
expect_equal(says(dgen_normal(10, 0, buffer)), "sd is closed")
expect_identical(dgen_poisson(3, 5, seed = 1), dgen_poisson(3, c(5, 5, 5), seed = 1))
expect_identical(dgen_bernoulli(3, TRUE, seed = 1), c(1L, 1L, 1L))
expect_identical(dgen_integers(20, 1, 6, seed = 1), dgen_integers(20, 1L, 6L, seed = 1))
expect_equal(says(dgen_normal(3, NA)), "mean must be a finite number, not NaN")
expect_equal(says(dgen_normal(3, NA_integer_)), "mean must be a finite number, not NaN")
expect_equal(says(dgen_normal(3, c(1L, NA))), "mean must be a finite number; element 2 is NaN")
expect_equal(says(dgen_normal(3, c(TRUE, NA))), "mean must be a finite number; element 2 is NaN")
na64 <- structure(-0, class = "integer64") # the bytes of the least 64-bit integer, which is NA to package bit64
expect_equal(says(dgen_normal(3, na64)), "mean must be a finite number, not NaN")
expect_equal(says(dgen_integers(3, na64, 5)), "min must be a whole number from -2^63 to 2^63 - 1, not NaN")
for (bad in list("a", list(1), 1i, factor(1), quote(a), NULL)) {
  expect_equal(says(dgen_normal(3, bad)), "mean must be a number or an array")
  expect_equal(says(dgen_categorical(3, bad)), "weights must be an array of finite numbers from 0 up, not all 0")
}
expect_equal(says(dgen_sample(c(3, 4), 2)), "n must be a number")
expect_equal(says(dgen_normal(3, numeric())), "mean must have at least one element")
expect_equal(class(tryCatch(dgen_normal(3, sd = -1), error = identity))[1], "dgen_error_invalid")
expect_equal(conditionCall(tryCatch(dgen_normal(3, sd = -1), error = identity)), quote(dgen_normal(3, sd = -1)))
expect_error(dgen_normal(), "\"n\" is missing")
expect_equal(says(dgen_normal(3, 0, 1, 2)), paste("\"\" is not an option of normal; the options are mean, sd, type, seed,",
  "stream, offset, max_threads"))

# 64 bits, by text, integer64 and i64
i64 <- function(bytes) dgen_view(as.raw(bytes), "i64")
beyond <- i64(c(1, 0, 0, 0, 0, 0, 0x20, 0)) # 2^53 + 1
for (min in list("0x20000000000001", "9007199254740993", beyond, structure(readBin(as.raw(beyond), "double"), class = "integer64"))) {
  x <- dgen_integers(4, min, min, seed = 1)
  expect_equal(attr(x, "type"), "i64")
  expect_identical(as.raw(x), rep(as.raw(beyond), 4))
}
expect_identical(as.raw(dgen_integers(1, "-9007199254740993", "-9007199254740993")), as.raw(c(255, 255, 255, 255, 255, 255, 0xDF, 255)))
expect_identical(as.raw(dgen_integers(1, "-0x8000000000000000", "-0x8000000000000000")), as.raw(c(0, 0, 0, 0, 0, 0, 0, 128)))
expect_identical(as.raw(dgen_integers(1, "0x7FFFFFFFFFFFFFFF", "0x7FFFFFFFFFFFFFFF")), as.raw(c(rep(255, 7), 127)))
for (bad in c("0x8000000000000000", "-0x8000000000000001", "1.5", "", "-", "--1", "a"))
  expect_equal(says(dgen_integers(1, bad, 5)), "min must be a whole number from -2^63 to 2^63 - 1", info = bad)
expect_true(is.integer(dgen_integers(2, -2^31 + 1, 2^31 - 1)))
expect_equal(attr(dgen_integers(2, 0, 2^31), "type"), "i64")

# ------------------------------------------------------------------------------------------------------------- options

expect_identical(dgen_normal(9, seed = "0x2A"), dgen_normal(9, seed = 42))
expect_identical(dgen_normal(9, seed = structure(42 * 2^-1074, class = "integer64")), dgen_normal(9, seed = 42L))
expect_false(identical(dgen_normal(9, seed = "0xFFFFFFFFFFFFFFFF"), dgen_normal(9, seed = "0xFFFFFFFFFFFFFFFE")))
expect_false(identical(dgen_normal(9, seed = 1, stream = "0xFFFFFFFFFFFFFFFF"), dgen_normal(9, seed = 1)))
for (name in rows$name[rows$kind %in% c("real", "whole", "index")]) {
  whole <- draw(name, 5000, seed = 5)[]
  expect_identical(draw(name, 100, seed = 5, offset = 1234)[], whole[1235:1334], info = name)
  expect_identical(draw(name, 4000, seed = 5, offset = 1000)[], whole[1001:5000], info = name)
}
expect_identical(dgen_uniform(4, 2, 3, seed = 1), 2 + dgen_uniform(4, seed = 1))
expect_false(identical(dgen_uniform(4, seed = 1, resolution = "full"), dgen_uniform(4, seed = 1)))
expect_identical(dgen_uniform(4, seed = 1, resolution = "standard", engine = "dgen"), dgen_uniform(4, seed = 1))

# The engine "r" is R's own.
kinds <- RNGkind()
for (seed in c(0, 1, 42, 2^31 - 1, -5)) {
  set.seed(seed, kind = "Mersenne-Twister")
  x <- runif(2000)
  seed <- seed %% 2^32
  expect_identical(dgen_uniform(2000, seed = seed, engine = "r")[], x, info = seed)
  expect_identical(dgen_uniform(5, seed = seed, engine = "r", offset = 1000), x[1001:1005], info = seed)
  expect_identical(dgen_next(dgen_sampler("uniform", seed = seed, engine = "r"), 5), x[1:5], info = seed)
}
set.seed(42)
expect_identical(runif(5, -2, 3), dgen_uniform(5, -2, 3, seed = 42, engine = "r"))
RNGkind(kinds[1], kinds[2])

# ------------------------------------------------------------------------------------------------------------- in place

x <- dgen_array(numeric(5), "f32")
shown <- withVisible(dgen_normal(out = x, seed = 1))
expect_false(shown$visible)
expect_identical(x, dgen_normal(5, type = "f32", seed = 1))
expect_identical(shown$value, x)
dgen_normal(, 10, 2, out = x, seed = 1)
expect_identical(x, dgen_normal(5, 10, 2, type = "f32", seed = 1))
counts <- dgen_array(numeric(6), "i64")
dgen_poisson(lambda = 3, out = counts, seed = 1)
expect_identical(as.double(counts), as.double(dgen_poisson(6, 3, seed = 1)))
buffer <- dgen_buffer(8000)
view <- dgen_view(buffer, "f64")
dgen_gamma(shape = 2, out = view, seed = 1)
expect_identical(view[], dgen_gamma(1000, 2, seed = 1)[])
dgen_integers(min = 0, max = 255, out = buffer, seed = 1)
expect_identical(buffer[], dgen_integers(8000, 0, 255, type = "u8", seed = 1)[])
order <- dgen_view(buffer, "i32")
dgen_permutation(2000, out = order, seed = 1)
expect_identical(order[], dgen_permutation(2000, seed = 1)[])
dgen_unit_vectors(250, 4, out = view, seed = 1)
expect_identical(view[], as.vector(dgen_unit_vectors(250, 4, type = "f64", seed = 1)))
owned <- "out must be a dgen_array or a view of a dgen_buffer"
numbers <- c(1, 2, 3)
for (out in list(numbers, dgen_normal(1000), dgen_view(dgen_generate(8000), "f64"), "a", 1:3, list()))
  expect_equal(says(dgen_normal(out = out)), owned)
expect_identical(numbers, c(1, 2, 3))
expect_equal(says(dgen_normal(5, out = x)), "n must be left out where out is given")
expect_equal(says(dgen_normal(out = x, type = "f64")), "type must be that of out, f32")
expect_equal(says(dgen_normal(out = counts)), "type must be f64 or f32 for normal, not i64")
expect_equal(says(dgen_permutation(7, out = counts)), "out must have 7 elements, not 6")
expect_equal(says(dgen_normal(x, out = x)), "n must be left out where out is given")
expect_equal(says(dgen_normal(mean = x, out = x)), "out must not overlap mean")
before <- as.raw(x)
says(dgen_normal(sd = -1, out = x))
expect_identical(as.raw(x), before)
close(buffer)
expect_equal(says(dgen_normal(out = buffer)), "out is closed")

# ------------------------------------------------------------------------------------------------------------- samplers

for (name in rows$name[rows$kind %in% c("real", "whole", "index")]) {
  g <- do.call(dgen_sampler, c(list(name), given[[name]], seed = 5))
  whole <- draw(name, 1712, seed = 5)[]
  expect_identical(c(dgen_next(g), dgen_next(g, 10), dgen_next(g, 1700)[], dgen_next(g, c(1, 1))[1]), whole, info = name)
  expect_equal(dgen_position(g), 1712, info = name)
  expect_identical(dgen_seek(g, 7), g, info = name)
  expect_identical(dgen_next(g, c(2, 3)), array(whole[8:13], c(2, 3)), info = name)
  expect_false(withVisible(dgen_reset(g))$visible, info = name)
  expect_identical(dgen_next(g, 3), whole[1:3], info = name)
  close(g)
}
g <- dgen_sampler("normal", sd = 2, 10, type = "f32", seed = "0xFFFFFFFFFFFFFFFF", stream = 3, offset = 100, max_threads = 1)
expect_equal(names(g), c("distribution", "type", "seed", "stream", "offset", "max_threads"))
expect_equal(g[["type"]], "f32")
expect_equal(list(g$distribution, g$seed, g$stream, g$offset, g$max_threads), list("normal", "0xFFFFFFFFFFFFFFFF", 3, 100, 1))
expect_equal(format(g), "dgen_sampler: normal f32, seed 18446744073709551615, stream 3, at value 100")
expect_stdout(print(g), "dgen_sampler: normal f32")
want <- dgen_normal(5, 10, 2, type = "f32", seed = "0xFFFFFFFFFFFFFFFF", stream = 3, offset = 100)
x <- dgen_array(numeric(5))
expect_false(withVisible(dgen_fill(x, g))$visible)
expect_identical(x, want)
expect_equal(dgen_position(g), 105)
dgen_reset(g)
buffer <- dgen_buffer(20)
expect_equal(dgen_fill(dgen_view(buffer, "f32"), g), 5)
expect_identical(buffer[], as.raw(want))
expect_identical(dim(dgen_next(g, c(40, 50))), c(40L, 50L))
expect_equal(says(dgen_fill(numbers, g)), owned)
expect_equal(says(dgen_fill(buffer, g)), "out must be f32, as the sampler is")
expect_equal(class_of(dgen_fill(x, g, seed = 1)), "dgen_error_invalid generator")
expect_equal(class_of(dgen_next(g, -1)), "dgen_error_invalid n")
expect_equal(class_of(dgen_next(g, "a")), "dgen_error_type n")
expect_equal(class_of(dgen_next(g, numeric())), "dgen_error_invalid shape")
expect_equal(class_of(dgen_seek(g, 2^53 + 2)), "dgen_error_invalid position")
expect_equal(class_of(dgen_seek(g, 0.5)), "dgen_error_invalid position")
dgen_seek(g, 2^53)
expect_equal(class_of(dgen_next(g)), "dgen_error_end n")
expect_equal(says(dgen_set_seed(g, 1)), "generator must be a dgen_generator")
close(g)
close(g)
expect_equal(format(g), "dgen_sampler: closed")
for (use in list(dgen_next, dgen_position, dgen_reset, names, function(g) dgen_seek(g, 1), function(g) g$seed,
  function(g) dgen_fill(x, g))) expect_equal(says(use(g)), "sampler is closed")
expect_identical(dgen_sampler("normal")$seed == dgen_sampler("normal")$seed, FALSE)
expect_true(startsWith(says(dgen_sampler("gauss")), "distribution must be one of uniform, normal"))
expect_equal(says(dgen_sampler(1)), "distribution must be text")
expect_true(grepl("permutation has none", says(dgen_sampler("permutation", 5))))
expect_equal(says(dgen_sampler("gamma", seed = 1)), "shape must be a finite number more than 0, not NaN")
expect_equal(says(dgen_sampler("normal", sd = -1)), "sd must be a finite number from 0 up, not -1")
expect_equal(says(dgen_sampler("normal", colour = 1)),
  "\"colour\" is not an option of normal; the options are mean, sd, type, seed, stream, offset, max_threads")
expect_equal(says(dgen_sampler("normal", 0, 1, 2)),
  "\"\" is not an option of normal; the options are mean, sd, type, seed, stream, offset, max_threads")
mean <- c(0, 100)
g <- dgen_sampler("normal", mean = mean, seed = 1)
mean[1] <- 50 # the sampler has its own
expect_identical(dgen_next(g, 4), dgen_normal(4, c(0, 100), seed = 1))
rm(mean)

# ----------------------------------------------------------------------------------------------------------------- rows

m <- rbind(a = c(3, 4), b = c(0, 0), c = c(-5, 0), d = c(NaN, 1))
want <- rbind(a = c(0.6, 0.8), b = c(0, 0), c = c(-1, 0), d = c(NaN, NaN))
expect_identical(dgen_normalize_rows(m), want)
expect_identical(dgen_normalize_rows(matrix(c(3L, NA, 4L, 1L), 2)), unname(want[c("a", "d"), ]))
f <- dgen_array(m)
expect_identical(dgen_normalize_rows(f), dgen_array(want))
expect_false(withVisible(dgen_normalize_rows(f, out = f))$visible)
expect_identical(f, dgen_array(want))
view <- dgen_view(dgen_buffer(64), "f64")
dgen_normalize_rows(m, out = view, max_threads = 1)
expect_identical(view[], as.vector(want))
large <- matrix(dgen_normal(6000, seed = 1), 100)
expect_equal(rowSums(dgen_normalize_rows(large)^2), rep(1, 100), tolerance = 1e-14)
expect_equal(says(dgen_normalize_rows(m, out = m)), owned)
expect_equal(says(dgen_normalize_rows("a")), "x must be an array")
expect_equal(class_of(dgen_normalize_rows(m, max_threads = -1)), "dgen_error_invalid max_threads")

# -------------------------------------------------------------------------------------------- memory and the collector

x <- dgen_normal(1e6, seed = 1)
y <- x
y[1] <- 0
expect_identical(x[1], dgen_normal(1, seed = 1)) # a value of R: y was copied
f <- function(v) { v[2] <- 0; v }
expect_identical(f(x)[1:2], c(x[1], 0))
expect_identical(x[2], dgen_normal(2, seed = 1)[2])
x <- dgen_normal(1e6, seed = 1)
invisible(gc())
for (i in 1:20) dgen_normal(1e6, seed = 2)
expect_identical(x[], dgen_normal(1e6, seed = 1)[])
expect_identical(unserialize(serialize(x, NULL)), x[])
x <- y <- NULL

torture <- function() {
  gctorture(TRUE)
  on.exit(gctorture(FALSE))
  f <- dgen_array(numeric(3))
  g <- dgen_sampler("normal", mean = c(1L, 2L), seed = 1)
  m <- matrix(c(3L, NA, 4L, 1L), 2, dimnames = list(c("a", "b"), NULL))
  RNGkind("user-supplied", "user-supplied")
  dgen_rng_stream(1, seed = 2)
  list(dgen_normal(c(2, 2), c(1L, 2L), seed = 1), dgen_normal(2000, seed = 1)[2000], dgen_poisson(3, 4, type = "f32", seed = 1),
    dgen_permutation(5, seed = 1), dgen_unit_vectors(2, 3, seed = 1), dgen_normal(out = f, seed = 1), dgen_next(g, 4),
    dgen_next(g, 2000)[2000], dgen_fill(f, dgen_sampler("normal", type = "f32", seed = 1)), g$seed, format(g),
    says(dgen_normal(3, c(1L, NA))), dgen_integers(2, "7", "7"), nrow(dgen_distributions()), dgen_normalize_rows(m), runif(2),
    rnorm(2), dgen_normal(c(50, 20), seed = 1)[1000], close(g))
}
kinds <- RNGkind()
got <- torture()
RNGkind(kinds[1], kinds[2])
expect_identical(got, list(matrix(dgen_normal(4, c(1, 2), seed = 1), 2), dgen_normal(2000, seed = 1)[2000],
  dgen_poisson(3, 4, type = "f32", seed = 1), dgen_permutation(5, seed = 1), dgen_unit_vectors(2, 3, seed = 1),
  dgen_normal(3, type = "f32", seed = 1), dgen_normal(4, 1:2, seed = 1), dgen_normal(2004, 1:2, seed = 1)[2004], 3, 1,
  "dgen_sampler: normal f64, seed 1, stream 0, at value 2004", "mean must be a finite number; element 2 is NaN", c(7L, 7L), nrow(rows),
  rbind(a = c(0.6, 0.8), b = c(NaN, NaN)), dgen_uniform(2, seed = 2, stream = 1), dgen_normal(2, seed = 2, stream = 1),
  dgen_normal(1000, seed = 1)[1000], NULL))

# 10,000 failing calls leave nothing behind, nor do as many that succeed
if (file.exists("/proc/self/status")) {
  resident <- function() {
    line <- grep("^VmRSS:", readLines("/proc/self/status"), value = TRUE)
    as.numeric(gsub("[^0-9]", "", line)) * 1024
  }
  numbers <- as.double(1:1e4)
  typed <- dgen_array(numbers)
  buffer <- dgen_buffer(1e4)
  closed <- dgen_sampler("normal")
  close(closed)
  calls <- function(times) {
    for (i in seq_len(times / 10)) {
      try(dgen_normal(1e5, sd = -1), silent = TRUE)
      try(dgen_poisson(1e4, c(numbers, -1)), silent = TRUE)
      try(dgen_gamma(shape = 1, out = numbers), silent = TRUE)
      try(dgen_normal(mean = typed, out = typed), silent = TRUE)
      try(dgen_categorical(1e4, -numbers), silent = TRUE)
      try(dgen_sampler("binomial", buffer, 2), silent = TRUE)
      try(dgen_next(closed, 1e4), silent = TRUE)
      try(dgen_sample(10, 20), silent = TRUE)
      try(dgen_integers(10, "a", "b"), silent = TRUE)
      dgen_next(dgen_sampler("gamma", numbers, seed = 1), 1e4)
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
