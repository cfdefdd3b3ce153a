# The tests of the R package, against the installed package that R_LIBS leads to: the tables that all hosts share, the code
# the compiler made, then the package's own tests, with those that need processes of their own. The last line is
# "N passed, M failed".

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

# The same of operations. One element is an array in R and a number beside others, so R has nothing against these rows.
legal <- c("add 1 2", "exp 1", "dot [1,2] 3", "fma [1,2] [1,2] [1]")
read_i64 <- function(digits) { # a double would round it
  low <- high <- 0
  for (digit in as.numeric(strsplit(digits, "")[[1]])) {
    low <- low * 10 + digit
    high <- high * 10 + low %/% 2^32
    low <- low %% 2^32
  }
  dgen_view(as.raw(c(low %/% 256^(0:3), high %/% 256^(0:3)) %% 256), "i64")
}
read_argument <- function(text) {
  if (text == "nil") return(NULL)
  if (!endsWith(text, "]")) return(read_value(text))
  kind <- sub("\\[.*", "", text)
  rows <- strsplit(strsplit(gsub("^.*\\[|\\]$", "", text), ";")[[1]], ",")
  elements <- unlist(rows)
  if (kind == "i64") return(read_i64(elements))
  values <- as.numeric(elements)
  if (kind == "i") return(as.integer(values))
  if (length(rows) > 1) return(matrix(values, length(rows), byrow = TRUE))
  if (grepl("^[0-9]", kind)) return(array(values, as.integer(strsplit(kind, "x")[[1]])))
  if (kind == "") values else dgen_array(values, kind)
}
read_arguments <- function(text, read = read_argument) {
  words <- strsplit(text, " ")[[1]]
  named <- grepl("^[a-z_]+=", words)
  arguments <- lapply(ifelse(named, sub("^[a-z_]+=", "", words), words), read)
  names(arguments) <- ifelse(named, sub("=.*", "", words), "")
  arguments
}
rows <- read_table("op_errors.tsv")
check(all(legal %in% vapply(rows, function(row) paste(row[1], row[2]), "")), "every legal row is in op_errors.tsv")
for (row in rows) {
  what <- paste(row[1], row[2])
  if (what %in% legal) next
  said <- tryCatch({ do.call(paste0("dgen_", row[1]), read_arguments(row[2])); "no error" }, dgen_error = conditionMessage)
  check(identical(said, row[3]), sprintf("%s says: %s\n  instead of: %s", what, said, row[3]))
}

# The same of distributions. A number is an array of one element in R, and so are weights.
rows <- read_table("random_errors.tsv")
check("categorical 3 5" %in% vapply(rows, function(row) paste(row[1], row[2]), ""), "the legal row is in random_errors.tsv")
for (row in rows) {
  what <- paste(row[1], row[2])
  if (what == "categorical 3 5") next
  said <- tryCatch({ do.call(paste0("dgen_", row[1]), read_arguments(row[2])); "no error" }, dgen_error = conditionMessage)
  check(identical(said, row[3]), sprintf("%s says: %s\n  instead of: %s", what, said, row[3]))
}

# The same of quantization.
quantized <- dgen_quantize(c(1, 2, 3))
table_of_two <- dgen_activation_table(rbind(c(0, -1, 1), c(10, -2, 2)), 2)
read_argument_or_list <- function(text) {
  if (text %in% c("q", "table")) return(list(q = quantized, table = table_of_two)[[text]])
  if (!startsWith(text, "list(")) return(read_argument(text))
  lapply(strsplit(gsub("^list\\(|\\)$", "", text), ",(?=\\[)", perl = TRUE)[[1]], read_argument)
}
for (row in read_table("quantization_errors.tsv")) {
  said <- tryCatch({ do.call(paste0("dgen_", row[1]), read_arguments(row[2], read_argument_or_list)); "no error" },
    dgen_error = conditionMessage)
  check(identical(said, row[3]), sprintf("%s %s says: %s\n  instead of: %s", row[1], row[2], said, row[3]))
}

# R compiles with its own flags: no product may be fused with a sum all the same.
object <- getLoadedDLLs()[["dgen"]][["path"]]
code <- system2("objdump", c("-d", "--no-show-raw-insn", shQuote(object)), stdout = TRUE)
check(length(code) > 10000, "the library is disassembled")
fused <- grep("\\b(vfn?m(add|sub)|fn?m(add|sub|la|ls)\\b)", code, value = TRUE)
check(length(fused) == 0, sprintf("%d fused instructions, such as %s", length(fused), fused[1]))

results <- run_test_dir(system.file("tinytest", package = "dgen"), at_home = TRUE, verbose = 0, remove_side_effects = TRUE)
for (result in results) {
  if (isTRUE(as.logical(result))) passed <- passed + 1
  else failures <- c(failures, paste(format(result, type = "long"), collapse = "\n"))
}

for (failure in failures) cat(failure, "\n", sep = "")
cat(sprintf("%d passed, %d failed\n", as.integer(passed), length(failures)))
quit(status = as.integer(length(failures) > 0))
