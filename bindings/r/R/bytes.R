# Bytes in one call. The options are checked by the core, by name; NULL is an option not given.

dgen_generate <- function(size, seed = NULL, ...) .Call(C_generate, list(size = size, seed = seed, ...))

dgen_fill <- function(buf, generator = NULL, seed = NULL, ...) {
  options <- list(seed = seed, ...)
  if (is.null(generator)) return(invisible(.Call(C_fill, buf, options)))
  if (length(options) > 1L || !is.null(seed))
    raise("invalid", "generator", "generator has its options already: none can be given with it")
  invisible(if (is_sampler(generator)) .Call(C_sampler_fill, generator, buf) else .Call(C_generator_fill, generator, buf))
}

dgen_verify <- function(x, seed, ...) .Call(C_verify, x, list(seed = seed, ...))

dgen_describe <- function(x, block_size = 4096) .Call(C_describe, x, block_size)

dgen_copy <- function(x) .Call(C_copy, x)

dgen_view <- function(x, type = "u8") .Call(C_view, x, type)
