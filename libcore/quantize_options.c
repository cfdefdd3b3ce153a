/*
 * How to quantize: the options, by name and checked.
 */
#include "quantize.h"

const char *const dgen__scheme_names[] = { "asymmetric", "symmetric", "offset", NULL };
const char *const dgen__range_names[] = { "narrow", "full", "midrise", NULL };
const char *const dgen__axis_names[] = { "group", "row", "tensor", NULL };
static const char *const search_names[] = { "minmax", "mse", "percentile", NULL };
static const char *const nonfinite_names[] = { "error", "saturate", "zero", NULL };
static const char *const scale_names[] = { "f32", "f16", NULL };
static const char *const rule_names[] = { "dgen", "ggml_q8_0", "ggml_q4_0", "ggml_q4_1", NULL };

#define RANGE_LEGAL "\"narrow\", \"full\" or \"midrise\""
#define AXIS_LEGAL "\"group\", \"row\" or \"tensor\""
#define BITS_LEGAL "8, 4 or 2"

void dgen_quantize_options_init(dgen_quantize_options *options)
{
    *options = (dgen_quantize_options){ .sizeof_options = sizeof *options, .bits = 8, .group = 128, .percentile = 99.9,
                                        .scale_type = DGEN_F32, .certificate = 1 };
}

dgen_status dgen__value_bits(int *out, dgen_value value, dgen_error *error)
{
    double bits;
    dgen_status status = dgen__value_number(&bits, "bits", value, 2, 8, BITS_LEGAL, error);
    if (status != DGEN_OK) return status;
    if (bits != 2 && bits != 4 && bits != 8)
        return dgen__fail(error, DGEN_EINVAL, "bits", "bits must be " BITS_LEGAL ", not %.15g", bits);
    *out = (int)bits;
    return DGEN_OK;
}

dgen_status dgen__value_flag(int *out, const char *argument, dgen_value value, dgen_error *error)
{
    if (value.kind != DGEN_VALUE_BOOLEAN) return dgen_error_type(argument, "true or false", error);
    *out = value.integer != 0;
    return DGEN_OK;
}

dgen_status dgen__value_threads(int *out, dgen_value value, dgen_error *error)
{
    uint64_t whole;
    dgen_status status = dgen_value_whole(&whole, "max_threads", value, 0, 1024, 0, error);
    if (status == DGEN_OK) *out = (int)whole;
    return status;
}

/* Options that are one of a few words; false if `name` is none of them. */
static bool set_word(dgen_status *status, dgen_quantize_options *options, const char *name, dgen_value value, dgen_error *error)
{
    static const struct word {
        const char *name;
        size_t at;
        const char *const *words;
        const char *legal;
    } rows[] = {
#define AT(field) offsetof(dgen_quantize_options, field)
        { "scheme", AT(scheme), dgen__scheme_names, "\"asymmetric\" or \"symmetric\"" },
        { "range", AT(range), dgen__range_names, RANGE_LEGAL },
        { "axis", AT(axis), dgen__axis_names, AXIS_LEGAL },
        { "search", AT(search), search_names, "\"minmax\", \"mse\" or \"percentile\"" },
        { "nan", AT(nan), nonfinite_names, "\"error\", \"saturate\" or \"zero\"" },
        { "scale_type", AT(scale_type), scale_names, "\"f32\" or \"f16\"" },
        { "rule", AT(rule), rule_names, "\"dgen\", \"ggml_q8_0\", \"ggml_q4_0\" or \"ggml_q4_1\"" },
#undef AT
    };
    int word = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strcmp(rows[i].name, name)) {
            const char *const *words = rows[i].words;
            *status = dgen__value_word(&word, name, value, words, rows[i].legal, error);
            if (*status == DGEN_OK && words == dgen__scheme_names && word == DGEN_OFFSET)
                *status = dgen__fail(error, DGEN_EINVAL, name, "%s must be %s, not \"offset\"", name, rows[i].legal);
            if (*status == DGEN_OK && words == scale_names) word = word ? DGEN_F16 : DGEN_F32;
            if (*status == DGEN_OK) memcpy((char *)options + rows[i].at, &word, sizeof word);
            return true;
        }
    return false;
}

dgen_status dgen_quantize_options_set(dgen_quantize_options *options, const char *name, dgen_value value, dgen_error *error)
{
    uint64_t whole;
    dgen_status status;
    if (set_word(&status, options, name, value, error)) return status;
    if (!strcmp(name, "bits")) return dgen__value_bits(&options->bits, value, error);
    if (!strcmp(name, "exact")) return dgen__value_flag(&options->exact, name, value, error);
    if (!strcmp(name, "certificate")) return dgen__value_flag(&options->certificate, name, value, error);
    if (!strcmp(name, "max_threads")) return dgen__value_threads(&options->max_threads, value, error);
    if (!strcmp(name, "percentile"))
        return dgen__value_number(&options->percentile, name, value, 50, 100, "a number from 50 to 100", error);
    if (!strcmp(name, "group")) {
        status = dgen_value_whole(&whole, name, value, 1, INT64_C(1) << 53, 0, error);
        if (status == DGEN_OK) options->group = (int64_t)whole, options->has_group = 1;
        return status;
    }
    return dgen__fail(error, DGEN_EINVAL, "options",
                      "\"%.40s\" is not an option of quantize; the options are bits, scheme, range, axis, group, search, percentile, "
                      "nan, exact, scale_type, rule, certificate, max_threads", name);
}

dgen_status dgen__quantize_options_check(const dgen_quantize_options *options, dgen_error *error)
{
#define CHECK(condition, argument, ...) \
    if (!(condition)) return dgen__fail(error, DGEN_EINVAL, argument, argument " must be " __VA_ARGS__)
    CHECK(options->bits == 8 || options->bits == 4 || options->bits == 2, "bits", BITS_LEGAL ", not %d", options->bits);
    CHECK((unsigned)options->scheme < DGEN_OFFSET, "scheme", "DGEN_ASYMMETRIC or DGEN_SYMMETRIC");
    CHECK((unsigned)options->range <= DGEN_RANGE_MIDRISE, "range", "a dgen_code_range");
    CHECK((unsigned)options->axis <= DGEN_AXIS_TENSOR, "axis", "a dgen_axis");
    CHECK((unsigned)options->search <= DGEN_SEARCH_PERCENTILE, "search", "a dgen_search");
    CHECK((unsigned)options->nan <= DGEN_NONFINITE_ZERO, "nan", "a dgen_nonfinite");
    CHECK(options->percentile >= 50 && options->percentile <= 100, "percentile", "a number from 50 to 100, not %.15g",
          options->percentile);
    CHECK(options->scale_type == DGEN_F32 || options->scale_type == DGEN_F16, "scale_type", "\"f32\" or \"f16\"");
    CHECK((unsigned)options->rule <= DGEN_PACKING_GGML_Q4_1, "rule", "\"dgen\" or one of ggml's");
    CHECK(options->max_threads >= 0, "max_threads", "0 or more, not %d", options->max_threads);
    CHECK(options->range != DGEN_RANGE_MIDRISE || (options->bits == 2 && options->scheme == DGEN_SYMMETRIC), "range",
          "\"narrow\" or \"full\" unless bits is 2 and scheme is \"symmetric\"");
    CHECK(!options->has_group || options->group > 0, "group", "a whole number from 1 to 9007199254740992, not %lld",
          (long long)options->group);
    CHECK(!options->has_group || options->axis == DGEN_AXIS_GROUP, "group", "left out unless axis is \"group\"");
#undef CHECK
    return DGEN_OK;
}
