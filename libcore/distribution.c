/*
 * The registry of distributions: what distributions.def says of each, its options, and the checks that every call of one
 * begins with.
 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "op.h"
#include "random.h"

/* ------------------------------------------------------------------------------------------------------- the registry */

enum { REAL = DGEN_REAL, WHOLE = DGEN_WHOLE, INDEX = DGEN_INDEX, ORDER = DGEN_ORDER, ROWS = DGEN_ROWS };

const dgen__distribution dgen__distributions[DGEN_DISTRIBUTION_COUNT] = {
#define DGEN_DISTRIBUTION(name, key, kind, parameters, domains, cost, summary, method) \
    { #name, key, kind, sizeof domains - 1, domains, cost },
#include "distributions.def"
#undef DGEN_DISTRIBUTION
};

static const struct text {
    const char *parameters, *summary, *method;
} texts[DGEN_DISTRIBUTION_COUNT] = {
#define DGEN_DISTRIBUTION(name, key, kind, parameters, domains, cost, summary, method) { parameters, summary, method },
#include "distributions.def"
#undef DGEN_DISTRIBUTION
};

static const char *legal_of(char domain)
{
    switch (domain) {
    case 'N': return "a finite number from 0 up";
    case 'P': return "a finite number more than 0";
    case 'U': return "a number from 0 to 1";
    case 'V': return "a number more than 0 and at most 1";
    case 'W': return "a whole number from 0 to 2^53";
    case 'I': return "a whole number from -2^63 to 2^63 - 1";
    case 'S': return "an array of finite numbers from 0 up, not all 0";
    default: return "a finite number";
    }
}

static dgen_distribution_row rows[DGEN_DISTRIBUTION_COUNT];
static char parameter_names[DGEN_DISTRIBUTION_COUNT][2][12];

/* "mean=0 sd=1" as names and defaults. */
static void read_parameters(dgen_distribution_row *row, char names[2][12], const char *text, const char *domains)
{
    for (int i = 0; i < row->parameters; i++) {
        size_t length = strcspn(text, " "), name = strcspn(text, " =");
        memcpy(names[i], text, name);
        row->parameter[i] = names[i];
        row->defaults[i] = name < length ? strtod(text + name + 1, NULL) : NAN;
        row->legal[i] = legal_of(domains[i]);
        text += length + (text[length] == ' ');
    }
}

static void fill_registry(void)
{
    for (int i = 0; i < DGEN_DISTRIBUTION_COUNT; i++) {
        const dgen__distribution *row = &dgen__distributions[i];
        rows[i] = (dgen_distribution_row){ .name = row->name,
                                           .kind = row->kind,
                                           .parameters = row->parameters,
                                           .summary = texts[i].summary,
                                           .method = texts[i].method };
        read_parameters(&rows[i], parameter_names[i], texts[i].parameters, row->domains);
    }
}

const dgen_distribution_row *dgen_distribution_get(dgen_distribution distribution)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_registry);
    return (unsigned)distribution < DGEN_DISTRIBUTION_COUNT ? &rows[distribution] : NULL;
}

dgen_status dgen_distribution_find(dgen_distribution *out, const char *name, dgen_error *error)
{
    char names[256];
    size_t at = 0;
    for (int i = 0; i < DGEN_DISTRIBUTION_COUNT; i++) {
        if (!strcmp(dgen__distributions[i].name, name)) {
            *out = (dgen_distribution)i;
            return DGEN_OK;
        }
        at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", i ? ", " : "", dgen__distributions[i].name);
    }
    return dgen__fail(error, DGEN_EINVAL, "distribution", "distribution must be one of %s, not \"%.40s\"", names, name);
}

/* -------------------------------------------------------------------------------------------------------------- options */

void dgen_random_options_init(dgen_random_options *options)
{
    *options = (dgen_random_options){ .sizeof_options = sizeof *options };
}

