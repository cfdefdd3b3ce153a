/*
 * Permutations and samples: all orders are as likely, few elements or many; what the description in permutation.c says, a
 * second time and slowly; the same for every type, layout, number of threads and ISA; what is refused.
 */
#define _GNU_SOURCE
#include "child.h"
#include "isas.h"
#include "reference.h"
#include "statistics.h"

static dgen_error error;

static void must(dgen_status status)
{
    if (status != DGEN_OK) exit((printf("  %s\n", error.message), 1));
}

static dgen_random_options options_of(uint64_t seed, uint64_t stream)
{
    dgen_random_options options;
    dgen_random_options_init(&options);
    options.seed = seed, options.has_seed = 1;
    options.stream = stream;
    return options;
}

/* k of n, or with k -1 all of them, as i32; longer ones as i64 by draw_long. */
static dgen_status draw(void *to, dgen_dtype dtype, double n, int64_t k, dgen_random_options options)
{
    dgen_operand parameters[2] = { { .number = n }, { .number = (double)k } };
    int64_t length = k < 0 ? (int64_t)n : k;
    dgen_array out;
    options.dtype = dtype, options.has_dtype = 1;
    must(dgen_array_borrow(&out, dtype, 1, &length, to, &error));
    return dgen_random(&out, k < 0 ? DGEN_DISTRIBUTION_permutation : DGEN_DISTRIBUTION_sample, 1, NULL, parameters, &options, &error);
}

static int32_t *permutation(double n, uint64_t seed)
{
    int32_t *values = malloc((size_t)(n > 0 ? n : 1) * sizeof *values);
    must(draw(values, DGEN_I32, n, -1, options_of(seed, 0)));
    return values;
}

static bool is_permutation(const int32_t *values, int64_t n)
{
    uint8_t *seen = calloc((size_t)n + 1, 1);
    bool good = true;
    for (int64_t i = 0; i < n && good; i++) {
        good = values[i] >= 0 && values[i] < n && !seen[values[i]];
        if (good) seen[values[i]] = 1;
    }
    free(seen);
    return good;
}

/* ------------------------------------------------------------------------------------------------- equally likely */

/* The number of an ordered choice of k of n: by how many of those not chosen before are smaller. */
static int rank_of(const int32_t *values, int n, int k)
{
    int rank = 0;
    for (int i = 0; i < k; i++) {
        int smaller = values[i];
        for (int j = 0; j < i; j++) smaller -= values[j] < values[i];
        rank = rank * (n - i) + smaller;
    }
    return rank;
}

/* By seeds, then by streams of one seed. */
static void check_even(int n, int k, int each)
{
    int classes = 1;
    for (int i = 0; i < (k < 0 ? n : k); i++) classes *= n - i;
    double *count = calloc((size_t)classes, sizeof *count);
    int32_t values[256];
    for (int streams = 0; streams < 2; streams++) {
        memset(count, 0, (size_t)classes * sizeof *count);
        for (int i = 0; i < classes * each; i++) {
            must(draw(values, DGEN_I32, n, k, streams ? options_of(9, (uint64_t)i) : options_of((uint64_t)i, 0)));
            count[rank_of(values, n, k < 0 ? n : k)]++;
        }
        double p = classes > 1 ? even_chi_square_p(count, classes) : 0.5;
        CHECK(p > 1e-6 && p < 1 - 1e-6, "%d of %d: p = %g over %s", k, n, p, streams ? "streams" : "seeds");
    }
    free(count);
}

static void all_orders_are_as_likely(void)
{
    for (int n = 1; n <= 6; n++) check_even(n, -1, 60);
    check_even(7, -1, 20);
}

/* By a shuffle, and by draws with replacement. */
static void all_samples_are_as_likely(void)
{
    check_even(6, 3, 100);
    check_even(5, 5, 100);
    check_even(6, 6, 30);
    check_even(10, 1, 2000);
    check_even(200, 1, 200);
    check_even(100, 2, 10);
    check_even(128, 2, 5);
}

