/*
 * What the elementwise operations make of f32, row by row of the registry: the distance of each result from the exact
 * one is within the row's bound, what is exact is so to the last bit, zeros, infinities and NaNs come out with the
 * right signs and payloads, and every ISA that this CPU has gives the same bits, whatever an element's neighbours are.
 *
 * An operation of one array is tried at one of every 64 bit patterns (with --long: at all 2^32); those of more, at
 * random and special operands. The reference is the C library's in double: right within 1 or 2 ULP of double, so 2^-28
 * of an ULP of f32; the formulas over it lose no more than a few bits. A row without a reference is a failure.
 * usage: test_ulp_f32 [--long] [OPERATION...]
 */
#include <math.h>
#include <pthread.h>
#include <unistd.h>

#include "cpu.h"
#include "test.h"

#include "isas.h"

enum { BLOCK = 4096, MAX_THREADS = 64 };

static int is_long, only_count;
static char **only;

/* ---------------------------------------------------------------------------------------------------------- references */

/* The exact result, but for roundings in double; y and z are 0 where an operation does not have them. */
typedef double exact_function(double x, double y, double z);
#define EXACT(name, expression)                                \
    static double exact_##name(double x, double y, double z)   \
    {                                                          \
        (void)x, (void)y, (void)z;                             \
        return expression;                                     \
    }

/* Where the formula at -Inf says 0 * Inf, the limit, which results for large negative numbers reach, is -0. */
static double lesser(double x, double y) { return x == y ? (signbit(x) ? x : y) : x < y ? x : y; }
static double greater(double x, double y) { return x == y ? (signbit(x) ? y : x) : x > y ? x : y; }
static double times_gate(double x, double gate) { return x == -INFINITY ? -0.0 : x * gate; }
static double tanh_angle(double x) { return 1.5957691216057307117597842397375 * (x + 0.044715 * x * x * x); }

EXACT(add, x + y)
EXACT(sub, x - y)
EXACT(mul, x * y)
EXACT(div, x / y)
EXACT(fma, (float)(x * y) + z)
EXACT(lerp, x + (float)(z * (float)(y - x)))
EXACT(minimum, lesser(x, y))
EXACT(maximum, greater(x, y))
EXACT(copysign, copysign(x, y))
EXACT(abs, fabs(x))
EXACT(neg, -x)
EXACT(sqrt, sqrt(x))
EXACT(rsqrt, 1 / sqrt(x))
EXACT(recip, 1 / x)
EXACT(square, x *x)
EXACT(scale, x *y)
EXACT(clamp, lesser(greater(x, y), z))
EXACT(floor, floor(x))
EXACT(ceil, ceil(x))
EXACT(round, rint(x))
EXACT(trunc, trunc(x))
EXACT(fract, x - trunc(x))
EXACT(sign, x > 0 ? 1 : x < 0 ? -1 : x)
EXACT(pow, pow(x, y))
EXACT(exp, exp(x))
EXACT(exp2, exp2(x))
EXACT(expm1, expm1(x))
EXACT(log, log(x))
EXACT(log2, log2(x))
EXACT(log10, log10(x))
EXACT(log1p, log1p(x))
EXACT(sin, sin(x))
EXACT(cos, cos(x))
EXACT(tanh, tanh(x))
EXACT(sigmoid, 1 / (1 + exp(-x)))
EXACT(erf, erf(x))
EXACT(relu, x > 0 ? x : 0)
EXACT(leaky_relu, x < 0 ? x * y : x)
EXACT(elu, x < 0 ? y * expm1(x) : x)
EXACT(selu, x < 0 ? 1.7580993408473768599402175208123 * expm1(x) : 1.0507009873554804934193349852946 * x)
EXACT(silu, times_gate(x, 1 / (1 + exp(-x))))
EXACT(gelu, times_gate(x, erfc(x * -0.70710678118654752440084436210485) / 2))
EXACT(gelu_tanh, times_gate(x, 1 / (1 + exp(-tanh_angle(x)))))
EXACT(hardswish, times_gate(x, lesser(greater(x + 3, 0), 6) / 6))
EXACT(mish, times_gate(x, tanh(log1p(exp(x)))))
EXACT(softplus, x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)))

