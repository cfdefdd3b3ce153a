# Writes the page of the operations and one of each distribution into ../man, from the registries in the library just built, in
# src, so that a row of a registry is the only place to add one. Their texts are in operations.Rd and distribution.Rd beside
# this file.

dyn.load(paste0("dgen", .Platform$dynlib.ext))
source("../R/operation.R", local = TRUE)
source("../R/random.R", local = TRUE)

escaped <- function(text) gsub("([%{}\\\\])", "\\\\\\1", text)

# The page with each line "@PART@" replaced by lines, and "@WORD@" within a line by a text.
fill_page <- function(page, words, parts) {
  for (word in names(words)) page <- gsub(paste0("@", word, "@"), words[[word]], page, fixed = TRUE)
  for (part in names(parts)) {
    at <- match(paste0("@", part, "@"), page)
    page <- append(page[-at], parts[[part]], at - 1L)
  }
  page
}

# ------------------------------------------------------------------------------------------------------------ operations

rows <- .Call("operations", PACKAGE = "dgen")
operands <- strsplit(gsub(" = [^,]*", "", rows$arguments), ", ")
unique_names <- function(keep) paste(unique(unlist(Map(keep, operands, rows$arrays))), collapse = ", ")

list_of <- function(kind, title) {
  at <- rows$kind == kind
  items <- sprintf("    \\item{\\code{dgen_%s}}{\\code{%s}: %s (%.3g, %.3g)}", rows$name[at], escaped(rows$formula[at]),
    escaped(rows$summary[at]), rows$error_f32[at], rows$error_f64[at])
  c(paste0("  ", title), "  \\describe{", items, "  }", "")
}

words <- list(ARRAYS = unique_names(function(names, arrays) head(names, arrays)),
  PARAMETERS = unique_names(function(names, arrays) tail(names, -arrays)))
parts <- list(
  ALIASES = sprintf("\\alias{dgen_%s}", rows$name),
  USAGE = sprintf("dgen_%s(%s)", rows$name, operation_arguments(rows)),
  LISTS = c(list_of("elementwise", "Elementwise, with error bounds in \\code{f32} and \\code{f64}:"),
    list_of("reduction", "Reductions:"), list_of("normalization", "Normalizations:"))
)
writeLines(fill_page(readLines("../tools/operations.Rd"), words, parts), "../man/dgen_operations.Rd")

# --------------------------------------------------------------------------------------------------------- distributions

rows <- structure(.Call("distributions", PACKAGE = "dgen"), class = "data.frame")
attr(rows, "row.names") <- seq_along(rows$name)
parameters <- distribution_parameters(rows)
legal <- strsplit(rows$legal, "; ", fixed = TRUE)

item <- function(name, text) sprintf("  \\item{%s}{%s}", name, text)
shape_text <- "how many values: a number, or 2 to 4 dimensions, of which the result is a matrix or an array."
option_texts <- list(
  seed = "0 to \\eqn{2^{64}-1}{2^64-1}: a number, \\code{\"0x...\"} text or an \\code{integer64}; \\code{NULL} draws a fresh one.",
  stream = "numbers independent streams of one seed, as of workers: 0 to \\eqn{2^{64}-1}{2^64-1}.",
  resolution = paste("\\code{\"standard\"}, or \\code{\"full\"}: with \\code{min} 0 and \\code{max} 1 every number of the type",
    "may come, not multiples of \\eqn{2^{-53}}{2^-53} alone."),
  engine = paste("\\code{\"dgen\"}; or another host's own uniform numbers, one after the other, in \\code{f64}: \\code{\"r\"} those of",
    "\\code{set.seed(seed)} and \\code{runif}, \\code{\"octave\"} of \\code{rand (\"twister\", seed)}, \\code{\"lua\"} of",
    "\\code{math.random} of Lua 5.4."),
  max_threads = "how many threads may work; by default as \\code{\\link{dgen_threads}} says."
)

option_text <- function(row, name) {
  types <- paste0("\\code{\"", strsplit(row$types, " ")[[1]], "\"}")
  switch(name,
    type = paste0("the type of the values: ", paste(types, collapse = ", "), ". By default the first",
      if (row$name == "integers" || row$kind == "order") ", or \\code{\"i64\"} where that is too short", "."),
    offset = if (row$kind == "rows") "the first value is this one of the stream: a multiple of \\code{dim}."
      else "the first value is this one of the stream, counted from 0, so that a call can go on where another ended.",
    option_texts[[name]])
}

