# The streaming generator: a reference to a position in an object. Its functions serve samplers (random.R) too.

dgen_generator <- function(size, seed = NULL, ...) .Call(C_generator, list(size = size, seed = seed, ...))

is_sampler <- function(g) inherits(g, "dgen_sampler")

dgen_next <- function(g, n = NULL) {
  if (!is_sampler(g)) return(.Call(C_generator_next, g, n))
  .Call(C_sampler_next, g, if (is.null(n)) 1 else n)
}

dgen_chunks <- function(g, f, n = NULL, ...) {
  f <- match.fun(f)
  results <- list()
  while (!dgen_done(g)) results[length(results) + 1L] <- list(f(dgen_next(g, n), ...))
  invisible(results)
}

dgen_position <- function(g) .Call(if (is_sampler(g)) C_sampler_position else C_generator_position, g)
dgen_done <- function(g) .Call(C_generator_done, g)
dgen_seek <- function(g, position) {
  invisible(.Call(if (is_sampler(g)) C_sampler_seek else C_generator_seek, g, position))
}
dgen_reset <- function(g) invisible(.Call(if (is_sampler(g)) C_sampler_reset else C_generator_reset, g))
dgen_set_seed <- function(g, seed) invisible(.Call(C_generator_set_seed, g, seed))

# What a long call makes of its progress argument. A progress function's own condition must not jump through C: it is kept, stops
# the work, and is signalled again by resume.
reporter <- function(progress) {
  kept <- bar <- NULL
  if (isTRUE(progress)) {
    bar <- utils::txtProgressBar(style = 3L)
    progress <- function(done, total) utils::setTxtProgressBar(bar, done / total)
  }
  keep <- function(condition) {
    kept <<- condition
    TRUE
  }
  list(
    call = if (is.function(progress)) function(done, total) {
      tryCatch(identical(progress(done, total), FALSE), error = keep, interrupt = keep)
    },
    close = function() if (!is.null(bar)) close(bar),
    resume = function() {
      if (inherits(kept, "interrupt")) interrupt()
      if (!is.null(kept)) stop(kept)
    }
  )
}

dgen_write_file <- function(g, path, progress = interactive()) {
  report <- reporter(progress)
  on.exit(report$close())
  path <- if (is.character(path)) enc2native(path.expand(path)) else path
  written <- .Call(C_generator_write_file, g, path, report$call)
  report$resume()
  if (is.character(written)) raise("canceled", "progress", written)
  invisible(written)
}

`$.dgen_generator` <- function(x, name) .Call(C_generator_fields, x)[[name]]
`[[.dgen_generator` <- function(x, i, ...) .Call(C_generator_fields, x)[[i]]
names.dgen_generator <- function(x) names(.Call(C_generator_fields, x))
format.dgen_generator <- function(x, ...) sub("^dgen.generator", "dgen_generator", .Call(C_generator_show, x))
close.dgen_generator <- function(con, ...) invisible(.Call(C_generator_close, con))

print.dgen_generator <- function(x, ...) {
  cat(format(x), "\n", sep = "")
  invisible(x)
}
