/*
 * The C host of the random values in tests/cross_hosts.sh, which says what a call looks like: write_values FILE FOLDER.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dgen.h"

enum { LIST = 16 };

/* A number, a text, or a list. */
typedef struct argument {
    char text[64];
    double numbers[LIST];
    int count; /* of a list; -1: a text; 0: a number, numbers[0] */
} argument;

typedef struct call {
    dgen_distribution distribution;
    const dgen_distribution_row *row;
    argument n, parameter[2];
    dgen_array array[2];
    dgen_operand operand[2];
    dgen_random_options options;
} call;

static _Noreturn void fail(const char *line, const char *message)
{
    fprintf(stderr, "%s: %s\n", line, message);
    exit(1);
}

static argument read_argument(const char *word)
{
    argument a = { .count = 0 };
    if (*word == '"') {
        snprintf(a.text, sizeof a.text, "%.*s", (int)strlen(word) - 2, word + 1);
        a.count = -1;
    }
    else if (*word != '[') a.numbers[0] = strtod(word, NULL);
    else
        for (char *next = (char *)word; *next != ']' && a.count < LIST;) a.numbers[a.count++] = strtod(next + 1, &next);
    return a;
}

static void set_parameter(call *c, int i, argument a, dgen_error *error, const char *line)
{
    int64_t n = a.count;
    c->parameter[i] = a;
    c->operand[i] = (dgen_operand){ NULL, a.numbers[0] };
    if (n == 0) return;
    if (dgen_array_borrow(&c->array[i], DGEN_F64, 1, &n, c->parameter[i].numbers, error) != DGEN_OK)
        fail(line, error->message);
    c->operand[i].array = &c->array[i];
}

static void set_named(call *c, const char *name, argument a, dgen_error *error, const char *line)
{
    for (int i = 0; i < c->row->parameters; i++)
        if (!strcmp(name, c->row->parameter[i])) {
            set_parameter(c, i, a, error, line);
            return;
        }
    dgen_value value = { .kind = a.count < 0 ? DGEN_VALUE_TEXT : DGEN_VALUE_NUMBER, .number = a.numbers[0], .text = a.text };
    if (dgen_random_options_set(&c->options, c->distribution, name, value, error) != DGEN_OK) fail(line, error->message);
}

/* The words after the distribution. */
static void read_call(call *c, const char *name, char **rest, const char *line)
{
    dgen_error error;
    int position;
    const char *word;
    if (dgen_distribution_find(&c->distribution, name, &error) != DGEN_OK) fail(line, error.message);
    c->row = dgen_distribution_get(c->distribution);
    position = c->row->kind < DGEN_ORDER ? -1 : 0;
    for (int i = 0; i < c->row->parameters; i++) c->operand[i] = (dgen_operand){ NULL, c->row->defaults[i] };
    dgen_random_options_init(&c->options);
    c->options.index_base = 1;
    while ((word = strtok_r(NULL, " ", rest))) {
        char option[32];
        size_t length = strcspn(word, "=");
        if (word[length]) {
            snprintf(option, sizeof option, "%.*s", (int)length, word);
            set_named(c, option, read_argument(word + length + 1), &error, line);
        }
        else if (position < 0) c->n = read_argument(word), position++;
        else set_parameter(c, position++, read_argument(word), &error, line);
    }
}

static void write_array(FILE *out, dgen_array *array)
{
    fwrite(array->data, 1, dgen_array_bytes(array), out);
    dgen_array_release(array);
}

static dgen_status write_pieces(FILE *out, const call *c, dgen_error *error)
{
    dgen_sampler *sampler;
    dgen_array array;
    dgen_status status = dgen_sampler_open(&sampler, c->distribution, c->operand, &c->options, error);
    if (status != DGEN_OK) return status;
    for (int i = 0; status == DGEN_OK && i < c->n.count + 2; i++) {
        int64_t n = i < c->n.count ? (int64_t)c->n.numbers[i] : 10;
        if (i == c->n.count) status = dgen_sampler_seek(sampler, 7, error);
        if (i == c->n.count + 1) dgen_sampler_reset(sampler);
        if (status == DGEN_OK) status = dgen_sampler_next(sampler, &array, 1, &n, error);
        if (status == DGEN_OK) write_array(out, &array);
    }
    dgen_sampler_close(sampler);
    return status;
}

static dgen_status write_values(FILE *out, const call *c, int normalize, dgen_error *error)
{
    int64_t shape[LIST];
    int ndim = c->n.count ? c->n.count : 1;
    for (int i = 0; i < ndim; i++) shape[i] = (int64_t)c->n.numbers[i];
    dgen_array array = { 0 };
    dgen_status status = dgen_random(&array, c->distribution, ndim, shape, c->operand, &c->options, error);
    if (status != DGEN_OK) return status;
    if (normalize) status = dgen_normalize_rows(&array, &array, 0, error);
    write_array(out, &array);
    return status;
}

static void write_line(const char *line, const char *path)
{
    char words[256], *rest;
    dgen_error error;
    call c = { .options = { 0 } };
    snprintf(words, sizeof words, "%s", line);
    const char *act = strtok_r(words, " ", &rest);
    int sampler = !strcmp(act, "sampler"), normalize = !strcmp(act, "normalize_rows");
    read_call(&c, sampler || normalize ? strtok_r(NULL, " ", &rest) : act, &rest, line);
    FILE *out = fopen(path, "wb");
    if (!out) fail(path, "cannot be opened");
    dgen_status status = sampler ? write_pieces(out, &c, &error) : write_values(out, &c, normalize, &error);
    if (status != DGEN_OK) fail(line, error.message);
    if (ferror(out) || fclose(out)) fail(path, "cannot be written");
}

int main(int count, char **arguments)
{
    char line[256], path[4096];
    FILE *lines = count == 3 ? fopen(arguments[1], "r") : NULL;
    if (!lines) fail("usage", "write_values FILE FOLDER");
    for (int i = 1; fgets(line, sizeof line, lines); i++) {
        line[strcspn(line, "\n")] = 0;
        snprintf(path, sizeof path, "%s/%d", arguments[2], i);
        write_line(line, path);
    }
    return 0;
}
