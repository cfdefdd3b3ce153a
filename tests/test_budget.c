/* Bits under a budget, against every possible choice and against the bound of the linear relaxation. */
#include <math.h>
#include <stdbool.h>

#include "test.h"

enum { MOST = 40, POOL = 1 << 16 };
static float pool[POOL];
static dgen_array arrays[MOST];
static dgen_layer layers[MOST];
static dgen_bits_choice choices[MOST];
static dgen_error error;

/* What each layer takes and loses at 2, 4 and 8 bits, by dgen_quantize. */
static uint64_t size[MOST][3];
static double loss[MOST][3];
static const int widths[] = { 2, 4, 8 };

static double uniform(void) { return ((double)(test_random() >> 11) + .5) * 0x1p-53; }

/* Layers of many sizes and kinds of elements: some lose next to nothing with 2 bits, some much with 8. */
enum { KINDS = 7, OFF_HULL = 5 };
static void make_layers_of(int count, const dgen_quantize_options *options, int only)
{
    for (int i = 0; i < POOL; i++) pool[i] = (float)sin(uniform() * 6.3);
    for (int i = 0; i < count; i++) {
        int64_t shape[2] = { 1 + (int64_t)(test_random() % 30), 1 + (int64_t)(test_random() % (i % 4 ? 60 : 3)) };
        int first = (int)(test_random() % (POOL - 2000)), kind = (int)(test_random() % KINDS);
        if (only) kind = only;
        for (int64_t k = 0; k < shape[0] * shape[1]; k++) {
            float *x = &pool[first + k];
            if (kind == 1) *x = (float)tan(3.1 * (uniform() - .5));
            if (kind == 2) *x = *x < 0 ? -1 : 1;
            if (kind == 3) *x = 0;
            if (kind == 4) *x *= 1e-20f;
            if (kind == OFF_HULL) { /* 4 bits find little that 2 do not, and 8 bits all: off the hull */
                double near = 85 * floor(4 * uniform()) + floor(25 * uniform()) - 12;
                *x = (float)(k / shape[0] == 0 ? 0 : k / shape[0] == 1 ? 255 : fmin(fmax(near, 0), 255));
            }
        }
        CHECK(dgen_array_borrow(&arrays[i], DGEN_F32, 2, shape, pool + first, &error) == DGEN_OK, "%s", error.message);
        layers[i] = (dgen_layer){ "", &arrays[i] };
    }
    for (int i = 0; i < count; i++) /* when no other layer writes into its elements any more */
        for (int w = 0; w < 3; w++) {
            dgen_quantize_options with = *options;
            dgen_quantized q = { 0 };
            with.bits = widths[w];
            CHECK(dgen_quantize(&q, layers[i].x, &with, &error) == DGEN_OK, "%s", error.message);
            size[i][w] = dgen_array_bytes(&q.codes) + dgen_array_bytes(&q.scale) + dgen_array_bytes(&q.zero);
            loss[i][w] = isinf(q.error.snr_db) ? 0 : 1 / pow(10, q.error.snr_db / 10);
            dgen_quantized_release(&q);
        }
}

static void make_layers(int count, const dgen_quantize_options *options) { make_layers_of(count, options, 0); }

static uint64_t size_at(int count, int width)
{
    uint64_t sum = 0;
    for (int i = 0; i < count; i++) sum += size[i][width];
    return sum;
}

/* Sum of losses of what was chosen; its size into *bytes. */
static double chosen_loss(int count, uint64_t *bytes)
{
    double sum = 0;
    *bytes = 0;
    for (int i = 0; i < count; i++) {
        int w = choices[i].bits == 2 ? 0 : choices[i].bits == 4 ? 1 : 2;
        CHECK(choices[i].bits == widths[w] && choices[i].size == size[i][w], "layer %d: %d bits, %llu bytes", i, choices[i].bits,
              (unsigned long long)choices[i].size);
        sum += loss[i][w];
        *bytes += choices[i].size;
    }
    return sum;
}

static dgen_status choose(int count, uint64_t budget, const dgen_quantize_options *options)
{
    error.message[0] = 0;
    return dgen_choose_bits(choices, layers, count, budget, NULL, 0, options, NULL, NULL, &error);
}

