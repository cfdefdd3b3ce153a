# What only a process of its own can show: memory, fork, exit, Ctrl-C.

rscript <- file.path(R.home("bin"), "Rscript")
run <- function(code, ...) {
  lines <- suppressWarnings(system2(rscript, c("--vanilla", "-e", shQuote(paste0("library(dgen); ", code))),
    stdout = TRUE, stderr = TRUE, ...))
  list(lines = lines, status = if (is.null(attr(lines, "status"))) 0L else attr(lines, "status"))
}

# Fork after a parallel call: the children have the right bytes, and nobody hangs
if (.Platform$OS.type == "unix") {
  x <- dgen_generate(2^22, seed = 1)
  b <- dgen_buffer(2^22)
  forked <- run(paste0("x <- dgen_generate(2^24, seed = 1); b <- dgen_buffer(2^22); setTimeLimit(elapsed = 60);",
    "v <- as.double(1:1e6); w <- dgen_tanh(v);",
    "r <- parallel::mclapply(1:4, function(i) { dgen_fill(b, seed = i); y <- dgen_generate(2^24, seed = i);",
    "  stopifnot(dgen_verify(y, seed = i)$ok, dgen_verify(b, seed = i)$ok, dgen_verify(x, seed = 1)$ok);",
    "  stopifnot(identical(dgen_tanh(v), w)); as.integer(y[1:4]) },",
    "  mc.cores = 2); cat(unlist(r)); stopifnot(dgen_verify(dgen_generate(2^24, seed = 9), seed = 9)$ok)"), timeout = 120)
  expect_equal(forked$status, 0L)
  expect_equal(forked$lines, paste(unlist(lapply(1:4, function(i) as.integer(dgen_generate(4, seed = i)))), collapse = " "))
}

if (at_home() && file.exists("/proc/self/status")) {
  # One shot of 500 MiB takes 500 MiB, not twice that
  peak <- "cat(grep('VmHWM', readLines('/proc/self/status'), value = TRUE))"
  bytes <- function(result) as.numeric(gsub("[^0-9]", "", result$lines)) * 1024
  bare <- bytes(run(peak))
  one <- bytes(run(paste("x <- dgen_generate(500 * 2^20, seed = 1); v <- dgen_view(x, 'f64'); r <- dgen_verify(x, seed = 1);",
    "stopifnot(r$ok);", peak)))
  expect_true(one - bare <= 1.05 * 500 * 2^20)
  expect_true(one - bare >= 500 * 2^20)

  # Leaving R with arrays, generators and views alive, 100 times, two at a time
  leave <- paste("x <- dgen_generate(2^22); b <- dgen_buffers(3, 1e6); g <- dgen_generator(1e9); y <- dgen_next(g, 1e6);",
    "v <- dgen_view(x, 'f64'); dgen_fill(b[[1]], g); z <- dgen_add(v, 1); dgen_exp(z)")
  script <- tempfile(fileext = ".R")
  writeLines(paste("library(dgen);", leave), script)
  loop <- sprintf("for i in $(seq 50); do '%s' --vanilla '%s' >/dev/null 2>&1 || echo $?; done", rscript, script)
  failures <- system(sprintf("{ %s & %s; wait; }", loop, loop), intern = TRUE)
  expect_equal(failures, character())
  unlink(script)

  # Ctrl-C in a long call: heard within 100 ms of the least loaded try, the session goes on, a file is not left half done
  interrupt <- function(call) {
    script <- tempfile(fileext = ".R")
    out <- tempfile()
    target <- tempfile()
    writeLines(c("library(dgen); b <- dgen_buffer(2^28); target <- commandArgs(TRUE)[1]",
      "g <- dgen_generator(2^40, seed = 1); v <- dgen_view(b, 'f64'); small <- dgen_generate(100, seed = 1)",
      "cat(Sys.getpid(), '\\n')",
      "flush(stdout())",
      sprintf("how <- tryCatch({ %s; 'done' }, interrupt = function(e) 'interrupt')", call),
      "cat(how, format(as.numeric(Sys.time()), digits = 15), '\\n')",
      "stopifnot(identical(dgen_generate(100, seed = 1), small), !file.exists(target))",
      "dgen_fill(b, seed = 1); stopifnot(dgen_verify(b, seed = 1)$ok, length(dir(dirname(target), basename(target))) == 0)",
      "cat('alive\\n')"), script)
    system(sprintf("'%s' --vanilla '%s' '%s' > '%s' 2>&1 &", rscript, script, target, out))
    lines <- character()
    wait <- function(count) {
      for (i in 1:600) {
        lines <<- if (file.exists(out)) Filter(nzchar, readLines(out, warn = FALSE)) else character()
        if (length(lines) >= count) break
        Sys.sleep(0.05)
      }
    }
    wait(1)
    Sys.sleep(0.5)
    sent <- as.numeric(Sys.time())
    tools::pskill(as.integer(lines[1]), tools::SIGINT)
    wait(3)
    answer <- strsplit(lines[2], " ")[[1]]
    unlink(c(script, out))
    list(how = answer[1], seconds = as.numeric(answer[2]) - sent, last = lines[length(lines)])
  }
  for (call in c("dgen_write_file(g, target, progress = FALSE)", "dgen_write_file(g, target, progress = function(d, t) NULL)",
    "repeat dgen_fill(b, g)", "repeat { dgen_describe(b); dgen_verify(b, seed = 1) }",
    "repeat { dgen_gelu(v, out = v); dgen_logsumexp(v) }", "repeat dgen_normal(out = v)",
    "repeat dgen_gamma(shape = 0.5, out = v, max_threads = 1)", "s <- dgen_sampler('normal'); repeat dgen_fill(v, s)",
    "dgen_normal(4e8, type = 'f32', max_threads = 1); repeat 1", "repeat dgen_quantize(v, 2, search = 'mse')",
    "dgen_quantize_batch(rep(list(v), 100), 2, progress = function(done, total) NULL); repeat 1",
    "dgen_fill(b, seed = 1); repeat dgen_dequantize(dgen_quantize(v, nan = 'zero'))")) {
    tries <- lapply(1:3, function(i) interrupt(call))
    for (try in tries) expect_equal(try[c("how", "last")], list(how = "interrupt", last = "alive"), info = call)
    message(sprintf("Ctrl-C in %s: %.0f ms", call, 1000 * min(vapply(tries, `[[`, 0, "seconds"))))
  }
}
