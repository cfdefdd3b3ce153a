# Quantization: against the same in plain R, what a user can type, and how little of it all is copied or kept. That the bytes are
# those of C, Lua and Octave is shown by tests/cross_hosts.sh, and what bad input says by tests/test_r.R.

dgen_threads(2)
says <- function(expression) tryCatch({ expression; "no error" }, dgen_error = conditionMessage)
class_of <- function(expression) tryCatch(expression, dgen_error = function(e) paste(class(e)[1], e$argument))
numbers <- function(n, seed = 1) dgen_view(dgen_normal(n, seed = seed), "f64")[seq_len(prod(n))]
single <- function(x) as.double(dgen_array(x, "f32"))

# ------------------------------------------------------------------------------------------------ the same in plain R

# One group: the codes and values of scale s and zero z.
quantize_group <- function(x, s, z, bits) {
  codes <- pmin(pmax(round(x / s) + z, 0), 2^bits - 1)
  list(codes = codes, values = (codes - z) * s)
}

# What scale and zero should be, before the scale is rounded up to 16 bits.
expected_scale <- function(x, bits, scheme) {
  if (scheme == "symmetric") return(max(abs(x)) / (2^(bits - 1) - 1))
  (max(x, 0) - min(x, 0)) / (2^bits - 1)
}

# The codes of a row of n elements, the lowest bits of a byte first.
unpack_row <- function(bytes, n, bits) {
  each <- 8 / bits
  codes <- vapply(as.integer(bytes), function(byte) byte %/% 2^(bits * seq(0, each - 1)) %% 2^bits, numeric(each))
  as.vector(codes)[seq_len(n)]
}

# Whether a group is what it should be: scale, zero, codes, values and the bound.
check_group <- function(x, codes, values, s, z, bits, scheme) {
  if (all(x == x[1])) return(identical(values, x))
  want <- expected_scale(x, bits, scheme)
  group <- quantize_group(x, s, z, bits)
  near_tie <- abs(abs(x / s - trunc(x / s)) - 0.5) < 1e-4 # where f32 may fall on the other side
  zero <- if (scheme == "symmetric") 2^(bits - 1) else round(-min(x, 0) / s)
  s >= want * (1 - 2^-22) && s <= want * (1 + 2^-14) && z == zero && all(codes == group$codes | near_tie) &&
    identical(values, (codes - z) * s) && all(abs(x - values) <= s / 2 + 2^-22 * abs(x))
}

check_matrix <- function(x, bits, scheme, group) {
  what <- paste(bits, scheme, group, nrow(x), ncol(x))
  q <- dgen_quantize(x, bits, scheme = scheme, group = group)
  expect_true(inherits(q, "dgen_quantized"), info = what)
  groups <- ceiling(ncol(x) / group)
  expect_identical(dim(q$codes), as.integer(c(ceiling(ncol(x) * bits / 8), nrow(x))), info = what)
  expect_identical(dim(q$scale), as.integer(c(groups, nrow(x))), info = what)
  expect_identical(dim(q$zero), dim(q$scale), info = what)
  expect_identical(q$shape, dim(x), info = what)
  codes <- matrix(as.numeric(as.integer(dgen_unpack(q))), nrow(x))
  values <- dgen_dequantize(q, "f64")
  expect_identical(dim(values), dim(x), info = what)
  expect_identical(dgen_dequantize(q), dgen_array(values), info = what)
  scale <- matrix(as.double(q$scale), groups)
  zero <- matrix(as.integer(q$zero), groups)
  good <- matrix(NA, groups, nrow(x))
  for (i in seq_len(nrow(x))) {
    expect_identical(unpack_row(q$codes[, i], ncol(x), bits), codes[i, ], info = what)
    for (k in seq_len(groups)) {
      at <- seq((k - 1) * group + 1, min(k * group, ncol(x)))
      good[k, i] <- check_group(x[i, at], codes[i, at], values[i, at], scale[k, i], zero[k, i], bits, scheme)
    }
  }
  expect_true(all(good), info = paste(what, "group", which(!good)[1]))
  check_certificate(q, x, values, what)
}

check_certificate <- function(q, x, w, what) {
  expect_identical(names(q$error), c("max", "rmse", "snr_db", "cosine", "clipped", "nonfinite"), info = what)
  expect_equal(q$error$max, max(abs(x - w)), tolerance = 1e-5, info = what)
  expect_equal(q$error$rmse, sqrt(mean((x - w)^2)), tolerance = 1e-5, info = what)
  expect_equal(q$error$snr_db, 10 * log10(sum(x^2) / sum((x - w)^2)), tolerance = 1e-5, info = what)
  expect_equal(q$error$cosine, sum(x * w) / sqrt(sum(x^2) * sum(w^2)), tolerance = 1e-6, info = what)
  expect_identical(c(q$error$clipped, q$error$nonfinite), c(0, 0), info = what)
}

