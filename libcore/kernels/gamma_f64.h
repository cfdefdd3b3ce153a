/* PLACEHOLDER */
static void gamma_draw_f64(void *out, const dgen_draw *draw, size_t n) { F(placeholder)(out, draw, n); } /* PLACEHOLDER */
static void beta_draw_f64(void *out, const dgen_draw *draw, size_t n) { F(placeholder)(out, draw, n); } /* PLACEHOLDER */
static void chisq_draw_f64(void *out, const dgen_draw *draw, size_t n) { F(placeholder)(out, draw, n); } /* PLACEHOLDER */
static void t_draw_f64(void *out, const dgen_draw *draw, size_t n) { F(placeholder)(out, draw, n); } /* PLACEHOLDER */
