# How a row is timed in R, and the lines in which it is told: the rule and the lines are those of measure.h.

emit <- function(...) {
  cat(paste(c(...), collapse = "\t"), "\n", sep = "")
  flush(stdout())
}
whole <- function(x) format(x, scientific = FALSE, trim = TRUE)
now <- function() as.numeric(Sys.time())

time <- function(act, calls) {
  start <- now()
  for (i in seq_len(calls)) act()
  (now() - start) / calls
}

# Calls act for so many seconds, at least once; the least time of a call.
warm <- function(act, seconds) {
  start <- now()
  least <- Inf
  repeat {
    least <- min(least, time(act, 1))
    if (now() - start >= seconds) return(least)
  }
}

# The times of a call in at most `runs` batches as text, and the least time of the warm-up. pace: seconds of the warm-up,
# of a batch, and of all.
times <- function(act, runs, pace) {
  gc(FALSE)
  values <- once <- warm(act, pace$warm)
  if (once < pace$row) {
    runs <- max(1, min(runs, pace$row %/% once))
    calls <- pace$batch %/% max(once, 1e-6) + 1
    values <- vapply(seq_len(runs), function(run) time(act, calls), 0)
  }
  list(text = paste(sprintf("%.9g", values), collapse = " "), once = once)
}
