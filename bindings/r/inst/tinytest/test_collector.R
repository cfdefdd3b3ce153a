# R's collector: at every allocation, when memory runs out, and before dead arrays take all of it.

dgen_threads(2)
info <- function() dgen_system_info()

# A collection at each allocation: what is not protected is gone at once
expected <- dgen_generate(10000, seed = 1)[]
expected_f64 <- readBin(expected, "double", 1250)
path <- tempfile()
torture <- function() {
  gctorture(TRUE)
  on.exit(gctorture(FALSE))
  x <- dgen_generate(10000, seed = 1)
  small <- dgen_generate(100, seed = 1)
  v <- dgen_view(x, "f64")
  w <- dgen_view(dgen_view(small, "u16"), "u8")
  b <- dgen_buffer(10000)
  list2 <- dgen_buffers(2, 5000)
  dgen_fill(b, seed = 1)
  g <- dgen_generator(10000, seed = 1)
  y <- dgen_next(g, 5000)
  z <- dgen_next(g, 100)
  dgen_fill(list2[[1]], g)
  dgen_seek(g, 0)
  chunks <- dgen_chunks(g, length, n = 5000)
  dgen_reset(g)
  dgen_write_file(g, path, progress = function(done, total) NULL)
  f <- dgen_array(c(1, 2, 3), "f16")
  f[2] <- 9
  f2 <- dgen_copy(f[2:3])
  b[1:2] <- b[3:4]
  rm(x)
  list(v = v, w = w, y = y, z = z, b = b, f = as.double(f2), chunks = chunks, verify = dgen_verify(y, seed = 1)$ok,
    describe = dgen_describe(y)$size, info = names(dgen_system_info())[1], seed = g$seed, text = format(g),
    error = tryCatch(dgen_generate(-1), error = conditionMessage),
    interrupted = tryCatch(dgen_fill(b, 1), dgen_error_type = function(e) e$argument),
    back = unserialize(serialize(y, NULL)))
}
r <- torture()
expect_identical(r$v, expected_f64)
expect_identical(r$w, expected[1:100])
expect_identical(c(r$y, r$z), expected[1:5100])
expect_identical(r$b[], expected[c(3, 4, 3:10000)])
expect_identical(r$f, c(9, 3))
expect_identical(unlist(r$chunks), c(5000L, 5000L))
expect_true(r$verify)
expect_equal(r$describe, 5000)
expect_equal(c(r$info, r$seed, r$interrupted), c("version", "1", "generator"))
expect_true(startsWith(r$error, "size must be"))
expect_identical(r$back, expected[1:5000])
expect_identical(readBin(path, "raw", 20000), expected)
unlink(path)

# 60 dead arrays of 64 MiB never hold more than the pool's cap and a few arrays
peak <- 0
status <- function(key) as.numeric(gsub("[^0-9]", "", grep(key, readLines("/proc/self/status"), value = TRUE))) * 1024
if (file.exists("/proc/self/status")) {
  cap <- dgen_pool_cap(256 * 2^20)
  invisible(gc())
  dgen_pool_trim()
  before <- status("^VmRSS:")
  for (i in 1:60) {
    x <- dgen_generate(64 * 2^20, seed = i)
    peak <- max(peak, status("^VmRSS:"))
  }
  expect_true(peak - before < (512 + 4 * 64) * 2^20)
  x <- NULL
  invisible(gc())
  expect_true(info()$pool_bytes <= 256 * 2^20)
  dgen_pool_trim()
  dgen_pool_cap(cap)
}
dgen_threads(0)
