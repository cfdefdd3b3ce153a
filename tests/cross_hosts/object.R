# The R host of tests/cross_hosts.sh: object.R write FOLDER, object.R verify FOLDER FROM.
library(dgen)
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[2]

for (line in readLines(file.path(folder, "configurations"))) {
  words <- strsplit(line, " ")[[1]]
  name <- words[1]
  pairs <- strsplit(words[-1], "=")
  options <- lapply(pairs, function(pair) {
    number <- suppressWarnings(as.numeric(pair[2]))
    if (is.na(number) || startsWith(pair[2], "0x")) pair[2] else number
  })
  names(options) <- vapply(pairs, `[`, "", 1)
  if (arguments[1] == "write") {
    dgen_write_file(do.call(dgen_generator, options), file.path(folder, "r", name), progress = FALSE)
  } else {
    path <- file.path(folder, arguments[3], name)
    x <- readBin(path, "raw", file.size(path))
    stopifnot(length(x) == options$size - if (is.null(options$offset)) 0 else options$offset)
    report <- do.call(dgen_verify, c(list(x), options))
    cat(if (report$ok) paste("ok", name) else paste("bad", name, report$first_bad), "\n", sep = "")
  }
}
