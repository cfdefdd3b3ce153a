/* PLACEHOLDER */
static void geometric_draw_f64(void *out, const dgen_draw *draw, size_t n) { F(placeholder)(out, draw, n); } /* PLACEHOLDER */
static void poisson_draw_f64(void *out, const dgen_draw *draw, size_t n) { F(placeholder)(out, draw, n); } /* PLACEHOLDER */
static void binomial_draw_f64(void *out, const dgen_draw *draw, size_t n) { F(placeholder)(out, draw, n); } /* PLACEHOLDER */
