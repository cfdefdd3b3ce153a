# The R host of the random values in tests/cross_hosts.sh, which says what a call looks like: random.R FILE FOLDER.
library(dgen)

literal <- function(text) {
  if (startsWith(text, "[")) return(as.numeric(strsplit(gsub("[][]", "", text), ",")[[1]]))
  if (startsWith(text, "\"")) return(gsub("\"", "", text))
  as.numeric(text)
}

# The arguments of a call: those by position, then those by name.
read_arguments <- function(words) {
  named <- grepl("^[a-z0-9_]+=", words)
  arguments <- lapply(sub("^[a-z0-9_]+=", "", words), literal)
  names(arguments) <- ifelse(named, sub("=.*", "", words), "")
  arguments
}

bytes <- function(x) if (inherits(x, "dgen_array")) as.raw(x) else writeBin(as.vector(x), raw(), endian = "little")

pieces <- function(name, arguments) {
  g <- do.call(dgen_sampler, c(name, arguments[-1]))
  parts <- lapply(arguments[[1]], function(n) bytes(dgen_next(g, n)))
  dgen_seek(g, 7)
  parts <- c(parts, list(bytes(dgen_next(g, 10))))
  dgen_reset(g)
  unlist(c(parts, list(bytes(dgen_next(g, 10)))))
}

calls <- commandArgs(trailingOnly = TRUE)
lines <- readLines(calls[1])
for (i in seq_along(lines)) {
  words <- strsplit(lines[i], " ")[[1]]
  act <- if (words[1] %in% c("sampler", "normalize_rows")) words[1] else ""
  if (nzchar(act)) words <- words[-1]
  arguments <- read_arguments(words[-1])
  if (act == "sampler") result <- pieces(words[1], arguments)
  else {
    x <- do.call(paste0("dgen_", words[1]), arguments)
    result <- bytes(if (act == "normalize_rows") dgen_normalize_rows(x) else x)
  }
  writeBin(result, file.path(calls[2], i))
}
