/*
 * Rows of norm 1, random and given: against normals of the stream over their norm in long double, kernels under every ISA
 * against the order that kernels/rows.h documents, the same bytes in every layout, piece, number of threads and ISA, what
 * has no norm, and what is refused.
 */
#define _GNU_SOURCE
#include <float.h>

#include "agree.h"
#include "../libcore/random.h"
#include "statistics.h"

static dgen_error error;

static void must(dgen_status status)
{
    if (status != DGEN_OK) exit((printf("  %s\n", error.message), 1));
}

static dgen_random_options options_of(dgen_dtype dtype, uint64_t offset)
{
    dgen_random_options options;
    dgen_random_options_init(&options);
    options.seed = 11, options.has_seed = 1;
    options.stream = 3;
    options.offset = offset;
    options.dtype = dtype, options.has_dtype = 1;
    return options;
}

/* A new array. */
static dgen_array unit_vectors(dgen_dtype dtype, int64_t rows, int64_t dim, uint64_t offset, int threads)
{
    dgen_operand parameters[2] = { { .number = (double)rows }, { .number = (double)dim } };
    dgen_random_options options = options_of(dtype, offset);
    dgen_array out = { 0 };
    options.max_threads = threads;
    must(dgen_random(&out, DGEN_DISTRIBUTION_unit_vectors, 0, NULL, parameters, &options, &error));
    return out;
}

/* Element (r, c) of a matrix, as it lies there. */
static const void *at(const dgen_array *x, int64_t r, int64_t c)
{
    return (const uint8_t *)x->data + (r * x->stride[0] + c * x->stride[1]) * (int64_t)dgen_dtype_bytes(x->dtype);
}
static double value(const dgen_array *x, int64_t r, int64_t c)
{
    const void *p = at(x, r, c);
    return x->dtype == DGEN_F32 ? *(const float *)p : *(const double *)p;
}
static bool same(const dgen_array *x, const dgen_array *y)
{
    for (int64_t r = 0; r < x->shape[0]; r++)
        for (int64_t c = 0; c < x->shape[1]; c++)
            if (memcmp(at(x, r, c), at(y, r, c), dgen_dtype_bytes(x->dtype))) return false;
    return true;
}

/* A matrix of another layout over `memory`. */
enum { LAYOUTS = 6 };
static dgen_array laid_out(dgen_dtype dtype, int64_t rows, int64_t dim, int layout, uint8_t *memory)
{
    int64_t shape[2] = { rows, dim };
    size_t width = dgen_dtype_bytes(dtype);
    dgen_array out;
    must(dgen_array_borrow(&out, dtype, 2, shape, memory, &error));
    switch (layout) {
    case 1: out.stride[0] = dim, out.stride[1] = 1; break;
    case 2: out.stride[0] = dim + 3, out.stride[1] = 1, out.data = memory + width; break;
    case 3: out.stride[1] = rows + 5; break;
    case 4: out.stride[0] = 2, out.stride[1] = 2 * rows + 1; break;
    case 5: out.stride[0] = -dim, out.stride[1] = -1, out.data = memory + (size_t)(rows * dim - (rows * dim > 0)) * width; break;
    default: break;
    }
    return out;
}
static size_t bytes_for(dgen_dtype dtype, int64_t rows, int64_t dim) { return (size_t)((2 * rows + 9) * (dim + 9) + 64) * dgen_dtype_bytes(dtype); }

static const struct { int64_t rows, dim; } shapes[] = {
    { 1, 1 }, { 7, 1 }, { 1, 7 }, { 5, 2 }, { 300, 3 }, { 33, 15 }, { 16, 16 }, { 17, 17 }, { 40, 64 }, { 1000, 100 }, { 129, 512 },
    { 3, 70000 }, { 700, 1000 }, { 0, 5 }, { 20000, 5 },
};
enum { SHAPES = sizeof shapes / sizeof *shapes };
static const dgen_dtype dtypes[] = { DGEN_F32, DGEN_F64 };