/* Every elementwise row: its reference, and two settings of its parameters, if it has any. */
static const struct reference {
    const char *name;
    exact_function *exact;
    float parameter[2][2];
} references[] = {
#define PLAIN(name) { #name, exact_##name, { { 0 } } }
    PLAIN(add), PLAIN(sub), PLAIN(mul), PLAIN(div), PLAIN(fma), PLAIN(lerp), PLAIN(minimum), PLAIN(maximum),
    PLAIN(copysign), PLAIN(abs), PLAIN(neg), PLAIN(sqrt), PLAIN(rsqrt), PLAIN(recip), PLAIN(square), PLAIN(floor),
    PLAIN(ceil), PLAIN(round), PLAIN(trunc), PLAIN(fract), PLAIN(sign), PLAIN(pow), PLAIN(exp), PLAIN(exp2), PLAIN(expm1), PLAIN(log),
    PLAIN(log2), PLAIN(log10), PLAIN(log1p), PLAIN(sin), PLAIN(cos), PLAIN(tanh), PLAIN(sigmoid), PLAIN(erf), PLAIN(relu),
    PLAIN(selu), PLAIN(silu), PLAIN(gelu), PLAIN(gelu_tanh), PLAIN(hardswish), PLAIN(mish), PLAIN(softplus),
    { "scale", exact_scale, { { 0.1f }, { -3e20f } } },
    { "clamp", exact_clamp, { { -1.5f, 0.7f }, { -0.0f, 0 } } },
    { "leaky_relu", exact_leaky_relu, { { 0.01f }, { -2.5f } } },
    { "elu", exact_elu, { { 1 }, { 0.3f } } },
};

