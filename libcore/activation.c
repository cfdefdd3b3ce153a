/* PLACEHOLDER. */
#include "quantize.h"

#define STUB return dgen__fail(error, DGEN_EUNSUPPORTED, "", "this build cannot do it")

void dgen_activation_options_init(dgen_activation_options *o) { *o = (dgen_activation_options){ .sizeof_options = sizeof *o, .bits = 8, .equal_range = 1 }; }
dgen_status dgen_activation_options_set(dgen_activation_options *o, const char *name, dgen_value v, dgen_error *error) { (void)o; (void)name; (void)v; STUB; }
dgen_status dgen_activation_table_make(dgen_activation_table *out, const dgen_array *s, const dgen_activation_options *o, dgen_error *error) { (void)out; (void)s; (void)o; STUB; }
void dgen_activation_table_release(dgen_activation_table *t) { (void)t; }
void dgen_activation_table_record(const dgen_activation_table *t, dgen_record *out) { (void)t; out->count = 0; }
dgen_status dgen_activation_table_set(dgen_activation_table *t, const char *name, dgen_value v, dgen_error *error) { (void)t; (void)name; (void)v; STUB; }
dgen_status dgen_quantize_activations(dgen_quantized *out, const dgen_array *x, dgen_operand t, const dgen_activation_table *table,
    const dgen_quantize_options *o, dgen_error *error) { (void)out; (void)x; (void)t; (void)table; (void)o; STUB; }
