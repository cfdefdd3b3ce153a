/* Many layers in one call are what as many calls give; and a batch that is stopped, or fails, leaves nothing behind. */
#include <math.h>
#include <pthread.h>
#include <stdbool.h>

#include "test.h"

enum { MOST = 1000, POOL = 1 << 19 };
static float floats[POOL];
static double doubles[POOL];
static uint16_t halves[POOL];
static dgen_array arrays[MOST];
static const dgen_array *layers[MOST];
static int bits[MOST];
static dgen_quantized results[MOST];
static dgen_error error;

/* Layers of several types, strides and sizes; every 97th is large enough to be cut into tasks, and some follow each other. */
static void make_layers(void)
{
    for (int i = 0; i < POOL; i++) {
        doubles[i] = (double)(int64_t)test_random() * 0x1p-62;
        floats[i] = (float)doubles[i];
        halves[i] = (uint16_t)(test_random() & 0xbbff); /* finite in f16 */
    }
    for (int i = 0; i < MOST; i++) {
        static const int64_t shapes[][2] = { { 768, 16 }, { 1, 7 }, { 16, 768 }, { 33, 129 }, { 1, 1 }, { 300, 70 } };
        int64_t shape[2] = { shapes[i % 6][0], shapes[i % 6][1] };
        if (i % 97 == 3 || i % 97 == 4) shape[0] = 611, shape[1] = 601;
        int first = (int)(test_random() % 64);
        dgen_dtype type = i % 5 == 1 ? DGEN_F64 : i % 5 == 3 ? DGEN_F16 : DGEN_F32;
        void *data = type == DGEN_F64 ? (void *)(doubles + first) : type == DGEN_F16 ? (void *)(halves + first) : floats + first;
        CHECK(dgen_array_borrow(&arrays[i], type, 2, shape, data, &error) == DGEN_OK, "%s", error.message);
        if (i % 7 == 2) arrays[i].stride[0] = shape[1], arrays[i].stride[1] = 1;
        layers[i] = &arrays[i];
        bits[i] = 2 << i % 3;
    }
}

static bool same_array(const dgen_array *a, const dgen_array *b)
{
    return a->dtype == b->dtype && a->ndim == b->ndim && !memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof *a->shape)
           && !memcmp(a->stride, b->stride, (size_t)a->ndim * sizeof *a->stride) && !memcmp(a->data, b->data, dgen_array_bytes(a));
}

static bool same(const dgen_quantized *a, const dgen_quantized *b)
{
    return same_array(&a->codes, &b->codes) && same_array(&a->scale, &b->scale) && same_array(&a->zero, &b->zero) && a->bits == b->bits
           && a->scheme == b->scheme && a->range == b->range && a->axis == b->axis && a->group == b->group && a->ndim == b->ndim
           && !memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof *a->shape) && !memcmp(&a->error, &b->error, sizeof a->error);
}

static bool untouched(int64_t count)
{
    static const dgen_quantized nothing;
    for (int64_t i = 0; i < count; i++)
        if (memcmp(&results[i], &nothing, sizeof nothing)) return false;
    return true;
}

static void release(int64_t count)
{
    for (int64_t i = 0; i < count; i++) dgen_quantized_release(&results[i]);
    memset(results, 0, sizeof results);
}

/* What progress was told, and when it is to stop. */
static struct {
    int64_t calls, stop_at;
    uint64_t done, total;
    pthread_t thread;
    bool in_order, on_thread;
} told;

static int progress(void *context, uint64_t done, uint64_t total)
{
    const dgen_array *const *all = context;
    told.in_order &= done == told.done + (uint64_t)dgen_array_length(all[told.calls]) && total == told.total;
    told.on_thread &= pthread_equal(told.thread, pthread_self()) != 0;
    told.done = done;
    return ++told.calls == told.stop_at;
}

static void listen(int64_t count, int64_t stop_at)
{
    memset(&told, 0, sizeof told);
    told.stop_at = stop_at, told.thread = pthread_self(), told.in_order = told.on_thread = true;
    for (int64_t i = 0; i < count; i++) told.total += (uint64_t)dgen_array_length(layers[i]);
}

