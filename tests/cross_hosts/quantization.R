# The R host of quantization in tests/cross_hosts.sh: quantization.R CALLS FOLDER. What a line is and what is written is said in
# quantization.lua.
library(dgen)

words_of <- function(text, separator) strsplit(text, separator, fixed = TRUE)[[1]]
numbers <- function(text) {
  words <- words_of(text, ",")
  as.numeric(ifelse(words %in% c("nan", "inf", "-inf"), c(nan = NaN, inf = Inf, "-inf" = -Inf)[words], words))
}

argument <- function(word) {
  if (word %in% c("true", "false")) return(word == "true")
  if (startsWith(word, "[")) {
    rows <- lapply(words_of(gsub("[][]", "", word), ";"), numbers)
    return(if (length(rows) == 1) rows[[1]] else do.call(rbind, rows))
  }
  if (startsWith(word, "\"")) return(gsub("\"", "", word))
  parts <- words_of(word, ":")
  if (length(parts) == 1) return(numbers(word))
  shape <- as.numeric(words_of(parts[4], "x"))
  do.call(paste0("dgen_", parts[1]), list(shape, type = parts[2], seed = as.numeric(parts[3])))
}

arrays <- function(word) lapply(words_of(word, "+"), argument)

option <- function(name, text) {
  if (name == "names") return(words_of(text, ","))
  if (name != "rules") return(argument(text))
  rules <- words_of(text, ",")
  stats::setNames(as.numeric(sub(".*:", "", rules)), sub(":[0-9]*$", "", rules))
}

bytes <- function(x) if (inherits(x, "dgen_array")) as.raw(x) else writeBin(as.vector(x), raw(), endian = "little")

write_array <- function(name, x) {
  data <- bytes(x)
  writeBin(c(charToRaw(sprintf("%s %d\n", name, length(data))), data, charToRaw("\n")), file)
}
write_value <- function(name, x) {
  texts <- if (is.character(x)) x else ifelse(is.nan(x), "nan", tolower(sprintf("%.17g", x)))
  writeBin(charToRaw(paste0(name, " ", paste(texts, collapse = " "), "\n")), file)
}

write_fields <- function(record, names, arrays) {
  for (name in names) if (!is.null(record[[name]])) {
    if (name %in% arrays) write_array(name, record[[name]]) else write_value(name, record[[name]])
  }
}
parts <- c("codes", "scale", "zero")
write_quantized <- function(q) {
  write_fields(q, c(parts, "bits", "scheme", "range", "axis", "group", "shape"), parts)
  write_fields(q$error, c("max", "rmse", "snr_db", "cosine", "clipped", "nonfinite"), NULL)
}

acts <- list(
  quantize = function(x, ...) {
    q <- dgen_quantize(argument(x), ...)
    write_quantized(q)
    write_array("values", dgen_dequantize(q))
    write_array("unpacked", dgen_unpack(q))
  },
  dequantize = function(type, x, ...) write_array("values", dgen_dequantize(dgen_quantize(argument(x), ...), type)),
  repack = function(packing, x, ...) {
    p <- dgen_repack(dgen_quantize(argument(x), ...), packing)
    write_fields(p, c("packing", "bits", "group", "shape", parts), parts)
    write_quantized(dgen_repack(p, "dgen"))
  },
  batch = function(layers, ...) for (q in dgen_quantize_batch(arrays(layers), ...)) write_quantized(q),
  equalize = function(w, x, alpha, ...) {
    names <- c("w", "x", "scale", "inverse")
    write_fields(dgen_equalize(argument(w), argument(x), argument(alpha), ...), names, names)
  },
  activation_table = function(stats, groups, method, ...) {
    table <- dgen_activation_table(argument(stats), argument(groups), method, ...)
    write_fields(table, c("timestep", "group", "scale", "zero", "bits", "groups", "method", "smoothing", "narrowed", "noise",
      "noise_single"), c("timestep", "group", parts))
  },
  activations = function(x, t, stats, ...) {
    table <- dgen_activation_table(argument(stats), 2)
    write_quantized(dgen_quantize_activations(argument(x), argument(t), table, ...))
  },
  choose_bits = function(layers, ...) {
    write_fields(dgen_choose_bits(arrays(layers), ...), c("bits", "size", "rmse", "snr_db"), NULL)
  }
)

calls <- commandArgs(trailingOnly = TRUE)
lines <- readLines(calls[1])
for (i in seq_along(lines)) {
  words <- words_of(lines[i], " ")
  named <- grepl("^[a-z_]+=", words)
  names <- sub("=.*", "", words[named])
  options <- Map(option, names, sub("^[a-z_]+=", "", words[named]))
  file <- file(file.path(calls[2], i), "wb")
  do.call(acts[[words[1]]], c(as.list(words[!named][-1]), options))
  close(file)
}
