/* The distributions with the parameters that the harness draws them with; the same in every host's program. */
#ifndef BENCH_RANDOM_CASES_H
#define BENCH_RANDOM_CASES_H

#include <stdbool.h>
#include <string.h>

#include "dgen.h"

typedef struct random_case {
    dgen_distribution distribution;
    dgen_operand parameters[2];
    dgen_array weights;
} random_case;

#define RANDOM_DIM 512 /* of unit vectors */

/* The case called `name`, of n values. `out` stays where it is: parameters may point into it. */
static inline bool random_case_find(random_case *out, const char *name, int64_t n)
{
    static const struct {
        const char *name;
        dgen_distribution distribution;
        double first, second;
    } cases[] = {
        {"uniform", DGEN_DISTRIBUTION_uniform, 0, 1},          {"normal", DGEN_DISTRIBUTION_normal, 0, 1},
        {"lognormal", DGEN_DISTRIBUTION_lognormal, 0, 1},      {"exponential", DGEN_DISTRIBUTION_exponential, 1, 0},
        {"gamma", DGEN_DISTRIBUTION_gamma, 2, 1},              {"gamma_half", DGEN_DISTRIBUTION_gamma, 0.5, 1},
        {"beta", DGEN_DISTRIBUTION_beta, 2, 3},                {"chisq", DGEN_DISTRIBUTION_chisq, 3, 0},
        {"t", DGEN_DISTRIBUTION_t, 5, 0},                      {"cauchy", DGEN_DISTRIBUTION_cauchy, 0, 1},
        {"geometric", DGEN_DISTRIBUTION_geometric, 0.2, 0},    {"poisson_5", DGEN_DISTRIBUTION_poisson, 5, 0},
        {"poisson_50", DGEN_DISTRIBUTION_poisson, 50, 0},      {"poisson_5000", DGEN_DISTRIBUTION_poisson, 5000, 0},
        {"binomial", DGEN_DISTRIBUTION_binomial, 100, 0.3},    {"bernoulli", DGEN_DISTRIBUTION_bernoulli, 0.3, 0},
        {"integers_256", DGEN_DISTRIBUTION_integers, 0, 255},  {"integers_1e6", DGEN_DISTRIBUTION_integers, 1, 1000003},
        {"categorical", DGEN_DISTRIBUTION_categorical, 0, 0},  {"permutation", DGEN_DISTRIBUTION_permutation, 0, 0},
        {"sample", DGEN_DISTRIBUTION_sample, 0, 0},            {"unit_vectors", DGEN_DISTRIBUTION_unit_vectors, 0, 0},
    };
    static double weights[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    const int64_t count = 10;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(cases[i].name, name)) continue;
        *out = (random_case){.distribution = cases[i].distribution, .parameters = {{NULL, cases[i].first}, {NULL, cases[i].second}}};
        if (out->distribution == DGEN_DISTRIBUTION_categorical) {
            if (dgen_array_borrow(&out->weights, DGEN_F64, 1, &count, weights, NULL) != DGEN_OK) return false;
            out->parameters[0].array = &out->weights;
        }
        if (out->distribution == DGEN_DISTRIBUTION_permutation) out->parameters[0].number = (double)n;
        if (out->distribution == DGEN_DISTRIBUTION_sample) {
            out->parameters[0].number = 10.0 * (double)n;
            out->parameters[1].number = (double)n;
        }
        if (out->distribution == DGEN_DISTRIBUTION_unit_vectors) {
            out->parameters[0].number = (double)(n / RANDOM_DIM);
            out->parameters[1].number = RANDOM_DIM;
        }
        return true;
    }
    return false;
}

#endif