/* Of many permutations: fixed points, cycles, inversions, and which part of them goes where. */
static void check_statistics(int n, int trials)
{
    enum { PARTS = 8 };
    double fixed = 0, cycles = 0, inversions = 0, went[PARTS * PARTS] = { 0 }, rises = 0;
    double harmonic = 0, harmonic2 = 0;
    int *tree = malloc((size_t)(n + 1) * sizeof *tree);
    uint8_t *seen = malloc((size_t)n);
    for (int i = 1; i <= n; i++) harmonic += 1.0 / i, harmonic2 += 1.0 / i / i;
    for (int t = 0; t < trials; t++) {
        int32_t *values = permutation(n, 1000 + (uint64_t)t);
        memset(tree, 0, (size_t)(n + 1) * sizeof *tree);
        memset(seen, 0, (size_t)n);
        CHECK(is_permutation(values, n), "of %d, seed %d: not a permutation", n, 1000 + t);
        for (int i = 0; i < n; i++) {
            int smaller = 0;
            fixed += values[i] == i;
            rises += i && values[i] > values[i - 1];
            went[(int64_t)i * PARTS / n * PARTS + (int64_t)values[i] * PARTS / n]++;
            for (int j = values[i]; j > 0; j &= j - 1) smaller += tree[j];
            inversions += i - smaller;
            for (int j = values[i] + 1; j <= n; j += j & -j) tree[j]++;
            if (seen[i]) continue;
            cycles++;
            for (int j = i; !seen[j]; j = values[j]) seen[j] = 1;
        }
        free(values);
    }
    double size = n, mean = size * (size - 1) / 4, z_inversions = (inversions / trials - mean)
        / sqrt(size * (size - 1) * (2 * size + 5) / 72 / trials);
    double z_cycles = (cycles / trials - harmonic) / sqrt((harmonic - harmonic2) / trials);
    double z_rises = (rises / trials - (size - 1) / 2) / sqrt((size + 1) / 12 / trials);
    double sum = 0, expected = size * trials / (PARTS * PARTS);
    for (int i = 0; i < PARTS * PARTS; i++) sum += (went[i] - expected) * (went[i] - expected) / expected;
    double p = incomplete_gamma((PARTS - 1) * (PARTS - 1) / 2.0, sum / 2, 1);
    CHECK(poisson_p(fixed, trials) > 1e-6, "of %d: %g fixed points in %d", n, fixed, trials);
    CHECK(fabs(z_cycles) < 5, "of %d: cycles by %g deviations", n, z_cycles);
    CHECK(fabs(z_inversions) < 5, "of %d: inversions by %g deviations", n, z_inversions);
    CHECK(fabs(z_rises) < 5, "of %d: rises by %g deviations", n, z_rises);
    CHECK(p > 1e-6 && p < 1 - 1e-6, "of %d: from part to part, p = %g", n, p);
    free(tree);
    free(seen);
}

static void large_permutations_look_random(void)
{
    check_statistics(1000, 2000);
    check_statistics(65536, 20);
    check_statistics(100003, 20);
    check_statistics(1 << 20, 3);
}

/* --------------------------------------------------------------------------------------------------- the description */

enum { PERMUTATION_KEY = 16, SAMPLE_KEY = 17 };
static uint64_t place(int key, int sub_stream, int bytes, uint64_t i)
{
    uint64_t word = 0;
    uint8_t b[8];
    reference_fill_domain(b, (uint64_t)bytes, 4 * (uint64_t)key + (uint64_t)sub_stream, 77, 5, i * (uint64_t)bytes);
    for (int j = bytes - 1; j >= 0; j--) word = word << 8 | b[j];
    return word;
}

/* floor (96 bits times bound / 2^96), by schoolbook; *carried counts where the last 64 mattered. */
static uint64_t number_below(uint64_t bound, uint64_t i, int *carried)
{
    uint64_t product = place(PERMUTATION_KEY, 1, 4, i) * bound, number = product >> 32;
    if ((product & UINT32_MAX) + bound <= UINT32_MAX) return number; /* they cannot */
    product += (uint64_t)((unsigned __int128)place(PERMUTATION_KEY, 2, 8, i) * bound >> 64);
    *carried += product >> 32 != number;
    return product >> 32;
}

/* The same of 128 bits. */
static uint64_t draw_below(uint64_t bound, uint64_t i, int *carried)
{
    unsigned __int128 product = (unsigned __int128)place(SAMPLE_KEY, 1, 8, i) * bound;
    uint64_t number = (uint64_t)(product >> 64);
    product += (unsigned __int128)place(SAMPLE_KEY, 2, 8, i) * bound >> 64;
    *carried += product >> 64 != number;
    return (uint64_t)(product >> 64);
}

