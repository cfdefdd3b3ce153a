# Bad input: classes and arguments of the conditions, and nothing kept of 10,000 of them.
# The messages, word for word for all hosts, are checked by tests/test_r.R against tests/errors.tsv.

class_of <- function(expression) tryCatch(expression, dgen_error = function(e) paste(class(e)[1], e$argument))
expect_equal(class_of(dgen_generate(-1)), "dgen_error_invalid size")
expect_equal(class_of(dgen_generate(NA)), "dgen_error_invalid size")
expect_equal(class_of(dgen_generate(NA_integer_)), "dgen_error_invalid size")
expect_equal(class_of(dgen_generate(NULL)), "dgen_error_invalid size")
expect_equal(class_of(dgen_generate(c(1, 2))), "dgen_error_type size")
expect_equal(class_of(dgen_generate(factor(5))), "dgen_error_type size")
expect_equal(class_of(dgen_generate(list(1))), "dgen_error_type size")
expect_equal(class_of(dgen_generate(NA_character_)), "dgen_error_type size")
expect_equal(class_of(dgen_generate(10, seed = structure(-5e-324, class = "integer64"))), "dgen_error_invalid seed")
expect_identical(dgen_generate(10, seed = structure(42 * 2^-1074, class = "integer64")), dgen_generate(10, seed = 42))
expect_equal(class_of(dgen_generate(10, codec = "gzip")), "dgen_error_invalid codec")
expect_equal(class_of(dgen_generate(10, 1, 2)), "dgen_error_invalid ")
expect_equal(class_of(dgen_buffer(-1)), "dgen_error_invalid n")
expect_equal(class_of(dgen_buffers(1.5, 1)), "dgen_error_invalid count")
expect_equal(class_of(dgen_buffer(2^50)), "dgen_error_memory size")
expect_equal(class_of(dgen_seek(dgen_generator(10), 11)), "dgen_error_invalid position")
expect_equal(class_of(dgen_next(dgen_generator(10), -1)), "dgen_error_invalid n")
expect_equal(class_of(dgen_describe(raw(10), block_size = 63)), "dgen_error_invalid block_size")
expect_equal(class_of(dgen_verify("a", seed = 1)), "dgen_error_type x")
expect_equal(class_of(dgen_threads(-1)), "dgen_error_invalid n")
expect_equal(class_of(dgen_pool_cap("a")), "dgen_error_type bytes")
expect_equal(class_of(dgen_write_file(dgen_generator(10), c("a", "b"))), "dgen_error_type path")

# 10,000 failing calls of all kinds leave nothing behind
if (file.exists("/proc/self/status")) {
  resident <- function() {
    line <- grep("^VmRSS:", readLines("/proc/self/status"), value = TRUE)
    as.numeric(gsub("[^0-9]", "", line)) * 1024
  }
  generator <- dgen_generator(10, seed = 1)
  dgen_seek(generator, 10)
  buffer <- dgen_buffer(1000)
  bytes <- raw(1e5) # R's own heap would grow by such, made anew each time
  numbers <- as.double(1:1e4)
  closed <- dgen_buffer(10)
  close(closed)
  fail <- function(times) { # those for want of memory are fewer: each collects garbage first
    for (i in seq_len(times / 10)) {
      try(dgen_generate(-1), silent = TRUE)
      try(if (i %% 50 == 0) dgen_generate(2^52) else dgen_generate(2, 3, 4), silent = TRUE)
      try(dgen_generate(1000, block_size = 3), silent = TRUE)
      try(dgen_generator(1e6, numa_node = 99), silent = TRUE)
      try(dgen_next(generator), silent = TRUE)
      try(dgen_fill(closed, seed = 1), silent = TRUE)
      try(dgen_fill(buffer, seed = 1, size = 10), silent = TRUE)
      try(dgen_verify(bytes, seed = 1, size = 10), silent = TRUE)
      try(dgen_array(numbers, "i8"), silent = TRUE)
      try(if (i %% 50 == 0) dgen_buffer(2^52) else dgen_buffer("a"), silent = TRUE)
    }
    invisible(gc())
  }
  # R's heap settles after a round or two; what leaks grows in every round.
  growth <- Inf
  for (round in 1:5) {
    before <- resident()
    fail(10000)
    growth <- min(growth, resident() - before)
    if (growth < 2^20) break
  }
  expect_true(growth < 2^20)
}
