# The operations: a function for each row of the core's registry, made when the package is loaded, as those of the
# distributions are (random.R); and R's own operators and functions of a dgen_array by way of them.

dgen_operations <- function() {
  rows <- .Call(C_operations)
  structure(rows, class = "data.frame", row.names = seq_along(rows$name))
}

# The formal arguments of each row's function, as text. What is left for ... is no option, which the core says.
operation_arguments <- function(rows) {
  options <- paste0(ifelse(rows$kind == "reduction", "", ", out = NULL"), ifelse(rows$nan, ", nan = \"propagate\"", ""))
  paste0(rows$arguments, ", ...", options, ", max_threads = NULL")
}

# The text of each row's function: as little R as can be, because R's part of a small call is the larger.
operation_functions <- function(rows) {
  operands <- gsub(" = [^,]*", "", rows$arguments)
  options <- paste0(ifelse(rows$nan, ", nan = nan", ""), ", max_threads = max_threads, ...")
  call <- function(more) sprintf(".External(C_operation, %dL, %s%s)", seq_along(operands) - 1L, operands, more)
  with_out <- sprintf("if (is.null(out)) %s else invisible(%s)", call(options), call(paste0(", out = out", options)))
  sprintf("function(%s) %s", operation_arguments(rows), ifelse(rows$kind == "reduction", call(options), with_out))
}

# What R calls otherwise; and every operation's function by R's name, for the group generics.
r_names <- c("+" = "add", "-" = "sub", "*" = "mul", "/" = "div", "^" = "pow", ceiling = "ceil")
by_r_name <- new.env()

.onLoad <- function(libname, pkgname) {
  namespace <- topenv()
  rows <- .Call(C_operations)
  texts <- operation_functions(rows)
  for (i in seq_along(texts)) {
    operation <- eval(str2lang(texts[i]), namespace)
    assign(paste0("dgen_", rows$name[i]), operation, namespace)
    at <- match(rows$name[i], r_names)
    assign(if (is.na(at)) rows$name[i] else names(r_names)[at], operation, by_r_name)
  }
  make_distributions(namespace)
}

# ------------------------------------------------------------------------------------------------------- group generics
# What the registry has, by R's name of it; all else is done by R, with the values as doubles.

doubles <- function(x) if (inherits(x, "dgen_array")) .Call(C_convert, x, "f64") else x

Ops.dgen_array <- function(e1, e2) {
  operation <- by_r_name[[.Generic]]
  if (missing(e2)) switch(.Generic, "-" = dgen_neg(e1), "+" = e1, get(.Generic, baseenv())(doubles(e1)))
  else if (is.null(operation)) get(.Generic, baseenv())(doubles(e1), doubles(e2))
  else operation(e1, e2)
}

# With arguments of its own (log's base, round's digits), a function is R's.
Math.dgen_array <- function(x, ...) {
  operation <- if (...length() == 0L) by_r_name[[.Generic]]
  if (is.null(operation)) get(.Generic, baseenv())(doubles(x), ...) else operation(x)
}

nan_policy <- function(na.rm) if (na.rm) "ignore" else "propagate"

Summary.dgen_array <- function(..., na.rm = FALSE) {
  r <- get(.Generic, baseenv())
  operation <- by_r_name[[.Generic]]
  if (.Generic == "range") operation <- function(x, nan) c(dgen_min(x, nan = nan), dgen_max(x, nan = nan))
  if (is.null(operation)) return(do.call(r, c(lapply(list(...), doubles), na.rm = na.rm)))
  do.call(r, lapply(list(...), operation, nan = nan_policy(na.rm)))
}

mean.dgen_array <- function(x, ..., na.rm = FALSE) {
  if (...length() == 0L) dgen_mean(x, nan = nan_policy(na.rm)) else mean(doubles(x), ..., na.rm = na.rm)
}
