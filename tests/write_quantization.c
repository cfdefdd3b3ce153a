/*
 * The C host of quantization in tests/cross_hosts.sh: write_quantization CALLS FOLDER. tests/cross_hosts/quantization.lua says
 * what a call looks like, and what is written.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dgen.h"

enum { WORDS = 16, LAYERS = 8, LINE = 1024 };

/* A line's words: those by position, then names and values of options. */
typedef struct call {
    const char *line;
    int count, options;
    char *words[WORDS], *names[WORDS], *values[WORDS];
    FILE *out;
    dgen_error error;
} call;

static _Noreturn void fail(const char *line, const char *message)
{
    fprintf(stderr, "%s: %s\n", line, message);
    exit(1);
}

#define MUST(c, act) \
    if ((act) != DGEN_OK) fail((c)->line, (c)->error.message)

/* -------------------------------------------------------------------------------------------------------- arguments */

/* [1,2;3,4]: a vector, or rows of a matrix. */
static dgen_array read_matrix(call *c, const char *word)
{
    int64_t shape[2] = { 1, 1 };
    dgen_array array;
    for (const char *at = word; *at; at++) shape[0] += *at == ';';
    for (const char *at = word; *at && *at != ';'; at++) shape[1] += *at == ',';
    int64_t rows = shape[0], columns = shape[1];
    if (rows == 1) shape[0] = columns;
    MUST(c, dgen_array_alloc(&array, DGEN_F64, rows == 1 ? 1 : 2, shape, NULL, &c->error));
    char *next = (char *)word;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) ((double *)array.data)[j * rows + i] = strtod(next + 1, &next);
    return array;
}

/* An array: [1,2], or DISTRIBUTION:TYPE:SEED:SHAPE. */
static dgen_array read_array(call *c, const char *word)
{
    char name[16], type[8];
    unsigned long long seed;
    int at, ndim = 0;
    int64_t shape[4];
    dgen_distribution distribution;
    dgen_random_options options;
    dgen_array array = { 0 };
    if (*word == '[') return read_matrix(c, word);
    if (sscanf(word, "%15[a-z]:%7[a-z0-9]:%llu:%n", name, type, &seed, &at) != 3) fail(c->line, "no array");
    for (char *next = (char *)word + at; ndim < 4; next++) {
        shape[ndim++] = strtoll(next, &next, 10);
        if (*next != 'x') break;
    }
    MUST(c, dgen_distribution_find(&distribution, name, &c->error));
    dgen_operand parameters[2] = { { NULL, dgen_distribution_get(distribution)->defaults[0] },
                                   { NULL, dgen_distribution_get(distribution)->defaults[1] } };
    dgen_random_options_init(&options);
    options.has_dtype = options.has_seed = 1;
    options.seed = seed;
    MUST(c, dgen_dtype_find(&options.dtype, type, &c->error));
    MUST(c, dgen_random(&array, distribution, ndim, shape, parameters, &options, &c->error));
    return array;
}

/* A+B+C; how many. */
static int read_list(call *c, char *word, dgen_array *arrays)
{
    int count = 0;
    char *rest;
    for (char *part = strtok_r(word, "+", &rest); part && count < LAYERS; part = strtok_r(NULL, "+", &rest))
        arrays[count++] = read_array(c, part);
    return count;
}

/* A number, a flag or a text, whose quotes are taken off. */
static dgen_value read_value(char *word)
{
    dgen_value value = { .kind = DGEN_VALUE_NUMBER };
    size_t length = strlen(word);
    if (!strcmp(word, "true") || !strcmp(word, "false")) {
        value.kind = DGEN_VALUE_BOOLEAN;
        value.integer = *word == 't';
    }
    else if (*word == '"') {
        word[length - 1] = 0;
        value.kind = DGEN_VALUE_TEXT;
        value.text = word + 1;
    }
    else value.number = strtod(word, NULL);
    return value;
}

