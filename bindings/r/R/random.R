# Random values: a function for each row of the core's registry of distributions, made when the package is loaded; samplers;
# and R's own generator drawing from the same stream.

dgen_distributions <- function() {
  rows <- .Call(C_distributions)
  structure(rows, class = "data.frame", row.names = seq_along(rows$name))
}

# The names of each row's parameters, and of its options: values that belong together have no offset.
distribution_parameters <- function(rows) strsplit(gsub(" = [^,]*", "", rows$parameters), ", ", fixed = TRUE)
distribution_options <- function(rows) {
  lapply(seq_along(rows$name), function(i) {
    c("type", "seed", "stream", if (rows$kind[i] != "order") "offset", if (rows$name[i] == "uniform") c("resolution", "engine"),
      "max_threads")
  })
}

# The formal arguments of each row's function, as text. What is left for ... is no option, which the core says.
distribution_arguments <- function(rows) {
  shaped <- rows$kind %in% c("real", "whole", "index")
  options <- vapply(distribution_options(rows), function(names) paste0(names, " = NULL", collapse = ", "), "")
  paste0(ifelse(shaped, "n, ", ""), rows$parameters, ", ..., ", options, ", out = NULL")
}

# The text of each row's function: as little R as can be, because R's part of a small call is the larger. A parameter that has
# no default and was not given goes to the core as NaN, weights as NULL, which it refuses by name.
distribution_functions <- function(rows) {
  together <- function(names) paste0(names, collapse = ", ")
  parameters <- distribution_parameters(rows)
  options <- vapply(distribution_options(rows), function(names) together(paste(names, "=", names)), "")
  shaped <- rows$kind %in% c("real", "whole", "index")
  required <- lapply(strsplit(rows$parameters, ", ", fixed = TRUE), function(texts) texts[!grepl("=", texts, fixed = TRUE)])
  nothing <- ifelse(rows$kind == "index", "NULL", "NaN")
  checks <- mapply(function(names, nothing) {
    paste0(sprintf("if (missing(%s)) %s <- %s; ", names, names, nothing), collapse = "")
  }, required, nothing)
  call <- function(n, more) {
    sprintf(".External(C_random, %dL, %s%s, %s%s, ...)", seq_along(parameters) - 1L, ifelse(shaped, n, ""),
      vapply(parameters, together, ""), options, more)
  }
  sprintf("function(%s) { %sif (is.null(out)) %s else invisible(%s) }", distribution_arguments(rows), checks, call("n, ", ""),
    call("if (!missing(n)) n, ", ", out = out"))
}

make_distributions <- function(namespace) {
  rows <- .Call(C_distributions)
  texts <- distribution_functions(rows)
  for (i in seq_along(texts)) assign(paste0("dgen_", rows$name[i]), eval(str2lang(texts[i]), namespace), namespace)
}

dgen_normalize_rows <- function(x, out = NULL, max_threads = NULL) {
  if (is.null(out)) .Call(C_normalize_rows, x, NULL, max_threads)
  else invisible(.Call(C_normalize_rows, x, out, max_threads))
}

# ------------------------------------------------------------------------------------------------------------- samplers

dgen_sampler <- function(distribution, ...) .External(C_sampler, distribution, ...)

`$.dgen_sampler` <- function(x, name) .Call(C_sampler_fields, x)[[name]]
`[[.dgen_sampler` <- function(x, i, ...) .Call(C_sampler_fields, x)[[i]]
names.dgen_sampler <- function(x) names(.Call(C_sampler_fields, x))
format.dgen_sampler <- function(x, ...) sub("^dgen.sampler", "dgen_sampler", .Call(C_sampler_show, x))
close.dgen_sampler <- function(con, ...) invisible(.Call(C_sampler_close, con))

print.dgen_sampler <- function(x, ...) {
  cat(format(x), "\n", sep = "")
  invisible(x)
}

# ------------------------------------------------------------------------------------------------------ R's own generator

dgen_rng_stream <- function(stream, seed = NULL) invisible(.Call(C_rng_stream, stream, seed))
