# Vector operations in R: dgen on R's own double vectors (f64) and on dgen_array (f32), and R's own expressions. Lines
# and timing rule: measure.h; arguments: operations.lua. R's vectors are values: only a dgen_array is written in place.

folder <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1]))
source(file.path(folder, "measure.R"))
suppressMessages(library(dgen))
given <- commandArgs(trailingOnly = TRUE)
mode <- given[1]
inputs <- given[2]
split <- function(text) strsplit(text, ",")[[1]]
runs <- as.integer(given[6])
pace <- function(n) list(warm = if (n < 1e6) 0.02 else 0.2, batch = 0.005, row = 0.5) # large: until pages come round again
parameters <- list(scale = list(2.5), clamp = list(-1, 1))
registry <- dgen_operations()

native <- list(
  add = quote(x + y), sub = quote(x - y), mul = quote(x * y), div = quote(x / y), dot = quote(drop(crossprod(x, y))),
  sum = quote(sum(x)), max = quote(max(x)), min = quote(min(x)), argmax = quote(which.max(x)),
  argmin = quote(which.min(x)), norm_l2 = quote(sqrt(sum(x^2))), norm_l1 = quote(sum(abs(x))),
  relu = quote(pmax(x, 0)), sigmoid = quote(1 / (1 + exp(-x))), tanh = quote(tanh(x)), exp = quote(exp(x)),
  abs = quote(abs(x)), scale = quote(x * 2.5), clamp = quote(pmin(pmax(x, -1), 1)), square = quote(x^2))

input <- function(name, kind, n) {
  width <- if (kind == "f32") 4 else 8
  path <- file.path(inputs, paste0(name, ".", kind))
  values <- rep_len(readBin(path, "double", file.size(path) / width, size = width), n)
  if (kind == "f32") dgen_array(values, "f32") else values
}

reduces <- function(name) registry$kind[registry$name == name] == "reduction"

# The operation as an expression of x and y, dgen's function by name; `more` are further arguments.
ours <- function(name, more = list()) {
  pair <- name %in% c("add", "sub", "mul", "div", "dot", "cosine")
  as.call(c(as.name(paste0("dgen_", name)), quote(x), if (pair) quote(y), parameters[[name]], more))
}

# A function that evaluates the expression for these x, y and out: one call of R around it, whoever's it is.
closure <- function(expression, x, y, out = NULL) as.function(list(expression), environment())

tell <- function(role, name, kind, memory, n, act) {
  emit("working", "R", sprintf("%s %s %s, %d", name, kind, memory, n))
  emit("op", role, "R", name, kind, memory, whole(n), times(act, runs, pace(n))$text)
}

grid <- function(name, kind, n, x, y) {
  memory <- if (reduces(name)) "out" else "alloc"
  tell("dgen", name, kind, memory, n, closure(ours(name), x, y))
  if (kind == "f32" && !reduces(name)) {
    out <- dgen_array(numeric(n), "f32")
    tell("dgen", name, kind, "out", n, closure(ours(name, list(out = quote(out))), x, y, out))
  }
  own <- native[[name]]
  if (kind == "f64" && !is.null(own)) tell("native", name, kind, memory, n, closure(own, x, y))
}

write <- function(role, name, kind, result) {
  file <- file(file.path(inputs, sprintf("%s R.%s.%s", role, kind, name)), "wb")
  if (inherits(result, "dgen_array")) writeBin(as.raw(result), file) else writeBin(as.double(result), file)
  close(file)
}

results <- function(name, kind, n, x, y) {
  write("dgen", name, kind, closure(ours(name), x, y)())
  if (kind == "f64" && !is.null(native[[name]])) write("native", name, kind, closure(native[[name]], x, y)())
}

for (kind in split(given[3])) for (n in as.numeric(split(given[5]))) {
  x <- input("x", kind, n)
  y <- input("y", kind, n)
  for (name in split(given[4])) (if (mode == "grid") grid else results)(name, kind, n, x, y)
}