static void permutations_are_as_described(void)
{
    static const int sizes[] = { 1, 2, 10, 5000, 65537, 150001, 1000003 };
    int carried = 0;
    reference_init();
    for (int s = 0; s < 7; s++) {
        int n = sizes[s], blocks = 1, filled = 0;
        int32_t *got = malloc((size_t)n * 4), *wanted = malloc((size_t)n * 4);
        uint16_t *choice = calloc((size_t)n, sizeof *choice);
        while (n / blocks > 65536) blocks *= 2;
        must(draw(got, DGEN_I32, n, -1, options_of(77, 5)));
        for (int i = 0; i < n && blocks > 1; i++) choice[i] = (uint16_t)place(PERMUTATION_KEY, 0, 2, (uint64_t)i);
        for (int b = 0; b < blocks; b++) {
            int start = filled;
            for (int i = 0; i < n; i++)
                if (choice[i] % blocks == b) wanted[filled++] = i;
            for (int i = start; i < filled; i++) {
                int j = i + (int)number_below((uint64_t)(filled - i), (uint64_t)i, &carried), kept = wanted[i];
                wanted[i] = wanted[j];
                wanted[j] = kept;
            }
        }
        CHECK(filled == n && !memcmp(got, wanted, (size_t)n * 4), "of %d", n);
        free(got);
        free(wanted);
        free(choice);
    }
    CHECK(carried > 0, "no step was carried on");
}

/* With replacement, those passed over that came before. */
static void samples_are_as_described(void)
{
    static const double sizes[] = { 100000, 0x1p32 + 1, 0x1p53 - 1 };
    enum { K = 20000 };
    static int64_t got[K], wanted[K];
    reference_init();
    for (int s = 0; s < 3; s++) {
        int have = 0, passed_over = 0, carried = 0, k = s ? K : K / 5;
        must(draw(got, DGEN_I64, sizes[s], k, options_of(77, 5)));
        for (uint64_t t = 0; have < k; t++) {
            bool came = false;
            wanted[have] = (int64_t)draw_below((uint64_t)sizes[s], t, &carried);
            for (int i = 0; s == 0 && i < have && !came; i++) came = wanted[i] == wanted[have];
            passed_over += came;
            have += !came;
        }
        CHECK(!memcmp(got, wanted, (size_t)k * 8), "of %g", sizes[s]);
        CHECK(s || passed_over > 10, "only %d draws came twice", passed_over);
        CHECK(s < 2 || carried > 0, "no draw was carried on");
    }
}

/* ----------------------------------------------------------------------------------------------------------- samples */

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void samples_are_distinct_and_even(void)
{
    static const struct { double n; int64_t k; } cases[] = {
        { 10, 10 }, { 1000, 999 }, { 1000, 30 }, { 1000, 31 }, { 1000, 32 }, { 70000, 20000 }, { 70000, 17499 }, { 70000, 17500 },
        { 70000, 17501 }, { 70000, 70000 }, { 1e6, 200000 }, { 1e9, 100000 }, { 0x1p40, 100000 }, { 0x1p53, 100000 }, { 300000, 290000 },
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        enum { PARTS = 16 };
        double n = cases[c].n, count[PARTS] = { 0 }, early[PARTS] = { 0 }, sum = 0;
        int64_t k = cases[c].k, *values = malloc((size_t)k * 8);
        must(draw(values, DGEN_I64, n, k, options_of(3, c)));
        for (int64_t i = 0; i < k; i++) {
            int part = (int)((double)values[i] / n * PARTS);
            CHECK(values[i] >= 0 && (double)values[i] < n, "%lld of %g", (long long)values[i], n);
            count[part & (PARTS - 1)]++;
            early[part & (PARTS - 1)] += i < k / 2;
        }
        double expected = (double)k / PARTS, half = (double)(k / 2) / PARTS, p;
        if (k > 1000) {
            for (int i = 0; i < PARTS; i++) sum += (early[i] - half) * (early[i] - half) / half;
            p = incomplete_gamma((PARTS - 1) / 2.0, sum / 2 / (1 - k / 2 / n), 1);
            CHECK(p > 1e-6 && p < 1 - 1e-6, "%lld of %g: its first half, p = %g", (long long)k, n, p);
            for (int i = 0; i < PARTS; i++) sum += (count[i] - expected) * (count[i] - expected) / expected - (early[i] - half) * (early[i] - half) / half;
            p = k < n ? incomplete_gamma((PARTS - 1) / 2.0, sum / 2 / (1 - k / n), 1) : 0.5;
            CHECK(p > 1e-6 && p < 1 - 1e-6, "%lld of %g: p = %g", (long long)k, n, p);
        }
        qsort(values, (size_t)k, 8, by_value);
        for (int64_t i = 1; i < k; i++) CHECK(values[i] != values[i - 1], "%lld of %g has %lld twice", (long long)k, n, (long long)values[i]);
        free(values);
    }
}

