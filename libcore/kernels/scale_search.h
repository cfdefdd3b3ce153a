/*
 * The squared errors of sixteen scales at once, one a lane: each element meets all of them, in the order of the elements, so that
 * the sums have the same bits at any width of vectors.
 *
 * In units of its scale an element t = x / s errs by t - clamp (rne (t)), levels counted from the zero. That is free of the
 * magnitude of the group; its own rounding, of an ulp of t, is small beside it.
 */
enum {
    CANDIDATE_LANES = DGEN_VECTOR_BYTES / 4,
    CANDIDATE_VECTORS = DGEN_CANDIDATES / CANDIDATE_LANES,
    CANDIDATE_PIECE = 128, /* elements whose errors are added in f32, in two sums by turns */
    CANDIDATE_NARROW = 0,  /* DGEN_RANGE_NARROW and DGEN_RANGE_MIDRISE of dgen.h */
    CANDIDATE_MIDRISE = 2
};

/* Scales from `scale` down, rounded up as scales are: to 16 significant bits, or to an f16. How far down: to where the best ones of
   tensors of 2^20 normal, Laplace or outlying elements were found; how densely: so that groups of 32 to 128 lose at most .02 dB
   against finer steps. */
static void scale_candidates(float candidate[DGEN_CANDIDATES], float scale, const dgen_quantizer *q)
{
    float step = q->bits == 2 ? .06f : .02f, growth = q->bits == 4 ? .002f : 0;
    static const float number[DGEN_CANDIDATES] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    ivec_f32 fraction = integers_f32(q->half_scale ? 0x1fff : 0xff);
    vec_f32 first = constant_f32(scale), half = constant_f32(.5f);
    for (int i = 0; i < DGEN_CANDIDATES; i += CANDIDATE_LANES) {
        vec_f32 k = load_f32(number + i), s = first * (constant_f32(1) - k * (constant_f32(step) + k * constant_f32(growth)));
        s = greater_f32(s, constant_f32(0x1p-126f));
        vec_f32 up = (vec_f32)(((ivec_f32)s + fraction) & ~fraction);
        vec_f32 least = (s + half) - half; /* a multiple of 2^-24, as the least f16s are */
        least = select_f32(less_f32(least, s), least + constant_f32(0x1p-24f), least);
        if (q->half_scale) up = select_f32(less_f32(s, constant_f32(0x1p-14f)), least, up);
        store_f32(candidate + i, lesser_f32(up, first));
    }
    candidate[0] = scale;
}

/* What an element adds to the sum of squared errors, in each lane. */
INLINE vec_f32 squared_error(float x, vec_f32 inverse, vec_f32 least, vec_f32 most, bool midrise)
{
    vec_f32 whole = constant_f32(0x1.8p23f), t = inverse * x;
    if (midrise) t -= constant_f32(.5f);
    vec_f32 e = t - greater_f32(lesser_f32((t + whole) - whole, most), least);
    return e * e;
}

/* total[i] += the squared errors of n elements under the scale whose reciprocal is inverse[i], in units of it. */
INLINE void errors_of_piece(double *total, const float *inverse, const float *x, size_t n, float bottom, float top, bool midrise)
{
    vec_f32 least = constant_f32(bottom), most = constant_f32(top);
    for (int v = 0; v < CANDIDATE_VECTORS; v++) {
        vec_f32 even = { 0 }, odd = { 0 }, by = load_f32(inverse + v * CANDIDATE_LANES);
        float sum[CANDIDATE_LANES];
        size_t i = 0;
        for (; i + 4 <= n; i += 4) {
            even += squared_error(x[i], by, least, most, midrise);
            odd += squared_error(x[i + 1], by, least, most, midrise);
            even += squared_error(x[i + 2], by, least, most, midrise);
            odd += squared_error(x[i + 3], by, least, most, midrise);
        }
        for (; i < n; i++) {
            vec_f32 e = squared_error(x[i], by, least, most, midrise);
            if (i % 2) odd += e;
            else even += e;
        }
        store_f32(sum, even + odd);
        for (int k = 0; k < CANDIDATE_LANES; k++) total[v * CANDIDATE_LANES + k] += (double)sum[k];
    }
}

static void candidate_errors(double error[DGEN_CANDIDATES], const float candidate[DGEN_CANDIDATES], uint8_t zero, const float *x,
                             size_t n, const dgen_quantizer *q)
{
    bool midrise = q->symmetric && q->range == CANDIDATE_MIDRISE, narrow = q->symmetric && q->range == CANDIDATE_NARROW;
    float bottom = (float)(narrow - (int)zero), top = (float)((1 << q->bits) - 1 - (int)zero), inverse[DGEN_CANDIDATES];
    double total[DGEN_CANDIDATES] = { 0 };
    for (int i = 0; i < DGEN_CANDIDATES; i++) inverse[i] = 1 / candidate[i];
    for (size_t piece; n; x += piece, n -= piece) {
        piece = n < CANDIDATE_PIECE ? n : CANDIDATE_PIECE;
        if (midrise) errors_of_piece(total, inverse, x, piece, bottom, top, true);
        else errors_of_piece(total, inverse, x, piece, bottom, top, false);
    }
    for (int i = 0; i < DGEN_CANDIDATES; i++) error[i] += total[i] * ((double)candidate[i] * (double)candidate[i]);
}