/* The least loss of all 3^count choices that fit. */
static double least_loss(int count, uint64_t budget)
{
    double least = INFINITY;
    int all = 1;
    for (int i = 0; i < count; i++) all *= 3;
    for (int choice = 0; choice < all; choice++) {
        uint64_t bytes = 0;
        double sum = 0;
        for (int i = 0, rest = choice; i < count; i++, rest /= 3) bytes += size[i][rest % 3], sum += loss[i][rest % 3];
        if (bytes <= budget && sum < least) least = sum;
    }
    return least;
}

/* The relaxation's least loss, as the largest value of its dual: that has corners only at prices of a byte which are the slope between two
   choices of a layer. *price: where. */
static double relaxed_loss(int count, uint64_t budget, double *price)
{
    double most = -INFINITY;
    *price = 0;
    for (int k = -1; k < 3 * count; k++) {
        int a = k % 3 == 2, b = 1 + (k % 3 > 0);
        double slope = k < 0 ? 0 : (loss[k / 3][a] - loss[k / 3][b]) / (double)(size[k / 3][b] - size[k / 3][a]), dual;
        if (!(slope >= 0) || isinf(slope)) continue;
        dual = -slope * (double)budget;
        for (int i = 0; i < count; i++) {
            double least = INFINITY;
            for (int w = 0; w < 3; w++) least = fmin(least, loss[i][w] + slope * (double)size[i][w]);
            dual += least;
        }
        if (dual > most) most = dual, *price = slope;
    }
    return most;
}

/* The gain of the largest step whose gain a byte is the price. */
static double step_at(int count, double price)
{
    double most = 0;
    for (int i = 0; i < count; i++)
        for (int a = 0; a < 3; a++)
            for (int b = a + 1; b < 3; b++) {
                double gain = loss[i][a] - loss[i][b], slope = gain / (double)(size[i][b] - size[i][a]);
                if (fabs(slope - price) <= 1e-9 * price && gain > most) most = gain;
            }
    return most;
}

static void check_choice(int count, uint64_t budget, const dgen_quantize_options *options)
{
    uint64_t bytes;
    double price, bound = relaxed_loss(count, budget, &price), rounding = 1e-9 * (1 + bound);
    CHECK(choose(count, budget, options) == DGEN_OK, "%s", error.message);
    double got = chosen_loss(count, &bytes);
    CHECK(bytes <= budget, "%llu bytes of %llu", (unsigned long long)bytes, (unsigned long long)budget);
    CHECK(got >= bound - rounding && got <= bound + step_at(count, price) + rounding, "loss %.12g, bound %.12g, step %.12g", got, bound,
          step_at(count, price));
    for (int i = 0; i < count; i++) /* nothing that is left would buy anything */
        for (int w = 0; w < 3; w++)
            CHECK(widths[w] <= choices[i].bits || size[i][w] - choices[i].size > budget - bytes
                      || loss[i][w] >= loss[i][choices[i].bits / 4] - rounding, "layer %d could have %d bits", i, widths[w]);
    if (count > 6) return;
    double least = least_loss(count, budget);
    CHECK(got >= least - rounding && got - least <= step_at(count, price) + rounding, "loss %.12g, least %.12g", got, least);
}

static void test_against_all_choices(void)
{
    dgen_quantize_options options;
    for (int round = 0; round < 60; round++) {
        dgen_quantize_options_init(&options);
        if (round % 4 == 1) options.axis = DGEN_AXIS_ROW, options.search = DGEN_SEARCH_MSE;
        if (round % 4 == 2) options.axis = DGEN_AXIS_TENSOR, options.scheme = DGEN_SYMMETRIC;
        if (round % 4 == 3) options.certificate = 0, options.bits = 2;
        dgen_quantize_options measured = options;
        measured.certificate = 1;
        int count = round % 10 == 9 || round % 10 == 2 ? MOST : 1 + round % 6;
        make_layers_of(count, &measured, round % 5 == 2 ? OFF_HULL : 0);
        uint64_t least = size_at(count, 0), most = size_at(count, 2);
        for (int k = 0; k <= 12; k++) check_choice(count, least + (most - least) * (uint64_t)k / 12, &options);
        check_choice(count, most * 3, &options);
    }
}

