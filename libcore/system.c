/* What the machine is and what dgen makes of it, as one record for every host. */
#include "cpu.h"
#include "memory.h"
#include "threads.h"

void dgen_system_record(dgen_record *out)
{
    out->count = 0;
    dgen__record_text(out, "version", DGEN_VERSION);
    dgen__record_count(out, "format", DGEN_FORMAT);
    dgen__record_text(out, "isa", dgen__isa()->name);
    dgen__record_words(out, "isas", dgen__isa_names());
    dgen__record_text(out, "aes", dgen__aes()->name);
    dgen__record_count(out, "threads", (uint64_t)dgen_threads_get());
    dgen__record_text(out, "threads_why", dgen__threads_why());
    dgen__record_count(out, "cores", (uint64_t)dgen__cores());
    dgen__record_count(out, "logical_cpus", (uint64_t)dgen__logical_cpus());
    dgen__record_count(out, "nodes", (uint64_t)dgen__numa_nodes());
    dgen__record_text(out, "huge_pages", dgen__huge_page_mode());
    dgen__record_count(out, "pool_bytes", dgen_pool_bytes());
    dgen__record_count(out, "pool_cap", dgen_pool_cap_get());
}
