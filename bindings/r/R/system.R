# The machine, the threads and the pool. A setter gives the old value, as options() does.

dgen_system_info <- function() .Call(C_system_info)
dgen_version <- function() .Call(C_version)
dgen_pool_trim <- function() .Call(C_pool_trim)

dgen_threads <- function(n = NULL) {
  before <- .Call(C_threads, n)
  if (is.null(n)) before else invisible(before)
}

dgen_pool_cap <- function(bytes = NULL) {
  before <- .Call(C_pool_cap, bytes)
  if (is.null(bytes)) before else invisible(before)
}