/* ------------------------------------------------------------------------------------------------------------ kernels */

/* The documented order, in plain words. */
static double squares_of_piece(const void *x, int type, int64_t first, int64_t n)
{
    double lane[16] = { 0 };
    for (int64_t c = 0; c < n; c++) {
        double element = type ? ((const double *)x)[first + c] : ((const float *)x)[first + c], square = element * element;
        lane[c % 16] += square;
    }
    for (int apart = 8; apart; apart /= 2)
        for (int i = 0; i < apart; i++) lane[i] += lane[i + apart];
    return lane[0];
}

static double squares(const void *x, int type, int64_t n)
{
    double sum = 0, lost = 0;
    for (int64_t first = 0; first < n; first += 256) {
        double piece = squares_of_piece(x, type, first, n - first < 256 ? n - first : 256), both = sum + piece;
        lost += fabs(sum) > fabs(piece) ? (sum - both) + piece : (piece - both) + sum;
        sum = both;
    }
    return sum + lost;
}

static double hashed(uint64_t i) { return ((double)(int64_t)hash(i)) * 0x1p-62; }

static void sums_have_the_documented_order(void)
{
    static double x[2200], y[2200];
    for (int i = 0; i < isa_count; i++)
        for (int n = 1; n < 1100; n += 1 + n / 530 * 13) {
            double got[2];
            for (int j = 0; j < 2 * n; j++) x[j] = hashed((uint64_t)(j + n)), ((float *)y)[j] = (float)x[j];
            for (int type = 0; type < 2; type++) {
                const uint8_t *elements = (const uint8_t *)(type ? x : y);
                isas[i]->squares_of_rows[type](got, elements, 2, (size_t)n);
                for (int r = 0; r < 2; r++) {
                    double wanted = squares(elements + (size_t)(r * n) * (type ? 8 : 4), type, n);
                    CHECK(got[r] == wanted, "%s, %d of f%d: %a, not %a", isas[i]->name, n, type ? 64 : 32, got[r], wanted);
                }
            }
        }
}

static void kernels_transpose(void)
{
    enum { ROWS = 70, COLUMNS = 50, STRIDE = 80 };
    static _Alignas(64) uint8_t to[2][8 * COLUMNS * STRIDE], from[8 * ROWS * (COLUMNS + 2)];
    for (size_t i = 0; i < sizeof from; i++) from[i] = (uint8_t)hash(i);
    for (int i = 0; i < isa_count; i++)
        for (int type = 0; type < 2; type++)
            for (int past_cache = 0; past_cache < 2; past_cache++)
                for (size_t rows = 1; rows <= ROWS; rows++)
                    for (size_t columns = 1; columns <= COLUMNS; columns += 1 + rows % 7) {
                        size_t width = type ? 8 : 4, stride = past_cache ? STRIDE : rows + 1, source = columns + 2;
                        memset(to, 0, sizeof to);
                        isas[i]->transpose[type](to[0], stride, from, source, rows, columns, past_cache);
                        __atomic_thread_fence(__ATOMIC_SEQ_CST);
                        for (size_t r = 0; r < rows; r++)
                            for (size_t c = 0; c < columns; c++)
                                memcpy(to[1] + (c * stride + r) * width, from + (r * source + c) * width, width);
                        CHECK(!memcmp(to[0], to[1], sizeof to[0]), "%s, f%d: %zu x %zu%s", isas[i]->name, type ? 64 : 32, rows, columns,
                              past_cache ? ", past the cache" : "");
                    }
}

/* ------------------------------------------------------------------------------------------------------- unit vectors */