arguments_of <- function(row, parameters, legal, options) {
  array <- if (row$kind %in% c("real", "whole")) "; or an array of such, recycled: value \\eqn{k} takes element \\eqn{k}" else ""
  c(if (!row$kind %in% c("order", "rows")) item("n", shape_text),
    item(parameters, paste0(escaped(legal), array, ".")),
    item("\\dots", "nothing: what is no option is an error that names it."),
    vapply(options, function(name) item(name, option_text(row, name)), ""),
    item("out", paste0("a \\code{\\link{dgen_array}}, or a \\link[=dgen_view]{view} of a \\code{dgen_buffer}, to fill in place, under ",
      "every name it has", if (row$kind %in% c("order", "rows")) "." else "; \\code{n} is left out then.")))
}

details_of <- function(row) {
  if (row$kind == "order") return(c("  The values of a call belong together, and follow from the seed, the stream and the parameters.",
    "  Positions count from 1; values beyond the type's range are an error."))
  c(paste0("  Value \\eqn{k} of a stream follows from seed, stream, parameters, type and \\eqn{k} alone: not from processor,",
    " threads,"), "  \\code{offset}, or how many values are asked for at a time. Distributions share no bits: equal seeds do not make",
    "  uniform and normal values alike.",
    if (row$kind %in% c("whole", "index")) "  All types hold the same numbers; one beyond the type's range is an error.",
    if (row$kind == "index") "  Positions count from 1.",
    if (row$name == "integers") paste("  Bounds beyond \\eqn{2^{53}}{2^53} are given as \\code{integer64} (package bit64), an \\code{i64}",
      "\\code{\\link{dgen_array}} or text: \\code{\"0x7FFFFFFFFFFFFFFF\"}, \\code{\"-9007199254740993\"}."))
}

value_of <- function(row) {
  shape <- switch(row$kind, order = "", rows = " of \\code{rows} x \\code{dim}", ", with \\code{dim} if \\code{n} has dimensions")
  vectors <- switch(row$kind, real = , rows = "A double vector for \\code{f64}, a \\code{\\link{dgen_array}} for \\code{f32}",
    paste("An integer vector for \\code{i32}, a double vector for \\code{f64}, a raw vector for \\code{u8}, else a",
      "\\code{\\link{dgen_array}}"))
  if (row$kind == "rows") vectors <- "A double matrix for \\code{f64}, a \\code{\\link{dgen_array}} for \\code{f32}"
  paste0(vectors, shape, "; \\code{out}, invisibly, if it was given.")
}

# A call's parameters, by their names: those without a default.
example_values <- c(shape = "2", shape1 = "2", shape2 = "3", df = "5", prob = "0.3", lambda = "4", size = "10", min = "1",
  max = "6", weights = "c(1, 2, 7)", n = "10", k = "3", rows = "4", dim = "3")
examples_of <- function(row, parameters) {
  needed <- setdiff(parameters, sub(" = .*", "", grep("=", strsplit(row$parameters, ", ")[[1]], fixed = TRUE, value = TRUE)))
  shaped <- !row$kind %in% c("order", "rows")
  values <- if (length(needed)) sprintf("%s = %s", needed, example_values[needed])
  call <- function(n, ...) sprintf("dgen_%s(%s)", row$name, paste(c(if (shaped) n, values, ..., "seed = 1"), collapse = ", "))
  second <- strsplit(row$types, " ")[[1]][if (row$kind == "real" || row$kind == "rows") 2 else 4]
  c(call("5"), call("5", sprintf("type = \"%s\"", second)),
    if (shaped) c(call("c(2, 3)"), sprintf("identical(%s, %s[3:5])", call("3", "offset = 2"), call("5"))),
    if (row$kind == "real") c(sprintf("x <- dgen_array(numeric(4), \"f32\")"),
      sub("dgen_([a-z]*)\\(5, ", "dgen_\\1(", sub("seed", "out = x, seed", call("5"))), "x"))
}

template <- readLines("../tools/distribution.Rd")
formals <- distribution_arguments(rows)
options <- distribution_options(rows)
for (i in seq_along(rows$name)) {
  row <- rows[i, ]
  words <- list(NAME = row$name, TITLE = escaped(row$summary), SUMMARY = escaped(row$summary), METHOD = escaped(row$method),
    FORMALS = gsub("~", " ", paste(strwrap(gsub(" = ", "~=~", formals[i]), 100, exdent = 2), collapse = "\n")), VALUE = value_of(row))
  parts <- list(ARGUMENTS = arguments_of(row, parameters[[i]], legal[[i]], options[[i]]), DETAILS = details_of(row),
    EXAMPLES = examples_of(row, parameters[[i]]))
  writeLines(fill_page(template, words, parts), sprintf("../man/dgen_%s.Rd", row$name))
}
