# The first table's rows in R: dgen through its package, and R's own ways. Lines and timing rule: measure.h.
#
#     bytes.R MODES SIZES RUNS      modes: about, oneshot, stream, native, overhead, rss
#
# native: runif scaled to 32-bit words and written as raw, the fastest way found to random bytes, beside the obvious
# one, sample to raw, and runif's doubles as they are.

folder <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1]))
source(file.path(folder, "measure.R"))
pace <- list(warm = 0.2, batch = 0.02, row = 2)
skip_seconds <- 5
chunk_bytes <- 32 * 2^20

# Times one row, prints it, and returns the seconds of a call.
measure <- function(role, mode, what, bytes, runs, act) {
  emit("doing", "R", what, whole(bytes))
  found <- times(act, runs, pace)
  emit("row", role, mode, what, "R", whole(bytes), found$text)
  found$once
}

failure <- tryCatch({ library(dgen); NULL }, error = conditionMessage)
modes <- list()

modes$about <- function(sizes, runs) emit("about", "R", paste(R.version$major, R.version$minor, sep = "."))

# Measures what needs dgen at each size, or says for each why not.
with_dgen <- function(mode, what, sizes, act) {
  for (bytes in sizes) {
    if (is.null(failure)) act(bytes)
    else emit("skip", "dgen", mode, what, "R", whole(bytes), strsplit(failure, "\n")[[1]][1])
  }
}

modes$oneshot <- function(sizes, runs) {
  with_dgen("oneshot", "dgen_generate", sizes, function(bytes) {
    measure("dgen", "oneshot", "dgen_generate", bytes, runs, function() { x <- dgen_generate(bytes); NULL })
  })
}

# A function that makes the next `bytes` bytes of an endless object, a chunk at a time into one buffer.
streamer <- function(bytes) {
  generator <- dgen_generator(size = 2^62)
  buffer <- dgen_buffer(min(bytes, chunk_bytes))
  rest <- if (bytes %% chunk_bytes > 0) dgen_buffer(bytes %% chunk_bytes)
  function() {
    for (i in seq_len(bytes %/% chunk_bytes)) dgen_fill(buffer, generator)
    if (!is.null(rest)) dgen_fill(rest, generator)
  }
}

modes$stream <- function(sizes, runs) {
  with_dgen("stream", "dgen_fill", sizes, function(bytes) {
    measure("dgen", "stream", "dgen_fill", bytes, runs, streamer(bytes))
  })
}

words_to_raw <- function(bytes) writeBin(as.integer(runif(bytes / 4) * 4294967295 - 2147483647), raw())
sample_to_raw <- function(bytes) as.raw(sample.int(256L, bytes, TRUE) - 1L)

modes$native <- function(sizes, runs) {
  ways <- list(list("native", "runif words to raw", words_to_raw), list("native", "sample to raw", sample_to_raw),
               list("values", "runif", function(bytes) runif(bytes / 8)))
  for (way in ways) {
    rate <- 0 # seconds a byte at the size before
    for (bytes in sizes) {
      expected <- rate * bytes
      if (expected > skip_seconds) {
        emit("skip", way[[1]], "native", way[[2]], "R", whole(bytes), sprintf("not run: about %.0f s each", expected))
      } else {
        rate <- measure(way[[1]], "native", way[[2]], bytes, runs, function() { way[[3]](bytes); NULL }) / bytes
      }
    }
  }
}

# Seconds that a generate of few bytes costs over an empty function called in the same way: the least of each.
modes$overhead <- function(sizes, runs) {
  empty <- function(size, seed) NULL
  with_dgen("overhead", "dgen_generate", sizes, function(bytes) {
    call <- bare <- Inf
    for (run in seq_len(5 * runs)) {
      call <- min(call, time(function() dgen_generate(bytes, seed = 42), 5000))
      bare <- min(bare, time(function() empty(bytes, seed = 42), 5000))
    }
    emit("value", "R", "overhead", sprintf("%.9g", call - bare))
  })
}

peak_bytes <- function() {
  line <- grep("^VmHWM:", readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) * 1024
}

# How much streaming so many bytes adds to the peak of resident memory, the buffer included.
modes$rss <- function(sizes, runs) {
  with_dgen("rss", "dgen_fill", sizes, function(bytes) {
    before <- peak_bytes()
    streamer(bytes)()
    emit("value", "R", "peak_growth", whole(peak_bytes() - before))
  })
}

arguments <- commandArgs(trailingOnly = TRUE)
sizes <- as.numeric(strsplit(arguments[2], ",")[[1]])
for (mode in strsplit(arguments[1], ",")[[1]]) {
  if (!is.null(modes[[mode]])) invisible(modes[[mode]](sizes, as.integer(arguments[3])))
}