/* The distribution's own normals. */
static void normals(void *to, dgen_dtype dtype, uint64_t first, uint64_t count)
{
    dgen__draws *draws = aligned_alloc(64, (sizeof *draws + 63) / 64 * 64);
    dgen_operand parameters[2] = { { .number = 1 }, { .number = 1 } };
    dgen_random_options options = options_of(dtype, 0);
    must(dgen__draws_init(draws, DGEN_DISTRIBUTION_unit_vectors, parameters, &options, count, &error));
    draws->row = &dgen__distributions[DGEN_DISTRIBUTION_normal];
    draws->parameter[0].number = 0;
    draws->parameter[1].number = 1;
    dgen__draws_values(draws, to, first, count);
    dgen__draws_free(draws);
    free(draws);
}

static void unit_vectors_are_normals_over_their_norm(void)
{
    for (int d = 0; d < 2; d++)
        for (int s = 0; s < SHAPES; s++) {
            int64_t rows = shapes[s].rows, dim = shapes[s].dim;
            uint64_t offset = (uint64_t)(5 * dim);
            double *memory = malloc((size_t)(rows * dim) * 8 + 8);
            dgen_array out = unit_vectors(dtypes[d], rows, dim, offset, 0), z = laid_out(dtypes[d], rows, dim, 1, (uint8_t *)memory);
            if (rows) normals(memory, dtypes[d], offset, (uint64_t)(rows * dim));
            for (int64_t r = 0; r < rows; r++) {
                long double sum = 0, norm = 0;
                for (int64_t c = 0; c < dim; c++) sum += (long double)value(&z, r, c) * value(&z, r, c);
                for (int64_t c = 0; c < dim; c++) {
                    long double wanted = value(&z, r, c) / sqrtl(sum), got = value(&out, r, c);
                    long double unit = d ? DBL_EPSILON : FLT_EPSILON, limit = fabsl(wanted) * unit * (d ? 1.5L : 0.5001L) + (d ? 0 : FLT_TRUE_MIN);
                    norm += got * got;
                    CHECK(fabsl(got - wanted) <= limit, "%lld x %lld, (%lld, %lld): %La, not %La", (long long)rows, (long long)dim,
                          (long long)r, (long long)c, got, wanted);
                }
                norm = sqrtl(norm);
                CHECK(fabsl(norm - 1) <= 2 * (d ? DBL_EPSILON : FLT_EPSILON), "%lld x %lld: norm %.17Lg", (long long)rows, (long long)dim, norm);
            }
            free(memory);
            dgen_array_release(&out);
        }
}

/* A coordinate of a point of the sphere in 3 dimensions is uniform (Archimedes), in 2 an angle is. */
static void directions_are_uniform(void)
{
    enum { ROWS = 200000, CLASSES = 64 };
    for (int d = 0; d < 2; d++) {
        double count[2][CLASSES] = { { 0 } };
        dgen_array sphere = unit_vectors(dtypes[d], ROWS, 3, 0, 0), circle = unit_vectors(dtypes[d], ROWS, 2, 0, 0);
        for (int64_t r = 0; r < ROWS; r++) {
            double turn = atan2(value(&circle, r, 1), value(&circle, r, 0)) / (2 * M_PI) + 0.5;
            count[0][(int)fmin(CLASSES - 1, (value(&sphere, r, r % 3) + 1) * CLASSES / 2)]++;
            count[1][(int)fmin(CLASSES - 1, turn * CLASSES)]++;
        }
        for (int i = 0; i < 2; i++) {
            double p = even_chi_square_p(count[i], CLASSES);
            CHECK(p > 1e-6 && p < 1 - 1e-6, "%s in f%d: p = %g", i ? "circle" : "sphere", d ? 64 : 32, p);
        }
        dgen_array_release(&sphere);
        dgen_array_release(&circle);
    }
}

