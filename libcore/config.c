/*
 * Options: one row each, with its legal range and where it lives in dgen_config.
 *
 * Hosts hand over what the user typed, name by name; the check, its message and the default are here once. A row is
 * used three times: to set, to check a struct that C code filled by hand, and to show.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "core.h"
#include "memory.h"

enum kind { WHOLE, SEED, RATIO, POWER_OF_TWO, WORD, INTEGER };

static const char *const codec_words[] = { "any", "lz4", "zstd", "lz4+zstd", "zlib", NULL };
static const char *const numa_words[] = { "auto", "force", "disabled", NULL };

static const struct option {
    const char *name;
    enum kind kind;
    size_t at;
    double minimum, maximum;
    const char *legal;
    const char *const *words;
} options[] = {
#define AT(field) offsetof(dgen_config, field)
    { "size", WHOLE, AT(size), 0, 0x1p63, "a whole number of bytes from 0 to 2^63", NULL },
    { "seed", SEED, AT(seed), 0, 0x1p64, "a whole number from 0 to 2^64-1, or \"0x...\" text", NULL },
    { "stream", SEED, AT(stream), 0, 0x1p64, "a whole number from 0 to 2^64-1, or \"0x...\" text", NULL },
    { "offset", WHOLE, AT(offset), 0, 0x1p63, "a whole number of bytes from 0 to size", NULL },
    { "dedup_ratio", RATIO, AT(dedup_ratio), 1, 1e6, "a number from 1 to 1e6", NULL },
    { "compress_ratio", RATIO, AT(compress_ratio), 1, 25, "a number from 1 to 25", NULL },
    { "block_size", POWER_OF_TWO, AT(block_size), 512, 16777216, "a power of two from 512 to 16777216 (16 MiB)", NULL },
    { "chunk_size", WHOLE, AT(chunk_size), 1, 0x1p40, "a whole number of bytes from 1 to 2^40", NULL },
    { "codec", WORD, AT(codec), 0, 0, "\"any\", \"lz4\", \"zstd\", \"lz4+zstd\" or \"zlib\"", codec_words },
    { "numa_mode", WORD, AT(numa_mode), 0, 0, "\"auto\", \"force\" or \"disabled\"", numa_words },
    { "numa_node", INTEGER, AT(numa_node), 0, 0, NULL, NULL }, /* the range is the machine's */
    { "max_threads", INTEGER, AT(max_threads), 1, 1024, "a whole number from 1 to 1024", NULL },
#undef AT
};
enum { OPTIONS = sizeof options / sizeof *options };

void dgen_config_init(dgen_config *config)
{
    *config = (dgen_config){
        .sizeof_config = sizeof *config,
        .dedup_ratio = 1,
        .compress_ratio = 1,
        .block_size = 64 * KIB,
        .chunk_size = 32 * MIB,
        .numa_node = -1,
    };
}

uint64_t dgen_fresh_seed(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        seed = dgen__mix((uint64_t)now.tv_sec ^ dgen__mix((uint64_t)now.tv_nsec + (uintptr_t)&seed));
    }
    return seed >> 11;
}

/* Writes a value as a message shows it. */
static void show(char *text, size_t n, dgen_value value)
{
    switch (value.kind) {
    case DGEN_VALUE_NUMBER: {
        double x = value.number;
        if (isnan(x)) snprintf(text, n, "NaN");
        else if (isinf(x)) snprintf(text, n, x < 0 ? "-Inf" : "Inf");
        else snprintf(text, n, "%.15g", x);
        break;
    }
    case DGEN_VALUE_INTEGER: snprintf(text, n, "%lld", (long long)value.integer); break;
    case DGEN_VALUE_COUNT: snprintf(text, n, "%llu", (unsigned long long)value.count); break;
    case DGEN_VALUE_BOOLEAN: snprintf(text, n, value.integer ? "true" : "false"); break;
    case DGEN_VALUE_TEXT: snprintf(text, n, "\"%.40s\"", value.text); break;
    default: snprintf(text, n, "a value of another type");
    }
}

static bool is_number(dgen_value value)
{
    return value.kind == DGEN_VALUE_NUMBER || value.kind == DGEN_VALUE_INTEGER || value.kind == DGEN_VALUE_COUNT;
}

static dgen_status fail_value(const char *name, const char *legal, dgen_value value, bool of_type, dgen_error *error)
{
    char shown[64];
    show(shown, sizeof shown, value);
    return dgen__fail(error, of_type ? DGEN_EINVAL : DGEN_ETYPE, name, "%s must be %s, not %s", name, legal, shown);
}

