/*
 * What the elementwise operations make of f64, row by row of the registry: the distance of each result from the exact
 * one is within the row's bound, what is exact or rounded once is so to the last bit, zeros, infinities and NaNs come
 * out with the right signs and payloads, and every ISA that this CPU has gives the same bits, whatever an element's
 * neighbours are.
 *
 * The reference is MPFR at 128 bits; where each step of the formula is rounded by itself, the C compiler's scalar double.
 * No sweep reaches all 2^64 operands: they are drawn from where the row's function is of interest, around the multiples
 * of the step by which methods cut its range, where results overflow or turn subnormal, from all magnitudes, all bit
 * patterns, and the neighbourhoods of special values. A row without a reference is a failure.
 * usage: test_ulp_f64 [--long] [OPERATION...]
 */
#include <math.h>
#include <mpfr.h>
#include <pthread.h>
#include <unistd.h>

#include "cpu.h"
#include "test.h"

#include "isas.h"

enum { BLOCK = 1024, MAX_THREADS = 64, PRECISION = 128 };

static int is_long, only_count;
static char **only;

/* ------------------------------------------------------------------------------- references that round as the formula says */

typedef double rounded_function(double x, double y, double z);
#define ROUNDED(name, expression)                              \
    static double rounded_##name(double x, double y, double z) \
    {                                                          \
        (void)x, (void)y, (void)z;                             \
        return expression;                                     \
    }

static double lesser(double x, double y) { return x == y ? (signbit(x) ? x : y) : x < y ? x : y; }
static double greater(double x, double y) { return x == y ? (signbit(x) ? y : x) : x > y ? x : y; }

ROUNDED(add, x + y)
ROUNDED(sub, x - y)
ROUNDED(mul, x *y)
ROUNDED(div, x / y)
ROUNDED(fma, x *y + z)
ROUNDED(lerp, x + z * (y - x))
ROUNDED(minimum, lesser(x, y))
ROUNDED(maximum, greater(x, y))
ROUNDED(copysign, copysign(x, y))
ROUNDED(abs, fabs(x))
ROUNDED(neg, -x)
ROUNDED(sqrt, sqrt(x))
ROUNDED(recip, 1 / x)
ROUNDED(square, x *x)
ROUNDED(scale, x *y)
ROUNDED(clamp, lesser(greater(x, y), z))
ROUNDED(floor, floor(x))
ROUNDED(ceil, ceil(x))
ROUNDED(round, rint(x))
ROUNDED(trunc, trunc(x))
ROUNDED(fract, x - trunc(x))
ROUNDED(sign, x > 0 ? 1 : x < 0 ? -1 : x)
ROUNDED(relu, x > 0 ? x : 0)
ROUNDED(leaky_relu, x < 0 ? x * y : x)

/* ----------------------------------------------------------------------------------------------------- references by MPFR */

/* Operands, result and two temporaries of a thread. */
static _Thread_local mpfr_t X, Y, R, T, U;
typedef void exact_function(void); /* R = f (X, Y) */
#define EXACT(name, ...)               \
    static void exact_##name(void)     \
    {                                  \
        __VA_ARGS__;                   \
    }
#define N MPFR_RNDN

/* R = the digits. */
static void digits(mpfr_t out, const char *text) { mpfr_set_str(out, text, 10, N); }
/* Where the formula at -Inf says -Inf * 0, the limit, which results for large negative numbers reach, is -0. */
static void times_gate(void)
{
    if (mpfr_inf_p(X) && mpfr_signbit(X)) mpfr_set_zero(R, -1);
    else mpfr_mul(R, R, X, N);
}
/* R = 1 / (1 + e^-R) */
static void logistic(void)
{
    mpfr_neg(R, R, N);
    mpfr_exp(R, R, N);
    mpfr_add_ui(R, R, 1, N);
    mpfr_ui_div(R, 1, R, N);
}
/* R = ln (1 + e^X) */
static void softplus(void)
{
    mpfr_abs(T, X, N);
    mpfr_neg(T, T, N);
    mpfr_exp(T, T, N);
    mpfr_log1p(R, T, N);
    if (mpfr_sgn(X) > 0) mpfr_add(R, R, X, N);
}

