# Quantization: floats as 8, 4 or 2 bits, one array or many layers, and back; layouts of other programs; activations over
# timesteps; equalization of channels; bits within a budget; Arrow. C checks all arguments.

dgen_quantize <- function(x, bits = 8, ...) .External(C_quantize, x, bits = bits, ...)

dgen_dequantize <- function(q, type = "f32", max_threads = NULL, out = NULL) {
  if (is.null(out)) .Call(C_dequantize, q, type, max_threads, NULL)
  else invisible(.Call(C_dequantize, q, if (!missing(type)) type, max_threads, out))
}

dgen_unpack <- function(q, max_threads = NULL) .Call(C_unpack, q, max_threads)

dgen_quantize_batch <- function(layers, bits = 8, ..., progress = FALSE) {
  report <- reporter(progress)
  on.exit(report$close())
  result <- .External(C_quantize_batch, layers, bits, report$call, ...)
  report$resume()
  if (is.character(result)) raise("canceled", "progress", result)
  result
}

dgen_repack <- function(q, packing) .Call(C_repack, q, packing)

dgen_equalize <- function(w, x, alpha = 0.5, power_of_two = FALSE, max_threads = NULL) {
  .Call(C_equalize, w, x, alpha, power_of_two, max_threads)
}

dgen_activation_table <- function(stats, groups = NULL, method = "equal_range", bits = 8, smoothing = 0) {
  .External(C_activation_table, stats, groups = groups, method = method, bits = bits, smoothing = smoothing)
}

dgen_quantize_activations <- function(x, t, table, ..., nan = "error", certificate = TRUE, max_threads = NULL) {
  .External(C_quantize_activations, x, t, table, nan = nan, certificate = certificate, max_threads = max_threads, ...)
}

dgen_choose_bits <- function(layers, budget = NULL, rules = NULL, ..., names = base::names(layers), progress = FALSE) {
  report <- reporter(progress)
  on.exit(report$close())
  columns <- .External(C_choose_bits, layers, names, budget, unlist(rules), report$call, ...)
  report$resume()
  if (is.character(columns)) raise("canceled", "progress", columns)
  unnamed <- is.null(names) || anyDuplicated(names) || !all(nzchar(names))
  structure(columns, class = "data.frame", row.names = if (unnamed) seq_along(layers) else names)
}

dgen_arrow_export <- function(x, array_address = NULL, schema_address = NULL) {
  structs <- .Call(C_arrow_export, x, array_address, schema_address)
  if (is.null(structs)) invisible() else structs
}
dgen_arrow_import <- function(array_address, schema_address) .Call(C_arrow_import, array_address, schema_address)

# -------------------------------------------------------------------------------------------------------- what a user sees

format.dgen_quantized <- function(x, ...) sub("^dgen.quantized", "dgen_quantized", .Call(C_quantized_show, x))

# One row, so that the rows of many layers make a table.
summary.dgen_quantized <- function(object, ...) {
  bytes <- sum(lengths(lapply(object[c("codes", "scale", "zero")], as.raw)))
  data.frame(bits = object$bits, size = bytes, object$error)
}

format.dgen_packed <- function(x, ...) {
  sprintf("dgen_packed: %s, %g bits, groups of %g of %s", x$packing, x$bits, x$group, paste(x$shape, collapse = " x "))
}

format.dgen_activation_table <- function(x, ...) {
  sprintf("dgen_activation_table: %g groups of %d timesteps, %s, %g bits, noise %.4g (%.4g as one group)", x$groups,
    length(x$timestep), x$method, x$bits, x$noise, x$noise_single)
}

print.dgen_quantized <- print.dgen_packed <- print.dgen_activation_table <- function(x, ...) {
  cat(format(x), "\n", sep = "")
  invisible(x)
}