/* A whole number as 64 unsigned bits; false if it is none. 2^64 itself does not fit and is none. */
static bool whole(uint64_t *out, dgen_value value, bool text_allowed)
{
    switch (value.kind) {
    case DGEN_VALUE_NUMBER:
        if (!(value.number >= 0 && value.number < 0x1p64) || value.number != floor(value.number)) return false;
        *out = (uint64_t)value.number;
        return true;
    case DGEN_VALUE_INTEGER: *out = (uint64_t)value.integer; return value.integer >= 0;
    case DGEN_VALUE_COUNT: *out = value.count; return true;
    case DGEN_VALUE_TEXT: {
        const char *t = value.text;
        bool hex = t[0] == '0' && (t[1] == 'x' || t[1] == 'X');
        char *end;
        if (!text_allowed || !(hex ? strspn(t + 2, "0123456789abcdefABCDEF") : strspn(t, "0123456789"))) return false;
        errno = 0;
        *out = strtoull(t, &end, hex ? 16 : 10);
        return *end == 0 && errno == 0;
    }
    default: return false;
    }
}

dgen_status dgen_value_whole(uint64_t *out, const char *argument, dgen_value value, uint64_t minimum, uint64_t maximum,
                             int text_allowed, dgen_error *error)
{
    uint64_t x;
    if (!whole(&x, value, text_allowed) || x < minimum || x > maximum) {
        char legal[96];
        snprintf(legal, sizeof legal, "a whole number from %llu to %llu", (unsigned long long)minimum,
                 (unsigned long long)maximum);
        bool of_type = is_number(value) || (text_allowed && value.kind == DGEN_VALUE_TEXT);
        return fail_value(argument, legal, value, of_type, error);
    }
    *out = x;
    return DGEN_OK;
}

/* Where the option lives, as its C type. */
#define FIELD(config, option, type) (*(type *)((char *)(config) + (option)->at))

dgen_status dgen__value_word(int *out, const char *argument, dgen_value value, const char *const *words, const char *legal,
                             dgen_error *error)
{
    for (int i = 0; value.kind == DGEN_VALUE_TEXT && words[i]; i++)
        if (!strcmp(words[i], value.text)) {
            *out = i;
            return DGEN_OK;
        }
    return fail_value(argument, legal, value, value.kind == DGEN_VALUE_TEXT, error);
}

dgen_status dgen__value_number(double *out, const char *argument, dgen_value value, double minimum, double maximum,
                               const char *legal, dgen_error *error)
{
    double x = value.kind == DGEN_VALUE_INTEGER ? (double)value.integer
        : value.kind == DGEN_VALUE_COUNT        ? (double)value.count
        : value.kind == DGEN_VALUE_NUMBER       ? value.number
                                                : NAN;
    if (!(x >= minimum && x <= maximum)) return fail_value(argument, legal, value, is_number(value), error);
    *out = x;
    return DGEN_OK;
}

static dgen_status set_integer(dgen_config *config, const struct option *option, dgen_value value, dgen_error *error)
{
    bool node = option->at == offsetof(dgen_config, numa_node);
    double maximum = node ? dgen__numa_nodes() - 1 : option->maximum;
    char legal[96];
    uint64_t x;
    if (whole(&x, value, false) && (double)x >= option->minimum && (double)x <= maximum) {
        FIELD(config, option, int) = (int)x;
        return DGEN_OK;
    }
    if (node) snprintf(legal, sizeof legal, "a whole number from 0 to %.0f, the last NUMA node of this machine", maximum);
    return fail_value(option->name, node ? legal : option->legal, value, is_number(value), error);
}

static dgen_status set(dgen_config *config, const struct option *option, dgen_value value, dgen_error *error)
{
    uint64_t x;
    switch (option->kind) {
    case WORD:
        return dgen__value_word(&FIELD(config, option, int), option->name, value, option->words, option->legal, error);
    case INTEGER: return set_integer(config, option, value, error);
    case RATIO:
        return dgen__value_number(&FIELD(config, option, double), option->name, value, option->minimum, option->maximum,
                                  option->legal, error);
    default:
        if (!whole(&x, value, option->kind == SEED)) break;
        if (option->kind != SEED && (x < (uint64_t)option->minimum || x > (uint64_t)option->maximum)) break;
        if (option->kind == POWER_OF_TWO && (x & (x - 1))) break;
        FIELD(config, option, uint64_t) = x;
        return DGEN_OK;
    }
    bool of_type = is_number(value) || (option->kind == SEED && value.kind == DGEN_VALUE_TEXT);
    return fail_value(option->name, option->legal, value, of_type, error);
}