static void test_bounds(void)
{
    dgen_quantize_options options;
    char message[128];
    dgen_quantize_options_init(&options);
    make_layers(5, &options);
    uint64_t least = size_at(5, 0);
    snprintf(message, sizeof message, "budget must be at least %llu bytes, what 2 bits take, not %llu", (unsigned long long)least,
             (unsigned long long)least - 1);
    memset(choices, 7, sizeof choices);
    CHECK(choose(5, least - 1, &options) == DGEN_EINVAL && !strcmp(error.message, message) && !strcmp(error.argument, "budget"), "%s",
          error.message);
    CHECK(choices[0].bits == 0x07070707, "choices were touched");
    for (int bits = 2; bits <= 8; bits *= 2) { /* no budget */
        options.bits = bits;
        CHECK(choose(5, 0, &options) == DGEN_OK, "%s", error.message);
        for (int i = 0; i < 5; i++)
            CHECK(choices[i].bits == bits && choices[i].size == size[i][bits / 4], "layer %d: %d bits", i, choices[i].bits);
    }
    CHECK(dgen_choose_bits(choices, layers, 0, 1, NULL, 0, NULL, NULL, NULL, &error) == DGEN_OK, "%s", error.message);
}

/* A choice's figures are those of the certificate, on any number of threads. */
static void test_figures(void)
{
    static dgen_bits_choice first[MOST];
    dgen_quantize_options options;
    dgen_quantize_options_init(&options);
    make_layers(MOST, &options);
    uint64_t budget = size_at(MOST, 1);
    for (int threads = 1; threads <= 8; threads++) {
        options.max_threads = threads;
        memset(choices, 0, sizeof choices);
        CHECK(choose(MOST, budget, &options) == DGEN_OK, "%s", error.message);
        if (threads == 1) memcpy(first, choices, sizeof first);
        CHECK(!memcmp(first, choices, sizeof first), "%d threads choose otherwise", threads);
    }
    for (int i = 0; i < MOST; i++) {
        dgen_quantized q = { 0 };
        options.bits = choices[i].bits;
        CHECK(dgen_quantize(&q, layers[i].x, &options, &error) == DGEN_OK, "%s", error.message);
        CHECK(q.error.rmse == choices[i].rmse && q.error.snr_db == choices[i].snr_db, "layer %d: %g dB", i, choices[i].snr_db);
        dgen_quantized_release(&q);
    }
}

static void test_rules(void)
{
    static const char *const names[] = { "encoder.0.attention.q", "encoder.0.norm", "encoder.10.mlp.fc1", "decoder.norm", "head", "" };
    static const struct { const char *pattern; unsigned fits; } patterns[] = {
        { "*", 0x3f }, { "", 0x20 }, { "head", 0x10 }, { "hea", 0 }, { "head?", 0 }, { "h??d", 0x10 }, { "*norm", 0x0a }, { "*.norm", 0x0a },
        { "encoder.*", 0x07 }, { "encoder.?.*", 0x03 }, { "*a*t*n*", 0x01 }, { "*.*.*.*", 0x05 }, { "**d", 0x10 }, { "?*", 0x1f },
        { "*fc1*", 0x04 }, { "*0.*", 0x07 }, { "encoder*norm", 0x02 }, { "*norm.", 0 }, { "*e*d", 0x10 }, { "????", 0x10 },
    };
    dgen_quantize_options options;
    dgen_quantize_options_init(&options);
    make_layers(6, &options);
    for (int i = 0; i < 6; i++) layers[i].name = names[i];
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
        dgen_bits_rule rules[] = { { patterns[p].pattern, 16 }, { "*", 4 } };
        CHECK(dgen_choose_bits(choices, layers, 6, 0, rules, 2, &options, NULL, NULL, &error) == DGEN_OK, "%s", error.message);
        for (int i = 0; i < 6; i++) {
            uint64_t n = (uint64_t)dgen_array_length(layers[i].x);
            bool does = patterns[p].fits >> i & 1;
            CHECK(choices[i].bits == (does ? 16 : 4), "\"%s\" and \"%s\": %d bits", patterns[p].pattern, names[i], choices[i].bits);
            CHECK(choices[i].size == (does ? 2 * n : size[i][1]), "%llu bytes", (unsigned long long)choices[i].size);
            CHECK(!does || (choices[i].rmse == 0 && isinf(choices[i].snr_db)), "%g dB of 16 bits", choices[i].snr_db);
        }
    }
    layers[4].name = NULL; /* as "" */
    dgen_bits_rule rules[] = { { "*norm*", 16 }, { "*q", 8 }, { "*.norm", 2 } }, wrong = { "*", 3 };
    uint64_t bytes = 0, budget = 0, n[] = { size[0][2], 2 * (uint64_t)dgen_array_length(layers[1].x), size[2][0],
                                            2 * (uint64_t)dgen_array_length(layers[3].x), size[4][0], size[5][0] };
    for (int i = 0; i < 6; i++) budget += n[i];
    for (uint64_t more = 0; more < 500; more += 50) {
        CHECK(dgen_choose_bits(choices, layers, 6, budget + more, rules, 3, &options, NULL, NULL, &error) == DGEN_OK, "%s", error.message);
        for (int i = bytes = 0; i < 6; i++) bytes += choices[i].size;
        CHECK(bytes <= budget + more && choices[0].bits == 8 && choices[1].bits == 16 && choices[3].bits == 16, "%llu bytes",
              (unsigned long long)bytes);
    }
    CHECK(dgen_choose_bits(choices, layers, 6, budget - 1, rules, 3, &options, NULL, NULL, &error) == DGEN_EINVAL
              && strstr(error.message, "what 2 bits and the rules take"), "%s", error.message);
    CHECK(dgen_choose_bits(choices, layers, 6, 0, &wrong, 1, &options, NULL, NULL, &error) == DGEN_EINVAL
              && !strcmp(error.message, "rules must give 2, 4, 8 or 16 bits; rule 1 gives 3"), "%s", error.message);
}

