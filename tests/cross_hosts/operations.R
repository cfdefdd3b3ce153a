# The R host of the operations in tests/cross_hosts.sh: operations.R FILE writes the bytes of every operation's result, in
# the order of the registry, of f64 and then of f32 operands; of a reduction its number as f64.
library(dgen)
k <- 0:999
operands <- list(((k * 37) %% 1000 - 500) / 16, ((k * 61) %% 997 - 300) / 32, ((k * 7) %% 64) / 64)
parameters <- list(scale = list(2.5), clamp = list(-1, 1))

rows <- dgen_operations()
file <- file(commandArgs(trailingOnly = TRUE)[1], "wb")
for (type in c("f64", "f32")) for (i in seq_len(nrow(rows))) {
  operation <- match.fun(paste0("dgen_", rows$name[i]))
  arrays <- lapply(operands[seq_len(rows$arrays[i])], dgen_array, type)
  result <- do.call(operation, c(arrays, parameters[[rows$name[i]]]))
  if (is.double(result)) writeBin(as.vector(result), file, endian = "little")
  else writeBin(as.raw(result), file)
}
close(file)
