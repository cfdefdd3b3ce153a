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
pace <- list(warm = 0.02, batch = 0.005, row = 0.5)
parameters <- list(scale = list(2.5), clamp = list(-1, 1))
registry <- dgen_operations()

native <- list(
  add = function(x, y) x + y, sub = function(x, y) x - y, mul = function(x, y) x * y, div = function(x, y) x / y,
  dot = function(x, y) drop(crossprod(x, y)), sum = function(x, y) sum(x), max = function(x, y) max(x),
  min = function(x, y) min(x), argmax = function(x, y) which.max(x), argmin = function(x, y) which.min(x),
  norm_l2 = function(x, y) sqrt(sum(x^2)), norm_l1 = function(x, y) sum(abs(x)), relu = function(x, y) pmax(x, 0),
  sigmoid = function(x, y) 1 / (1 + exp(-x)), tanh = function(x, y) tanh(x), exp = function(x, y) exp(x),
  abs = function(x, y) abs(x), scale = function(x, y) x * 2.5, clamp = function(x, y) pmin(pmax(x, -1), 1),
  square = function(x, y) x^2)

input <- function(name, kind, n) {
  width <- if (kind == "f32") 4 else 8
  path <- file.path(inputs, paste0(name, ".", kind))
  values <- rep_len(readBin(path, "double", file.size(path) / width, size = width), n)
  if (kind == "f32") dgen_array(values, "f32") else values
}

reduces <- function(name) registry$kind[registry$name == name] == "reduction"

# The operation as dgen's function of x and y.
ours <- function(name) {
  f <- getExportedValue("dgen", paste0("dgen_", name))
  p <- parameters[[name]]
  pair <- !reduces(name) && name %in% c("add", "sub", "mul", "div") || name %in% c("dot", "cosine")
  if (length(p) == 2) { a <- p[[1]]; b <- p[[2]]; return(function(x, y, ...) f(x, a, b, ...)) }
  if (length(p) == 1) { a <- p[[1]]; return(function(x, y, ...) f(x, a, ...)) }
  if (pair) return(function(x, y, ...) f(x, y, ...))
  function(x, y, ...) f(x, ...)
}

tell <- function(role, name, kind, memory, n, act) {
  emit("working", "R", sprintf("%s %s %s, %d", name, kind, memory, n))
  emit("op", role, "R", name, kind, memory, whole(n), times(act, runs, pace)$text)
}

grid <- function(name, kind, n, x, y) {
  f <- ours(name)
  memory <- if (reduces(name)) "out" else "alloc"
  tell("dgen", name, kind, memory, n, function() { f(x, y); NULL })
  if (kind == "f32" && !reduces(name)) {
    out <- dgen_array(numeric(n), "f32")
    tell("dgen", name, kind, "out", n, function() { f(x, y, out = out); NULL })
  }
  own <- native[[name]]
  if (kind == "f64" && !is.null(own)) tell("native", name, kind, memory, n, function() { own(x, y); NULL })
}

write <- function(role, name, kind, result) {
  file <- file(file.path(inputs, sprintf("%s R.%s.%s", role, kind, name)), "wb")
  if (inherits(result, "dgen_array")) writeBin(as.raw(result), file) else writeBin(as.double(result), file)
  close(file)
}

results <- function(name, kind, n, x, y) {
  write("dgen", name, kind, ours(name)(x, y))
  if (kind == "f64" && !is.null(native[[name]])) write("native", name, kind, native[[name]](x, y))
}

for (kind in split(given[3])) for (n in as.numeric(split(given[5]))) {
  x <- input("x", kind, n)
  y <- input("y", kind, n)
  for (name in split(given[4])) (if (mode == "grid") grid else results)(name, kind, n, x, y)
}
