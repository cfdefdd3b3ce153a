/*
 * What this CPU has, and which kernels to use.
 *
 * Two tables are chosen at the first call, from best to worst: the vector ISA's and the AES round's. The environment
 * can ask for less: DGEN_ISA = baseline | avx2 | avx512 | neon and DGEN_AES = table | aes-ni | vaes256 | vaes512 |
 * armv8. A name that this machine cannot run is ignored, so that forcing never crashes; system_info tells what is in
 * use. "Has it" and "may use it" differ: a CPU's AVX-512 counts only where the system saves its registers, which
 * __builtin_cpu_supports checks.
 */
#define _GNU_SOURCE
#include "cpu.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#ifndef HWCAP_AES
#define HWCAP_AES (1 << 3)
#endif
#endif

static struct {
    const dgen_isa_kernels *isa;
    const dgen_aes_kernels *aes;
    char names[64];
} chosen;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Offers a usable table, from worst to best: taken if nothing worse was asked for by name. */
#define OFFER(slot, table, wanted, reached)                                             \
    do {                                                                                \
        if (!(reached)) {                                                               \
            (slot) = &(table);                                                          \
            (reached) = (wanted) && !strcmp((wanted), (table).name);                    \
        }                                                                               \
    } while (0)

/* Forcing works only on a name that is usable; otherwise the best is taken. */
static const char *usable(const char *wanted, const char *const *names, int count)
{
    for (int i = 0; wanted && i < count; i++)
        if (!strcmp(wanted, names[i])) return wanted;
    return NULL;
}

#if defined(__x86_64__)
/* A bit of register ECX of a CPUID leaf. The compilers' builtin does not know every name. */
static bool cpuid_ecx(unsigned leaf, int bit)
{
    unsigned a, b, c, d;
    return __get_cpuid_count(leaf, 0, &a, &b, &c, &d) && c >> bit & 1;
}
#endif

static void choose(void)
{
    const dgen_isa_kernels *isa[4] = { &dgen__isa_baseline };
    const dgen_aes_kernels *aes[4] = { &dgen__aes_table };
    const char *isa_names[4], *aes_names[4];
    int isas = 1, aess = 1;
    bool reached = false;
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && cpuid_ecx(1, 29) /* F16C */;
    bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (avx2) isa[isas++] = &dgen__isa_avx2;
    if (avx512) isa[isas++] = &dgen__isa_avx512;
#elif defined(__aarch64__)
    isa[isas++] = &dgen__isa_neon;
#endif
    for (int i = 0; i < isas; i++) {
        isa_names[i] = isa[i]->name;
        snprintf(chosen.names + strlen(chosen.names), sizeof chosen.names - strlen(chosen.names), "%s%s", i ? " " : "",
                 isa[i]->name);
    }
    const char *wanted = usable(getenv("DGEN_ISA"), isa_names, isas);
    for (int i = 0; i < isas; i++) OFFER(chosen.isa, *isa[i], wanted, reached);

    /* The AES round may not be wider than the vectors of the ISA in use. */
#if defined(__x86_64__)
    bool wide = strcmp(chosen.isa->name, "baseline") != 0, widest = !strcmp(chosen.isa->name, "avx512");
    bool vaes = cpuid_ecx(7, 9);
    if (cpuid_ecx(1, 25)) {
        aes[aess++] = &dgen__aes_ni;
        if (wide && vaes) aes[aess++] = &dgen__aes_vaes256;
        if (widest && vaes) aes[aess++] = &dgen__aes_vaes512;
    }
#elif defined(__aarch64__)
    if (getauxval(AT_HWCAP) & HWCAP_AES) aes[aess++] = &dgen__aes_armv8;
#endif
    for (int i = 0; i < aess; i++) aes_names[i] = aes[i]->name;
    wanted = usable(getenv("DGEN_AES"), aes_names, aess);
    reached = false;
    for (int i = 0; i < aess; i++) OFFER(chosen.aes, *aes[i], wanted, reached);
}

/* Asked by every call of an operation: one load after the first time. */
const dgen_isa_kernels *dgen__isa(void)
{
    static const dgen_isa_kernels *known;
    const dgen_isa_kernels *isa = __atomic_load_n(&known, __ATOMIC_ACQUIRE);
    if (UNLIKELY(!isa)) {
        pthread_once(&once, choose);
        isa = chosen.isa;
        __atomic_store_n(&known, isa, __ATOMIC_RELEASE);
    }
    return isa;
}

const dgen_aes_kernels *dgen__aes(void)
{
    pthread_once(&once, choose);
    return chosen.aes;
}

const char *dgen__isa_names(void)
{
    pthread_once(&once, choose);
    return chosen.names;
}

int dgen__logical_cpus(void)
{
#ifdef __linux__
    cpu_set_t set;
    if (!sched_getaffinity(0, sizeof set, &set)) return CPU_COUNT(&set);
#endif
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

/* Cores: CPUs that are the first of their thread siblings. */
int dgen__cores(void)
{
    long cpus = sysconf(_SC_NPROCESSORS_CONF);
    int cores = 0;
    for (long i = 0; i < cpus; i++) {
        char path[96];
        long first;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%ld/topology/thread_siblings_list", i);
        FILE *file = fopen(path, "re");
        if (!file) continue;
        if (fscanf(file, "%ld", &first) == 1 && first == i) cores++;
        fclose(file);
    }
    return cores ? cores : dgen__logical_cpus();
}

/* A larger cache is one that many cores share, most of which a virtual machine does not see: measured on 2 CPUs with 480 MiB
   by name, stores past the cache win from some 50 MiB on. */
#define LARGEST_SHARE (64 * MIB)

/* sysconf's figure comes from CPUID and is wrong on virtual machines; the kernel's is in /sys, such as "32768K". */
static uint64_t last_cache;

static void read_last_cache(void)
{
    for (int index = 3; index >= 2 && !last_cache; index--) {
        char path[96], unit = 0;
        unsigned long long size = 0;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", index);
        FILE *file = fopen(path, "re");
        if (!file) continue;
        if (fscanf(file, "%llu%c", &size, &unit) >= 1) last_cache = size * (unit == 'M' ? MIB : unit == 'K' ? KIB : 1);
        fclose(file);
    }
    if (!last_cache) last_cache = 8 * MIB;
    if (last_cache > LARGEST_SHARE) last_cache = LARGEST_SHARE;
}

uint64_t dgen__last_cache_bytes(void)
{
    static pthread_once_t cache_once = PTHREAD_ONCE_INIT;
    pthread_once(&cache_once, read_last_cache);
    return last_cache;
}