EXACT(rsqrt, mpfr_rec_sqrt(R, X, N); if (mpfr_zero_p(X)) mpfr_set_inf(R, mpfr_signbit(X) ? -1 : 1))
EXACT(pow, mpfr_pow(R, X, Y, N))
EXACT(exp, mpfr_exp(R, X, N))
EXACT(exp2, mpfr_exp2(R, X, N))
EXACT(expm1, mpfr_expm1(R, X, N))
EXACT(log, mpfr_log(R, X, N))
EXACT(log2, mpfr_log2(R, X, N))
EXACT(log10, mpfr_log10(R, X, N))
EXACT(log1p, mpfr_log1p(R, X, N))
EXACT(sin, mpfr_sin(R, X, N))
EXACT(cos, mpfr_cos(R, X, N))
EXACT(tanh, mpfr_tanh(R, X, N))
EXACT(sigmoid, mpfr_set(R, X, N); logistic())
EXACT(erf, mpfr_erf(R, X, N))
EXACT(elu, if (mpfr_sgn(X) < 0) mpfr_expm1(R, X, N), mpfr_mul(R, R, Y, N); else mpfr_set(R, X, N))
EXACT(selu, digits(T, "1.6732632423543772848170429916717"); digits(U, "1.0507009873554804934193349852946");
      if (mpfr_sgn(X) < 0) mpfr_expm1(R, X, N), mpfr_mul(R, R, T, N); else mpfr_set(R, X, N); mpfr_mul(R, R, U, N))
EXACT(silu, mpfr_set(R, X, N); logistic(); times_gate())
EXACT(gelu, mpfr_sqrt_ui(T, 2, N); mpfr_div(T, X, T, N); mpfr_neg(T, T, N); mpfr_erfc(R, T, N);
      mpfr_div_2ui(R, R, 1, N); times_gate())
EXACT(gelu_tanh, mpfr_const_pi(T, N); mpfr_ui_div(T, 8, T, N); mpfr_sqrt(T, T, N); mpfr_sqr(R, X, N);
      digits(U, "0.044715"); mpfr_mul(R, R, U, N); mpfr_add_ui(R, R, 1, N); mpfr_mul(R, R, X, N); mpfr_mul(R, R, T, N);
      logistic(); times_gate())
EXACT(hardswish, mpfr_add_ui(R, X, 3, N); if (mpfr_sgn(R) < 0) mpfr_set_ui(R, 0, N);
      if (mpfr_cmp_ui(R, 6) > 0) mpfr_set_ui(R, 6, N); mpfr_div_ui(R, R, 6, N); times_gate())
EXACT(mish, softplus(); mpfr_tanh(R, R, N); times_gate())
EXACT(softplus, softplus())

/* -------------------------------------------------------------------------------------------------------------- the rows */

enum { FIRST, TOTAL, EITHER, OWN };

/* Every elementwise row: its reference; of one array: where it is of interest, the step by which a method cuts it, where
   results overflow or turn subnormal; two settings of its parameters; how many blocks of operands. */
