/*
 * Equalized channels: scales against the formula in long double, inverses, products that stay, powers of two that give w and x back
 * bit for bit, extremes, every type and layout, the same bits for every ISA and number of threads, and what is refused.
 */
#define _GNU_SOURCE
#include <float.h>
#include <math.h>

#include "agree.h"


static dgen_error error;

static void must(dgen_status status)
{
    if (status != DGEN_OK) exit((printf("  %s\n", error.message), 1));
}

static double hashed(uint64_t i) { return (double)(hash(i) >> 11) * 0x1p-53; }

/* A matrix in one of the layouts: column-major, row-major, apart, backwards. Filled with normal-like values, channels of very unlike
   size. */
enum { LAYOUTS = 4 };
typedef struct matrix {
    dgen_array a, whole; /* a view, and what it views */
} matrix;

static matrix matrix_of(dgen_dtype dtype, int64_t rows, int64_t columns, int layout, uint64_t seed)
{
    matrix m;
    int64_t room = (2 * rows + 3) * (columns + 2), shape[2] = { rows, columns };
    must(dgen_array_alloc(&m.whole, dtype, 1, &room, NULL, &error));
    must(dgen_array_borrow(&m.a, dtype, 2, shape, m.whole.data, &error));
    if (layout == 1) m.a.stride[0] = columns, m.a.stride[1] = 1;
    if (layout == 2) m.a.stride[0] = 2, m.a.stride[1] = 2 * rows + 3;
    if (layout == 3) {
        m.a.data = (char *)m.a.data + (size_t)(rows * columns - 1) * dgen_dtype_bytes(dtype);
        m.a.stride[0] = -1, m.a.stride[1] = -rows;
    }
    for (int64_t c = 0; c < columns; c++)
        for (int64_t r = 0; r < rows; r++) {
            uint64_t k = seed * 10007 + (uint64_t)(c * rows + r);
            double size = exp2(hashed(seed + 50 + (uint64_t)c) * 12 - 6);
            must(dgen_array_set(&m.a, c * rows + r, (hashed(k) + hashed(k + 1) - 1) * size, &error));
        }
    return m;
}

static void release(matrix *m)
{
    dgen_array_release(&m->a);
    dgen_array_release(&m->whole);
}

static double largest(const dgen_array *a, int64_t column)
{
    int64_t rows = a->ndim == 1 ? 1 : a->shape[0];
    double most = 0;
    for (int64_t r = 0; r < rows; r++) most = fmax(most, fabs(dgen_array_get(a, column * rows + r)));
    return most;
}

static float scale_at(const dgen_equalized *e, int64_t c) { return ((float *)e->scale.data)[c]; }
static float inverse_at(const dgen_equalized *e, int64_t c) { return ((float *)e->inverse.data)[c]; }

/* ------------------------------------------------------------------------------------------------------------- the formula */

static const double alphas[] = { 0, .25, .5, .7, 1 };
static const dgen_dtype types[] = { DGEN_F32, DGEN_F64, DGEN_F16, DGEN_BF16 };

