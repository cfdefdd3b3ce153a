/* What the tests of kernels share: the tables that this CPU can run, and operands that any number of threads makes alike. */
#ifndef DGEN_TEST_ISAS_H
#define DGEN_TEST_ISAS_H

#include <string.h>

#include "../libcore/cpu.h"

enum { MAX_ISAS = 4 };
static const dgen_isa_kernels *isas[MAX_ISAS];
static int isa_count;

static void find_isas(void)
{
    const char *names = dgen__isa_names();
    isas[isa_count++] = &dgen__isa_baseline;
#if defined(__x86_64__)
    if (strstr(names, "avx2")) isas[isa_count++] = &dgen__isa_avx2;
    if (strstr(names, "avx512")) isas[isa_count++] = &dgen__isa_avx512;
#elif defined(__aarch64__)
    if (strstr(names, "neon")) isas[isa_count++] = &dgen__isa_neon;
#endif
    printf("# ISAs: %s\n", names);
}

/* A hash of a counter (S. Vigna's splitmix64). */
__attribute__((unused)) static uint64_t hash(uint64_t i)
{
    uint64_t z = (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

#endif
