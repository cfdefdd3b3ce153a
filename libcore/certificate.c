/*
 * What every way of quantizing shares beside codes: elements that are not finite, and the certificate of how far results are
 * from elements.
 */
#include <math.h>

#include "quantize.h"
#include "threads.h"

int64_t dgen__replace_nonfinite(float *out, const float *x, int64_t n, dgen_nonfinite policy)
{
    float least = 0, most = 0;
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(x[i])) {
            if (x[i] < least) least = x[i];
            if (x[i] > most) most = x[i];
        }
    for (int64_t i = 0; i < n; i++) {
        bool finite = isfinite(x[i]);
        count += !finite;
        out[i] = finite ? x[i] : policy == DGEN_NONFINITE_ZERO || isnan(x[i]) ? 0 : x[i] < 0 ? least : most;
    }
    return count;
}

dgen_status dgen__fail_nonfinite(const dgen_array *x, dgen_error *error)
{
    int64_t length = dgen_array_length(x), i = 0;
    double value = 0;
    for (; i < length; i++)
        if (!isfinite((float)(value = dgen_array_get(x, i)))) break;
    if (isfinite(value))
        return dgen__fail(error, DGEN_EINVAL, "x", "x must be finite in f32; element %lld is %.9g", (long long)i + 1, value);
    return dgen__fail(error, DGEN_EINVAL, "x", "x must be finite, or nan \"saturate\" or \"zero\"; element %lld is %s",
                      (long long)i + 1, isnan(value) ? "NaN" : value < 0 ? "-Inf" : "Inf");
}

dgen_status dgen__fail_layer(dgen_error *error, int64_t i, const dgen_error *reason)
{
    if (reason->code == DGEN_ECANCELED) return dgen__fail_canceled(error);
    return dgen__fail(error, reason->code, reason->argument, "layer %lld: %s", (long long)i + 1, reason->message);
}

void dgen__deviation_add(dgen_deviation *sum, const dgen_deviation *part)
{
    sum->squares += part->squares;
    sum->result_squares += part->result_squares;
    sum->error_squares += part->error_squares;
    if (part->most > sum->most) sum->most = part->most;
    sum->clipped += part->clipped;
}

/* 10 log10 (x), by the kernel: libm's bits are those of a machine. */
static double decibels(double x)
{
    double result;
    const void *operands[3] = { &x };
    dgen__isa()->map[DGEN_OP_log10][DGEN_F64_KERNELS](&result, operands, 0, 1, 0);
    return 10 * result;
}

void dgen__certify(dgen_certificate *out, const dgen_deviation *sum, int64_t count, int64_t nonfinite)
{
    *out = (dgen_certificate){ .max = NAN, .rmse = NAN, .snr_db = NAN, .cosine = NAN, .nonfinite = nonfinite };
    if (!sum) return;
    double dot = (sum->squares + sum->result_squares - sum->error_squares) / 2;
    double norms = sqrt(sum->squares) * sqrt(sum->result_squares);
    out->max = sum->most;
    out->rmse = sqrt(sum->error_squares / (double)count);
    out->snr_db = sum->error_squares == 0 ? INFINITY : decibels(sum->squares / sum->error_squares);
    out->cosine = norms == 0 ? sum->squares == sum->result_squares : dot / norms;
    if (out->cosine > 1) out->cosine = 1;
    out->clipped = sum->clipped;
}