static const struct reference {
    const char *name;
    rounded_function *rounded;
    exact_function *exact;
    double low, high, step, edge_low, edge_high;
    int blocks;
    double parameter[2][2];
} references[] = {
#define IS_ROUNDED(name, ...) { #name, rounded_##name, NULL, -10, 10, 0.5, 0x1p1022, 0x1p1023, 2500, { __VA_ARGS__ } }
#define IS_EXACT(name, ...) { #name, NULL, exact_##name, __VA_ARGS__ }
#define ROW_OF_EXP (0.69314718055994531 / 32)
    IS_ROUNDED(add, { 0 }), IS_ROUNDED(sub, { 0 }), IS_ROUNDED(mul, { 0 }), IS_ROUNDED(div, { 0 }), IS_ROUNDED(fma, { 0 }),
    IS_ROUNDED(lerp, { 0 }), IS_ROUNDED(minimum, { 0 }), IS_ROUNDED(maximum, { 0 }), IS_ROUNDED(copysign, { 0 }),
    IS_ROUNDED(abs, { 0 }), IS_ROUNDED(neg, { 0 }), IS_ROUNDED(sqrt, { 0 }), IS_ROUNDED(recip, { 0 }),
    IS_ROUNDED(square, { 0 }), IS_ROUNDED(scale, { 0.1 }, { -3e200 }), IS_ROUNDED(clamp, { -1.5, 0.7 }, { -0.0, 0 }),
    IS_ROUNDED(floor, { 0 }), IS_ROUNDED(ceil, { 0 }), IS_ROUNDED(round, { 0 }), IS_ROUNDED(trunc, { 0 }),
    IS_ROUNDED(fract, { 0 }), IS_ROUNDED(sign, { 0 }), IS_ROUNDED(relu, { 0 }),
    IS_ROUNDED(leaky_relu, { 0.01 }, { -2.5 }),
    IS_EXACT(rsqrt, 0.25, 4, 0.125, 0, 0x1p-1022, 5000, { { 0 } }),
    IS_EXACT(pow, 0, 0, 0, 0, 0, 1000, { { 0 } }),
    IS_EXACT(exp, -10, 10, ROW_OF_EXP, -746, -707, 2500, { { 0 } }),
    IS_EXACT(exp2, -10, 10, 1.0 / 32, -1076, -1020, 2500, { { 0 } }),
    IS_EXACT(expm1, -2, 2, ROW_OF_EXP, 700, 710, 2000, { { 0 } }),
    IS_EXACT(log, 0.25, 4, 1.0 / 128, 0, 0x1p-1022, 2500, { { 0 } }),
    IS_EXACT(log2, 0.25, 4, 1.0 / 128, 0, 0x1p-1022, 2500, { { 0 } }),
    IS_EXACT(log10, 0.25, 4, 1.0 / 128, 0, 0x1p-1022, 2500, { { 0 } }),
    IS_EXACT(log1p, -1, 3, 1.0 / 128, -1, -0.99, 2500, { { 0 } }),
    IS_EXACT(sin, -10, 10, 0.78539816339744831, -1e6, 1e6, 2500, { { 0 } }),
    IS_EXACT(cos, -10, 10, 0.78539816339744831, -1e6, 1e6, 2500, { { 0 } }),
    IS_EXACT(tanh, -2, 2, ROW_OF_EXP / 2, 17, 21, 2000, { { 0 } }),
    IS_EXACT(sigmoid, -10, 10, ROW_OF_EXP, -746, -707, 2000, { { 0 } }),
    IS_EXACT(erf, -6.5, 6.5, 1.0 / 64, -0x1p-1020, 0x1p-1020, 500, { { 0 } }),
    IS_EXACT(elu, -2, 0, ROW_OF_EXP, -40, -30, 1500, { { 1 }, { 0.3 } }),
    IS_EXACT(selu, -2, 0, ROW_OF_EXP, -40, -30, 1500, { { 0 } }),
    IS_EXACT(silu, -10, 10, ROW_OF_EXP, -753, -707, 2000, { { 0 } }),
    IS_EXACT(gelu, -6, 6, 1.0 / 64, -39, -37, 250, { { 0 } }),
    IS_EXACT(gelu_tanh, -6, 6, ROW_OF_EXP, -21.7, -21, 1500, { { 0 } }),
    IS_EXACT(hardswish, -4, 4, 0.125, -0x1p-1020, 0x1p-1020, 5000, { { 0 } }),
    IS_EXACT(mish, -10, 10, ROW_OF_EXP, -753, -707, 1000, { { 0 } }),
    IS_EXACT(softplus, -10, 10, ROW_OF_EXP, -746, -707, 1500, { { 0 } }),
};

static const unsigned char nan_rule[] = {
#define DGEN_OP(name, kind, arguments, cost, error_f32, error_f64, nan, body, formula, summary) nan,
#include "ops.def"
#undef DGEN_OP
};

