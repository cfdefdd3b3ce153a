/* PLACEHOLDER */
static void F(lognormal_draw)(void *out, const dgen_draw *draw, size_t n) { F(placeholder)(out, draw, n); } /* PLACEHOLDER */
#if REAL_BITS == 64
static void cauchy_draw_f64(void *out, const dgen_draw *draw, size_t n) { F(placeholder)(out, draw, n); } /* PLACEHOLDER */
#endif
