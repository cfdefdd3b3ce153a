/* Values drawn in one type, as another that can hold them; whole groups at a time, which compilers turn into vectors. */

#define CONVERSION(from_name, from, to_name, to)                                                                   \
    static WIDENING void from_name##_to_##to_name(void *out, const void *values, size_t n)                         \
    {                                                                                                              \
        to *restrict target = out;                                                                                 \
        const from *restrict source = values;                                                                      \
        for (; n; n -= DGEN_DRAW_GROUP, target += DGEN_DRAW_GROUP, source += DGEN_DRAW_GROUP)                      \
            for (int i = 0; i < DGEN_DRAW_GROUP; i++) target[i] = (to)source[i];                                   \
    }
CONVERSION(f64, double, f32, float)
CONVERSION(f64, double, i32, int32_t)
CONVERSION(f64, double, i64, int64_t)
CONVERSION(f64, double, u8, uint8_t)
CONVERSION(i32, int32_t, f64, double)
CONVERSION(i32, int32_t, f32, float)
CONVERSION(i32, int32_t, i64, int64_t)
CONVERSION(i32, int32_t, u8, uint8_t)
CONVERSION(i64, int64_t, f64, double)
CONVERSION(i64, int64_t, f32, float)
CONVERSION(i64, int64_t, i32, int32_t)
CONVERSION(i64, int64_t, u8, uint8_t)
CONVERSION(u8, uint8_t, f64, double)
CONVERSION(u8, uint8_t, f32, float)
CONVERSION(u8, uint8_t, i32, int32_t)
CONVERSION(u8, uint8_t, i64, int64_t)
#undef CONVERSION

static void (*const convert[DGEN_DRAW_TYPES][DGEN_DRAW_TYPES])(void *out, const void *values, size_t n) = {
    [DGEN_DRAW_F64] = { NULL, f64_to_f32, f64_to_i32, f64_to_i64, f64_to_u8 },
    [DGEN_DRAW_I32] = { i32_to_f64, i32_to_f32, NULL, i32_to_i64, i32_to_u8 },
    [DGEN_DRAW_I64] = { i64_to_f64, i64_to_f32, i64_to_i32, NULL, i64_to_u8 },
    [DGEN_DRAW_U8] = { u8_to_f64, u8_to_f32, u8_to_i32, u8_to_i64, NULL },
};