static const struct reference *reference_of(const char *name)
{
    for (size_t i = 0; i < sizeof references / sizeof *references; i++)
        if (!strcmp(references[i].name, name)) return &references[i];
    return NULL;
}

/* ---------------------------------------------------------------------------------------------------------- distances */

static double of_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static const uint64_t sign_bit = UINT64_C(1) << 63, quiet_bit = UINT64_C(1) << 51, nan_bits = UINT64_C(0x7ff8) << 48;

/* How many ULP of f64 at R, which is no NaN, `got` is away from it. Infinity counts as 2^1024, if it was overflow; a zero
   must have the sign of what it stands for. */
static double distance(double got)
{
    if (isnan(got) || !signbit(got) != !mpfr_signbit(R)) return got == 0 || mpfr_zero_p(R) || isnan(got) ? INFINITY : 0x1p60;
    if (mpfr_inf_p(R) || mpfr_zero_p(R)) return mpfr_cmp_d(R, got) == 0 ? 0 : INFINITY;
    long exponent = (long)mpfr_get_exp(R);
    if (isinf(got) && exponent > 1024) return 0;
    exponent = exponent < -1021 ? -1021 : exponent > 1024 ? 1024 : exponent;
    if (isinf(got)) mpfr_set_d(T, copysign(1, got), N), mpfr_mul_2ui(T, T, 1024, N), mpfr_sub(T, T, R, N);
    else mpfr_d_sub(T, got, R, N);
    mpfr_mul_2si(T, T, 53 - exponent, N);
    return fabs(mpfr_get_d(T, N));
}

/* ------------------------------------------------------------------------------------------------------------- a trial */

/* What a thread has found out about an operation. */
typedef struct findings {
    double worst, worst_at[3];
    uint64_t faults;
    char fault[240];
} findings;

/* An operation, how to call it, and where its operands come from: blocks 0 to blocks - 1. */
typedef struct trial {
    dgen_op op;
    const dgen_operation *operation;
    const struct reference *reference;
    const double *parameter;
    int nan_ignore;
    void (*operands)(double (*x)[BLOCK], const struct reference *reference, uint64_t block);
    uint64_t blocks, next;
    findings found;
    pthread_mutex_t lock;
} trial;

static void fault(findings *f, const trial *t, const double *x, double got, double right, const char *what)
{
    if (f->faults++) return;
    snprintf(f->fault, sizeof f->fault, "%s (%a [%016llx], %a [%016llx], %a) is %a [%016llx], not %a: %s", t->operation->name,
             x[0], (unsigned long long)bits_of(x[0]), x[1], (unsigned long long)bits_of(x[1]), x[2], got,
             (unsigned long long)bits_of(got), right, what);
}

/* The NaN that must come out, or 0: the first NaN operand, quieted; where none is, the positive one without payload. */
static uint64_t expected_nan(const trial *t, const double *x, int is_nan)
{
    for (int i = 0; i < t->operation->arrays; i++)
        if (isnan(x[i])) return nan_rule[t->op] == OWN && !is_nan ? 0 : bits_of(x[i]) | quiet_bit;
    return is_nan ? nan_bits : 0;
}

static void check_rounded(findings *f, const trial *t, const double *x, double got)
{
    double right = t->reference->rounded(x[0], x[1], x[2]);
    uint64_t bits = bits_of(right), nan = expected_nan(t, x, isnan(right));
    if (t->reference->rounded == rounded_copysign) bits = (bits_of(x[0]) & ~sign_bit) | (bits_of(x[1]) & sign_bit);
    else if (t->nan_ignore && isnan(x[0]) != isnan(x[1])) bits = bits_of(isnan(x[0]) ? x[1] : x[0]);
    else if (nan) bits = nan;
    if (bits_of(got) != bits) fault(f, t, x, got, of_bits(bits), "every bit");
}

