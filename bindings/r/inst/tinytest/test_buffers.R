# dgen_buffer and dgen_array: references and values, indices, closing, saving.

dgen_threads(2)
b <- dgen_buffer(10)
expect_inherits(b, "dgen_buffer")
expect_equal(length(b), 10)
b[1:10] <- 0
b[2:3] <- as.raw(c(255, 7))
b[[10]] <- 1
expect_identical(as.raw(b), as.raw(c(0, 255, 7, 0, 0, 0, 0, 0, 0, 1)))
expect_identical(b[-1], as.raw(b)[-1])
expect_identical(b[c(TRUE, FALSE)], as.raw(b)[c(TRUE, FALSE)])
expect_identical(b[], as.raw(b))
expect_identical(b[[2]], as.raw(255))
same <- b
same[1] <- 42
expect_identical(b[[1]], as.raw(42))
b[1:4] <- 1:2
expect_identical(b[1:4], as.raw(c(1, 2, 1, 2)))
expect_error(b[11], "subscript out of bounds")
expect_error(b[11] <- 1, "subscript out of bounds")
expect_error(b[[1:2]], "one element")
expect_error(b[3:4] <- c(1, 256), "value must be a whole number from 0 to 255, not 256")
expect_error(b[1] <- "a", class = "dgen_error_type")
expect_error(b[1] <- raw(), class = "dgen_error_type")
expect_identical(b[3:4], as.raw(c(1, 2)))
expect_equal(format(b), "dgen_buffer u8 [10]: 1 2 1 2 0 0 0 0 ...")
expect_stdout(print(b), "dgen_buffer")

many <- dgen_buffers(3, 100)
expect_equal(lengths(many), c(100, 100, 100))
dgen_fill(many[[1]], seed = 1)
dgen_fill(many[[2]], seed = 2)
expect_identical(as.raw(many[[1]]), dgen_generate(100, seed = 1))
expect_equal(dgen_fill(dgen_buffer(0), seed = 1), 0)

detached <- dgen_copy(b)
detached[1] <- 9
expect_identical(b[[1]], as.raw(1))

# Use after close, and of a pointer from a saved session
close(b)
close(b)
expect_equal(format(b), "dgen_buffer: closed")
for (use in list(function(b) length(b), function(b) b[1], function(b) dgen_fill(b, seed = 1), function(b) as.raw(b),
  function(b) dgen_verify(b, seed = 1), function(b) dgen_describe(b), function(b) dgen_view(b),
  function(b) dgen_copy(b), function(b) b[1] <- 1)) {
  expect_error(use(b), class = "dgen_error_closed")
  expect_error(use(unserialize(serialize(dgen_buffer(5), NULL))), class = "dgen_error_closed")
}
g <- dgen_generator(100, seed = 1)
old <- unserialize(serialize(g, NULL))
close(g)
close(g)
expect_equal(format(g), "dgen_generator: closed")
for (use in list(dgen_next, dgen_position, dgen_reset, dgen_done, names, function(g) dgen_seek(g, 1), function(g) g$size,
  function(g) dgen_set_seed(g, 1), function(g) dgen_write_file(g, tempfile()), function(g) dgen_fill(dgen_buffer(1), g))) {
  expect_error(use(g), "generator is closed", class = "dgen_error_closed")
  expect_error(use(old), "generator is closed", class = "dgen_error_closed")
}
error <- tryCatch(dgen_fill(b, seed = 1), error = identity)
expect_inherits(error, c("dgen_error_closed", "dgen_error", "error", "condition"))
expect_equal(conditionMessage(error), "buf is closed")
expect_equal(error$argument, "buf")
expect_equal(as.character(conditionCall(error)[[1]]), "dgen_fill")
expect_error(dgen_fill(raw(10), seed = 1), "buf must be a dgen_buffer", class = "dgen_error_type")
expect_error(dgen_fill(dgen_buffer(1), dgen_buffer(1)), "generator must be a dgen_generator", class = "dgen_error_type")
expect_error(dgen_fill(dgen_buffer(1), dgen_generator(1), seed = 1), "generator has its options")

# Values of types that R lacks: against R's own 4-byte floats
x <- c(0.1, -1, 1e10, NA, Inf, 0)
f <- dgen_array(x)
expect_inherits(f, "dgen_array")
expect_identical(as.raw(f)[-(13:16)], writeBin(x, raw(), size = 4)[-(13:16)])
expect_identical(as.double(f)[-4], readBin(writeBin(x, raw(), size = 4), "double", 6, size = 4)[-4])
expect_true(is.nan(f[[4]]))
expect_equal(length(f), 6)
expect_identical(as.double(f[2:3]), c(-1, 1e10))
expect_identical(as.double(f[-(1:4)]), c(Inf, 0))
copy <- f
copy[2] <- 7
expect_identical(f[[2]], -1)
expect_identical(copy[[2]], 7)
copy[c(1, 5)] <- dgen_array(c(2, 3))
expect_identical(as.double(copy)[c(1, 2, 5)], c(2, 7, 3))
expect_identical(unserialize(serialize(f, NULL)), f)
expect_error(f[7], "subscript out of bounds")
expect_equal(format(dgen_array(1:3, "i8")), "dgen_array i8 [3]: 1 2 3")
expect_stdout(print(f), "dgen_array f32")
expect_equal(as.vector(summary(dgen_array(1:9)))[4], 5)
expect_identical(as.integer(dgen_array(c(1.5, -2.5))), c(1L, -2L))
expect_true(is.nan(dgen_array(c(NA, 1L))[[1]]))

m <- dgen_array(matrix(1:6, 2), "i16")
expect_equal(dim(m), c(2L, 3L))
expect_equal(format(m), "dgen_array i16 [2, 3]: 1 2 3 4 5 6")
expect_identical(as.double(m[2, ]), c(2, 4, 6))
expect_identical(m[[1, 3]], 5)
m[1, 2] <- -1
expect_identical(as.double(m), c(1, 2, -1, 4, 5, 6))
attr(m, "shape") <- c(1000L, 1000L)
expect_equal(length(m), 6)

expect_identical(dgen_array(c(1, 2), "f64"), c(1, 2))
expect_identical(dgen_array(c(1, 2), "i32"), 1:2)
expect_identical(dgen_array(c(1, 255), "u8"), as.raw(c(1, 255)))
expect_error(dgen_array(300, "i8"), "x must lie from -128 to 127", class = "dgen_error_invalid")
expect_error(dgen_array(1, "f31"), "type must be u8", class = "dgen_error_invalid")
expect_error(dgen_array("a"), class = "dgen_error_type")
expect_identical(as.double(dgen_view(as.raw(c(0, 0, 128, 63)), "f32")), 1)
expect_identical(as.double(dgen_view(as.raw(c(0, 60, 0, 192)), "f16")), c(1, -2))
expect_identical(as.double(dgen_view(as.raw(c(128, 63)), "bf16")), 1)
dgen_threads(0)
