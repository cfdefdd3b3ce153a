# dgen_buffer: bytes the user owns, changed in place. dgen_array: values of a type that R lacks.

dgen_buffer <- function(n) .Call(C_buffer, n)
dgen_buffers <- function(count, n) .Call(C_buffers, count, n)

dgen_array <- function(x, type = "f32") {
  # R's NA of integers is a number in no other type; as a double it is a NaN.
  if (is.logical(x) || (is.integer(x) && anyNA(x))) storage.mode(x) <- "double"
  .Call(C_convert, x, type)
}

# The positions, 1-based and whole, that any index of R means.
positions <- function(x, ...) {
  shape <- dim(x)
  all <- seq_len(length(x))
  at <- if (...length() > 1L) array(all, shape)[...] else all[...]
  if (anyNA(at)) stop("subscript out of bounds", call. = FALSE)
  at
}

position <- function(x, ...) {
  at <- positions(x, ...)
  if (length(at) != 1L) stop("subscript must select one element", call. = FALSE)
  at
}

plain <- function(x) {
  attributes(x) <- NULL
  x
}

length.dgen_buffer <- function(x) .Call(C_length, x)
`[.dgen_buffer` <- function(x, ...) .Call(C_get, x, positions(x, ...))
`[[.dgen_buffer` <- function(x, ...) .Call(C_get, x, position(x, ...))
`[<-.dgen_buffer` <- function(x, ..., value) .Call(C_set, x, positions(x, ...), value)
`[[<-.dgen_buffer` <- function(x, ..., value) .Call(C_set, x, position(x, ...), value)
as.raw.dgen_buffer <- function(x) .Call(C_get, x, seq_len(length(x)))
summary.dgen_buffer <- function(object, ...) dgen_describe(object, ...)
close.dgen_buffer <- function(con, ...) invisible(.Call(C_buffer_close, con))

length.dgen_array <- function(x) .Call(C_length, x)
dim.dgen_array <- function(x) attr(x, "shape", exact = TRUE)
`[.dgen_array` <- function(x, ...) .Call(C_get, x, positions(x, ...))
`[[.dgen_array` <- function(x, ...) .Call(C_get_value, x, position(x, ...))
`[<-.dgen_array` <- function(x, ..., value) .Call(C_set, x, positions(x, ...), value)
`[[<-.dgen_array` <- function(x, ..., value) .Call(C_set, x, position(x, ...), value)
as.double.dgen_array <- function(x, ...) plain(.Call(C_convert, x, "f64"))
as.integer.dgen_array <- function(x, ...) as.integer(as.double(x))
as.raw.dgen_array <- function(x) plain(x)
summary.dgen_array <- function(object, ...) summary(as.double(object), ...)

format.dgen_buffer <- format.dgen_array <- function(x, ...) {
  text <- .Call(C_show, x)
  sub("^dgen.array", if (inherits(x, "dgen_buffer")) "dgen_buffer" else "dgen_array", text)
}

print.dgen_buffer <- print.dgen_array <- function(x, ...) {
  cat(format(x), "\n", sep = "")
  invisible(x)
}