static void scales_are_those_of_the_formula(void)
{
    for (int kind = 0; kind < 80; kind++) {
        matrix w = matrix_of(types[kind % 4], 70, 130, kind % LAYOUTS, 1), x = matrix_of(types[kind / 4 % 4], 2100, 130,
                                                                                         kind / 4 % LAYOUTS, 2);
        double alpha = alphas[kind / 16];
        dgen_equalized e = { 0 };
        must(dgen_equalize(&e, &w.a, &x.a, alpha, 0, 0, &error));
        CHECK(e.w.dtype == (w.a.dtype == DGEN_F64 ? DGEN_F64 : DGEN_F32)
              && e.x.dtype == (x.a.dtype == DGEN_F64 ? DGEN_F64 : DGEN_F32), "types");
        CHECK(e.scale.dtype == DGEN_F32 && dgen_array_length(&e.scale) == 130 && dgen_array_length(&e.inverse) == 130, "scales");
        for (int64_t c = 0; c < 130; c++) {
            long double most_x = largest(&x.a, c), most_w = largest(&w.a, c), s = powl(most_x, alpha) / powl(most_w,
                1 - (long double)alpha);
            /* Half an ulp of f32, and a little for f64. */
            CHECK(fabsl(scale_at(&e, c) - s) <= s * 0x1.00001p-24L, "channel %d: %.9g, not %.9Lg", (int)c, scale_at(&e, c), s);
            CHECK(inverse_at(&e, c) == (float)(1 / (double)scale_at(&e, c)), "inverse");
            for (int64_t r = 0; r < 70; r += 3) {
                double want = dgen_array_get(&w.a, c * 70 + r) * (double)scale_at(&e, c);
                if (e.w.dtype == DGEN_F32) want = (float)want;
                CHECK(dgen_array_get(&e.w, c * 70 + r) == want, "w'");
            }
            for (int64_t r = 0; r < 2100; r += 7) {
                double want = dgen_array_get(&x.a, c * 2100 + r) * (double)inverse_at(&e, c);
                if (e.x.dtype == DGEN_F32) want = (float)want;
                CHECK(dgen_array_get(&e.x, c * 2100 + r) == want, "x'");
            }
        }
        dgen_equalized_release(&e);
        release(&w), release(&x);
    }
}

/* Each term of x' w'^T is x w s (1 / s) with three roundings of 2^-24: of 1 / s, w' and x'. Sums in long double. */
static void products_stay(void)
{
    for (int kind = 0; kind < 10; kind++) {
        matrix w = matrix_of(types[kind % 2], 20, 100, kind % LAYOUTS, 3), x = matrix_of(types[kind % 2], 30, 100,
                                                                                         kind / 2 % LAYOUTS, 4);
        dgen_equalized e = { 0 };
        must(dgen_equalize(&e, &w.a, &x.a, alphas[kind / 2], 0, 0, &error));
        for (int i = 0; i < 30; i++)
            for (int o = 0; o < 20; o++) {
                long double before = 0, after = 0, magnitude = 0;
                for (int c = 0; c < 100; c++) {
                    long double term = (long double)dgen_array_get(&x.a, c * 30 + i) * dgen_array_get(&w.a, c * 20 + o);
                    before += term, magnitude += fabsl(term);
                    after += (long double)dgen_array_get(&e.x, c * 30 + i) * dgen_array_get(&e.w, c * 20 + o);
                }
                CHECK(fabsl(after - before) <= 3.01L * 0x1p-24L * magnitude, "product %Lg, not %Lg", after, before);
            }
        dgen_equalized_release(&e);
        release(&w), release(&x);
    }
}

/* What it is for: the largest magnitudes of both become the same for alpha .5. */
static void channels_are_equal(void)
{
    matrix w = matrix_of(DGEN_F32, 64, 90, 0, 5), x = matrix_of(DGEN_F32, 200, 90, 0, 6);
    dgen_equalized e = { 0 };
    must(dgen_equalize(&e, &w.a, &x.a, .5, 0, 0, &error));
    for (int c = 0; c < 90; c++) {
        double a = largest(&e.w, c), b = largest(&e.x, c);
        CHECK(fabs(a - b) <= 1e-6 * a, "channel %d: %g and %g", c, a, b);
    }
    dgen_equalized_release(&e);
    release(&w), release(&x);
}

static void powers_of_two_restore_every_bit(void)
{
    for (int kind = 0; kind < 20; kind++) {
        matrix w = matrix_of(types[kind % 4], 33, 80, kind % LAYOUTS, 7), x = matrix_of(types[kind / 4 % 4], 50, 80,
                                                                                        kind / 4 % LAYOUTS, 8);
        double alpha = alphas[kind % 5];
        dgen_equalized e = { 0 };
        must(dgen_equalize(&e, &w.a, &x.a, alpha, 1, 0, &error));
        for (int c = 0; c < 80; c++) {
            int exponent;
            long double s = log2l(largest(&x.a, c)) * alpha - log2l(largest(&w.a, c)) * (1 - alpha);
            CHECK(frexp(scale_at(&e, c), &exponent) == .5 && fabsl(exponent - 1 - s) <= .5L + 1e-12L, "scale %g of %Lg",
                  scale_at(&e, c), s);
            CHECK(inverse_at(&e, c) * scale_at(&e, c) == 1, "inverse");
            for (int r = 0; r < 33; r++)
                CHECK(dgen_array_get(&e.w, c * 33 + r) / scale_at(&e, c) == dgen_array_get(&w.a, c * 33 + r), "w");
            for (int r = 0; r < 50; r++)
                CHECK(dgen_array_get(&e.x, c * 50 + r) / inverse_at(&e, c) == dgen_array_get(&x.a, c * 50 + r), "x");
        }
        dgen_equalized_release(&e);
        release(&w), release(&x);
    }
}