for (bits in c(8, 4, 2)) for (scheme in c("asymmetric", "symmetric")) {
  for (group in c(1, 7, 32, 50, 64, 130)) check_matrix(matrix(single(numbers(3 * 130, bits)), 3), bits, scheme, group)
}
check_matrix(matrix(single(numbers(40 * 33)), 40), 4, "asymmetric", 32)

# A vector is one row; an array's other dimensions are one after the other.
x <- single(numbers(100))
q <- dgen_quantize(x, 4)
expect_null(dim(q$codes))
expect_identical(c(length(q$codes), length(q$scale), length(q$zero), q$shape), c(50L, 1L, 1L, 100L))
expect_identical(q[c("bits", "scheme", "axis", "group")], list(bits = 4, scheme = "asymmetric", axis = "group", group = 100))
expect_null(dim(dgen_dequantize(q, "f64")))
expect_identical(dgen_quantize(matrix(x, 1), 4)$codes[, 1], q$codes)
cube <- array(x[1:60], c(3, 4, 5))
q3 <- dgen_quantize(cube, 8)
expect_identical(dim(dgen_dequantize(q3, "f64")), dim(cube))
expect_identical(dim(dgen_unpack(q3)), dim(cube))
expect_identical(q3$codes, dgen_quantize(matrix(cube, 3), 8)$codes)
expect_identical(dgen_quantize(x, axis = "tensor")$group, 100)
expect_identical(length(dgen_quantize(cube, axis = "tensor")$scale), 1L)
expect_identical(length(dgen_quantize(cube, axis = "row")$scale), 3L)

# Integers of the codes' own range stay, and so do constants and 0.
whole <- c(-127:127)
q <- dgen_quantize(as.double(whole), scheme = "symmetric", axis = "tensor")
expect_identical(dgen_dequantize(q, "f64"), as.double(whole))
expect_identical(q$error$snr_db, Inf)
for (bits in c(8, 4, 2)) for (c in c(0, 1, -2.5, 0.1)) for (scheme in c("asymmetric", "symmetric"))
  expect_identical(dgen_dequantize(dgen_quantize(rep(single(c), 50), bits, scheme = scheme), "f64"), rep(single(c), 50),
    info = paste(bits, c, scheme))

# Types are those of the values, wherever they lie.
for (type in c("f32", "f16", "bf16")) {
  typed <- dgen_array(matrix(x, 10), type)
  expect_identical(dgen_quantize(typed, 4), dgen_quantize(matrix(as.double(typed), 10), 4), info = type)
  q <- dgen_quantize(typed, 4)
  expect_identical(dgen_dequantize(q, type), dgen_array(dgen_dequantize(q, "f64"), type), info = type)
}
q <- dgen_quantize(x, 4, scale_type = "f16", group = 32)
expect_identical(attr(q$scale, "type"), "f16")
buffer <- dgen_buffer(800)
view <- dgen_view(buffer, "f64")
invisible(dgen_add(x, 0, out = view))
expect_identical(dgen_quantize(view, 4), dgen_quantize(x, 4))
expect_equal(says(dgen_quantize(buffer)), "x must be f32, f64, f16 or bf16, not u8")
for (bad in list(NULL, "a", list(1), 1i, factor(1), quote(a), dgen_generator(1))) expect_equal(says(dgen_quantize(bad)),
  "x must be an array")
expect_equal(says(dgen_quantize(structure(1, class = "integer64"))), "x must be f32, f64, f16 or bf16, not i64")

# What is not finite: an error with its place, or replaced and counted.
holed <- c(1, NA, Inf, -3, -Inf)
expect_equal(class_of(dgen_quantize(holed)), "dgen_error_invalid x")
expect_identical(dgen_quantize(holed, nan = "zero")$error$nonfinite, 3)
expect_equal(dgen_dequantize(dgen_quantize(holed, nan = "saturate"), "f64"), c(1, 0, 1, -3, -3), tolerance = 0.01)

# ------------------------------------------------------------------------------------------------------ what a user types

q <- dgen_quantize(matrix(x, 2), 4)
expect_stdout(print(q), "^dgen_quantized: 4 bits, asymmetric, groups of 50 of 2 x 50, [0-9.]+ dB$")
expect_identical(format(q), capture.output(print(q)))
expect_identical(names(q), c("codes", "scale", "zero", "bits", "scheme", "range", "axis", "group", "shape", "error"))
expect_equal(summary(q), data.frame(bits = 4, size = 50 + 8 + 2, q$error))
expect_true(is.nan(dgen_quantize(x, certificate = FALSE)$error$rmse))
expect_identical(dgen_quantize(x, bits = NULL, group = NULL, max_threads = NULL), dgen_quantize(x))
expect_identical(dgen_quantize(x, max_threads = 1), dgen_quantize(x))
expect_equal(conditionCall(tryCatch(dgen_quantize(x, 3), error = identity)), quote(dgen_quantize(x, 3)))
expect_equal(class_of(dgen_quantize(x, 4, 128)), "dgen_error_invalid options")
expect_equal(class_of(dgen_quantize(x, 4, Group = 128)), "dgen_error_invalid options")
expect_equal(class_of(dgen_quantize(x, exact = NA)), "dgen_error_type exact")

