/* PLACEHOLDER kernels: right, slow. */
static void scale_candidates(float candidate[DGEN_CANDIDATES], float scale, const dgen_quantizer *q)
{
    double step = q->bits == 8 ? .01 : q->bits == 4 ? .03 : .045;
    for (int i = 0; i < DGEN_CANDIDATES; i++) candidate[i] = i ? scale_rounded_up(scale * (1 - i * step), q) : scale;
}

static void candidate_errors(double error[DGEN_CANDIDATES], const float candidate[DGEN_CANDIDATES], uint8_t zero, const float *x,
                             size_t n, const dgen_quantizer *q)
{
    uint8_t packed[1];
    for (size_t i = 0; i < n; i++)
        for (int c = 0; c < DGEN_CANDIDATES; c++) {
            dgen_deviation d = { 0 };
            encode_row(packed, candidate + c, &zero, x + i, 1, 1, 0, q, &d);
            error[c] += d.error_squares;
        }
}