/* The value of an option that is not one of quantize, which it is no longer after that; NULL if it is not given. */
static char *take_option(call *c, const char *name)
{
    for (int i = 0; i < c->options; i++)
        if (c->names[i] && !strcmp(c->names[i], name)) {
            c->names[i] = NULL;
            return c->values[i];
        }
    return NULL;
}

static dgen_quantize_options read_options(call *c)
{
    dgen_quantize_options options;
    dgen_quantize_options_init(&options);
    for (int i = 0; i < c->options; i++)
        if (c->names[i])
            MUST(c, dgen_quantize_options_set(&options, c->names[i], read_value(c->values[i]), &c->error));
    return options;
}

/* ---------------------------------------------------------------------------------------------------------- results */

/* Writes an array, and releases it. */
static void put_array(call *c, const char *name, dgen_array *array)
{
    if (array->release) {
        fprintf(c->out, "%s %zu\n", name, dgen_array_bytes(array));
        fwrite(array->data, 1, dgen_array_bytes(array), c->out);
        fputc('\n', c->out);
    }
    dgen_array_release(array);
}

static void put_number(call *c, double x)
{
    if (isnan(x)) fputs(" nan", c->out);
    else fprintf(c->out, " %.17g", x);
}

static void put_record(call *c, const dgen_record *record)
{
    for (int i = 0; i < record->count; i++) {
        dgen_value value = record->fields[i].value;
        fputs(record->fields[i].name, c->out);
        if (value.kind == DGEN_VALUE_TEXT) fprintf(c->out, " %s", value.text);
        else put_number(c, value.kind == DGEN_VALUE_COUNT ? (double)value.count : value.number);
        fputc('\n', c->out);
    }
}

static void put_shape(call *c, int ndim, const int64_t *shape)
{
    fputs("shape", c->out);
    for (int i = 0; i < ndim; i++) put_number(c, (double)shape[i]);
    fputc('\n', c->out);
}

static void put_quantized(call *c, dgen_quantized *q)
{
    dgen_record record;
    put_array(c, "codes", &q->codes);
    put_array(c, "scale", &q->scale);
    put_array(c, "zero", &q->zero);
    dgen_quantized_record(q, &record);
    put_record(c, &record);
    put_shape(c, q->ndim, q->shape);
    dgen_certificate_record(&q->error, &record);
    put_record(c, &record);
}

/* ------------------------------------------------------------------------------------------------------------- acts */

static dgen_quantized quantize(call *c, const char *word)
{
    dgen_quantize_options options = read_options(c);
    dgen_array x = read_array(c, word);
    dgen_quantized q = { 0 };
    MUST(c, dgen_quantize(&q, &x, &options, &c->error));
    dgen_array_release(&x);
    return q;
}

static void act_quantize(call *c)
{
    dgen_quantized q = quantize(c, c->words[1]);
    dgen_array values = { 0 }, unpacked = { 0 };
    MUST(c, dgen_dequantize(&values, &q, DGEN_F32, 0, &c->error));
    MUST(c, dgen_unpack(&unpacked, &q, 0, &c->error));
    put_quantized(c, &q);
    put_array(c, "values", &values);
    put_array(c, "unpacked", &unpacked);
}

static void act_dequantize(call *c)
{
    dgen_quantized q = quantize(c, c->words[2]);
    dgen_array values = { 0 };
    dgen_dtype dtype;
    MUST(c, dgen_dtype_find(&dtype, c->words[1], &c->error));
    MUST(c, dgen_dequantize(&values, &q, dtype, 0, &c->error));
    put_array(c, "values", &values);
    dgen_quantized_release(&q);
}

static void act_repack(call *c)
{
    dgen_quantized q = quantize(c, c->words[2]), back = { 0 };
    dgen_packing packing;
    dgen_packed p = { 0 };
    MUST(c, dgen_packing_find(&packing, c->words[1], &c->error));
    MUST(c, dgen_repack(&p, &q, packing, &c->error));
    MUST(c, dgen_packed_restore(&back, &p, &c->error));
    fprintf(c->out, "packing %s\nbits %d\ngroup %lld\n", dgen_packing_name(p.packing), p.bits, (long long)p.group);
    put_shape(c, p.ndim, p.shape);
    put_array(c, "codes", &p.codes);
    put_array(c, "scale", &p.scale);
    put_array(c, "zero", &p.zero);
    put_quantized(c, &back);
    dgen_quantized_release(&q);
}

