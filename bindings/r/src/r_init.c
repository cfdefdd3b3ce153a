/*
 * Loading: the table of entry points, R's interrupts, and the calls about the machine.
 *
 * The core asks `poll` while it works. R_CheckUserInterrupt would jump out of the core, so it runs at a top level of its
 * own; the interrupt it takes there is signalled again once the core has returned.
 */
#include "dgen_r.h"

#include <R_ext/Random.h>
#include <R_ext/Visibility.h>

static int interrupt_taken;

static void check_interrupt(void *context)
{
    (void)context;
    R_CheckUserInterrupt();
}

static int poll(void *context)
{
    (void)context;
    if (!R_ToplevelExec(check_interrupt, NULL)) interrupt_taken = 1;
    return interrupt_taken;
}

void dgen_r_take_interrupt(void) { interrupt_taken = 1; }

int dgen_r_interrupted(void)
{
    int taken = interrupt_taken;
    interrupt_taken = 0;
    return taken;
}

/* ------------------------------------------------------------------------------------------------------- the machine */

SEXP dgen_r_system_info(void)
{
    dgen_record record;
    dgen_system_record(&record);
    return dgen_r_list(&record);
}

SEXP dgen_r_threads(SEXP n)
{
    dgen_error error;
    int before = dgen_threads_get();
    if (n != R_NilValue && dgen_threads_set((int)dgen_r_check_whole(n, "n", 0, 1024), &error) != DGEN_OK)
        dgen_r_raise(&error);
    return Rf_ScalarInteger(before);
}

SEXP dgen_r_version(void) { return Rf_mkString(DGEN_VERSION); }

SEXP dgen_r_pool_trim(void) { return dgen_r_count(dgen_pool_trim()); }

SEXP dgen_r_pool_cap(SEXP bytes)
{
    uint64_t before = dgen_pool_cap_get();
    if (bytes != R_NilValue) dgen_pool_cap_set(dgen_r_check_whole(bytes, "bytes", 0, UINT64_C(1) << 53));
    return dgen_r_count(before);
}

/* ---------------------------------------------------------------------------------------------------- entry points */

#define ENTRY(name, arguments) { #name, (DL_FUNC)dgen_r_##name, arguments },
#define EXTERNAL(name) { #name, (DL_FUNC)dgen_r_##name, -1 },
/* R's generator looks its functions up among the entries of all libraries, by these names. */
#define RNG_ENTRY(name) { #name, (DL_FUNC)name, 0 },
static const R_CallMethodDef entries[] = { DGEN_R_ENTRIES(ENTRY) RNG_ENTRY(user_unif_rand) RNG_ENTRY(user_unif_init)
    RNG_ENTRY(user_unif_nseed) RNG_ENTRY(user_unif_seedloc) RNG_ENTRY(user_norm_rand) { NULL, NULL, 0 } };
static const R_ExternalMethodDef external_entries[] = { EXTERNAL(operation) EXTERNAL(random) EXTERNAL(sampler) EXTERNAL(quantize)
    EXTERNAL(quantize_batch) EXTERNAL(activation_table) EXTERNAL(quantize_activations) EXTERNAL(choose_bits) { NULL, NULL, 0 } };

attribute_visible void R_init_dgen(DllInfo *dll)
{
    R_registerRoutines(dll, NULL, entries, NULL, external_entries);
    R_useDynamicSymbols(dll, FALSE);
    dgen_r_altrep_init(dll);
    dgen_poll_set(poll, NULL);
}