out <- dgen_array(matrix(0, 2, 50))
shown <- withVisible(dgen_dequantize(q, out = out))
expect_false(shown$visible)
expect_identical(out, dgen_dequantize(q))
invisible(dgen_dequantize(q, out = view))
expect_identical(view[1:100], as.vector(dgen_dequantize(q, "f64")))
expect_equal(says(dgen_dequantize(q, out = x)), "out must be a dgen_array or a view of a dgen_buffer")
expect_equal(class_of(dgen_dequantize(q, out = dgen_array(1:3)))[1], "dgen_error_invalid out")
expect_true(class_of(dgen_dequantize(q, "f64", out = out)) %in% paste0("dgen_error_", c("invalid", "type"), " out"))
expect_equal(says(dgen_dequantize(q, "f8")), says(dgen_array(1, "f8")))
expect_equal(says(dgen_dequantize(unclass(q))), "q must be what quantize returns")
expect_equal(says(dgen_unpack(NULL)), "q must be what quantize returns")

# What was changed is checked, and says what is wrong.
changed <- function(...) {
  q[names(list(...))] <- list(...)
  says(dgen_dequantize(q))
}
expect_equal(changed(codes = q$codes[-1]), "q.codes must have 50 elements for its shape, bits and group, not 49")
expect_equal(changed(codes = "a"), "q.codes must be an array")
expect_equal(changed(scale = 1:2), "q.scale must be f32, not i32")
expect_equal(changed(zero = dgen_array(1:2)), "q.zero must be u8, not f32")
expect_equal(changed(bits = 3), "bits must be 8, 4 or 2, not 3")
expect_equal(changed(shape = NULL), "q.shape must have 1 to 4 dimensions, not 0")
expect_equal(changed(shape = c(2, 50, 1, 1, 1)), "q.shape must have 1 to 4 dimensions, not 5")
expect_true(startsWith(changed(shape = c(2, -50)), "q.shape must be a whole number from 1 to"))
expect_true(startsWith(changed(shape = c(2, NA)), "q.shape must be a whole number from 1 to"))
expect_true(startsWith(changed(axis = "column"), "axis must be"))
expect_equal(changed(error = NULL, extra = 1), "no error")

# A value of R: copied when it is changed, saved with what it holds, compared.
q <- dgen_quantize(matrix(single(numbers(2e4)), 100), 4)
before <- dgen_dequantize(q, "f64")
copy <- q
copy$codes[1, ] <- as.raw(0)
copy$scale[1] <- 100
copy$bits <- 8
expect_identical(dgen_dequantize(q, "f64"), before)
codes <- q$codes
codes[] <- as.raw(255)
expect_identical(dgen_dequantize(q, "f64"), before)
path <- tempfile()
saveRDS(q, path)
back <- readRDS(path)
unlink(path)
expect_identical(back, q)
expect_identical(dgen_dequantize(back, "f64"), before)
expect_identical(dgen_dequantize(unserialize(serialize(q, NULL))), dgen_dequantize(q))
x <- before + 0
dgen_quantize(x, 2, nan = "saturate")
expect_identical(x, before)

# --------------------------------------------------------------------------------------------------------- many layers

layers <- list(a = matrix(x[1:1000], 10), b = dgen_array(x[1:77]), x[1:5000])
batch <- dgen_quantize_batch(layers, 4, scheme = "symmetric")
expect_identical(batch, lapply(layers, dgen_quantize, 4, scheme = "symmetric"))
expect_identical(dgen_quantize_batch(layers, c(8, 4, 2)), Map(dgen_quantize, layers, c(8, 4, 2)))
expect_identical(dgen_quantize_batch(layers, c(8L, 4L, 2L)), Map(dgen_quantize, layers, c(8, 4, 2)))
expect_identical(dgen_quantize_batch(list()), list())
expect_equal(says(dgen_quantize_batch(x)), "layers must be a list of arrays")
expect_equal(says(dgen_quantize_batch(list(1, "a"))), "layer 2: x must be an array")
expect_equal(says(dgen_quantize_batch(list(1, 1:2))), "layer 2: x must be f32, f64, f16 or bf16, not i32")
expect_equal(class_of(dgen_quantize_batch(layers, c(8, 4, 3))), "dgen_error_invalid bits")
expect_equal(class_of(dgen_quantize_batch(layers, "a")), "dgen_error_type bits")
expect_equal(class_of(dgen_quantize_batch(layers, colour = 1)), "dgen_error_invalid options")