static void layouts_and_pieces_agree(void)
{
    for (int d = 0; d < 2; d++)
        for (int s = 0; s < SHAPES; s++) {
            int64_t rows = shapes[s].rows, dim = shapes[s].dim;
            dgen_array wanted = unit_vectors(dtypes[d], rows, dim, 0, 1);
            dgen_operand parameters[2] = { { .number = (double)rows }, { .number = (double)dim } };
            dgen_random_options options = options_of(dtypes[d], 0);
            uint8_t *memory = malloc(bytes_for(dtypes[d], rows, dim));
            for (int layout = 0; layout < LAYOUTS; layout++) {
                dgen_array out = laid_out(dtypes[d], rows, dim, layout, memory);
                must(dgen_random(&out, DGEN_DISTRIBUTION_unit_vectors, 0, NULL, parameters, &options, &error));
                CHECK(same(&out, &wanted), "f%d, %lld x %lld: layout %d", d ? 64 : 32, (long long)rows, (long long)dim, layout);
            }
            free(memory);
            if (rows > 4) {
                dgen_array later = unit_vectors(dtypes[d], rows - 3, dim, (uint64_t)(3 * dim), 0), tail = wanted;
                tail.shape[0] -= 3;
                tail.data = (uint8_t *)tail.data + 3 * dgen_dtype_bytes(dtypes[d]);
                CHECK(same(&later, &tail), "f%d, %lld x %lld: from row 3 on", d ? 64 : 32, (long long)rows, (long long)dim);
                dgen_array_release(&later);
            }
            dgen_array_release(&wanted);
        }
}

static uint64_t hash_of(int threads)
{
    uint64_t h = 0;
    for (int d = 0; d < 2; d++)
        for (int s = 0; s < SHAPES; s++) {
            dgen_array out = unit_vectors(dtypes[d], shapes[s].rows, shapes[s].dim, 0, threads), x = { 0 };
            h = h * 31 + test_hash(out.data, dgen_array_bytes(&out));
            double *p = out.data;
            if (d && out.shape[0] > 4) p[0] = 0x1p1000, p[1] = -NAN, p[2] = INFINITY, p[3] = 0x1p-1074;
            must(dgen_normalize_rows(&x, &out, threads, &error));
            h = h * 31 + test_hash(x.data, dgen_array_bytes(&x));
            dgen_array_release(&x);
            dgen_array_release(&out);
        }
    return h;
}

static void threads_and_isas_agree(void) { threads_and_isas(hash_of, 1); }

/* ----------------------------------------------------------------------------------------------------- normalization */

static void given_rows_are_normalized(void)
{
    static const dgen_dtype given[] = { DGEN_F32, DGEN_F64, DGEN_U8, DGEN_I16, DGEN_I32, DGEN_I64, DGEN_F16 };
    for (size_t g = 0; g < sizeof given / sizeof *given; g++)
        for (int s = 0; s < SHAPES; s++)
            for (int layout = 0; layout < LAYOUTS; layout++) {
                int64_t rows = shapes[s].rows, dim = shapes[s].dim;
                if (rows * dim > 100000 && layout) continue;
                uint8_t *memory = malloc(bytes_for(given[g], rows, dim));
                dgen_array x = laid_out(given[g], rows, dim, layout, memory), out = { 0 };
                for (int64_t i = 0; i < rows * dim; i++)
                    must(dgen_array_set(&x, i, given[g] == DGEN_F32 || given[g] == DGEN_F64 ? (float)hashed((uint64_t)i) : (double)(hash((uint64_t)i) % 100), &error));
                must(dgen_normalize_rows(&out, &x, 0, &error));
                bool wide = given[g] != DGEN_F32 && given[g] != DGEN_F16;
                CHECK(out.dtype == (wide ? DGEN_F64 : DGEN_F32), "%s becomes %s", dgen_dtype_name(given[g]), dgen_dtype_name(out.dtype));
                for (int64_t r = 0; r < rows; r++) {
                    long double sum = 0;
                    for (int64_t c = 0; c < dim; c++) sum += powl(dgen_array_get(&x, c * rows + r), 2);
                    for (int64_t c = 0; c < dim; c++) {
                        long double wanted = sum > 0 ? dgen_array_get(&x, c * rows + r) / sqrtl(sum) : 0, got = value(&out, r, c);
                        CHECK(fabsl(got - wanted) <= fabsl(wanted) * (wide ? 1.5L * DBL_EPSILON : 0.5001L * FLT_EPSILON),
                              "%s, %lld x %lld, layout %d, (%lld, %lld): %La, not %La", dgen_dtype_name(given[g]), (long long)rows,
                              (long long)dim, layout, (long long)r, (long long)c, got, wanted);
                    }
                }
                if (x.dtype == out.dtype) {
                    must(dgen_normalize_rows(&x, &x, 0, &error));
                    CHECK(same(&x, &out), "in place, layout %d", layout);
                }
                free(memory);
                dgen_array_release(&out);
            }
}

