# What C calls to leave it: errors by class, and R's own interrupt.

# The condition's call is the function the user called, whose C code this is called from.
raise <- function(status, argument, message) {
  stop(structure(
    class = c(paste0("dgen_error_", status), "dgen_error", "error", "condition"),
    list(message = message, call = sys.call(-1L), argument = argument)
  ))
}

# An interrupt was taken while C worked: handlers hear of it, and without one the session returns to its prompt.
interrupt <- function() {
  signalCondition(structure(class = c("interrupt", "condition"), list(message = "", call = NULL)))
  invokeRestart("abort")
}