# Progress is told in order, up to the whole; FALSE, an error or an interrupt in it stops the call.
told <- list()
done <- dgen_quantize_batch(layers, progress = function(done, total) told[[length(told) + 1L]] <<- c(done, total))
expect_identical(done, dgen_quantize_batch(layers))
told <- do.call(rbind, told)
expect_true(all(told[, 2] == 6077) && !is.unsorted(told[, 1]) && all(told[, 1] <= 6077))
expect_equal(class_of(dgen_quantize_batch(layers, progress = function(done, total) FALSE)), "dgen_error_canceled progress")
expect_equal(conditionCall(tryCatch(dgen_quantize_batch(layers, progress = function(...) FALSE), error = identity))[[1]],
  quote(dgen_quantize_batch))
expect_error(dgen_quantize_batch(layers, progress = function(done, total) stop("by me")), "by me")
ctrl_c <- function(done, total) signalCondition(structure(class = c("interrupt", "condition"), list(message = "", call = NULL)))
expect_identical(tryCatch(dgen_quantize_batch(layers, progress = ctrl_c), interrupt = function(e) "interrupt"), "interrupt")
expect_stdout(dgen_quantize_batch(layers, progress = TRUE), "100%")

# ------------------------------------------------------------------------------------------- layouts of other programs

x <- matrix(single(numbers(8 * 64)), 8)
halves <- function(x) as.integer(dgen_view(dgen_copy(as.raw(x)), "u16"))
q <- dgen_quantize(x, rule = "ggml_q4_0")
p <- dgen_repack(q, "ggml_q4_0")
expect_stdout(print(p), "^dgen_packed: ggml_q4_0, 4 bits, groups of 32 of 8 x 64$")
expect_identical(names(p), c("packing", "bits", "group", "shape", "codes", "scale", "zero"))
expect_identical(p[c("packing", "bits", "group", "shape", "scale")],
  list(packing = "ggml_q4_0", bits = 4, group = 32, shape = c(8L, 64L), scale = NULL))
codes <- matrix(as.integer(dgen_unpack(q)), 8)
block <- function(i, k) { # 2 bytes of scale; element j in the low half of byte j, j + 16 in the high one
  at <- codes[i, seq(32 * k + 1, 32 * k + 32)]
  scale <- as.raw(q$scale)[2 * (2 * (i - 1) + k) + 1:2]
  c(scale, as.raw(at[1:16] + 16 * at[17:32]))
}
expect_identical(p$codes, vapply(1:8, function(i) c(block(i, 0), block(i, 1)), raw(36)))
without_error <- function(q) q[names(q) != "error"]
expect_identical(without_error(dgen_repack(p, "dgen")), without_error(q))
expect_true(is.nan(dgen_repack(p, "dgen")$error$rmse))
expect_identical(dgen_repack(p, "ggml_q4_0"), p)

q <- dgen_quantize(x, 4, group = 32, scale_type = "f16")
p <- dgen_repack(q, "gptq_v2") # a 32-bit word has 8 codes of a row, the first in its lowest bits
word <- function(codes) sum(codes * 16^(0:7))
words <- apply(array(t(matrix(as.integer(dgen_unpack(q)), 8)), c(8, 8, 8)), c(3, 2), word)
expect_true(is.integer(p$codes))
expect_identical(dim(p$codes), c(8L, 8L))
expect_equal(as.double(p$codes) %% 2^32, as.vector(words))
expect_identical(without_error(dgen_repack(p, "dgen")), without_error(q))
expect_identical(dim(dgen_repack(q, "onnx")$codes), c(16L, 2L, 8L))
expect_identical(without_error(dgen_repack(dgen_repack(p, "onnx"), "dgen")), without_error(q))
expect_equal(class_of(dgen_repack(dgen_quantize(x, 8), "ggml_q4_0"))[1], "dgen_error_invalid q")
expect_equal(says(dgen_repack(1, "onnx")), "q must be what quantize or repack returns")
expect_equal(class_of(dgen_repack(q, 1)), "dgen_error_type packing")
p$codes <- p$codes[-1]
expect_equal(says(dgen_repack(p, "dgen")), "p.codes must have 64 elements for its packing, shape, bits and group, not 63")

# ------------------------------------------------------------------------------------------------------------- channels

w <- matrix(single(numbers(6 * 5)), 6, dimnames = list(letters[1:6], NULL))
x <- matrix(single(numbers(4 * 5, 2)), 4) %*% diag(c(1, 100, 0.01, 0, 3))
e <- dgen_equalize(w, x, 0.25)
expect_identical(names(e), c("w", "x", "scale", "inverse"))
largest <- function(m) apply(abs(m), 2, max)
scale <- ifelse(largest(x) == 0, 1, largest(x)^0.25 / largest(w)^0.75)
expect_equal(as.double(e$scale), scale, tolerance = 1e-6)
expect_equal(as.double(e$inverse), 1 / scale, tolerance = 1e-6)
expect_equal(e$w, w * rep(as.double(e$scale), each = 6), tolerance = 1e-12)
expect_equal(e$x %*% t(e$w), x %*% t(w), tolerance = 1e-6)
expect_identical(dimnames(e$w), dimnames(w))
e <- dgen_equalize(w, x, power_of_two = TRUE)
expect_identical(log2(as.double(e$scale)), round(log2(as.double(e$scale))))
expect_identical(e$w / rep(as.double(e$scale), each = 6), w)
expect_identical(attr(dgen_equalize(dgen_array(w), x)$w, "type"), "f32")
expect_equal(says(dgen_equalize(w, x, "a")), "alpha must be a number from 0 to 1")
expect_equal(says(dgen_equalize(w, x, power_of_two = 1)), "power_of_two must be true or false")
expect_equal(says(dgen_equalize("a", x)), "w must be an array")