static void channels_of_zeros_stay(void)
{
    matrix w = matrix_of(DGEN_F32, 10, 12, 0, 9), x = matrix_of(DGEN_F32, 10, 12, 0, 10);
    for (int r = 0; r < 10; r++) {
        ((float *)w.a.data)[30 + r] = 0;
        ((float *)x.a.data)[50 + r] = r % 2 ? 0.f : -0.f;
        ((float *)w.a.data)[70 + r] = ((float *)x.a.data)[70 + r] = 0;
    }
    for (int two = 0; two < 2; two++) {
        dgen_equalized e = { 0 };
        must(dgen_equalize(&e, &w.a, &x.a, .5, two, 0, &error));
        for (int c = 3; c <= 7; c += 2) {
            CHECK(scale_at(&e, c) == 1 && inverse_at(&e, c) == 1, "channel %d: %g", c, scale_at(&e, c));
            CHECK(!memcmp((float *)e.w.data + 10 * c, (float *)w.a.data + 10 * c, 40) && !memcmp((float *)e.x.data + 10 * c,
                (float *)x.a.data + 10 * c, 40),
                  "channel %d has changed", c);
        }
        CHECK(scale_at(&e, 2) != 1, "another channel");
        dgen_equalized_release(&e);
    }
    release(&w), release(&x);
}

/* Neither scales nor results may leave the numbers of their types. */
static void extremes_do_not_overflow(void)
{
    static const double sizes[] = { 0x1p-149, 0x1p-126, 1e-30, 1e-3, 1, 1e20, 0x1p126, 0x1.fffffep127 }, wide[] = { 0x1p-1074, 1e-200, 1e200, DBL_MAX };
    for (int types_of = 0; types_of < 4; types_of++)
        for (int a = 0; a < 12; a++)
            for (int b = 0; b < 12; b++)
                for (int k = 0; k < 10; k++) {
                    double first = a < 8 ? sizes[a] : wide[a - 8], second = b < 8 ? sizes[b] : wide[b - 8];
                    dgen_dtype type_w = types_of % 2 ? DGEN_F64 : DGEN_F32, type_x = types_of / 2 ? DGEN_F64 : DGEN_F32;
                    float f = (float)first, g = (float)second;
                    int64_t one[2] = { 1, 1 };
                    dgen_array w, x;
                    dgen_equalized e = { 0 };
                    if ((a >= 8 && type_w == DGEN_F32) || (b >= 8 && type_x == DGEN_F32)) continue;
                    must(dgen_array_borrow(&w, type_w, 2, one, type_w == DGEN_F64 ? (void *)&first : (void *)&f, &error));
                    must(dgen_array_borrow(&x, type_x, 2, one, type_x == DGEN_F64 ? (void *)&second : (void *)&g, &error));
                    must(dgen_equalize(&e, &w, &x, alphas[k / 2], k % 2, 0, &error));
                    float s = scale_at(&e, 0);
                    CHECK(s >= 0x1p-126f && s <= 0x1p126f && inverse_at(&e, 0) >= 0x1p-126f && isfinite(inverse_at(&e, 0)),
                          "scale %g of %g and %g", s, first, second);
                    CHECK(isfinite(dgen_array_get(&e.w, 0)) && isfinite(dgen_array_get(&e.x, 0)), "%g, %g become %g, %g", first,
                          second,
                          dgen_array_get(&e.w, 0), dgen_array_get(&e.x, 0));
                    dgen_equalized_release(&e);
                    dgen_array_release(&w), dgen_array_release(&x);
                }
}