dgen_status dgen_config_set(dgen_config *config, const char *name, dgen_value value, dgen_error *error)
{
    for (int i = 0; i < OPTIONS; i++)
        if (!strcmp(options[i].name, name)) {
            dgen_status status = set(config, &options[i], value, error);
            if (status == DGEN_OK && !strcmp(name, "size")) config->has_size = 1;
            if (status == DGEN_OK && !strcmp(name, "seed")) config->has_seed = 1;
            return status;
        }
    char known[256] = "";
    for (int i = 0; i < OPTIONS; i++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "", options[i].name);
    return dgen__fail(error, DGEN_EINVAL, name, "\"%.40s\" is not an option; the options are %s", name, known);
}

/* What option holds now, as a value. */
static dgen_value get(const dgen_config *config, const struct option *option)
{
    switch (option->kind) {
    case RATIO: return (dgen_value){ .kind = DGEN_VALUE_NUMBER, .number = FIELD(config, option, const double) };
    case INTEGER: return (dgen_value){ .kind = DGEN_VALUE_INTEGER, .integer = FIELD(config, option, const int) };
    case WORD: {
        int i = FIELD(config, option, const int), count = 0;
        while (option->words[count]) count++;
        if (i < 0 || i >= count) return (dgen_value){ .kind = DGEN_VALUE_INTEGER, .integer = i };
        return (dgen_value){ .kind = DGEN_VALUE_TEXT, .text = option->words[i] };
    }
    default: return (dgen_value){ .kind = DGEN_VALUE_COUNT, .count = FIELD(config, option, const uint64_t) };
    }
}

dgen_status dgen_config_check(const dgen_config *config, dgen_error *error)
{
    dgen_config scratch; /* setting an option writes its field only */
    if (config->sizeof_config != sizeof *config)
        return dgen__fail(error, DGEN_EINVAL, "config", "config must be initialised by dgen_config_init");
    for (int i = 0; i < OPTIONS; i++) {
        bool unset = (options[i].at == offsetof(dgen_config, numa_node) && config->numa_node == -1)
            || (options[i].at == offsetof(dgen_config, max_threads) && config->max_threads == 0);
        if (unset) continue;
        dgen_status status = set(&scratch, &options[i], get(config, &options[i]), error);
        if (status != DGEN_OK) return status;
    }
    if (config->has_size && config->offset > config->size)
        return dgen__fail(error, DGEN_EINVAL, "offset",
                          "offset must be a whole number of bytes from 0 to size, %llu, not %llu",
                          (unsigned long long)config->size, (unsigned long long)config->offset);
    return DGEN_OK;
}

dgen_status dgen__config_piece(dgen_config *out, const dgen_config *config, uint64_t n_bytes, uint64_t offset,
                               dgen_error *error)
{
    dgen_status status = dgen_config_check(config, error);
    if (status != DGEN_OK) return status;
    uint64_t size = config->has_size ? config->size : UINT64_C(1) << 63;
    if (offset > size || n_bytes > size - offset)
        return dgen__fail(error, DGEN_EINVAL, "offset",
                          "offset must leave room for the bytes in the object: %llu bytes at offset %llu end past its "
                          "size, %llu",
                          (unsigned long long)n_bytes, (unsigned long long)offset, (unsigned long long)size);
    *out = *config;
    if (!config->has_size) out->size = offset + n_bytes, out->has_size = 1;
    if (!config->has_seed) out->seed = dgen_fresh_seed(), out->has_seed = 1;
    return DGEN_OK;
}

void dgen_config_record(const dgen_config *config, dgen_record *out)
{
    out->count = 0;
    for (int i = 0; i < OPTIONS; i++) {
        dgen_value value = get(config, &options[i]);
        char hex[24];
        if (options[i].at == offsetof(dgen_config, size) && !config->has_size) continue;
        if (options[i].at == offsetof(dgen_config, seed) && !config->has_seed) continue;
        if (options[i].kind == INTEGER) {
            if (value.integer < options[i].minimum) continue;
            value.count = (uint64_t)value.integer;
        }
        if (options[i].kind == SEED && value.count > UINT64_C(1) << 53) {
            snprintf(hex, sizeof hex, "0x%016llX", (unsigned long long)value.count);
            dgen__record_text(out, options[i].name, hex);
        }
        else if (options[i].kind == WORD) dgen__record_text(out, options[i].name, value.text ? value.text : "");
        else if (options[i].kind == RATIO) dgen__record_number(out, options[i].name, value.number);
        else dgen__record_count(out, options[i].name, value.count);
    }
}
