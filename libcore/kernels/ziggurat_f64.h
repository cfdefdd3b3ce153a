/* PLACEHOLDER */
static void F(normal_draw)(void *out, const dgen_draw *draw, size_t n) { F(placeholder)(out, draw, n); } /* PLACEHOLDER */
static void F(exponential_draw)(void *out, const dgen_draw *draw, size_t n) { F(placeholder)(out, draw, n); } /* PLACEHOLDER */