static void act_batch(call *c)
{
    dgen_array arrays[LAYERS];
    const dgen_array *layers[LAYERS];
    dgen_quantized results[LAYERS] = { 0 };
    int bits[LAYERS], count = read_list(c, c->words[1], arrays), each = 0;
    for (int i = 0; i < c->options; i++) each |= !strcmp(c->names[i], "bits") && *c->values[i] == '[';
    char *next = each ? take_option(c, "bits") : NULL;
    for (int i = 0; each && i < count; i++) bits[i] = (int)strtol(next + 1, &next, 10);
    dgen_quantize_options options = read_options(c);
    for (int i = 0; i < count; i++) layers[i] = &arrays[i];
    MUST(c, dgen_quantize_batch(results, layers, count, &options, each ? bits : NULL, NULL, NULL, &c->error));
    for (int i = 0; i < count; i++) {
        put_quantized(c, &results[i]);
        dgen_array_release(&arrays[i]);
    }
}

static void act_equalize(call *c)
{
    const char *power_of_two = take_option(c, "power_of_two");
    dgen_array w = read_array(c, c->words[1]), x = read_array(c, c->words[2]);
    dgen_equalized made = { 0 };
    MUST(c, dgen_equalize(&made, &w, &x, strtod(c->words[3], NULL), power_of_two && !strcmp(power_of_two, "true"), 0,
                          &c->error));
    put_array(c, "w", &made.w);
    put_array(c, "x", &made.x);
    put_array(c, "scale", &made.scale);
    put_array(c, "inverse", &made.inverse);
    dgen_array_release(&w);
    dgen_array_release(&x);
}

/* The table that statistics give, in `groups` groups. */
static dgen_activation_table make_table(call *c, const char *word, dgen_activation_options *options, double groups)
{
    dgen_activation_table table = { 0 };
    dgen_array stats = read_array(c, word);
    options->groups = (int64_t)groups;
    MUST(c, dgen_activation_table_make(&table, &stats, options, &c->error));
    dgen_array_release(&stats);
    return table;
}

static void act_activation_table(call *c)
{
    dgen_activation_options options;
    dgen_record record;
    dgen_activation_options_init(&options);
    dgen_value method = { .kind = DGEN_VALUE_TEXT, .text = c->words[3] };
    MUST(c, dgen_activation_options_set(&options, "method", method, &c->error));
    for (int i = 0; i < c->options; i++)
        MUST(c, dgen_activation_options_set(&options, c->names[i], read_value(c->values[i]), &c->error));
    dgen_activation_table table = make_table(c, c->words[1], &options, strtod(c->words[2], NULL));
    put_array(c, "timestep", &table.timestep);
    put_array(c, "group", &table.group);
    put_array(c, "scale", &table.scale);
    put_array(c, "zero", &table.zero);
    dgen_activation_table_record(&table, &record);
    put_record(c, &record);
}

static void act_activations(call *c)
{
    dgen_activation_options defaults;
    dgen_quantize_options options = read_options(c);
    dgen_activation_options_init(&defaults);
    dgen_activation_table table = make_table(c, c->words[3], &defaults, 2);
    dgen_array x = read_array(c, c->words[1]), times = { 0 };
    dgen_operand t = { NULL, strtod(c->words[2], NULL) };
    dgen_quantized q = { 0 };
    if (*c->words[2] == '[') {
        times = read_array(c, c->words[2]);
        t.array = &times;
    }
    MUST(c, dgen_quantize_activations(&q, &x, t, &table, &options, &c->error));
    put_quantized(c, &q);
    dgen_array_release(&x);
    dgen_array_release(&times);
    dgen_activation_table_release(&table);
}