/* ops.def's rule for NaNs, of each row. */
static const char *const nan_rule[] = {
#define DGEN_OP(name, kind, arguments, cost, error_f32, error_f64, nan, body, formula, summary) #nan,
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

static float of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static uint64_t bits_of_double(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* How many ULP of f32 at `exact`, which is no NaN, `got` is away from it. Infinity counts as 2^128, if it was overflow;
   a zero must have the sign of what it stands for. */
static double distance(float got, double exact)
{
    if (isnan(got)) return INFINITY;
    if (isinf(exact) || exact == 0) return got == exact && !signbit(got) == !signbit(exact) ? 0 : INFINITY;
    if (got == 0 && !signbit(got) != !signbit(exact)) return INFINITY;
    if (isinf(got) && fabs(exact) >= 0x1p128) return (got > 0) == (exact > 0) ? 0 : INFINITY;
    int exponent = (int)(bits_of_double(exact) >> 52 & 2047) - 1023;
    exponent = exponent < -126 ? -126 : exponent > 127 ? 127 : exponent;
    uint64_t scale_bits = (uint64_t)(1023 + 23 - exponent) << 52;
    double value = isinf(got) ? copysign(0x1p128, got) : got, scale;
    memcpy(&scale, &scale_bits, sizeof scale);
    return fabs(value - exact) * scale;
}

/* ------------------------------------------------------------------------------------------------------------- a trial */

/* What a thread has found out about an operation. */
typedef struct findings {
    double worst;
    float worst_at[3];
    uint64_t faults;
    char fault[200];
} findings;

/* An operation, how to call it, and where its operands come from: blocks 0 to blocks - 1. */
typedef struct trial {
    dgen_op op;
    const dgen_operation *operation;
    const struct reference *reference;
    const float *parameter;
    int nan_ignore;
    void (*operands)(float (*x)[BLOCK], uint64_t block);
    uint64_t blocks, next;
    findings found;
    pthread_mutex_t lock;
} trial;

static void fault(findings *f, const trial *t, const float *x, float got, double exact, const char *what)
{
    if (f->faults++) return;
    snprintf(f->fault, sizeof f->fault, "%s (%a [%08x], %a [%08x], %a) is %a [%08x], not %a: %s", t->operation->name, x[0],
             bits_of(x[0]), x[1], bits_of(x[1]), x[2], got, bits_of(got), exact, what);
}

/* The NaN that must come out, or 0: the first NaN operand, quieted; where none is, the positive one without payload. */
static uint32_t expected_nan(const trial *t, const float *x, double exact)
{
    for (int i = 0; i < t->operation->arrays; i++)
        if (isnan(x[i])) return !strcmp(nan_rule[t->op], "OWN") && !isnan(exact) ? 0 : bits_of(x[i]) | 0x400000;
    return isnan(exact) ? 0x7fc00000 : 0;
}

static void check_one(findings *f, const trial *t, const float *x, float got)
{
    double error = t->operation->error_f32, off;
    if (t->reference->exact == exact_copysign) {
        if (bits_of(got) != ((bits_of(x[0]) & 0x7fffffff) | (bits_of(x[1]) & 0x80000000u))) fault(f, t, x, got, 0, "bits");
        return;
    }
    if (t->nan_ignore && isnan(x[0]) != isnan(x[1])) {
        if (bits_of(got) != bits_of(isnan(x[0]) ? x[1] : x[0])) fault(f, t, x, got, 0, "the operand that is a number");
        return;
    }
    double exact = t->reference->exact(x[0], x[1], x[2]);
    uint32_t nan = expected_nan(t, x, exact);
    if (nan) {
        if (bits_of(got) != nan) fault(f, t, x, got, of_bits(nan), "the right NaN");
        return;
    }
    off = distance(got, exact);
    if (off > f->worst) {
        f->worst = off;
        memcpy(f->worst_at, x, sizeof f->worst_at);
    }
    if (error <= 0.5 ? bits_of(got) != bits_of((float)exact) : off > error) fault(f, t, x, got, exact, "too far off");
}

static void run_kernel(float *out, const trial *t, const dgen_isa_kernels *isa, float (*x)[BLOCK], size_t n)
{
    const void *operand[3] = { x[0], x[1], x[2] };
    unsigned numbers = 0;
    for (int i = 0; i < t->operation->parameters; i++) {
        operand[t->operation->arrays + i] = &t->parameter[i];
        numbers |= 1u << (t->operation->arrays + i);
    }
    isa->map[t->op][DGEN_F32_KERNELS](out, operand, numbers, n, t->nan_ignore);
}

static void check_block(findings *f, const trial *t, uint64_t block)
{
    static _Thread_local float x[3][BLOCK], out[MAX_ISAS][BLOCK];
    t->operands(x, block);
    for (int i = 0; i < isa_count; i++) run_kernel(out[i], t, isas[i], x, BLOCK);
    for (int j = 0; j < BLOCK; j++) {
        float at[3] = { x[0][j], 0, 0 };
        for (int i = 1; i < t->operation->arrays; i++) at[i] = x[i][j];
        for (int i = 0; i < t->operation->parameters; i++) at[t->operation->arrays + i] = t->parameter[i];
        check_one(f, t, at, out[0][j]);
        for (int i = 1; i < isa_count; i++)
            if (bits_of(out[i][j]) != bits_of(out[0][j])) fault(f, t, at, out[i][j], out[0][j], isas[i]->name);
    }
}

static void *work(void *context)
{
    trial *t = context;
    findings found = { .worst = 0 };
    for (;;) {
        uint64_t block = __atomic_fetch_add(&t->next, 1, __ATOMIC_RELAXED);
        if (block >= t->blocks) break;
        check_block(&found, t, block);
    }
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

/* Each of these and its neighbours, with both signs; quiet and signaling NaNs with payloads. */
static const uint32_t special[] = {
    0,          1,          0x00400000, 0x00800000, 0x007fffff, 0x34000000, 0x33800000, 0x3f800000, 0x3f7fffff, 0x3f800001,
    0x3f000000, 0x3f3504f3, 0x3fb504f3, 0x3fc90fdb, 0x40490fdb, 0x40000000, 0x40400000, 0x40a00000, 0x40e00000, 0x42fe0000,
    0x42b17218, 0x42b00000, 0xc2aeac50, 0x43000000, 0x46000000, 0x46000001, 0x4b000000, 0x4b7fffff, 0x4b800000, 0x4b000001,
    0x4e800000, 0x7e800000, 0x7f000000, 0x7f7fffff, 0x7f800000, 0x7fc00000, 0x7f800001, 0x7fa12345, 0x7fd54321, 0x41200000,
};
enum { SPECIALS = sizeof special / sizeof *special };

static float special_value(uint64_t h) { return of_bits(special[h % SPECIALS] ^ (uint32_t)(h >> 40 << 31)); }

/* All 2^32, or one of each 64 in a row, and in the last block special ones among random ones. */
static void sweep(float (*x)[BLOCK], uint64_t block)
{
    int stride = is_long ? 1 : 64;
    for (uint64_t j = 0; j < BLOCK; j++) {
        uint64_t i = block * BLOCK + j, h = hash(i);
        if (i * (uint64_t)stride >> 32) x[0][j] = h & 1 ? special_value(h >> 1) : of_bits((uint32_t)(h >> 32));
        else x[0][j] = of_bits((uint32_t)(i * (uint64_t)stride + h % (uint64_t)stride));
    }
}

static float moderate(uint64_t h) { return (float)((double)(uint32_t)h * 0x1p-28 - 8); }

static void sample(float (*x)[BLOCK], uint64_t block)
{
    for (uint64_t j = 0; j < BLOCK; j++) {
        uint64_t h[4];
        for (uint64_t i = 0; i < 4; i++) h[i] = hash(4 * (block * BLOCK + j) + i);
        int of = (int)(h[3] & 7);
        for (int i = 0; i < 3; i++)
            x[i][j] = of == 0 ? moderate(h[i]) : h[3] >> (8 + i) & 1 ? special_value(h[i]) : of_bits((uint32_t)h[i]);
        if (of == 1) x[1][j] = of_bits(bits_of(x[0][j]) + (uint32_t)(h[1] & 7) - 3);
    }
}

/* For pow: results all over the range, and negative numbers to whole powers. */
static void sample_powers(float (*x)[BLOCK], uint64_t block)
{
    for (uint64_t j = 0; j < BLOCK; j++) {
        uint64_t h = hash(2 * (block * BLOCK + j)), other = hash(2 * (block * BLOCK + j) + 1);
        uint32_t bits = other & 1 ? (uint32_t)h & 0x7fffffff : 0x3f800000 + (uint32_t)((int32_t)h >> (other >> 8 & 31));
        double y = ((double)(other >> 40) * 0x1p-24 * 284 - 153) / log2(of_bits(bits));
        x[0][j] = of_bits(other & 6 ? bits : bits | 0x80000000u);
        x[1][j] = (float)(other & 6 ? y : rint(y));
    }
}

/* --------------------------------------------------------------------------------------------------------------- tests */

static int is_tight(const dgen_operation *o) { return o->error_f32 > 0.5; }

static void report(const trial *t)
{
    const float *x = t->found.worst_at;
    printf("# %-11s %.3f ULP of %.2f at %a", t->operation->name, t->found.worst, t->operation->error_f32, x[0]);
    for (int i = 1; i < t->operation->arrays; i++) printf(", %a", x[i]);
    printf("\n");
    fflush(stdout);
}

/* The row's bound, everywhere; and in the long run, that the bound says no more than is so. */
static void one_array(trial t)
{
    t.operands = sweep;
    t.blocks = ((UINT64_C(1) << 32) / (is_long ? 1 : 64)) / BLOCK + 1;
    run_trial(&t);
    report(&t);
    if (is_long && is_tight(t.operation))
        CHECK(t.operation->error_f32 - t.found.worst <= 0.1, "%s: the bound %g is loose: %.4f", t.operation->name,
              t.operation->error_f32, t.found.worst);
    if (!t.operation->parameters) return;
    t = (trial){ .op = t.op, .operation = t.operation, .reference = t.reference, .parameter = t.reference->parameter[1] };
    t.operands = sample;
    t.blocks = 256;
    run_trial(&t);
}

static void more_arrays(trial t)
{
    int is_power = t.reference->exact == exact_pow;
    for (int ignore = 0; ignore <= t.operation->has_nan_option; ignore++) {
        trial each = t;
        each.nan_ignore = ignore;
        each.operands = sample;
        each.blocks = is_long ? 1 << 14 : 1 << 10;
        run_trial(&each);
        if (!is_power) report(&each);
    }
    if (!is_power) return;
    t.operands = sample_powers;
    t.blocks = is_long ? 1 << 18 : 1 << 12;
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
    if (t.reference) t.parameter = t.reference->parameter[0];
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

/* Blocks of mixed values as a whole, and each of them alone. */
static void neighbours_change_no_bit(void)
{
    enum { BLOCKS = 32 };
    static float x[3][BLOCK], at[3][BLOCK], whole[BLOCK];
    for (int op = 0; op < DGEN_OP_COUNT; op++) {
        trial t = trial_of(op);
        if (!t.reference || !is_wanted(t.operation)) continue;
        for (int i = 0; i < isa_count * BLOCKS; i++) {
            const dgen_isa_kernels *isa = isas[i / BLOCKS];
            int differ = 0;
            sample(x, (uint64_t)(i % BLOCKS));
            run_kernel(whole, &t, isa, x, BLOCK);
            for (int j = 0; j < BLOCK; j++) {
                float alone;
                for (int k = 0; k < 3; k++) at[k][0] = x[k][j];
                run_kernel(&alone, &t, isa, at, 1);
                differ += bits_of(alone) != bits_of(whole[j]);
            }
            CHECK(!differ, "%s on %s: %d of %d", t.operation->name, isa->name, differ, BLOCK);
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
