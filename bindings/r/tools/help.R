# Writes the page of the operations, ../man/dgen_operations.Rd, from the registry in the library just built, in src, so that
# an operation's row is the only place to add it. Its text is in operations.Rd beside this file.

dyn.load(paste0("dgen", .Platform$dynlib.ext))
source("../R/operation.R", local = TRUE)
rows <- .Call("operations", PACKAGE = "dgen")

escaped <- function(text) gsub("([%{}\\\\])", "\\\\\\1", text)
operands <- strsplit(gsub(" = [^,]*", "", rows$arguments), ", ")
unique_names <- function(keep) paste(unique(unlist(Map(keep, operands, rows$arrays))), collapse = ", ")

list_of <- function(kind, title) {
  at <- rows$kind == kind
  items <- sprintf("    \\item{\\code{dgen_%s}}{\\code{%s}: %s (%.3g, %.3g)}", rows$name[at], escaped(rows$formula[at]),
    escaped(rows$summary[at]), rows$error_f32[at], rows$error_f64[at])
  c(paste0("  ", title), "  \\describe{", items, "  }", "")
}

parts <- list(
  ALIASES = sprintf("\\alias{dgen_%s}", rows$name),
  USAGE = sprintf("dgen_%s(%s)", rows$name, operation_arguments(rows)),
  LISTS = c(list_of("elementwise", "Elementwise, with error bounds in \\code{f32} and \\code{f64}:"),
    list_of("reduction", "Reductions:"), list_of("normalization", "Normalizations:"))
)
page <- readLines("../tools/operations.Rd")
page <- sub("@ARRAYS@", unique_names(function(names, arrays) head(names, arrays)), page, fixed = TRUE)
page <- sub("@PARAMETERS@", unique_names(function(names, arrays) tail(names, -arrays)), page, fixed = TRUE)
for (part in names(parts)) {
  at <- match(paste0("@", part, "@"), page)
  page <- append(page[-at], parts[[part]], at - 1L)
}
writeLines(page, "../man/dgen_operations.Rd")