# ---------------------------------------------------------------------------------------------------------- activations

stats <- cbind(0:7 * 10, -c(1, 1.5, 4, 4.5, 9, 0, 30, 31), c(1, 1.25, 3, 3.5, 0, 20, 30, 29))
# The least sum of squared ranges over timesteps, of all ways to make 3 groups.
loss <- function(first, last) {
  at <- first:last
  length(at) * (max(stats[at, 3], 0) - min(stats[at, 2], 0))^2
}
losses <- outer(2:7, 3:8, Vectorize(function(b, c) if (b < c) loss(1, b - 1) + loss(b, c - 1) + loss(c, 8) else Inf))
best <- which(losses == min(losses), arr.ind = TRUE)[1, ] + c(1, 2)
table <- dgen_activation_table(stats, 3)
expect_identical(names(table), c("timestep", "group", "scale", "zero", "bits", "groups", "method", "smoothing", "narrowed", "noise",
  "noise_single"))
expect_identical(table$timestep, stats[, 1])
expect_identical(table$group, findInterval(1:8, c(1, best)))
for (g in 1:3) {
  at <- table$group == g
  range <- max(stats[at, 3], 0) - min(stats[at, 2], 0)
  expect_equal(as.double(table$scale[at]), rep(range / 255, sum(at)), tolerance = 1e-4)
  expect_equal(as.integer(table$zero[at]), rep(round(-min(stats[at, 2], 0) / range * 255), sum(at)))
}
expect_equal(table$noise, sqrt(mean(as.double(table$scale)^2 / 12)), tolerance = 1e-4)
expect_stdout(print(table),
  "^dgen_activation_table: 3 groups of 8 timesteps, equal_range, 8 bits, noise 0.0[0-9]+ \\(0.0[0-9]+ as one group\\)$")
expect_identical(dgen_activation_table(stats, 4, "uniform")$group, rep(1:4, each = 2))
expect_equal(says(dgen_activation_table("a")), "stats must be an array")

x <- matrix(single(numbers(3 * 70)), 3)
q <- dgen_quantize_activations(x, c(0, 45, 70), table)
expect_identical(q[c("bits", "axis", "shape")], list(bits = 8, axis = "row", shape = c(3L, 70L)))
at <- c(1, 5, 8)
expect_identical(as.vector(as.double(q$scale)), as.double(table$scale[at]))
expect_identical(as.vector(q$zero), table$zero[at])
values <- dgen_dequantize(q, "f64")
for (i in 1:3) {
  s <- table$scale[[at[i]]]
  z <- as.integer(table$zero[at[i]])
  codes <- as.integer(dgen_unpack(q)[i, ])
  expect_true(all(codes == quantize_group(x[i, ], s, z, 8)$codes | abs(abs(x[i, ] / s - trunc(x[i, ] / s)) - 0.5) < 1e-4))
  expect_identical(values[i, ], (codes - z) * s)
}
expect_equal(q$error$rmse, sqrt(mean((x - values)^2)), tolerance = 1e-5)
expect_identical(dgen_quantize_activations(x, 45L, table), dgen_quantize_activations(x, c(45, 45, 45), table))
expect_identical(dgen_quantize_activations(x, 45, unserialize(serialize(table, NULL))), dgen_quantize_activations(x, 45, table))
expect_identical(dgen_quantize_activations(c(1, NaN), 0, table, nan = "zero")$error$nonfinite, 1)
expect_equal(says(dgen_quantize_activations(x, 0, unclass(table))), "table must be what activation_table returns")
expect_equal(says(dgen_quantize_activations(x, "a", table)), "t must be an array or a number")
expect_equal(class_of(dgen_quantize_activations(x, 0, table, colour = 1)), "dgen_error_invalid options")
table$zero <- table$zero[-1]
expect_equal(says(dgen_quantize_activations(x, 0, table)), "table.zero must have as many elements as table.timestep, 8, not 7")

# ---------------------------------------------------------------------------------------------------- bits within a budget

layers <- list(in.norm = single(numbers(256)), mid.proj = matrix(single(numbers(4096, 2)), 16),
  out.proj = matrix(single(numbers(4096, 3)), 16))
