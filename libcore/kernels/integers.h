/* PLACEHOLDER */
static void integers_16_draw_i32(void *out, const dgen_draw *draw, size_t n) { (void)draw; memset(out, 1, n * sizeof(int32_t)); } /* PLACEHOLDER */
static void integers_16_draw_i64(void *out, const dgen_draw *draw, size_t n) { (void)draw; memset(out, 1, n * sizeof(int64_t)); } /* PLACEHOLDER */
static void integers_16_draw_u8(void *out, const dgen_draw *draw, size_t n) { (void)draw; memset(out, 1, n * sizeof(uint8_t)); } /* PLACEHOLDER */
static void integers_32_draw_i32(void *out, const dgen_draw *draw, size_t n) { (void)draw; memset(out, 1, n * sizeof(int32_t)); } /* PLACEHOLDER */
static void integers_32_draw_i64(void *out, const dgen_draw *draw, size_t n) { (void)draw; memset(out, 1, n * sizeof(int64_t)); } /* PLACEHOLDER */
static void integers_64_draw_i32(void *out, const dgen_draw *draw, size_t n) { (void)draw; memset(out, 1, n * sizeof(int32_t)); } /* PLACEHOLDER */
static void integers_64_draw_i64(void *out, const dgen_draw *draw, size_t n) { (void)draw; memset(out, 1, n * sizeof(int64_t)); } /* PLACEHOLDER */
static void integers_any_draw_i64(void *out, const dgen_draw *draw, size_t n) { (void)draw; memset(out, 1, n * sizeof(int64_t)); } /* PLACEHOLDER */
static void table_draw_i32(void *out, const dgen_draw *draw, size_t n) { (void)draw; memset(out, 1, n * sizeof(int32_t)); } /* PLACEHOLDER */
static void alias_draw_i32(void *out, const dgen_draw *draw, size_t n) { (void)draw; memset(out, 1, n * sizeof(int32_t)); } /* PLACEHOLDER */
static void bernoulli_draw_u8(void *out, const dgen_draw *draw, size_t n) { (void)draw; memset(out, 1, n * sizeof(uint8_t)); } /* PLACEHOLDER */