static dgen_status batch(int64_t count, const dgen_quantize_options *options, const int *each)
{
    error.message[0] = 0;
    return dgen_quantize_batch(results, layers, count, options, each, progress, layers, &error);
}

static void test_same_as_single_calls(void)
{
    static const int64_t counts[] = { 0, 1, 2, 10, 100, MOST };
    static dgen_quantized expected[MOST];
    uint64_t live = dgen_live_bytes();
    for (int form = 0; form < 3; form++) {
        dgen_quantize_options options;
        dgen_quantize_options_init(&options);
        if (form == 1) options.scheme = DGEN_SYMMETRIC, options.search = DGEN_SEARCH_MSE, options.axis = DGEN_AXIS_ROW;
        if (form == 2) options.axis = DGEN_AXIS_TENSOR, options.scale_type = DGEN_F16, options.bits = 4;
        for (int i = 0; i < MOST; i++) {
            dgen_quantize_options one = options;
            if (form < 2) one.bits = bits[i];
            memset(&expected[i], 0, sizeof expected[i]);
            CHECK(dgen_quantize(&expected[i], layers[i], &one, &error) == DGEN_OK, "%s", error.message);
        }
        for (int threads = 1; threads <= 8; threads++)
            for (int c = 0; c < 6; c++) {
                if (c == 5 && threads > 2 && threads < 8) continue; /* of 1000 layers, 1, 2 and 8 threads are enough */
                int64_t count = counts[c], different = 0;
                options.max_threads = threads;
                listen(count, 0);
                CHECK(batch(count, &options, form < 2 ? bits : NULL) == DGEN_OK, "%s", error.message);
                for (int64_t i = 0; i < count; i++) different += !same(&results[i], &expected[i]);
                CHECK(different == 0, "%lld of %lld layers differ on %d threads", (long long)different, (long long)count, threads);
                CHECK(told.calls == count && told.done == told.total && told.in_order && told.on_thread, "progress of %lld layers: %lld calls",
                      (long long)count, (long long)told.calls);
                release(count);
            }
        for (int i = 0; i < MOST; i++) dgen_quantized_release(&expected[i]);
    }
    CHECK(dgen_live_bytes() == live, "%llu bytes are left", (unsigned long long)(dgen_live_bytes() - live));
}

static void test_without_progress_and_options(void)
{
    dgen_quantized one = { 0 };
    CHECK(dgen_quantize_batch(results, layers, 5, NULL, NULL, NULL, NULL, NULL) == DGEN_OK, "batch of 5");
    CHECK(dgen_quantize(&one, layers[3], NULL, NULL) == DGEN_OK && same(&one, &results[3]), "the fourth");
    dgen_quantized_release(&one);
    release(5);
}

/* Codes, scale and zero can be let go in any order. */
static void test_parts_live_on(void)
{
    uint64_t live = dgen_live_bytes();
    for (int order = 0; order < 3; order++) {
        listen(3, 0);
        CHECK(batch(3, NULL, NULL) == DGEN_OK, "%s", error.message);
        dgen_array kept, *parts[] = { &results[0].codes, &results[0].scale, &results[0].zero };
        dgen_array_retain(&kept, parts[order]);
        size_t n = dgen_array_bytes(&kept);
        uint64_t hash = test_hash(kept.data, n);
        release(3);
        CHECK(dgen_live_bytes() > live && test_hash(kept.data, n) == hash, "part %d is gone", order);
        dgen_array_release(&kept);
        CHECK(dgen_live_bytes() == live, "%llu bytes are left", (unsigned long long)(dgen_live_bytes() - live));
    }
}

static void test_cancel(void)
{
    uint64_t live = dgen_live_bytes();
    dgen_quantize_options options;
    dgen_quantize_options_init(&options);
    for (int threads = 1; threads <= 8; threads += threads == 1 ? 1 : 6)
        for (int64_t stop = 1; stop <= 120; stop++) {
            options.max_threads = threads;
            listen(120, stop);
            CHECK(batch(120, &options, bits) == DGEN_ECANCELED && !strcmp(error.message, "interrupted"), "stop at %lld: %s", (long long)stop,
                  error.message);
            CHECK(told.calls == stop && untouched(120) && dgen_live_bytes() == live, "stop at %lld leaves %llu bytes", (long long)stop,
                  (unsigned long long)(dgen_live_bytes() - live));
            release(120);
        }
}

