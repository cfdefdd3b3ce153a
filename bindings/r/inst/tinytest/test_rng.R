# R's own generator drawing from the stream: its values, its state, streams of workers.

kinds <- RNGkind()
dgen_threads(2)
restore <- function(state) assign(".Random.seed", state, envir = globalenv())
says <- function(expression) tryCatch({ expression; "no error" }, error = conditionMessage)

RNGkind("user-supplied", "user-supplied")
expect_equal(RNGkind()[1:2], c("user-supplied", "user-supplied"))

# The values are those of dgen_uniform and dgen_normal, each counted by itself.
set.seed(42)
uniform <- dgen_uniform(5000, seed = 42)[]
normal <- dgen_normal(5000, seed = 42)[]
expect_identical(c(runif(1), runif(10), runif(3000)), uniform[1:3011])
expect_identical(c(rnorm(1), rnorm(10), rnorm(3000)), normal[1:3011])
expect_identical(runif(5), uniform[3012:3016])
expect_identical(rnorm(5, 10, 2), 10 + 2 * normal[3012:3016])
for (seed in c(0, 1, -1, 2147483647, -2147483647)) {
  set.seed(seed)
  expect_identical(runif(3), dgen_uniform(3, seed = seed %% 2^32), info = seed)
  expect_identical(rnorm(3), dgen_normal(3, seed = seed %% 2^32), info = seed)
}
set.seed(42, kind = "user-supplied", normal.kind = "user-supplied")
expect_identical(runif(3), uniform[1:3])

# All of R draws from it, and again the same.
draw <- function() list(runif(3), rnorm(3), rexp(3), rgamma(3, 0.5), rbeta(3, 2, 3), rt(3, 5), rpois(3, 40), rbinom(3, 100, 0.3),
  sample(20), sample(5, 10, TRUE, 5:1), rweibull(3, 2), rmultinom(1, 5, 1:3), rhyper(3, 5, 5, 3), rwilcox(2, 5, 5),
  sample.int(1e9, 3), arima.sim(list(ar = 0.5), 5))
set.seed(7)
first <- draw()
second <- draw()
expect_false(identical(first, second))
set.seed(7)
expect_identical(draw(), first)
for (sample_kind in c("Rejection", "Rounding")) {
  suppressWarnings(set.seed(1, sample.kind = sample_kind))
  x <- sample(1000)
  expect_identical(sort(x), 1:1000)
  suppressWarnings(set.seed(1, sample.kind = sample_kind))
  expect_identical(sample(1000), x)
}
set.seed(1, sample.kind = "Rejection")
set.seed(7, normal.kind = "Inversion") # R's normals from dgen's uniforms
expect_identical(rnorm(1), qnorm((floor(2^27 * dgen_uniform(1, seed = 7)) + dgen_uniform(2, seed = 7)[2]) / 2^27))
RNGkind("user-supplied", "user-supplied")

# .Random.seed is the state: seed, stream, uniforms, normals, the low 32 bits first.
set.seed(42)
invisible(runif(1500))
invisible(rnorm(3))
expect_identical(.Random.seed[-1], c(42L, 0L, 0L, 0L, 1500L, 0L, 3L, 0L))
expect_identical(.Random.seed[1] %% 100L, 5L)
saved <- .Random.seed # in the middle of a block
x <- draw()
set.seed(1)
invisible(runif(10000))
restore(saved)
expect_identical(draw(), x)
restore(saved)
expect_identical(runif(3), uniform[1501:1503])
restore(replace(saved, 6:7, c(0L, 1L))) # 2^32 drawn
expect_identical(runif(3), dgen_uniform(3, seed = 42, offset = 2^32))
expect_identical(.Random.seed[6:7], c(3L, 1L))
for (counter in list(6:7, 8:9)) { # more than there are, which only a hand makes
  restore(replace(saved, counter, -1L))
  expect_true(startsWith(says(c(runif(1), rnorm(1))), "offset"))
}
rm(.Random.seed, envir = globalenv()) # R makes a fresh one
x <- runif(2)
expect_equal(length(.Random.seed), 9L)
expect_identical(x, dgen_uniform(2, seed = .Random.seed[2] %% 2^32))
rm(.Random.seed, envir = globalenv())
x <- rnorm(2)
expect_identical(x, dgen_normal(2, seed = .Random.seed[2] %% 2^32))