/* names=a,b and rules=*a*:16,b:8; how many rules. */
static int read_names(call *c, dgen_layer *layers, int count, dgen_bits_rule *rules)
{
    char *names = take_option(c, "names"), *texts = take_option(c, "rules"), *rest;
    int made = 0;
    for (int i = 0; i < count; i++) layers[i].name = names ? strtok_r(i ? NULL : names, ",", &rest) : "";
    for (char *rule = texts ? strtok_r(texts, ",", &rest) : NULL; rule && made < WORDS; rule = strtok_r(NULL, ",", &rest)) {
        char *colon = strrchr(rule, ':');
        *colon = 0;
        rules[made++] = (dgen_bits_rule){ rule, atoi(colon + 1) };
    }
    return made;
}

static void act_choose_bits(call *c)
{
    dgen_array arrays[LAYERS];
    dgen_layer layers[LAYERS];
    dgen_bits_rule rules[WORDS];
    dgen_bits_choice choices[LAYERS];
    int count = read_list(c, c->words[1], arrays), rule_count = read_names(c, layers, count, rules);
    const char *budget = take_option(c, "budget");
    dgen_quantize_options options = read_options(c);
    for (int i = 0; i < count; i++) layers[i].x = &arrays[i];
    MUST(c, dgen_choose_bits(choices, layers, count, budget ? strtoull(budget, NULL, 10) : 0, rules, rule_count, &options,
                             NULL, NULL, &c->error));
    static const char *const names[] = { "bits", "size", "rmse", "snr_db" };
    for (int field = 0; field < 4; field++) {
        fputs(names[field], c->out);
        for (int i = 0; i < count; i++)
            put_number(c, field == 0 ? choices[i].bits : field == 1 ? (double)choices[i].size
                              : field == 2 ? choices[i].rmse : choices[i].snr_db);
        fputc('\n', c->out);
    }
    for (int i = 0; i < count; i++) dgen_array_release(&arrays[i]);
}

/* ------------------------------------------------------------------------------------------------------------ lines */

static const struct act {
    const char *name;
    int words;
    void (*run)(call *c);
} acts[] = {
    { "quantize", 2, act_quantize },
    { "dequantize", 3, act_dequantize },
    { "repack", 3, act_repack },
    { "batch", 2, act_batch },
    { "equalize", 4, act_equalize },
    { "activation_table", 4, act_activation_table },
    { "activations", 4, act_activations },
    { "choose_bits", 2, act_choose_bits },
};

/* True if the word is NAME=VALUE. */
static int is_option(const char *word)
{
    size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz_");
    return length > 0 && word[length] == '=';
}

static void make_call(const char *line, const char *path)
{
    char words[LINE], *rest;
    call c = { .line = line };
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (c.count == WORDS || c.options == WORDS) fail(line, "too many words");
        if (!is_option(word)) c.words[c.count++] = word;
        else {
            char *equals = strchr(word, '=');
            *equals = 0;
            c.names[c.options] = word;
            c.values[c.options++] = equals + 1;
        }
    }
    c.out = fopen(path, "wb");
    if (!c.out) fail(path, "cannot be opened");
    size_t i = 0;
    while (i < sizeof acts / sizeof *acts && strcmp(acts[i].name, c.words[0])) i++;
    if (i == sizeof acts / sizeof *acts || c.count != acts[i].words) fail(line, "no such call");
    acts[i].run(&c);
    if (ferror(c.out) || fclose(c.out)) fail(path, "cannot be written");
}

int main(int count, char **arguments)
{
    char line[LINE], path[4096];
    FILE *lines = count == 3 ? fopen(arguments[1], "r") : NULL;
    if (!lines) fail("usage", "write_quantization CALLS FOLDER");
    for (int i = 1; fgets(line, sizeof line, lines); i++) {
        line[strcspn(line, "\n")] = 0;
        snprintf(path, sizeof path, "%s/%d", arguments[2], i);
        make_call(line, path);
    }
    return dgen_live_bytes() != 0;
}