static int poll_calls;
static int stop_at_once(void *context) { return (void)context, ++poll_calls > 0; }

static void test_poll(void)
{
    uint64_t live = dgen_live_bytes();
    dgen_quantize_options options;
    dgen_quantize_options_init(&options);
    options.search = DGEN_SEARCH_MSE;
    listen(MOST, 0);
    dgen_poll_set(stop_at_once, NULL);
    dgen_status status = batch(MOST, &options, NULL);
    dgen_poll_set(NULL, NULL);
    CHECK(status == DGEN_OK ? poll_calls == 0 : status == DGEN_ECANCELED && untouched(MOST) && dgen_live_bytes() == live, "status %d: %s",
          (int)status, error.message);
    release(MOST);
}

static void check_failure(int64_t count, const dgen_quantize_options *options, const int *each, dgen_status code, const char *argument,
                          const char *message)
{
    uint64_t live = dgen_live_bytes();
    listen(count, 0);
    dgen_status status = batch(count, options, each);
    CHECK(status == code && error.code == code && !strcmp(error.message, message) && !strcmp(error.argument, argument),
          "%d, argument %s: %s", (int)status, error.argument, error.message);
    CHECK(untouched(count) && dgen_live_bytes() == live, "%llu bytes are left", (unsigned long long)(dgen_live_bytes() - live));
    release(count);
}

static void test_failures(void)
{
    dgen_quantize_options options;
    dgen_quantize_options_init(&options);
    int wrong[] = { 8, 8, 5, 4 };
    float bad[40] = { 0 };
    dgen_array with_nan, closed = { 0 }, empty, integers;
    int64_t many = 40, none = 0;
    bad[20] = NAN;
    CHECK(dgen_array_borrow(&with_nan, DGEN_F32, 1, &many, bad, &error) == DGEN_OK
              && dgen_array_borrow(&empty, DGEN_F32, 1, &none, bad, &error) == DGEN_OK
              && dgen_array_borrow(&integers, DGEN_I32, 1, &many, bad, &error) == DGEN_OK, "%s", error.message);
    for (int threads = 1; threads <= 8; threads++) {
        options.max_threads = threads;
        layers[150] = layers[101] = &with_nan; /* the first is named, whichever task was */
        check_failure(200, &options, NULL, DGEN_EINVAL, "x",
                      "layer 102: x must be finite, or nan \"saturate\" or \"zero\"; element 21 is NaN");
        layers[150] = &arrays[150], layers[101] = &arrays[101];
    }
    layers[4] = &empty;
    check_failure(10, &options, NULL, DGEN_EINVAL, "x", "layer 5: x must not be empty");
    layers[4] = &integers;
    check_failure(10, &options, NULL, DGEN_ETYPE, "x", "layer 5: x must be f32, f64, f16 or bf16, not i32");
    layers[4] = &closed;
    check_failure(10, &options, NULL, DGEN_ECLOSED, "x", "layer 5: x is closed");
    layers[4] = &arrays[4];
    check_failure(4, &options, wrong, DGEN_EINVAL, "bits", "layer 3: bits must be 8, 4 or 2, not 5");
    options.group = 100, options.has_group = 1;
    check_failure(4, &options, NULL, DGEN_EINVAL, "group", "layer 1: group must be a whole number from 1 to 16, the length of a row, not 100");
    options.has_group = 0, options.bits = 3;
    check_failure(4, &options, NULL, DGEN_EINVAL, "bits", "bits must be 8, 4 or 2, not 3");
}

int main(void)
{
    make_layers();
    RUN(test_same_as_single_calls);
    RUN(test_without_progress_and_options);
    RUN(test_parts_live_on);
    RUN(test_cancel);
    RUN(test_poll);
    RUN(test_failures);
    return TEST_END();
}