static void check_exact(findings *f, const trial *t, const double *x, double got)
{
    mpfr_set_d(X, x[0], N), mpfr_set_d(Y, x[1], N);
    t->reference->exact();
    uint64_t nan = expected_nan(t, x, mpfr_nan_p(R));
    if (nan) {
        if (bits_of(got) != nan) fault(f, t, x, got, of_bits(nan), "the right NaN");
        return;
    }
    double off = distance(got);
    if (off > f->worst) {
        f->worst = off;
        memcpy(f->worst_at, x, sizeof f->worst_at);
    }
    if (!(off <= t->operation->error_f64)) fault(f, t, x, got, mpfr_get_d(R, N), "too far off");
}

static void run_kernel(double *out, const trial *t, const dgen_isa_kernels *isa, double (*x)[BLOCK], size_t n)
{
    const void *operand[3] = { x[0], x[1], x[2] };
    unsigned numbers = 0;
    for (int i = 0; i < t->operation->parameters; i++) {
        operand[t->operation->arrays + i] = &t->parameter[i];
        numbers |= 1u << (t->operation->arrays + i);
    }
    isa->map[t->op][DGEN_F64_KERNELS](out, operand, numbers, n, t->nan_ignore);
}

static void check_block(findings *f, const trial *t, uint64_t block)
{
    static _Thread_local double x[3][BLOCK], out[MAX_ISAS][BLOCK];
    t->operands(x, t->reference, block);
    for (int i = 0; i < isa_count; i++) run_kernel(out[i], t, isas[i], x, BLOCK);
    for (int j = 0; j < BLOCK; j++) {
        double at[3] = { x[0][j], 0, 0 };
        for (int i = 1; i < t->operation->arrays; i++) at[i] = x[i][j];
        for (int i = 0; i < t->operation->parameters; i++) at[t->operation->arrays + i] = t->parameter[i];
        if (t->reference->exact) check_exact(f, t, at, out[0][j]);
        else check_rounded(f, t, at, out[0][j]);
        for (int i = 1; i < isa_count; i++)
            if (bits_of(out[i][j]) != bits_of(out[0][j])) fault(f, t, at, out[i][j], out[0][j], isas[i]->name);
    }
}

