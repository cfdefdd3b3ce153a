# Vectors of the package behave as R's own: values, copied when modified, saved as plain vectors.

dgen_threads(2)
n <- 100000
plain <- function(x) as.raw(as.integer(x)) # a copy of the bytes on R's heap
handle_free <- function(x) !grepl(" dgen ", paste(capture.output(.Internal(inspect(x))), collapse = ""))
x <- dgen_generate(n, seed = 1)
p <- plain(x)
expect_false(handle_free(x))
expect_true(handle_free(p))
expect_identical(x, p)
expect_identical(x[], p)
for (i in list(1:10, n:1, c(5, 2), -1, -(2:n), 0, c(TRUE, FALSE), c(1, 1, 1), 99990:100010, c(NA, 3L), c(2.9, 1e9), integer()))
  expect_identical(x[i], p[i])
expect_identical(x[[7]], p[[7]])
expect_error(x[[n + 1]], "subscript out of bounds")
expect_identical(head(x), head(p))
expect_identical(tail(x, 3), tail(p, 3))
expect_identical(rev(x), rev(p))
expect_identical(c(x, x), c(p, p))
expect_identical(xor(x, as.raw(255)), xor(p, as.raw(255)))
expect_identical(x == p, rep(TRUE, n))
expect_identical(as.integer(x), as.integer(p))
expect_identical(rawToBits(x), rawToBits(p))
expect_identical(table(as.integer(x)), table(as.integer(p)))
expect_identical(unlist(lapply(x[1:3], identity)), p[1:3])
expect_identical(writeBin(x, raw()), p)

# Copy on modification
y <- x
y[3] <- as.raw(0)
expect_identical(x, p)
expect_identical(y[-3], p[-3])
change <- function(v) { v[1] <- as.raw(1); v }
z <- change(x)
expect_identical(x, p)
w <- dgen_generate(n, seed = 1)
w[2:3] <- as.raw(c(8, 9))
expect_identical(w[1:4], c(p[1], as.raw(8:9), p[4]))
expect_identical(dgen_generate(n, seed = 1), p)

# Attributes, saving
a <- dgen_generate(n, seed = 1)
attr(a, "note") <- "kept"
expect_equal(attr(a, "note"), "kept")
b <- a
attr(b, "note") <- NULL
expect_equal(attr(a, "note"), "kept")
expect_identical(b, p)
dim(b) <- c(100, 1000)
expect_identical(b[3, 2], p[103])
for (ascii in c(TRUE, FALSE)) {
  path <- tempfile()
  saveRDS(x, path, ascii = ascii)
  back <- readRDS(path)
  expect_identical(back, p)
  expect_true(handle_free(back))
  unlink(path)
}
expect_identical(unserialize(serialize(x, NULL)), p)
expect_identical(serialize(x, NULL), serialize(p, NULL))

# The other native types
i <- dgen_view(x, "i32")
d <- dgen_view(x, "f64")
expect_identical(i, readBin(p, "integer", n / 4))
expect_identical(d, readBin(p, "double", n / 8))
expect_false(handle_free(d))
expect_identical(i[c(3, NA, 1e6)], readBin(p, "integer", n / 4)[c(3, NA, 1e6)])
expect_identical(d[c(3, NA, 1e6)], readBin(p, "double", n / 8)[c(3, NA, 1e6)])
expect_identical(sum(i > 0, na.rm = TRUE), sum(readBin(p, "integer", n / 4) > 0, na.rm = TRUE))
expect_identical(sort(i), sort(readBin(p, "integer", n / 4)))

# A view and its parent do not change under each other's feet, whichever is written and in whatever way
for (parent in list(dgen_generate(8192, seed = 1), plain(p[1:8192]))) {
  v <- dgen_view(parent, "u8")
  before <- plain(v)
  parent[1] <- xor(parent[1], as.raw(255))
  expect_identical(v, before)
  v2 <- dgen_view(v, "i32")
  v[5] <- as.raw(0)
  expect_identical(v2, readBin(before, "integer", 2048))
  v2[1] <- 0L
  expect_identical(v[1:4], before[1:4])
}
copied <- dgen_copy(dgen_view(x, "f64"))
expect_identical(copied, d)

# A view keeps its parent alive, in whatever order they go
view_of <- function(v) dgen_view(dgen_view(v, "f64"), "u8")
keep <- view_of(dgen_generate(n, seed = 1))
keep_plain <- view_of(plain(p))
invisible(gc())
other <- lapply(1:20, function(k) dgen_generate(n, seed = 2))
expect_identical(keep, p)
expect_identical(keep_plain, p)
buffer <- dgen_buffer(n)
dgen_fill(buffer, seed = 1)
shown <- dgen_view(buffer)
expect_identical(shown, p)
dgen_fill(buffer, seed = 2)
expect_identical(shown, other[[1]])
close(buffer)
more <- lapply(1:20, function(k) dgen_generate(n, seed = 3))
expect_identical(shown, other[[1]])
expect_error(dgen_view(p[1:7], "f64"), "x must be a whole number of elements long")

# The same bytes are shared, not copied: 100 views of 64 MiB add next to nothing
if (file.exists("/proc/self/status")) {
  resident <- function() {
    line <- grep("^VmRSS:", readLines("/proc/self/status"), value = TRUE)
    as.numeric(gsub("[^0-9]", "", line)) * 1024
  }
  big <- dgen_generate(2^26, seed = 1)
  before <- resident()
  views <- lapply(1:100, function(k) dgen_view(big, "f64"))
  expect_true(resident() - before < 2^22)
  expect_identical(views[[100]][1:3], readBin(big[1:24], "double", 3))
}
dgen_threads(0)