static dgen_status set_uniform_option(dgen_random_options *options, const char *name, dgen_value value, dgen_error *error)
{
    static const char *const resolutions[] = { "standard", "full", NULL };
    static const char *const engines[] = { "dgen", "r", "octave", "lua", NULL };
    int word = 0;
    bool engine = !strcmp(name, "engine");
    dgen_status status = engine ? dgen__value_word(&word, name, value, engines, "\"dgen\", \"r\", \"octave\" or \"lua\"", error)
                                : dgen__value_word(&word, name, value, resolutions, "\"standard\" or \"full\"", error);
    if (status != DGEN_OK) return status;
    if (engine) options->engine = (dgen_engine)word;
    else options->full_resolution = word;
    return DGEN_OK;
}

dgen_status dgen_random_options_set(dgen_random_options *options, dgen_distribution distribution, const char *name,
                                    dgen_value value, dgen_error *error)
{
    const dgen__distribution *row = &dgen__distributions[distribution];
    bool uniform = distribution == DGEN_DISTRIBUTION_uniform;
    uint64_t whole;
    dgen_status status;
    if (!strcmp(name, "type")) {
        if (value.kind != DGEN_VALUE_TEXT) return dgen_error_type("type", "the name of a type", error);
        status = dgen_dtype_find(&options->dtype, value.text, error);
        if (status == DGEN_OK) options->has_dtype = 1;
        return status;
    }
    if (!strcmp(name, "seed") || !strcmp(name, "stream")) {
        status = dgen_value_whole(&whole, name, value, 0, UINT64_MAX, 1, error);
        if (status != DGEN_OK) return status;
        if (name[1] == 't') options->stream = whole;
        else options->seed = whole, options->has_seed = 1;
        return DGEN_OK;
    }
    if (!strcmp(name, "offset") && row->kind != ORDER)
        return dgen_value_whole(&options->offset, name, value, 0, UINT64_C(1) << 53, 0, error);
    if (!strcmp(name, "max_threads")) {
        status = dgen_value_whole(&whole, name, value, 0, 1024, 0, error);
        if (status == DGEN_OK) options->max_threads = (int)whole;
        return status;
    }
    if (uniform && (!strcmp(name, "resolution") || !strcmp(name, "engine")))
        return set_uniform_option(options, name, value, error);
    const dgen_distribution_row *texts = dgen_distribution_get(distribution);
    char names[40] = "";
    for (int i = 0; i < row->parameters && row->kind < ORDER; i++) {
        strcat(names, texts->parameter[i]);
        strcat(names, ", ");
    }
    return dgen__fail(error, DGEN_EINVAL, "options",
                      "\"%.40s\" is not an option of %s; the options are %stype, seed, stream, %smax_threads%s", name,
                      row->name, names, row->kind == ORDER ? "" : "offset, ", uniform ? ", resolution, engine" : "");
}

/* ---------------------------------------------------------------------------------------------------------------- types */

/* Of integers and positions, where no type is asked for: i32 if that holds `least` to `most`. */
static dgen_status check_type(dgen__draws *draws, dgen_error *error)
{
    bool real = draws->row->kind == REAL || draws->row->kind == ROWS;
    dgen_dtype dtype = draws->options.dtype;
    if (!draws->options.has_dtype) dtype = draws->row->kind == REAL ? DGEN_F64 : real ? DGEN_F32 : DGEN_I32;
    if (!draws->options.has_dtype && !real && (draws->least < -0x1p31 || draws->most > 0x1p31 - 1)) dtype = DGEN_I64;
    bool fits =
        dtype == DGEN_F64 || dtype == DGEN_F32 || (!real && (dtype == DGEN_I32 || dtype == DGEN_I64 || dtype == DGEN_U8));
    if (!fits)
        return dgen__fail(error, DGEN_ETYPE, "type", "type must be %s for %s, not %s",
                          real ? "f64 or f32" : "i32, i64, u8, f64 or f32", draws->row->name,
                          (unsigned)dtype < DGEN_DTYPE_COUNT ? dgen_dtype_name(dtype) : "of no type");
    draws->dtype = draws->options.dtype = dtype;
    if (draws->options.engine != DGEN_ENGINE_DGEN && dtype != DGEN_F64)
        return dgen__fail(error, DGEN_ETYPE, "type", "type must be f64 with another engine than \"dgen\"");
    return DGEN_OK;
}