static void *work(void *context)
{
    trial *t = context;
    findings found = { .worst = 0 };
    mpfr_inits2(53, X, Y, (mpfr_ptr)0);
    mpfr_inits2(PRECISION, R, T, U, (mpfr_ptr)0);
    for (;;) {
        uint64_t block = __atomic_fetch_add(&t->next, 1, __ATOMIC_RELAXED);
        if (block >= t->blocks) break;
        check_block(&found, t, block);
    }
    mpfr_clears(X, Y, R, T, U, (mpfr_ptr)0);
    mpfr_free_cache();
    pthread_mutex_lock(&t->lock);
    if (found.worst > t->found.worst) {
        t->found.worst = found.worst;
        memcpy(t->found.worst_at, found.worst_at, sizeof found.worst_at);
    }
    if (!t->found.faults) memcpy(t->found.fault, found.fault, sizeof found.fault);
    t->found.faults += found.faults;
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

static void run_trial(trial *t)
{
    pthread_t thread[MAX_THREADS];
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    int started = 0;
    pthread_mutex_init(&t->lock, NULL);
    while (started < MAX_THREADS && started < cpus - 1 && !pthread_create(&thread[started], NULL, work, t)) started++;
    work(t);
    for (int i = 0; i < started; i++) pthread_join(thread[i], NULL);
    pthread_mutex_destroy(&t->lock);
    CHECK(!t->found.faults, "%llu times; %s", (unsigned long long)t->found.faults, t->found.fault);
}

/* ----------------------------------------------------------------------------------------------------------- operands */

static double uniform(uint64_t h, double low, double high) { return low + (double)(h >> 11) * 0x1p-53 * (high - low); }
/* Up to 8 steps up or down. */
static double near(double x, uint64_t h) { return of_bits(bits_of(x) + (h & 15) - 8); }

/* The neighbourhood of each, with both signs. */
static const double special[] = {
    0, 0x1p-1074, 0x1p-1023, 0x1p-1022, 0x1p-538, 0x1p-511, 0x1p-54, 0x1p-53, 0x1p-27, 0.0625, 0.25, 0.3465735902799727,
    0.4142135623730950, 0.5, 0.5493061443340549, 0.625, 0.6931471805599453, 0.7071067811865476, 0.75, 0.84375, 1, 1.25,
    1.414213562373095, 1.5, 1.570796326794897, 2, 3, 3.141592653589793, 4, 5, 6, 8, 16, 18.36840028483855, 19.06154746539849,
    20, 22, 27.2, 37.5, 40, 53, 64, 128, 256, 512, 700, 708.3964185322641, 709.7827128933840, 710, 745.1332191019412, 746,
    760, 1022, 1023, 1024, 1074, 1075, 1076, 0x1p20, 0x1p23, 0x1p31, 0x1p32, 0x1p51, 0x1p52, 0x1p53, 0x1p63, 0x1p64,
    0x1.6ac5b262ca1ffp+849, 0x1p970, 0x1p1022, 0x1p1023, 0x1.fffffffffffffp1023, INFINITY,
};
enum { SPECIALS = sizeof special / sizeof *special };

/* Special values and their neighbours, powers of 2, NaNs with payloads. */
static double special_value(uint64_t h)
{
    uint64_t sign = h & sign_bit;
    int of = (int)(h & 7);
    if (of == 0) return of_bits(sign | UINT64_C(0x7ff0000000000001) | (h << 3 & UINT64_C(0xfffffffffffff)));
    if (of == 1) return of_bits(bits_of(near(of_bits((1 + (h >> 8) % 2046) << 52), h >> 3)) | sign);
    double x = special[(h >> 8) % SPECIALS];
    if (of > 3 || x == 0 || x == INFINITY) return of_bits(bits_of(x) | sign);
    return of_bits(bits_of(near(x, h >> 3)) | sign);
}

/* Any mantissa and sign, and an exponent from low to high. */
static double of_magnitude(uint64_t h, int low, int high)
{
    uint64_t exponent = (uint64_t)(1023 + low) + (h >> 52 & 0x7ff) % (uint64_t)(high - low);
    return of_bits((h & UINT64_C(0x800fffffffffffff)) | exponent << 52);
}

static void sweep(double (*x)[BLOCK], const struct reference *r, uint64_t block)
{
    for (uint64_t j = 0; j < BLOCK; j++) {
        uint64_t i = block * BLOCK + j, h = hash(i), other = hash(~i);
        switch (h & 7) {
        case 0: x[0][j] = special_value(other); break;
        case 1: x[0][j] = of_bits(other); break;
        case 2: x[0][j] = of_magnitude(other, -60, 11); break;
        case 3: x[0][j] = of_magnitude(other, -5, 3); break;
        case 4: x[0][j] = near(nearbyint(uniform(other, r->low, r->high) / r->step) * r->step, h >> 3); break;
        case 5: x[0][j] = uniform(other, r->edge_low, r->edge_high); break;
        default: x[0][j] = uniform(other, r->low, r->high); break;
        }
    }
}

static void sample(double (*x)[BLOCK], const struct reference *r, uint64_t block)
{
    (void)r;
    for (uint64_t j = 0; j < BLOCK; j++) {
        uint64_t h[4];
        for (uint64_t i = 0; i < 4; i++) h[i] = hash(4 * (block * BLOCK + j) + i);
        int of = (int)(h[3] & 7);
        for (int i = 0; i < 3; i++)
            x[i][j] = of < 3 ? uniform(h[i], -8, 8) : h[3] >> (8 + i) & 1 ? special_value(h[i]) : of_bits(h[i]);
        if (of == 3) x[1][j] = near(x[0][j], h[1]);
    }
}

/* For pow: results all over the range, bases around 1, and negative numbers to whole powers. */
static void sample_powers(double (*x)[BLOCK], const struct reference *r, uint64_t block)
{
    (void)r;
    for (uint64_t j = 0; j < BLOCK; j++) {
        uint64_t h = hash(2 * (block * BLOCK + j)), other = hash(2 * (block * BLOCK + j) + 1);
        uint64_t bits = other & 1 ? h & ~sign_bit : UINT64_C(0x3ff0000000000000) + (uint64_t)((int64_t)h >> (12 + (other >> 8) % 48));
        double y = uniform(other << 16, -1080, 1030) / log2(of_bits(bits));
        x[0][j] = of_bits(other & 6 ? bits : bits | sign_bit);
        x[1][j] = other & 6 ? y : rint(y);
    }
}

/* --------------------------------------------------------------------------------------------------------------- tests */

static void report(const trial *t)
{
    const double *x = t->found.worst_at;
    if (!t->reference->exact) return;
    printf("# %-11s %.4f ULP of %.2f at %a", t->operation->name, t->found.worst, t->operation->error_f64, x[0]);
    if (t->operation->arrays + t->operation->parameters > 1) printf(", %a", x[1]);
    printf("\n");
    fflush(stdout);
}

static void one_array(trial t)
{
    for (int setting = 0; setting <= (t.operation->parameters > 0); setting++) {
        trial each = t;
        each.parameter = t.reference->parameter[setting];
        each.operands = sweep;
        run_trial(&each);
        report(&each);
    }
}

static void more_arrays(trial t)
{
    for (int ignore = 0; ignore <= t.operation->has_nan_option; ignore++) {
        trial each = t;
        each.nan_ignore = ignore;
        each.operands = sample;
        run_trial(&each);
        report(&each);
    }
    if (t.reference->exact != exact_pow) return;
    t.operands = sample_powers;
    run_trial(&t);
    report(&t);
}

static int is_wanted(const dgen_operation *operation)
{
    int found = only_count == 0;
    for (int i = 0; i < only_count; i++) found |= !strcmp(only[i], operation->name);
    return found && operation->kind == DGEN_ELEMENTWISE;
}

static trial trial_of(int op)
{
    trial t = { .op = (dgen_op)op, .operation = dgen_operation_get((dgen_op)op) };
    t.reference = reference_of(t.operation->name);
    if (!t.reference) return t;
    t.parameter = t.reference->parameter[0];
    t.blocks = (uint64_t)t.reference->blocks * (is_long ? 20 : 1);
    return t;
}

static int row; /* of the registry, which the_row_is_within_its_bound is about */
static void the_row_is_within_its_bound(void)
{
    trial t = trial_of(row);
    CHECK(t.reference, "%s has no reference", t.operation->name);
    if (!t.reference) return;
    if (t.operation->arrays == 1) one_array(t);
    else more_arrays(t);
}

/* A block of mixed values as a whole, and each of them alone. */
static void neighbours_change_no_bit(void)
{
    static double x[3][BLOCK], whole[BLOCK];
    for (int op = 0; op < DGEN_OP_COUNT; op++) {
        trial t = trial_of(op);
        if (!t.reference || !is_wanted(t.operation)) continue;
        sample(x, t.reference, 1);
        for (int i = 0; i < isa_count; i++) {
            int differ = 0;
            run_kernel(whole, &t, isas[i], x, BLOCK);
            for (int j = 0; j < BLOCK; j++) {
                double at[3][BLOCK], alone;
                for (int k = 0; k < 3; k++) at[k][0] = x[k][j];
                run_kernel(&alone, &t, isas[i], at, 1);
                differ += bits_of(alone) != bits_of(whole[j]);
            }
            CHECK(!differ, "%s on %s: %d of %d", t.operation->name, isas[i]->name, differ, BLOCK);
        }
    }
}

int main(int argc, char **argv)
{
    is_long = argc > 1 && !strcmp(argv[1], "--long");
    only = argv + 1 + is_long;
    only_count = argc - 1 - is_long;
    find_isas();
    RUN(neighbours_change_no_bit);
    for (row = 0; row < DGEN_OP_COUNT; row++)
        if (is_wanted(dgen_operation_get((dgen_op)row))) RUN(the_row_is_within_its_bound);
    return TEST_END();
}