/* -------------------------------------------------------------------------------------------- types, layouts, threads */

static void types_and_layouts_agree(void)
{
    static const dgen_dtype dtypes[] = { DGEN_I32, DGEN_I64, DGEN_F32, DGEN_F64, DGEN_U8 };
    static const struct { int n; int k; } cases[] = { { 0, -1 }, { 1, -1 }, { 200, -1 }, { 200, 3 }, { 200, 100 }, { 70000, -1 }, { 150000, -1 },
                                                      { 150000, 20 }, { 150000, 100000 } };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        int n = cases[c].n, k = cases[c].k, length = k < 0 ? n : k;
        int32_t *wanted = malloc((size_t)length * 4 + 4);
        uint8_t *memory = malloc((size_t)length * 24 + 64);
        must(draw(wanted, DGEN_I32, n, k, options_of(8, 2)));
        for (int d = 0; d < 5; d++)
            for (int layout = 0; layout < 4; layout++) {
                if (dtypes[d] == DGEN_U8 && n > 255) continue;
                dgen_operand parameters[2] = { { .number = n }, { .number = k } };
                dgen_random_options options = options_of(8, 2);
                int64_t count = length;
                dgen_array out;
                options.index_base = 1;
                must(dgen_array_borrow(&out, dtypes[d], 1, &count, memory + (layout == 1 ? dgen_dtype_bytes(dtypes[d]) : 0), &error));
                if (layout == 2) out.stride[0] = 3;
                if (layout == 3) {
                    out.data = memory + (size_t)(length ? length - 1 : 0) * dgen_dtype_bytes(dtypes[d]);
                    out.stride[0] = -1;
                }
                must(dgen_random(&out, k < 0 ? DGEN_DISTRIBUTION_permutation : DGEN_DISTRIBUTION_sample, 1, NULL, parameters, &options, &error));
                for (int i = 0; i < length; i++)
                    CHECK(dgen_array_get(&out, i) == wanted[i] + 1, "%d of %d in %s, layout %d: %d is %g, not %d", k, n,
                          dgen_dtype_name(dtypes[d]), layout, i, dgen_array_get(&out, i), wanted[i] + 1);
            }
        free(wanted);
        free(memory);
    }
}

static void new_arrays_have_the_default_type(void)
{
    dgen_operand n = { .number = 1000 };
    dgen_random_options options = options_of(4, 0);
    dgen_array out = { 0 };
    int32_t *wanted = permutation(1000, 4);
    must(dgen_random(&out, DGEN_DISTRIBUTION_permutation, 1, NULL, &n, &options, &error));
    CHECK(out.dtype == DGEN_I32 && out.ndim == 1 && out.shape[0] == 1000 && !memcmp(out.data, wanted, 4000), "not the same");
    dgen_array_release(&out);
    free(wanted);
}

static uint64_t hash_of(int n, int k, int threads)
{
    size_t length = (size_t)(k < 0 ? n : k);
    dgen_random_options options = options_of(21, 4);
    int32_t *values = malloc(length * 4);
    options.max_threads = threads;
    must(draw(values, DGEN_I32, n, k, options));
    uint64_t h = test_hash((uint8_t *)values, length * 4);
    free(values);
    return h;
}

