# Every name of the vocabulary is there, documented, and returns what its page says.

dgen_threads(2)
names <- c("dgen_generate", "dgen_fill", "dgen_buffer", "dgen_buffers", "dgen_generator", "dgen_next", "dgen_chunks",
  "dgen_position", "dgen_seek", "dgen_reset", "dgen_set_seed", "dgen_done", "dgen_write_file", "dgen_verify",
  "dgen_describe", "dgen_system_info", "dgen_threads", "dgen_version", "dgen_pool_trim", "dgen_pool_cap", "dgen_copy",
  "dgen_array", "dgen_view", "dgen_operations", paste0("dgen_", dgen_operations()$name), "dgen_distributions",
  paste0("dgen_", dgen_distributions()$name), "dgen_sampler", "dgen_normalize_rows", "dgen_rng_stream",
  "dgen_quantize", "dgen_dequantize", "dgen_unpack", "dgen_quantize_batch", "dgen_repack", "dgen_equalize",
  "dgen_activation_table", "dgen_quantize_activations", "dgen_choose_bits", "dgen_arrow_export", "dgen_arrow_import")
expect_equal(sort(getNamespaceExports("dgen")), sort(names))
documented <- unlist(lapply(tools::Rd_db("dgen"), function(page) {
  vapply(Filter(function(part) attr(part, "Rd_tag") == "\\alias", page), as.character, "")
}))
expect_true(all(names %in% documented))
methods <- list(dgen_generator = c("$", "[[", "names", "format", "print", "close"),
  dgen_sampler = c("$", "[[", "names", "format", "print", "close"),
  dgen_buffer = c("length", "[", "[[", "[<-", "[[<-", "as.raw", "format", "print", "summary", "close"),
  dgen_array = c("length", "dim", "[", "[[", "[<-", "[[<-", "as.double", "as.integer", "as.raw", "format", "print",
    "summary", "Ops", "Math", "Summary", "mean"),
  dgen_quantized = c("format", "print", "summary"), dgen_packed = c("format", "print"),
  dgen_activation_table = c("format", "print"))
for (class in names(methods)) for (generic in methods[[class]]) {
  expect_false(is.null(getS3method(generic, class, optional = TRUE)), info = paste(generic, class))
}

# The usage of each page is that of its function.
checked <- tools::codoc("dgen", lib.loc = dirname(system.file(package = "dgen")))
expect_equal(length(checked), 0L, info = paste(utils::capture.output(print(checked)), collapse = "\n"))

info <- dgen_system_info()
expect_equal(names(info), c("version", "format", "isa", "isas", "aes", "threads", "threads_why", "cores", "logical_cpus",
  "nodes", "huge_pages", "pool_bytes", "pool_cap"))
expect_true(info$isa %in% info$isas)
expect_equal(info$version, dgen_version())
expect_equal(info$threads, 2)
expect_equal(dgen_threads(1), 2L)
expect_equal(dgen_threads(), 1L)
dgen_threads(2)

cap <- dgen_pool_cap(2^20)
expect_equal(dgen_pool_cap(), 2^20)
expect_equal(dgen_system_info()$pool_cap, 2^20)
close(dgen_buffer(2^19))
expect_true(dgen_system_info()$pool_bytes >= 2^19)
expect_true(dgen_pool_trim() >= 2^19)
expect_equal(dgen_system_info()$pool_bytes, 0)
dgen_pool_cap(cap)
dgen_threads(0)