# Streams
set.seed(42)
expect_null(dgen_rng_stream(3))
expect_false(withVisible(dgen_rng_stream(3))$visible)
expect_identical(.Random.seed[-1], c(42L, 0L, 3L, 0L, 0L, 0L, 0L, 0L))
expect_identical(runif(3), dgen_uniform(3, seed = 42, stream = 3))
dgen_rng_stream("0xFFFFFFFFFFFFFFFF", seed = "0xFEDCBA9876543210")
expect_identical(rnorm(3), dgen_normal(3, seed = "0xFEDCBA9876543210", stream = "0xFFFFFFFFFFFFFFFF"))
dgen_rng_stream(0)
expect_identical(runif(3), dgen_uniform(3, seed = "0xFEDCBA9876543210"))
state <- .Random.seed
expect_true(startsWith(says(dgen_rng_stream(-1)), "stream must be a whole number from 0"))
expect_true(startsWith(says(dgen_rng_stream(1, seed = 0.5)), "seed must be a whole number from 0"))
expect_true(startsWith(says(dgen_rng_stream(NULL)), "stream must be a whole number from 0"))
expect_identical(.Random.seed, state)
rm(.Random.seed, envir = globalenv())
dgen_rng_stream(5, seed = 1)
expect_identical(runif(3), dgen_uniform(3, seed = 1, stream = 5))

# Bad input is base R's there
expect_warning(x <- rnorm(1, sd = -1), "NAs produced")
expect_true(is.nan(x))

# With another generator, dgen's normals and streams are refused
RNGkind("Mersenne-Twister")
expect_true(grepl("needs kind \"user-supplied\"", says(rnorm(1)), fixed = TRUE))
state <- .Random.seed
expect_equal(says(dgen_rng_stream(1)), "RNGkind must be \"user-supplied\", by this package")
expect_identical(.Random.seed, state)
RNGkind("default", "default")
set.seed(42)
x <- c(runif(2), rnorm(2))
RNGkind("user-supplied", "user-supplied")
RNGkind("default", "default")
set.seed(42)
expect_identical(c(runif(2), rnorm(2)), x)

# Processes: forked ones with and without a seed of their own, others, and a state that another session goes on with.
rscript <- file.path(R.home("bin"), "Rscript")
run <- function(code) {
  script <- tempfile(fileext = ".R")
  on.exit(unlink(script))
  writeLines(c("library(dgen)", code), script)
  suppressWarnings(system2(rscript, c("--vanilla", shQuote(script)), stdout = TRUE, stderr = TRUE))
}
if (.Platform$OS.type == "unix" && requireNamespace("parallel", quietly = TRUE)) {
  # In a process of its own: tests of this one have threads and clusters behind them.
  expect_equal(run('
    RNGkind("user-supplied", "user-supplied")
    set.seed(42)
    invisible(runif(5))
    invisible(dgen_normal(1e7)) # threads were at work before the fork
    each <- function(draw, ...) parallel::mclapply(1:4, draw, mc.cores = 2, mc.preschedule = FALSE, ...)
    one <- function(i) c(runif(2), rnorm(2))
    streams <- function(i) { dgen_rng_stream(i, seed = 42); one(i) }
    seeded <- function(i) { set.seed(42); dgen_rng_stream(i); one(i) }
    want <- lapply(1:4, function(i) c(dgen_uniform(2, seed = 42, stream = i), dgen_normal(2, seed = 42, stream = i)))
    distinct <- function(values) length(unique(values))
    state <- .Random.seed
    inherited <- each(one, mc.set.seed = FALSE)
    fresh <- each(one)
    stopifnot(identical(state, .Random.seed), identical(inherited[[1]], one(1)))
    cat(distinct(inherited), distinct(fresh), distinct(each(one)), any(each(one) %in% fresh))
    cat("", identical(each(streams), want), identical(each(streams, mc.set.seed = FALSE), want), identical(each(seeded), want))'),
    "1 4 4 FALSE TRUE TRUE TRUE")
  expect_equal(run('
    cluster <- parallel::makeCluster(2)
    invisible(parallel::clusterEvalQ(cluster, { library(dgen); RNGkind("user-supplied", "user-supplied") }))
    stream <- function(i) { dgen_rng_stream(i, seed = 42); c(runif(2), rnorm(2)) }
    want <- lapply(1:6, function(i) c(dgen_uniform(2, seed = 42, stream = i), dgen_normal(2, seed = 42, stream = i)))
    cat(identical(parallel::parLapply(cluster, 1:6, stream), want))
    invisible(parallel::clusterApply(cluster, 1:2, function(i) dgen_rng_stream(i, seed = 42)))
    drawn <- parallel::clusterCall(cluster, function() c(runif(2), rnorm(2)))
    cat("", identical(drawn, want[1:2]))
    parallel::stopCluster(cluster)'), "TRUE TRUE")
}
RNGkind("user-supplied", "user-supplied")
set.seed(11)
invisible(runif(100))
path <- tempfile()
saveRDS(.Random.seed, path)
want <- c(runif(2), rgamma(2, 3))
expect_equal(run(sprintf('RNGkind("user-supplied", "user-supplied"); .Random.seed <- readRDS("%s")
  cat(format(c(runif(2), rgamma(2, 3)), digits = 17))', path)), paste(format(want, digits = 17), collapse = " "))
unlink(path)

suppressWarnings(RNGkind(kinds[1], kinds[2], kinds[3]))
set.seed(1)
dgen_threads(0)
