/* PLACEHOLDER */
#include "engine.h"

dgen_status dgen__engine_open(dgen__engine **out, dgen_engine kind, uint64_t seed, dgen_error *error)
{
    (void)out, (void)kind, (void)seed;
    return dgen__fail(error, DGEN_EUNSUPPORTED, "engine", "PLACEHOLDER");
}
void dgen__engine_close(dgen__engine *engine) { (void)engine; }
void dgen__engine_fill(dgen__engine *engine, double *out, uint64_t first, uint64_t n) { (void)engine, (void)out, (void)first, (void)n; }