/* Rows of f64 of every magnitude, among ordinary ones. */
static void magnitudes_do_not_matter(void)
{
    enum { DIM = 37 };
    double x[DIM];
    int64_t shape[2] = { 1, DIM };
    dgen_array array;
    must(dgen_array_borrow(&array, DGEN_F64, 2, shape, x, &error));
    for (int exponent = -1074; exponent <= 1022; exponent++) {
        double given[DIM];
        long double sum = 0;
        for (int c = 0; c < DIM; c++) {
            given[c] = x[c] = ldexp(hashed((uint64_t)(c + 99 * exponent)), exponent - (c % 5 == 0) * 100);
            sum += (long double)x[c] * x[c];
        }
        must(dgen_normalize_rows(&array, &array, 0, &error));
        for (int c = 0; c < DIM; c++) {
            long double wanted = sum > 0 ? given[c] / sqrtl(sum) : given[c];
            CHECK(fabsl(x[c] - wanted) <= fabsl(wanted) * 2 * DBL_EPSILON, "2^%d, element %d: %a, not %La", exponent, c, x[c], wanted);
        }
    }
    for (int c = 0; c < DIM; c++) x[c] = 0;
    x[3] = 0x1p1023, x[4] = 0x1p200, x[5] = -0x1p-20;
    must(dgen_normalize_rows(&array, &array, 0, &error));
    CHECK(x[3] == 1 && x[4] == 0x1p-823 && x[5] == -0x1p-1043, "%a %a %a", x[3], x[4], x[5]);
}

static void rows_without_a_norm(void)
{
    enum { ROWS = 40, DIM = 33 };
    static const double odd[] = { NAN, INFINITY, -INFINITY };
    for (int d = 0; d < 2; d++)
        for (int layout = 0; layout < LAYOUTS; layout++) {
            uint8_t *memory = malloc(bytes_for(dtypes[d], ROWS, DIM));
            dgen_array x = laid_out(dtypes[d], ROWS, DIM, layout, memory), out = { 0 };
            for (int64_t i = 0; i < ROWS * DIM; i++) {
                int r = (int)(i % ROWS), c = (int)(i / ROWS);
                double element = r % 4 == 1 ? (c % 2 ? -0.0 : 0) : hashed((uint64_t)i);
                if (r % 4 == 2 && c == r % DIM) element = odd[r / 4 % 3];
                must(dgen_array_set(&x, i, d && r % 8 == 6 ? element * 0x1p990 : element, &error));
            }
            must(dgen_normalize_rows(&out, &x, 0, &error));
            for (int r = 0; r < ROWS; r++)
                for (int c = 0; c < DIM; c++) {
                    uint64_t bits = 0, own = 0;
                    memcpy(&bits, at(&out, r, c), d ? 8 : 4);
                    memcpy(&own, at(&x, r, c), d ? 8 : 4);
                    if (r % 4 == 1) CHECK(bits == own, "a row of zeros, f%d, layout %d", d ? 64 : 32, layout);
                    else if (r % 4 == 2) CHECK(bits == (d ? UINT64_C(0x7FF8) << 48 : UINT32_C(0x7FC00000)), "%llx", (unsigned long long)bits);
                    else CHECK(fabs(value(&out, r, c)) <= 1, "row %d: %g", r, value(&out, r, c));
                }
            dgen_array_release(&out);
            free(memory);
        }
}

/* ------------------------------------------------------------------------------------------------------------ refusals */