dgen_status dgen__draws_range(const dgen__draws *draws, double least, double most, const char *argument, dgen_error *error)
{
    double low = 0, high = 255;
    switch (draws->dtype) {
    case DGEN_F64: low = -0x1p53, high = 0x1p53; break;
    case DGEN_F32: low = -0x1p24, high = 0x1p24; break;
    case DGEN_I64: return DGEN_OK;
    case DGEN_I32: low = -0x1p31, high = 0x1p31 - 1; break;
    default: break;
    }
    if (least >= low && most <= high) return DGEN_OK;
    return dgen__fail(error, DGEN_EINVAL, argument,
                      "%s makes values from %.17g to %.17g; type %s holds whole numbers from %.17g to %.17g", argument,
                      least, most, dgen_dtype_name(draws->dtype), low, high);
}

/* ----------------------------------------------------------------------------------------------------------- parameters */

static bool is_legal(char domain, double x)
{
    switch (domain) {
    case 'N':
    case 'S': return x >= 0 && x < INFINITY;
    case 'P': return x > 0 && x < INFINITY;
    case 'U': return x >= 0 && x <= 1;
    case 'V': return x > 0 && x <= 1;
    case 'W': return x >= 0 && x <= 0x1p53 && x == floor(x);
    case 'I': return x >= -0x1p63 && x < 0x1p63 && x == floor(x);
    default: return isfinite(x);
    }
}

/* element: its 0-based position; -1: a number. */
static dgen_status fail_parameter(const dgen__draws *draws, int which, double x, int64_t element, dgen_error *error)
{
    const dgen_distribution_row *row = dgen_distribution_get(draws->distribution);
    const char *name = row->parameter[which], *legal = row->legal[which];
    char text[32] = "NaN";
    if (!isnan(x)) snprintf(text, sizeof text, "%.15g", x);
    if (element < 0) return dgen__fail(error, DGEN_EINVAL, name, "%s must be %s, not %s", name, legal, text);
    return dgen__fail(error, DGEN_EINVAL, name, "%s must be %s; element %lld is %s", name, legal, (long long)element + 1,
                      text);
}

enum { CHUNK = 512 };

/* The first element that is not legal is an error. */
static dgen_status check_each(const dgen__draws *draws, int which, const dgen_array *array, dgen_error *error)
{
    double chunk[CHUNK];
    int64_t n = dgen_array_length(array);
    for (int64_t first = 0; first < n; first += CHUNK) {
        int64_t count = n - first < CHUNK ? n - first : CHUNK;
        dgen__read_elements(chunk, DGEN_F64, array, first, count);
        for (int64_t i = 0; i < count; i++)
            if (!is_legal(draws->row->domains[which], chunk[i]))
                return fail_parameter(draws, which, chunk[i], first + i, error);
    }
    return DGEN_OK;
}

/* The least and the greatest element, NaN if one is. A reduction takes no i64 beyond 2^53. */
static dgen_status find_extremes(dgen__draws *draws, int which, const dgen_array *array, dgen_error *error)
{
    dgen__parameter *parameter = &draws->parameter[which];
    dgen_operand operand = { array, 0 };
    dgen_op_options options = { .sizeof_options = sizeof options, .max_threads = draws->options.max_threads };
    double chunk[CHUNK];
    int64_t n = dgen_array_length(array);
    if (array->dtype != DGEN_I64) {
        dgen_status status = dgen_reduce(&parameter->least, DGEN_OP_min, &operand, &options, error);
        return status == DGEN_OK ? dgen_reduce(&parameter->most, DGEN_OP_max, &operand, &options, error) : status;
    }
    parameter->least = INFINITY;
    parameter->most = -INFINITY;
    for (int64_t first = 0; first < n; first += CHUNK) {
        int64_t count = n - first < CHUNK ? n - first : CHUNK;
        dgen__read_elements(chunk, DGEN_F64, array, first, count);
        for (int64_t i = 0; i < count; i++) {
            parameter->least = fmin(parameter->least, chunk[i]);
            parameter->most = fmax(parameter->most, chunk[i]);
        }
    }
    return DGEN_OK;
}

