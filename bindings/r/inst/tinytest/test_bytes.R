# The bytes: known ones, and the same ones by every way to them.

dgen_threads(2)
hex <- function(x) paste(as.character(x), collapse = "")

# The stream's first bytes, computed by an independent implementation of its format.
expect_equal(hex(dgen_generate(16, seed = 42)), "e5ebffc8c92b5a1d2f07e57c2d866f07")

n <- 300001
x <- dgen_generate(n, seed = 42)
expect_true(is.raw(x))
expect_equal(typeof(x), "raw")
expect_equal(length(x), n)
expect_identical(dgen_generate(n, 42L), x)
expect_identical(dgen_generate(n, "0x2A"), x)
expect_identical(dgen_generate(n, "42", max_threads = 1, numa_mode = "disabled", stream = NULL), x)
expect_false(identical(dgen_generate(n, seed = 43), x))
expect_false(identical(dgen_generate(n, seed = 42, stream = 1), x))
expect_false(identical(dgen_generate(n), dgen_generate(n)))
for (offset in c(0, 1, 4095, n - 4096, n - 1, n)) {
  expect_identical(dgen_generate(n, seed = 42, offset = offset), x[seq_len(n - offset) + offset])
}
for (size in c(0, 1, 15, 16, 17, 4095, 4096, 4097, 65537)) {
  expect_identical(dgen_generate(size, seed = 42), x[seq_len(size)], info = size)
}

# Into memory of one's own
b <- dgen_buffer(n)
expect_equal(dgen_fill(b, seed = 42), n)
expect_identical(as.raw(b), x)
expect_equal(dgen_fill(b, seed = 42, size = 2 * n, offset = 5), n)
expect_identical(b[1:100], x[6:105])

# Streaming
g <- dgen_generator(n, seed = 42, chunk_size = 100000)
expect_equal(c(g$size, g$seed, g$chunk_size, g$stream, g$dedup_ratio), c(n, 42, 100000, 0, 1))
expect_equal(g[["codec"]], "any")
expect_true("block_size" %in% names(g))
expect_identical(dgen_next(g, 10), x[1:10])
expect_identical(dgen_next(g, 5000), x[11:5010])
expect_equal(dgen_position(g), 5010)
expect_identical(dgen_next(g), x[5011:105010])
expect_equal(dgen_fill(dgen_buffer(1000), g), 1000)
dgen_seek(g, 299000)
expect_equal(dgen_fill(b, g), 1001)
expect_identical(b[1:1001], x[299001:n])
expect_true(dgen_done(g))
expect_error(dgen_next(g), class = "dgen_error_end")
expect_error(dgen_fill(b, g), class = "dgen_error_end")
dgen_reset(g)
expect_false(dgen_done(g))
expect_identical(do.call(c, dgen_chunks(g, function(chunk) chunk)), x)
dgen_seek(g, 100)
expect_identical(do.call(c, dgen_chunks(g, identity, n = 77777)), x[101:n])
dgen_seek(g, 0)
dgen_set_seed(g, 43)
expect_identical(dgen_next(g, 4097), dgen_generate(n, seed = 43)[1:4097])
expect_equal(g$seed, 43)
expect_equal(dgen_generator(10, seed = "0xFFFFFFFFFFFFFFFF")$seed, "0xFFFFFFFFFFFFFFFF")
fresh <- dgen_generator(1000)
expect_identical(dgen_next(fresh, 1000), dgen_generate(1000, seed = fresh$seed))
h <- g
dgen_seek(h, 7)
expect_equal(dgen_position(g), 7)

# To a file
path <- tempfile()
g <- dgen_generator(2^20, seed = 5, compress_ratio = 2, dedup_ratio = 2)
reports <- NULL
expect_equal(dgen_write_file(g, path, progress = function(done, total) reports <<- rbind(reports, c(done, total))), 2^20)
expect_true(dgen_done(g))
expect_true(nrow(reports) >= 1 && all(diff(reports[, 1]) >= 0) && all(reports[, 2] == 2^20))
written <- readBin(path, "raw", 2^21)
expect_identical(written, dgen_generate(2^20, seed = 5, compress_ratio = 2, dedup_ratio = 2)[])
expect_true(length(memCompress(written, "gzip")) < 2^20 / 2)
dgen_reset(g)
expect_stdout(dgen_write_file(g, path, progress = TRUE), "100%")
dgen_reset(g)
expect_error(dgen_write_file(g, path, progress = function(done, total) FALSE), class = "dgen_error_canceled")
expect_equal(dgen_position(g), 0)
expect_error(dgen_write_file(g, path, progress = function(done, total) stop("mine")), "^mine$")
expect_error(dgen_write_file(g, path, progress = function(done, total) dgen_next(g, 1)), class = "dgen_error_closed")
expect_identical(dgen_next(g, 16), written[1:16])
expect_identical(readBin(path, "raw", 2^21), written)
expect_error(dgen_write_file(g, file.path(tempdir(), "absent", "file")), class = "dgen_error_io")
expect_error(dgen_write_file(g, 1), "path must be text")
unlink(path)

# Check and describe
y <- dgen_generate(n, seed = 42)
expect_equal(dgen_verify(y, seed = 42), list(ok = TRUE, checked = n, bad_bytes = 0))
y[1000] <- xor(y[1000], as.raw(1))
expect_equal(dgen_verify(y, seed = 42)[1:5], list(ok = FALSE, checked = n, bad_bytes = 1, first_bad = 1000, class = "bit flip"))
y <- dgen_generate(2^17, seed = 42)
y[40961:45056] <- x[4097:8192]
report <- dgen_verify(y, seed = 42)
expect_equal(report$class, "misplaced")
expect_equal(report$from, 4096)
expect_true(dgen_verify(x[5001:6000], seed = 42, size = n, offset = 5000)$ok)
dgen_fill(b, seed = 42)
expect_true(dgen_verify(b, seed = 42)$ok)
expect_true(dgen_verify(dgen_view(x[1:4096], "f64"), seed = 42)$ok)

z <- c(raw(4096), x[1:8192], x[1:8192])
expect_equal(unlist(dgen_describe(z)[c("size", "block_size", "blocks", "unique_blocks", "zero_blocks")]),
  c(size = 20480, block_size = 4096, blocks = 5, unique_blocks = 3, zero_blocks = 1))
expect_true(dgen_describe(x)$entropy > 7.99)
expect_equal(dgen_describe(raw(4096), block_size = 64)$entropy, 0)
expect_equal(summary(b)$size, n)
dgen_threads(0)
