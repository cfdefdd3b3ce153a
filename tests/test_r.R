# The tests of the R package, against the installed package that R_LIBS leads to: the tables that all hosts share, then
# the package's own tests, with those that need processes of their own. The last line is "N passed, M failed".

library(dgen)
library(tinytest)

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1]))
passed <- 0
failures <- character()
check <- function(ok, what) if (isTRUE(ok)) passed <<- passed + 1 else failures <<- c(failures, what)

read_table <- function(name) {
  lines <- readLines(file.path(here, name), encoding = "UTF-8")
  strsplit(lines[nzchar(lines) & !startsWith(lines, "#")], "\t", fixed = TRUE)
}

# What each host must say about bad input, word for word.
read_value <- function(text) {
  if (startsWith(text, "\"")) return(substr(text, 2, nchar(text) - 1))
  switch(text, nan = NaN, inf = Inf, true = TRUE, as.numeric(text))
}
calls <- list(generate = dgen_generate, generator = dgen_generator, verify = function(...) dgen_verify(raw(1000), ...))
last_node <- dgen_system_info()$nodes - 1
for (row in read_table("errors.tsv")) {
  options <- list(size = 1000, seed = 1)
  options[[row[2]]] <- read_value(row[3])
  said <- tryCatch({ do.call(calls[[row[1]]], options); "no error" }, dgen_error = conditionMessage)
  wanted <- sub("{last_node}", last_node, row[4], fixed = TRUE)
  check(identical(said, wanted), sprintf("%s %s = %s says: %s\n  instead of: %s", row[1], row[2], row[3], said, wanted))
}

results <- run_test_dir(system.file("tinytest", package = "dgen"), at_home = TRUE, verbose = 0, remove_side_effects = TRUE)
for (result in results) {
  if (isTRUE(as.logical(result))) passed <- passed + 1
  else failures <- c(failures, paste(format(result, type = "long"), collapse = "\n"))
}

for (failure in failures) cat(failure, "\n", sep = "")
cat(sprintf("%d passed, %d failed\n", as.integer(passed), length(failures)))
quit(status = as.integer(length(failures) > 0))
