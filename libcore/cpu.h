/* What this CPU has, and which kernels to use. Both are chosen once, at the first call. */
#ifndef DGEN_CPU_H
#define DGEN_CPU_H

#include "core.h"
#include "kernels/kernels.h"

const dgen_isa_kernels *dgen__isa(void);
const dgen_aes_kernels *dgen__aes(void);
/* Names of all that are usable here, apart by one space. */
const char *dgen__isa_names(void);
/* CPUs this process may run on, and how many cores the machine has. */
int dgen__logical_cpus(void);
int dgen__cores(void);
/* Bytes of the last cache before memory. */
uint64_t dgen__last_cache_bytes(void);

#endif