static int64_t calls, stop_at;
static int progress(void *context, uint64_t done, uint64_t total)
{
    uint64_t *last = context;
    CHECK(done > *last && done <= total, "%llu of %llu after %llu", (unsigned long long)done, (unsigned long long)total,
          (unsigned long long)*last);
    *last = done;
    return ++calls == stop_at;
}

static void test_progress_and_failures(void)
{
    dgen_quantize_options options;
    uint64_t live, last;
    dgen_quantize_options_init(&options);
    make_layers(10, &options);
    live = dgen_live_bytes();
    for (stop_at = 1; stop_at <= 11; stop_at++) {
        last = 0, calls = 0;
        dgen_status status = dgen_choose_bits(choices, layers, 10, 1 << 20, NULL, 0, &options, progress, &last, &error);
        CHECK(status == (stop_at < 11 ? DGEN_ECANCELED : DGEN_OK) && calls == (stop_at < 11 ? stop_at : 10), "%lld calls", (long long)calls);
        CHECK(dgen_live_bytes() == live, "%llu bytes are left", (unsigned long long)(dgen_live_bytes() - live));
    }
    ((float *)arrays[6].data)[0] = NAN;
    float nan_layers = 0;
    for (int i = 9; i >= 0; i--)
        for (int64_t k = 0; k < dgen_array_length(&arrays[i]); k++)
            if (isnan(((float *)arrays[i].data)[k])) nan_layers = (float)i + 1; /* layers may share elements */
    char prefix[32];
    snprintf(prefix, sizeof prefix, "layer %d: x must be finite", (int)nan_layers);
    CHECK(choose(10, 1 << 20, &options) == DGEN_EINVAL && !strncmp(error.message, prefix, strlen(prefix)) && !strcmp(error.argument, "x"), "%s",
          error.message);
    options.rule = DGEN_PACKING_GGML_Q4_0;
    CHECK(choose(10, 1 << 20, &options) == DGEN_EINVAL && !strcmp(error.argument, "rule"), "%s", error.message);
    options.rule = DGEN_PACKING_DGEN, options.bits = 5;
    CHECK(choose(10, 1 << 20, &options) == DGEN_EINVAL && !strcmp(error.message, "bits must be 8, 4 or 2, not 5"), "%s", error.message);
    CHECK(dgen_live_bytes() == live, "%llu bytes are left", (unsigned long long)(dgen_live_bytes() - live));
}

int main(void)
{
    RUN(test_against_all_choices);
    RUN(test_bounds);
    RUN(test_figures);
    RUN(test_rules);
    RUN(test_progress_and_failures);
    return TEST_END();
}