/* Every element; of weights, that one is more than 0. Where any number between two legal ones is legal, the least and the
   greatest answer for all, at the speed of memory; and any i64 is a legal bound of integers. */
static dgen_status check_elements(dgen__draws *draws, int which, const dgen_array *array, dgen_error *error)
{
    const dgen__parameter *parameter = &draws->parameter[which];
    char domain = draws->row->domains[which];
    if (dgen_array_length(array) == 0) return DGEN_OK;
    dgen_status status = find_extremes(draws, which, array, error);
    if (status != DGEN_OK || (domain == 'I' && array->dtype == DGEN_I64)) return status;
    bool whole = domain == 'W' || domain == 'I';
    if (whole || !is_legal(domain, parameter->least) || !is_legal(domain, parameter->most))
        status = check_each(draws, which, array, error);
    if (status != DGEN_OK || domain != 'S' || parameter->most > 0) return status;
    return dgen__fail(error, DGEN_EINVAL, "weights", "weights must be %s", legal_of('S'));
}

/* The only element of an array as a number. */
static void read_number(dgen__parameter *parameter, const dgen_array *array)
{
    if (array->dtype == DGEN_I64) {
        dgen__read_elements(&parameter->integer, DGEN_I64, array, 0, 1);
        parameter->number = (double)parameter->integer;
        return;
    }
    dgen__read_elements(&parameter->number, DGEN_F64, array, 0, 1);
}

static dgen_status check_parameter(dgen__draws *draws, int which, const dgen_operand *operand, uint64_t values,
                                   dgen_error *error)
{
    const dgen_array *array = operand->array;
    const char *name = dgen_distribution_get(draws->distribution)->parameter[which];
    dgen__parameter *parameter = &draws->parameter[which];
    char domain = draws->row->domains[which];
    bool whole_call = draws->row->kind == ORDER || draws->row->kind == ROWS;
    *parameter = (dgen__parameter){ .length = 1, .number = operand->number };
    if (domain == 'S' && !array) return dgen_error_type(name, legal_of('S'), error);
    if (array) {
        if (!array->release) return dgen_error_closed(name, error);
        if ((unsigned)array->dtype >= DGEN_DTYPE_COUNT)
            return dgen__fail(error, DGEN_ETYPE, name, "%s must be an array of a dgen_dtype", name);
        parameter->length = dgen_array_length(array);
        if (parameter->length == 0 && (values > 0 || domain == 'S'))
            return dgen__fail(error, DGEN_EINVAL, name, "%s must have at least one element", name);
        if (parameter->length > 1 && whole_call) return dgen_error_type(name, "a number", error);
        if (parameter->length == 1 && domain != 'S') read_number(parameter, array);
        else {
            parameter->array = array;
            return check_elements(draws, which, array, error);
        }
    }
    if (!is_legal(domain, parameter->number) && !(array && array->dtype == DGEN_I64 && domain == 'I'))
        return fail_parameter(draws, which, parameter->number, -1, error);
    if (domain == 'I' && !(array && array->dtype == DGEN_I64)) parameter->integer = (int64_t)parameter->number;
    parameter->least = parameter->most = parameter->number;
    return DGEN_OK;
}

void dgen__parameter_read(void *out, const dgen__draws *draws, int which, uint64_t first, uint64_t count)
{
    const dgen__parameter *parameter = &draws->parameter[which];
    bool integer = draws->row->domains[which] == 'I',
         exact = integer && parameter->array && parameter->array->dtype == DGEN_I64;
    uint64_t *to = out, have = 0;
    if (!parameter->array) {
        for (have = 0; have < count; have++)
            memcpy(to + have, integer ? (void *)&parameter->integer : (void *)&parameter->number, 8);
        return;
    }
    uint64_t length = (uint64_t)parameter->length, at = first % length;
    while (have < count && have < length) {
        uint64_t n = dgen__least(dgen__least(count, length) - have, length - at);
        dgen__read_elements(to + have, exact ? DGEN_I64 : DGEN_F64, parameter->array, (int64_t)at, (int64_t)n);
        have += n;
        at = 0;
    }
    if (integer && !exact)
        for (uint64_t i = 0; i < have; i++) {
            double x;
            memcpy(&x, to + i, sizeof x);
            to[i] = (uint64_t)(int64_t)x;
        }
    for (; have < count; have++) to[have] = to[have - length];
}

