/*
 * The host's floating-point state: no entry point changes it, and it changes no byte. A host may round upwards, flush
 * small numbers to zero, or have x87 at single precision.
 */
#include <fenv.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "test.h"

#define CONTROL_BITS 0xFFC0u /* of MXCSR: all but the sticky flags */

static unsigned vector_control(void)
{
#if defined(__x86_64__)
    return _mm_getcsr() & CONTROL_BITS;
#else
    return 0;
#endif
}

static unsigned x87_control(void)
{
    unsigned short word = 0;
#if defined(__x86_64__)
    __asm__ volatile("fnstcw %0" : "=m"(word));
#endif
    return word;
}

/* Each entry point once; a hash of what came out. */
static uint64_t call_everything(void)
{
    dgen_config config = test_config(3000000, 5), copy = config;
    dgen_value value = { .kind = DGEN_VALUE_NUMBER, .number = 2.7 };
    dgen_record record;
    dgen_array array, floats, slice;
    dgen_generator *generator;
    dgen_verify_report report;
    dgen_describe_report description;
    uint64_t got, hash = 1;
    int64_t n = 1000;
    char text[200];
    int failures =
        dgen_config_set(&config, "dedup_ratio", value, NULL) || dgen_config_set(&config, "compress_ratio", value, NULL);
    config.block_size = 4096;
    failures += dgen_config_check(&config, NULL) || dgen_generate(&array, &config, NULL);
    dgen_config_record(&config, &record), dgen_system_record(&record);
    for (uint64_t i = 0; !failures && i < config.size; i++)
        hash = (hash ^ ((uint8_t *)array.data)[i]) * UINT64_C(0x100000001B3);
    failures += dgen_verify_at(&report, array.data, config.size, &config, 0, NULL) || report.bad_bytes;
    failures += dgen_describe(&description, array.data, config.size, 4096, NULL);
    failures += dgen_array_slice(&slice, &array, 0, n, NULL) || dgen_array_alloc(&floats, DGEN_F16, 1, &n, &copy, NULL);
    failures += dgen_array_convert(&floats, &slice, NULL) || dgen_array_set(&floats, 3, 0.1, NULL);
    dgen_array_describe(&floats, text, sizeof text);
    failures += dgen_fill_at(array.data, 1000, &copy, 77, NULL) || dgen_generator_open(&generator, &config, NULL);
    failures +=
        dgen_generator_fill(generator, array.data, 2000000, &got, NULL) || dgen_generator_seek(generator, 5, NULL);
    dgen_generator_describe(generator, text, sizeof text);
    dgen_generator_close(generator);
    dgen_array_release(&array), dgen_array_release(&floats), dgen_array_release(&slice);
    return failures ? 0 : hash;
}

static void the_floating_point_state_is_left_alone(void)
{
    static const int modes[] = { FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO };
    fenv_t before;
    fegetenv(&before);
    uint64_t usual = call_everything();
    CHECK(usual, "a call failed");
    for (int i = 0; i < 8; i++) {
        fesetround(modes[i % 4]);
#if defined(__x86_64__)
        unsigned short word = (unsigned short)(x87_control() & ~0x300u); /* single precision */
        if (i >= 4) _mm_setcsr(_mm_getcsr() | 0x8040);                   /* flush to zero, denormals are zero */
        if (i >= 4) __asm__ volatile("fldcw %0" : : "m"(word));
#endif
        unsigned vectors = vector_control(), x87 = x87_control();
        uint64_t hash = call_everything();
        unsigned vectors_after = vector_control(), x87_after = x87_control();
        int rounding_after = fegetround();
        fesetenv(&before);
        CHECK(vectors == vectors_after && x87 == x87_after && rounding_after == modes[i % 4],
              "mode %d: %x %x became %x %x", i, vectors, x87, vectors_after, x87_after);
        CHECK(hash == usual, "mode %d of the host's floating point changes the bytes", i);
    }
}

int main(void)
{
    RUN(the_floating_point_state_is_left_alone);
    return TEST_END();
}