static void threads_and_isas_agree(void)
{
    static const struct { int n; int k; } cases[] = { { 100, -1 }, { 70000, -1 }, { 1000003, -1 }, { 1000003, 300000 }, { 1000003, 5000 } };
    must(dgen_threads_set(8, &error));
    for (int c = 0; c < 5; c++) {
        char wanted[32], n[16], k[16];
        snprintf(wanted, sizeof wanted, "%016llx", (unsigned long long)hash_of(cases[c].n, cases[c].k, 1));
        snprintf(n, sizeof n, "%d", cases[c].n);
        snprintf(k, sizeof k, "%d", cases[c].k);
        for (int threads = 2; threads <= 8; threads++) {
            char got[32];
            snprintf(got, sizeof got, "%016llx", (unsigned long long)hash_of(cases[c].n, cases[c].k, threads));
            CHECK(!strcmp(got, wanted), "%s of %s: %d threads", k, n, threads);
        }
        for (int i = 0; i < isa_count; i++) {
            char isa[32], got[32];
            const char *arguments[] = { "hash", n, k, NULL }, *environment[] = { isa, NULL };
            snprintf(isa, sizeof isa, "DGEN_ISA=%s", isas[i]->name);
            CHECK(child_again(arguments, environment, got, sizeof got) == 0 && !strcmp(got, wanted), "%s of %s: %s", k, n, isa);
        }
    }
    must(dgen_threads_set(0, &error));
}

/* ------------------------------------------------------------------------------------------------------------ refusals */

static int stop(void *context)
{
    return ++*(int *)context > 0;
}

static void refusals(void)
{
    uint8_t bytes[300];
    memset(bytes, 7, sizeof bytes);
    CHECK(draw(bytes, DGEN_U8, 257, -1, options_of(1, 0)) == DGEN_EINVAL && !strcmp(error.argument, "n")
              && !strcmp(error.message, "n makes values from 0 to 256; type u8 holds whole numbers from 0 to 255"), "%s", error.message);
    CHECK(bytes[0] == 7 && bytes[256] == 7, "out was touched");
    must(draw(bytes, DGEN_U8, 256, -1, options_of(1, 0)));
    dgen_random_options options = options_of(1, 0);
    options.index_base = 1;
    CHECK(draw(bytes, DGEN_U8, 256, -1, options) == DGEN_EINVAL, "256 in a byte");
    CHECK(draw(bytes, DGEN_F32, 0x1p24 + 2, 3, options_of(1, 0)) == DGEN_EINVAL, "2^24 + 1 in f32");
    CHECK(draw(bytes, DGEN_I32, 3, 4, options_of(1, 0)) == DGEN_EINVAL && !strcmp(error.message, "k must be at most n, not 4 of 3"),
          "%s", error.message);
    must(draw(bytes, DGEN_U8, 0, -1, options_of(1, 0)));
    must(draw(bytes, DGEN_U8, 5, 0, options_of(1, 0)));
    dgen_operand huge = { .number = 0x1p53 };
    dgen_array none = { 0 };
    CHECK(dgen_random(&none, DGEN_DISTRIBUTION_permutation, 1, NULL, &huge, NULL, &error) == DGEN_ENOMEM && !none.release, "%s", error.message);
}

static void calls_can_be_canceled(void)
{
    enum { N = 5000000 };
    int asked = 0;
    int32_t *values = malloc(4 * (size_t)N);
    dgen_poll_set(stop, &asked);
    for (int c = 0; c < 3; c++) {
        double n = c == 2 ? 1e9 : N;
        asked = 0;
        dgen_status status = draw(values, DGEN_I32, n, c == 0 ? -1 : c == 1 ? N / 2 : N, options_of(1, 0));
        CHECK(status == DGEN_ECANCELED || (status == DGEN_OK && !asked), "case %d: %s, asked %d times", c, dgen_status_name(status), asked);
    }
    CHECK(asked, "never asked");
    dgen_poll_set(NULL, NULL);
    free(values);
}

int main(int argc, char **argv)
{
    if (argc == 4 && !strcmp(argv[1], "hash")) {
        printf("%016llx", (unsigned long long)hash_of(atoi(argv[2]), atoi(argv[3]), 2));
        return 0;
    }
    find_isas();
    RUN(all_orders_are_as_likely);
    RUN(all_samples_are_as_likely);
    RUN(large_permutations_look_random);
    RUN(permutations_are_as_described);
    RUN(samples_are_as_described);
    RUN(samples_are_distinct_and_even);
    RUN(types_and_layouts_agree);
    RUN(new_arrays_have_the_default_type);
    RUN(threads_and_isas_agree);
    RUN(refusals);
    RUN(calls_can_be_canceled);
    return TEST_END();
}
