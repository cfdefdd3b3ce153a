# Random values in R: dgen's functions, R's own and dqrng's. Lines and timing rule: measure.h; arguments: random.c.
# R's vectors are values: everything here makes a new one.

folder <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1]))
source(file.path(folder, "measure.R"))
suppressMessages(library(dgen))
given <- commandArgs(trailingOnly = TRUE)
split <- function(text) strsplit(text, ",")[[1]]
runs <- as.integer(given[4])
pace <- function(n) list(warm = if (n < 1e6) 0.05 else 0.3, batch = 0.005, row = 0.5)
has_dqrng <- requireNamespace("dqrng", quietly = TRUE)
emit("about", "dqrng", if (has_dqrng) as.character(packageVersion("dqrng")) else "not there")

weights <- as.numeric(1:10)
ours <- list(
  uniform = quote(dgen_uniform(n, type = type)), normal = quote(dgen_normal(n, type = type)),
  lognormal = quote(dgen_lognormal(n, type = type)), exponential = quote(dgen_exponential(n, type = type)),
  gamma = quote(dgen_gamma(n, 2, type = type)), gamma_half = quote(dgen_gamma(n, 0.5, type = type)),
  beta = quote(dgen_beta(n, 2, 3, type = type)), chisq = quote(dgen_chisq(n, 3, type = type)),
  t = quote(dgen_t(n, 5, type = type)), cauchy = quote(dgen_cauchy(n, type = type)),
  geometric = quote(dgen_geometric(n, 0.2, type = type)), poisson_5 = quote(dgen_poisson(n, 5, type = type)),
  poisson_50 = quote(dgen_poisson(n, 50, type = type)), poisson_5000 = quote(dgen_poisson(n, 5000, type = type)),
  binomial = quote(dgen_binomial(n, 100, 0.3, type = type)), bernoulli = quote(dgen_bernoulli(n, 0.3, type = type)),
  integers_256 = quote(dgen_integers(n, 0, 255, type = type)), integers_1e6 = quote(dgen_integers(n, 1, 1000003, type = type)),
  categorical = quote(dgen_categorical(n, weights, type = type)), permutation = quote(dgen_permutation(n, type = type)),
  sample = quote(dgen_sample(10 * n, n, type = type)), unit_vectors = quote(dgen_unit_vectors(n %/% 512, 512, type = type)))
native <- list(
  uniform = quote(runif(n)), normal = quote(rnorm(n)), lognormal = quote(rlnorm(n)), exponential = quote(rexp(n)),
  gamma = quote(rgamma(n, 2)), gamma_half = quote(rgamma(n, 0.5)), beta = quote(rbeta(n, 2, 3)), chisq = quote(rchisq(n, 3)),
  t = quote(rt(n, 5)), cauchy = quote(rcauchy(n)), geometric = quote(rgeom(n, 0.2)), poisson_5 = quote(rpois(n, 5)),
  poisson_50 = quote(rpois(n, 50)), poisson_5000 = quote(rpois(n, 5000)), binomial = quote(rbinom(n, 100, 0.3)),
  bernoulli = quote(rbinom(n, 1, 0.3)), integers_256 = quote(sample.int(256L, n, TRUE)),
  integers_1e6 = quote(sample.int(1000003L, n, TRUE)), categorical = quote(sample.int(10L, n, TRUE, weights)),
  permutation = quote(sample.int(n)), sample = quote(sample.int(10 * n, n)),
  unit_vectors = quote({ x <- matrix(rnorm(n), ncol = 512); x / sqrt(rowSums(x^2)) }))
peer <- list(uniform = quote(dqrng::dqrunif(n)), normal = quote(dqrng::dqrnorm(n)), exponential = quote(dqrng::dqrexp(n)),
             integers_256 = quote(dqrng::dqsample.int(256L, n, TRUE)), integers_1e6 = quote(dqrng::dqsample.int(1000003L, n, TRUE)),
             permutation = quote(dqrng::dqsample.int(n)), sample = quote(dqrng::dqsample.int(10 * n, n)))
whole <- c("geometric", "poisson_5", "poisson_50", "poisson_5000", "binomial", "bernoulli", "integers_256", "integers_1e6",
           "categorical", "permutation", "sample")
whole_text <- function(x) format(x, scientific = FALSE, trim = TRUE)

# R's own type of the result.
native_type <- function(name) if (name %in% whole) "i32" else "f64"

closure <- function(expression, n, type) as.function(list(call("{", expression, NULL)), environment())

tell <- function(role, host, name, type, n, expression) {
  emit("working", host, sprintf("%s %s, %d", name, type, n))
  act <- closure(expression, n, type)
  emit("op", role, host, name, type, "alloc", whole_text(n), times(act, runs, pace(n))$text)
}

for (type in split(given[1])) for (n in as.integer(as.numeric(split(given[3])))) for (name in split(given[2])) {
  if (type == "i32" && !(name %in% whole)) next
  if (type == "f32" && name == "sample" && 10 * n > 2^24) next # no f32 holds them all
  tell("dgen", "R", name, type, n, ours[[name]])
  if (type != native_type(name)) next
  tell("native", "R", name, type, n, native[[name]])
  if (has_dqrng && !is.null(peer[[name]])) tell("peer", "dqrng", name, type, n, peer[[name]])
}