static void shapes_are_those_of_the_arguments(void)
{
    int64_t flat = 24, three[3] = { 5, 4, 6 };
    float values[24], more[120];
    dgen_array w, x;
    dgen_equalized e = { 0 };
    for (int i = 0; i < 24; i++) values[i] = (float)i - 10;
    for (int i = 0; i < 120; i++) more[i] = (float)(i % 37) / 8;
    must(dgen_array_borrow(&w, DGEN_F32, 1, &flat, values, &error));
    must(dgen_array_borrow(&x, DGEN_F32, 3, three, more, &error));
    must(dgen_equalize(&e, &w, &x, .5, 0, 0, &error));
    CHECK(e.w.ndim == 1 && e.w.shape[0] == 24 && e.x.ndim == 3 && e.x.shape[0] == 5 && e.x.shape[2] == 6
          && dgen_array_length(&e.scale) == 24, "shapes");
    for (int c = 0; c < 24; c++) {
        double a = largest(&w, c), b = 0;
        for (int r = 0; r < 5; r++) b = fmax(b, more[c * 5 + r]);
        double s = a && b ? sqrt(b / a) : 1;
        CHECK(fabs(scale_at(&e, c) - s) <= 1e-6 * s, "channel %d: %g, not %g", c, scale_at(&e, c), s);
    }
    dgen_equalized_release(&e);
}

/* --------------------------------------------------------------------------------------------------------- threads and ISAs */

static uint64_t hash_of(int threads)
{
    uint64_t h = 0;
    for (int kind = 0; kind < 16; kind++) {
        matrix w = matrix_of(types[kind % 4], 300, 210, kind % LAYOUTS, 11), x = matrix_of(types[kind / 4], 3000, 210, kind / 4,
            12);
        dgen_equalized e = { 0 };
        must(dgen_equalize(&e, &w.a, &x.a, .1 * (kind % 11), kind == 3, threads, &error));
        const dgen_array *parts[] = { &e.w, &e.x, &e.scale, &e.inverse };
        for (int i = 0; i < 4; i++) h = h * 31 + test_hash(parts[i]->data, dgen_array_bytes(parts[i]));
        dgen_equalized_release(&e);
        release(&w), release(&x);
    }
    return h;
}

static void threads_and_isas_agree(void) { threads_and_isas(hash_of, 2); }

static void layouts_agree(void)
{
    matrix x = matrix_of(DGEN_F32, 90, 70, 0, 13);
    dgen_equalized first = { 0 };
    for (int layout = 0; layout < LAYOUTS; layout++) {
        matrix w = matrix_of(DGEN_F32, 1500, 70, layout, 14);
        dgen_equalized e = { 0 };
        must(dgen_equalize(&e, &w.a, &x.a, .6, 0, 0, &error));
        if (layout == 0) first = e;
        else {
            CHECK(!memcmp(first.w.data, e.w.data, dgen_array_bytes(&e.w)) && !memcmp(first.scale.data, e.scale.data, 280),
                  "layout %d", layout);
            dgen_equalized_release(&e);
        }
        release(&w);
    }
    dgen_equalized_release(&first);
    release(&x);
}

/* ------------------------------------------------------------------------------------------------------------ what is refused */

static void refused(const dgen_array *w, const dgen_array *x, double alpha, int threads, const char *message)
{
    dgen_equalized e = { .w = { .ndim = 77 } };
    uint64_t alive = dgen_live_bytes();
    CHECK(dgen_equalize(&e, w, x, alpha, 0, threads, &error) != DGEN_OK && !strcmp(error.message, message), "%s, not %s",
          error.message, message);
    CHECK(e.w.ndim == 77 && dgen_live_bytes() == alive, "a trace of it");
}

static int stop(void *context)
{
    (void)context;
    return 1;
}