for (budget in c(2500, 3000, 4000, 5000, 1e6)) {
  chosen <- dgen_choose_bits(layers, budget)
  expect_true(is.data.frame(chosen))
  expect_identical(names(chosen), c("bits", "size", "rmse", "snr_db"))
  expect_identical(row.names(chosen), names(layers))
  expect_true(sum(chosen$size) <= budget && all(chosen$bits %in% c(2, 4, 8)), info = budget)
  batch <- dgen_quantize_batch(layers, chosen$bits)
  expect_equal(chosen[-1], do.call(rbind, lapply(batch, summary))[c("size", "rmse", "snr_db")], info = budget)
}
expect_identical(chosen$bits, c(8, 8, 8))
chosen <- dgen_choose_bits(layers, rules = c("*norm*" = 16, "m?d*" = 2), bits = 4, scheme = "symmetric")
expect_identical(chosen$bits, c(16, 2, 4))
expect_identical(chosen$size[1], 512)
expect_identical(dgen_choose_bits(layers, rules = list("*norm*" = 16, "m?d*" = 2L), bits = 4, scheme = "symmetric"), chosen)
expect_identical(row.names(dgen_choose_bits(unname(layers))), c("1", "2", "3"))
expect_identical(dgen_choose_bits(unname(layers), rules = c(b = 2), bits = 8, names = c("a", "b", "c"))$bits, c(8, 2, 8))
expect_equal(class_of(dgen_choose_bits(layers, 1)), "dgen_error_invalid budget")
expect_equal(class_of(dgen_choose_bits(layers, "a")), "dgen_error_type budget")
expect_equal(says(dgen_choose_bits(layers, rules = 4)), "rules must be a vector of bits, named by patterns")
expect_equal(class_of(dgen_choose_bits(layers, rules = c("*" = 3))), "dgen_error_invalid rules")
expect_equal(says(dgen_choose_bits(layers, names = "a")), "names must be a text for each layer")
expect_equal(class_of(dgen_choose_bits(layers, progress = function(done, total) FALSE)), "dgen_error_canceled progress")

# ---------------------------------------------------------------------------------------------------------------- Arrow

cross <- function(x) {
  structs <- dgen_arrow_export(x)
  y <- dgen_arrow_import(structs$array, structs$schema)
  expect_true(startsWith(class_of(dgen_arrow_import(structs$array, structs$schema))[1], "dgen_error"))
  y
}
for (n in c(1, 3000)) {
  v <- numbers(n)
  for (y in c(list(v, as.integer(v * 1e6), as.raw(v %% 256), matrix(v, 1), array(v, c(1, 1, n))),
    lapply(c("f32", "f16", "bf16", "i8", "u16", "u32", "i64"), function(type) dgen_array(round(abs(v)), type)),
    list(dgen_array(matrix(v, 1))))) {
    expect_identical(cross(y), y)
  }
  for (bits in c(8, 4, 2)) expect_identical(cross(dgen_quantize(matrix(v, 1), bits)), dgen_quantize(matrix(v, 1), bits))
}
expect_identical(cross(dgen_quantize(v, 8, scale_type = "f16")), dgen_quantize(v, 8, scale_type = "f16"))
y <- cross(v)
y[1] <- 0
expect_identical(v, numbers(3000))
structs <- dgen_arrow_export(v)
v[1] <- v[1] + 1
expect_identical(dgen_arrow_import(structs$array, structs$schema), numbers(3000))
structs <- dgen_arrow_export(numbers(3000)) # R has no other name of it
invisible(gc())
expect_identical(dgen_arrow_import(structs$array, structs$schema), numbers(3000))
structs <- dgen_arrow_export(v)
expect_equal(says(dgen_arrow_export(v, structs$array, structs$schema)), "array_address must be a released struct")
structs <- NULL
invisible(gc())
expect_equal(says(dgen_arrow_export("a")), "x must be an array")
expect_equal(class_of(dgen_arrow_export(v, 1)), "dgen_error_type array_address")
expect_equal(class_of(dgen_arrow_export(v, 0, 64)), "dgen_error_invalid array_address")
expect_equal(says(dgen_arrow_import(3, 64)), "array_address must be the address of a struct")

# Another program's side, in C: structs of its own, the addresses it reads, and a release on a thread of its own.
consumer <- '
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <R.h>
#include <Rinternals.h>
struct schema { const char *format, *name, *metadata; int64_t flags, n_children; struct schema **children, *dictionary;
  void (*release)(struct schema *); void *private_data; };
struct array { int64_t length, null_count, offset, n_buffers, n_children; const void **buffers; struct array **children,
  *dictionary; void (*release)(struct array *); void *private_data; };