/* min against max, pair by pair as they are recycled. */
static dgen_status check_bounds(const dgen__draws *draws, uint64_t values, dgen_error *error)
{
    uint64_t a = (uint64_t)draws->parameter[0].length, b = (uint64_t)draws->parameter[1].length, pairs = a > b ? a : b;
    bool integer = draws->row->domains[0] == 'I';
    if (a && b && a % b && b % a && !dgen__multiply(a, b, &pairs)) pairs = UINT64_MAX;
    if (values == UINT64_MAX && pairs > UINT64_C(1) << 32)
        return dgen__fail(error, DGEN_EINVAL, "max",
                          "max must have a length that divides min's, or is divided by it, in a sampler");
    uint64_t first = values > pairs ? 0 : draws->options.offset;
    if (values < pairs) pairs = values;
    for (uint64_t i = 0; i < pairs; i += CHUNK) {
        int64_t low[CHUNK], high[CHUNK];
        uint64_t n = dgen__least(pairs - i, CHUNK);
        dgen__parameter_read(low, draws, 0, first + i, n);
        dgen__parameter_read(high, draws, 1, first + i, n);
        for (uint64_t j = 0; j < n; j++) {
            double x, y;
            memcpy(&x, &low[j], sizeof x);
            memcpy(&y, &high[j], sizeof y);
            if (integer) x = (double)low[j], y = (double)high[j];
            if (integer ? low[j] > high[j] : x > y)
                return dgen__fail(error, DGEN_EINVAL, "min", "min must be at most max, not %.15g against %.15g", x, y);
            double width = draws->dtype == DGEN_F32 ? (float)y - (float)x : y - x;
            if (!integer && !isfinite(width))
                return dgen__fail(error, DGEN_EINVAL, "max", "max - min must be finite, not %.15g - %.15g", y, x);
        }
    }
    return DGEN_OK;
}

dgen_status dgen__draws_check(dgen__draws *draws, dgen_distribution distribution, const dgen_operand *parameters,
                              const dgen_random_options *options, uint64_t values, dgen_error *error)
{
    if ((unsigned)distribution >= DGEN_DISTRIBUTION_COUNT)
        return dgen__fail(error, DGEN_EINVAL, "distribution", "distribution must be a dgen_distribution");
    memset(draws, 0, offsetof(dgen__draws, stream));
    draws->distribution = distribution;
    draws->row = &dgen__distributions[distribution];
    draws->table = draws->engine = NULL;
    if (options) draws->options = *options;
    else dgen_random_options_init(&draws->options);
    if (draws->options.engine != DGEN_ENGINE_DGEN && distribution != DGEN_DISTRIBUTION_uniform)
        return dgen__fail(error, DGEN_EINVAL, "engine", "engine is an option of uniform");
    if (draws->options.offset > UINT64_C(1) << 53)
        return dgen__fail(error, DGEN_EINVAL, "offset", "offset must be a whole number from 0 to 2^53");
    dgen_status status = DGEN_OK;
    for (int i = 0; status == DGEN_OK && i < draws->row->parameters; i++)
        status = check_parameter(draws, i, &parameters[i], values, error);
    if (distribution == DGEN_DISTRIBUTION_integers)
        draws->least = draws->parameter[0].least, draws->most = draws->parameter[1].most;
    if (draws->row->kind == DGEN_ORDER) draws->most = draws->parameter[0].number;
    if (status == DGEN_OK) status = check_type(draws, error);
    if (status == DGEN_OK && (distribution == DGEN_DISTRIBUTION_uniform || distribution == DGEN_DISTRIBUTION_integers))
        status = check_bounds(draws, values, error);
    if (status == DGEN_OK && distribution == DGEN_DISTRIBUTION_sample
        && draws->parameter[1].number > draws->parameter[0].number)
        return dgen__fail(error, DGEN_EINVAL, "k", "k must be at most n, not %.17g of %.17g", draws->parameter[1].number,
                          draws->parameter[0].number);
    return status;
}