static void refuses(dgen_array *out, const dgen_array *x, const char *message)
{
    dgen_array before = *out;
    CHECK(dgen_normalize_rows(out, x, 0, &error) != DGEN_OK && !strcmp(error.message, message), "%s", error.message);
    CHECK(!memcmp(out, &before, sizeof before), "%s: out was touched", message);
}

static int stop(void *context)
{
    return ++*(int *)context > 0;
}

static void refusals(void)
{
    double memory[64] = { 1 };
    dgen_array x = laid_out(DGEN_F64, 4, 5, 0, (uint8_t *)memory), out = { 0 }, closed = { 0 };
    refuses(&out, &closed, "x is closed");
    int64_t n = 20, shape[3] = { 2, 2, 5 };
    dgen_array flat, deep, other = laid_out(DGEN_F32, 4, 5, 0, (uint8_t *)(memory + 40)), turned = laid_out(DGEN_F64, 5, 4, 0, (uint8_t *)(memory + 30));
    must(dgen_array_borrow(&flat, DGEN_F64, 1, &n, memory, &error));
    must(dgen_array_borrow(&deep, DGEN_F64, 3, shape, memory, &error));
    refuses(&out, &flat, "x must be a matrix, of 2 dimensions, not 1");
    refuses(&out, &deep, "x must be a matrix, of 2 dimensions, not 3");
    refuses(&other, &x, "out must be f64, not f32");
    refuses(&turned, &x, "out must have the shape of x, 4 x 5");
    dgen_array shifted = laid_out(DGEN_F64, 4, 5, 0, (uint8_t *)(memory + 1));
    refuses(&shifted, &x, "out must not overlap x unless it is the same array");
    int64_t big[2] = { INT64_C(1) << 60, 1 };
    dgen_array wide = laid_out(DGEN_I64, 2, 1, 0, (uint8_t *)big);
    refuses(&out, &wide, "x must lie from -2^53 to 2^53 to become f64; element 1 is 1152921504606846976");

    dgen_operand parameters[2] = { { .number = 3 }, { .number = 0 } };
    CHECK(dgen_random(&out, DGEN_DISTRIBUTION_unit_vectors, 0, NULL, parameters, NULL, &error) == DGEN_EINVAL && !out.release
              && !strcmp(error.message, "dim must be at least 1"), "%s", error.message);
    dgen_random_options options = options_of(DGEN_F32, 4);
    parameters[1].number = 5;
    CHECK(dgen_random(&out, DGEN_DISTRIBUTION_unit_vectors, 0, NULL, parameters, &options, &error) == DGEN_EINVAL && !out.release
              && !strcmp(error.argument, "offset"), "%s", error.message);
}

static void calls_can_be_canceled(void)
{
    int asked = 0;
    dgen_array out = { 0 };
    dgen_operand parameters[2] = { { .number = 60000 }, { .number = 512 } };
    dgen_poll_set(stop, &asked);
    dgen_status status = dgen_random(&out, DGEN_DISTRIBUTION_unit_vectors, 0, NULL, parameters, NULL, &error);
    dgen_poll_set(NULL, NULL);
    CHECK(asked ? status == DGEN_ECANCELED && !out.release : status == DGEN_OK, "%s, asked %d times", dgen_status_name(status), asked);
    if (status == DGEN_OK) dgen_array_release(&out);
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "hash")) {
        printf("%016llx", (unsigned long long)hash_of(2));
        return 0;
    }
    find_isas();
    RUN(sums_have_the_documented_order);
    RUN(kernels_transpose);
    RUN(unit_vectors_are_normals_over_their_norm);
    RUN(directions_are_uniform);
    RUN(layouts_and_pieces_agree);
    RUN(threads_and_isas_agree);
    RUN(given_rows_are_normalized);
    RUN(magnitudes_do_not_matter);
    RUN(rows_without_a_norm);
    RUN(refusals);
    RUN(calls_can_be_canceled);
    return TEST_END();
}