static struct array a, moved;
static struct schema s;
static int released;
SEXP pointers(void) {
  SEXP list = PROTECT(Rf_allocVector(VECSXP, 2));
  SET_VECTOR_ELT(list, 0, R_MakeExternalPtr(&a, R_NilValue, R_NilValue));
  SET_VECTOR_ELT(list, 1, R_MakeExternalPtr(&s, R_NilValue, R_NilValue));
  Rf_classgets(VECTOR_ELT(list, 0), Rf_mkString("nanoarrow_array"));
  Rf_classgets(VECTOR_ELT(list, 1), Rf_mkString("nanoarrow_schema"));
  UNPROTECT(1);
  return list;
}
SEXP addresses(void) {
  double at[] = { (double)(uintptr_t)&a, (double)(uintptr_t)&s };
  SEXP x = Rf_allocVector(REALSXP, 2);
  REAL(x)[0] = at[0], REAL(x)[1] = at[1];
  return x;
}
SEXP data_of(SEXP x) { return Rf_ScalarReal((double)(uintptr_t)DATAPTR_RO(x)); }
static const void *data_buffer(struct array *x) {
  while (x->n_children) x = x->children[0];
  return x->buffers[x->n_buffers - 1];
}
SEXP buffer_of(SEXP child) {
  int i = Rf_asInteger(child);
  return Rf_ScalarReal((double)(uintptr_t)data_buffer(i < 0 ? &a : a.children[i]));
}
static void *let_go(void *context) {
  (void)context;
  moved = a; /* as consumers may */
  a.release = NULL;
  moved.release(&moved);
  s.release(&s);
  return NULL;
}
SEXP release_here(void) { let_go(NULL); return R_NilValue; }
SEXP release_elsewhere(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, let_go, NULL);
  pthread_join(thread, NULL);
  return R_NilValue;
}
static void release_array(struct array *x) { released++; x->release = NULL; }
static void release_schema(struct schema *x) { released++; x->release = NULL; }
SEXP produce(SEXP x, SEXP nulls) { /* x lives on */
  static const void *buffers[2];
  buffers[1] = DATAPTR_RO(x);
  a = (struct array){ .length = Rf_xlength(x), .null_count = Rf_asInteger(nulls), .n_buffers = 2, .buffers = buffers,
    .release = release_array };
  s = (struct schema){ .format = "g", .name = "", .release = release_schema };
  return R_NilValue;
}
SEXP releases(void) { return Rf_ScalarInteger(released); }
'
if (at_home() && .Platform$OS.type == "unix") {
  folder <- tempfile()
  dir.create(folder)
  writeLines(consumer, file.path(folder, "consumer.c"))
  system2(file.path(R.home("bin"), "R"), c("CMD", "SHLIB", file.path(folder, "consumer.c")), stdout = FALSE, stderr = FALSE)
  dyn.load(file.path(folder, paste0("consumer", .Platform$dynlib.ext)))
  at <- .Call("addresses")
  pointers <- .Call("pointers")
  text <- vapply(at, function(k) paste0("0x", paste(sprintf("%04x", as.integer(k %/% 2^c(32, 16, 0) %% 2^16)), collapse = "")), "")
  # The consumer reads the memory of R's own vector, of the package's, and of each part of what is quantized
  own <- numbers(1e4) + 0
  far <- dgen_normal(1e4, seed = 1)
  big <- dgen_quantize(matrix(numbers(1e6), 1000), group = 32)
  for (to in list(at, text, pointers)) {
    for (x in list(own, far, dgen_array(own), matrix(own, 100), as.integer(own))) {
      shown <- withVisible(dgen_arrow_export(x, to[[1]], to[[2]]))
      expect_null(shown$value)
      expect_false(shown$visible)
      expect_identical(.Call("buffer_of", -1L), .Call("data_of", x))
      .Call("release_here")
    }
    dgen_arrow_export(big, to[[1]], to[[2]])
    for (i in 1:3) expect_identical(.Call("buffer_of", i - 1L), .Call("data_of", big[[i]]))
    back <- dgen_arrow_import(to[[1]], to[[2]])
    for (i in 1:3) expect_identical(.Call("data_of", back[[i]]), .Call("data_of", big[[i]]))
    expect_identical(back, big)
  }
  # What another program made is R's without a copy, copied when it is changed, and released once
  .Call("produce", own, 0L)
  x <- dgen_arrow_import(at[1], at[2])
  expect_identical(.Call("data_of", x), .Call("data_of", own))
  expect_identical(x, own)
  x[1] <- 0
  expect_identical(own[1], numbers(1))
  x <- NULL
  invisible(gc())
  expect_identical(.Call("releases"), 2L)
  .Call("produce", own, 3L)
  expect_true(startsWith(class_of(dgen_arrow_import(at[1], at[2])), "dgen_error"))
  expect_identical(.Call("releases"), 4L)
  # An object stays until it is released, here or on another thread, and no longer
  collected <- 0
  for (how in c("release_here", "release_elsewhere")) {
    kept <- new.env()
    reg.finalizer(kept, function(e) collected <<- collected + 1)
    x <- structure(own + 1, of = kept)
    dgen_arrow_export(x, at[1], at[2])
    x <- kept <- NULL
    invisible(gc())
    expect_identical(collected, if (how == "release_here") 0 else 1)
    .Call(how)
    structs <- dgen_arrow_export(1)
    invisible(gc())
    expect_identical(collected, if (how == "release_here") 1 else 2)
  }
  dyn.unload(file.path(folder, paste0("consumer", .Platform$dynlib.ext)))
  unlink(folder, recursive = TRUE)
}

