/* What the tests of kernels that draw share: running one on words of choice, under any ISA. */
#ifndef DGEN_TEST_DRAWING_H
#define DGEN_TEST_DRAWING_H

#include "isas.h"
#include "reference.h"

enum { WORDS = 4096 };
static _Alignas(64) uint64_t words[WORDS];
static const uint64_t side_key = UINT64_C(0x0123456789ABCDEF), first_value = UINT64_C(64) << 20;

static int is_f32(int type) { return type == DGEN_DRAW_F32; }
static size_t width_of(int type) { return is_f32(type) ? sizeof(float) : sizeof(double); }

static double element(const void *values, int type, int i)
{
    return is_f32(type) ? ((const float *)values)[i] : ((const double *)values)[i];
}

/* Values of the words (of f32: of their halves) with arrays of parameters, or numbers. */
static void draw_of_words(void *out, const dgen_isa_kernels *isa, int method, int type, const double *first,
                          const double *second, unsigned numbers)
{
    dgen_draw draw = { .bits = { words }, .first = first_value, .side = side_key, .parameter = { first, second }, .numbers = numbers };
    isa->draw[method][type](out, &draw, WORDS);
}

/* Draw j of the side stream of value i of such a call, from its description. */
__attribute__((unused)) static uint64_t side_of(uint64_t i, uint64_t j)
{
    const uint64_t golden = UINT64_C(0x9E3779B97F4A7C15);
    return reference_mix(reference_mix(side_key + golden * (first_value + i)) + golden * (j + 1));
}

/* Words of all kinds: random ones, ends, single bits; many with no leading bit, or with low bits that meet no layer. */
static void make_words(void)
{
    for (int i = 0; i < WORDS; i++) {
        uint64_t w = test_random();
        switch (i % 16) {
        case 1: case 9: w |= 1020; break;
        case 2: w >>= 12; break;
        case 3: w &= UINT64_C(0x007FFFFF007FFFFF); break;
        case 4: w >>= test_random() % 64; break;
        case 5: w &= UINT64_C(0x000FFFFF000FFFFF); break;
        case 6: w = UINT64_C(1) << test_random() % 64; break;
        case 7: w = ~(UINT64_C(1) << test_random() % 64); break;
        case 8: w = i % 32 == 8 ? 0 : UINT64_MAX; break;
        default: break;
        }
        words[i] = w;
    }
}

/* Every ISA, at any alignment, and with numbers as arrays: the bytes of the first. */
__attribute__((unused)) static void check_kernel(const char *name, int method, int type, double first, double second)
{
    static _Alignas(64) unsigned char wanted[8 * WORDS], got[8 * WORDS + 64];
    static double firsts[WORDS], seconds[WORDS];
    size_t bytes = width_of(type) * WORDS;
    for (int i = 0; i < WORDS; i++) firsts[i] = first, seconds[i] = second;
    draw_of_words(wanted, isas[0], method, type, &first, &second, 3);
    for (int k = 0; k < isa_count; k++)
        for (unsigned numbers = 0; numbers < 4; numbers++) {
            size_t apart = width_of(type) * (size_t)((k + 3 * (int)numbers) % 8);
            memset(got, 0xA5, sizeof got);
            draw_of_words(got + apart, isas[k], method, type, firsts, seconds, numbers);
            int differ = -1;
            for (int i = WORDS - 1; i >= 0; i--)
                if (element(got + apart, type, i) != element(wanted, type, i)) differ = i;
            CHECK(!memcmp(got + apart, wanted, bytes), "%s(%g, %g) under %s, numbers %u: value %d is %a, not %a", name, first, second,
                  isas[k]->name, numbers, differ, element(got + apart, type, differ < 0 ? 0 : differ),
                  element(wanted, type, differ < 0 ? 0 : differ));
            CHECK(got[apart + bytes] == 0xA5, "%s writes past its end", name);
        }
}

#endif
