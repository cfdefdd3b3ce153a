# Quantization in R: dgen's call on R's own double vectors and on arrays of f32, both read in place, beside R's vector code.
# Lines and timing rule: measure.h. Arguments: runs, most elements.

folder <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1]))
source(file.path(folder, "measure.R"))
suppressMessages(library(dgen))
given <- as.numeric(commandArgs(trailingOnly = TRUE))
runs <- given[1]
most <- if (length(given) > 1) given[2] else Inf
pace <- list(warm = 0.3, batch = 0.005, row = 0.5)

tell <- function(role, type, memory, n, act) {
  emit("working", "R", sprintf("%s %s, %d", type, memory, n))
  emit("op", role, "R", "quantize 8", type, memory, whole(n), times(act, runs, pace)$text)
}

own <- function(x) {
  groups <- matrix(c(x, numeric(-length(x) %% 128)), 128)
  least <- pmin(apply(groups, 2, min), 0)
  most <- pmax(apply(groups, 2, max), 0)
  scale <- (most - least) / 255
  zero <- round(-least / scale)
  codes <- round(groups / rep(scale, each = 128)) + rep(zero, each = 128)
  list(codes = as.raw(pmin(pmax(codes, 0), 255)), scale = scale, zero = zero)
}

for (n in c(1000000L, 10000000L, 100000000L)) {
  if (n > most) break
  x <- dgen_normal(n, seed = 5, type = "f32")
  tell("dgen", "f32", "array", n, function() dgen_quantize(x))
  rm(x)
  x <- dgen_normal(n, seed = 5)
  tell("dgen", "f64", "vector", n, function() dgen_quantize(x))
  if (n == 1000000L) {
    y <- as.numeric(x)
    tell("native", "f64", "vector", n, function() own(y))
  }
  rm(x)
}