# ------------------------------------------------------------------------------------------------------ memory, collector

# A collection at each allocation: what is not protected is gone at once.
w <- matrix(single(numbers(48 * 50)), 48)
all_of_it <- function() {
  q <- dgen_quantize(w, 4, group = 32)
  large <- dgen_quantize(rep(1, 5000))
  batch <- dgen_quantize_batch(list(a = w, b = rep(2, 5000)), c(4, 8), progress = function(done, total) NULL)
  p <- dgen_repack(dgen_quantize(w[, 1:32], rule = "ggml_q8_0"), "ggml_q8_0")
  table <- dgen_activation_table(stats, 3)
  structs <- dgen_arrow_export(q)
  list(q, dgen_dequantize(q), dgen_dequantize(large, "f64")[5000], dgen_unpack(q), format(q), summary(q), batch, p,
    dgen_repack(p, "dgen"), dgen_equalize(w, w + 1), table, dgen_quantize_activations(w[1:2, ], c(0, 45), table),
    dgen_choose_bits(list(a = w), 2000, c("b*" = 4), progress = function(done, total) NULL),
    dgen_arrow_import(structs$array, structs$schema), says(dgen_quantize(w, 3)), says(dgen_quantize_batch(list(1, "a"))))
}
tortured <- function() {
  gctorture(TRUE)
  on.exit(gctorture(FALSE))
  all_of_it()
}
expect_identical(tortured(), all_of_it())

if (file.exists("/proc/self/status")) {
  status <- function(key) as.numeric(gsub("[^0-9]", "", grep(key, readLines("/proc/self/status"), value = TRUE))) * 1024
  # By how much the peak of a call lies above what was resident before it: what it returns, and little more
  if (at_home() && file.access("/proc/self/clear_refs", 2) == 0) {
    peak_of <- function(call) {
      invisible(gc())
      dgen_pool_trim()
      cat("5", file = "/proc/self/clear_refs")
      before <- status("^VmRSS")
      result <- call()
      c(above = status("^VmHWM") - before, size = if (is.list(result)) summary(result)$size else 8 * length(result))
    }
    for (megabytes in c(4, 40, 400)) {
      x <- rep_len(as.double(1:1000), megabytes * 2^20 / 8)
      dgen_quantize(x[1:1e5]) # the threads are there
      for (bits in c(8, 2)) {
        peak <- peak_of(function() dgen_quantize(x, bits, certificate = bits == 8))
        expect_true(peak["above"] <= 1.05 * peak["size"] + 2^20, info = paste(megabytes, "MiB in", bits, "bits", peak["above"]))
      }
      q <- dgen_quantize(x)
      invisible(dgen_dequantize(q, "f64")[1])
      peak <- peak_of(function() dgen_dequantize(q, "f64"))
      expect_true(peak["above"] <= 1.05 * peak["size"] + 2^20, info = paste(megabytes, "MiB back take", peak["above"]))
      q <- x <- NULL
    }
  }

  # 10,000 failing calls leave nothing behind, nor do as many that succeed
  q <- dgen_quantize(w, 4, group = 32)
  table <- dgen_activation_table(stats, 3)
  broken <- q
  broken$codes <- broken$codes[-1]
  holed <- c(as.double(1:1e4), NaN)
  layers <- list(w, holed)
  calls <- function(times) {
    for (i in seq_len(times / 10)) {
      try(dgen_quantize(holed), silent = TRUE)
      try(dgen_quantize(w, 4, colour = 1), silent = TRUE)
      try(dgen_dequantize(broken), silent = TRUE)
      try(dgen_quantize_batch(layers, c(4, 8)), silent = TRUE)
      try(dgen_quantize_batch(layers, progress = function(done, total) stop("no")), silent = TRUE)
      try(dgen_repack(q, "ggml_q4_0"), silent = TRUE)
      try(dgen_quantize_activations(holed, 0, table), silent = TRUE)
      try(dgen_equalize(w, holed), silent = TRUE)
      try(dgen_choose_bits(layers, 1), silent = TRUE)
      try(dgen_arrow_import(dgen_arrow_export(broken$scale)$array, 3), silent = TRUE)
      dgen_dequantize(dgen_quantize(w))
      dgen_quantize_batch(list(w, w), 2)
      dgen_unpack(dgen_repack(dgen_repack(q, "onnx"), "dgen"))
      structs <- dgen_arrow_export(q)
      dgen_arrow_import(structs$array, structs$schema)
    }
  }
  # Idle memory would hide what leaks
  resident <- function() {
    invisible(gc())
    dgen_pool_trim()
    status("^VmRSS")
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