static void bad_input_is_refused(void)
{
    double w_data[] = { 1, 3, 2, 4 }, x_data[] = { 1, 4, 2, 5, 3, 6 };
    int32_t whole[] = { 1, 2, 3, 4 };
    int64_t two[2] = { 2, 2 }, three[2] = { 2, 3 }, none[2] = { 0, 2 };
    dgen_array w, x, i, empty;
    must(dgen_array_borrow(&w, DGEN_F64, 2, two, w_data, &error));
    must(dgen_array_borrow(&x, DGEN_F64, 2, three, x_data, &error));
    must(dgen_array_borrow(&i, DGEN_I32, 2, two, whole, &error));
    must(dgen_array_borrow(&empty, DGEN_F64, 2, none, w_data, &error));
    refused(&w, &x, .5, 0, "x must have as many columns as w, 2, not 3");
    refused(&x, &w, .5, 0, "x must have as many columns as w, 3, not 2");
    refused(&w, &w, 1.5, 0, "alpha must be a number from 0 to 1, not 1.5");
    refused(&w, &w, -.1, 0, "alpha must be a number from 0 to 1, not -0.1");
    refused(&w, &w, NAN, 0, "alpha must be a number from 0 to 1, not NaN");
    refused(&w, &w, .5, -1, "max_threads must be 0 or more, not -1");
    refused(&i, &w, .5, 0, "w must be f32, f64, f16 or bf16, not i32");
    refused(&w, &i, .5, 0, "x must be f32, f64, f16 or bf16, not i32");
    refused(&empty, &w, .5, 0, "w must not be empty");
    refused(&w, &empty, .5, 0, "x must not be empty");
    w_data[3] = NAN;
    refused(&w, &i, .5, 0, "x must be f32, f64, f16 or bf16, not i32");
    x.shape[1] = 2;
    refused(&w, &x, .5, 0, "w must be finite; element 4 is NaN");
    refused(&x, &w, .5, 0, "x must be finite; element 4 is NaN");
    w_data[1] = INFINITY;
    refused(&w, &x, .5, 0, "w must be finite; element 2 is Inf");
    w_data[1] = -INFINITY;
    refused(&w, &x, .5, 0, "w must be finite; element 2 is -Inf");
    dgen_array_release(&w);
    refused(&w, &x, .5, 0, "w is closed");
    refused(&x, &w, .5, 0, "x is closed");
}

static void the_first_of_many_is_named(void)
{
    matrix w = matrix_of(DGEN_F32, 3000, 200, 0, 15);
    ((float *)w.a.data)[599999] = NAN, ((float *)w.a.data)[301234] = -NAN, ((float *)w.a.data)[301235] = INFINITY;
    refused(&w.a, &w.a, .5, 0, "w must be finite; element 301235 is NaN");
    release(&w);
}

static void a_call_can_be_canceled(void)
{
    matrix w = matrix_of(DGEN_F32, 3000, 700, 1, 16);
    dgen_equalized e = { 0 };
    uint64_t alive = dgen_live_bytes();
    dgen_poll_set(stop, NULL);
    dgen_status status = dgen_equalize(&e, &w.a, &w.a, .5, 0, 1, &error);
    dgen_poll_set(NULL, NULL);
    /* It is asked every 20 ms: a fast machine may be done before. */
    CHECK(status == DGEN_ECANCELED || status == DGEN_OK, "%s", error.message);
    if (status == DGEN_OK) dgen_equalized_release(&e);
    CHECK(dgen_live_bytes() == alive, "something is left");
    release(&w);
}

static void nothing_is_leaked(void) { CHECK(dgen_live_bytes() == 0, "%llu bytes alive", (unsigned long long)dgen_live_bytes()); }

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "hash")) {
        printf("%016llx", (unsigned long long)hash_of(0));
        return 0;
    }
    find_isas();
    RUN(scales_are_those_of_the_formula);
    RUN(products_stay);
    RUN(channels_are_equal);
    RUN(powers_of_two_restore_every_bit);
    RUN(channels_of_zeros_stay);
    RUN(extremes_do_not_overflow);
    RUN(shapes_are_those_of_the_arguments);
    RUN(threads_and_isas_agree);
    RUN(layouts_agree);
    RUN(bad_input_is_refused);
    RUN(the_first_of_many_is_named);
    RUN(a_call_can_be_canceled);
    RUN(nothing_is_leaked);
    return TEST_END();
}
