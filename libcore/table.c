/*
 * Tables of outcomes and their probabilities.
 *
 * For inversion, the cumulative sums that kernels/counts_f64.h makes, by the same operations in the same order; all of
 * them exact or rounded by IEEE 754, but for the first probability, which comes from a kernel.
 */
#include "table.h"

#include <math.h>
#include <stdlib.h>

#include "cpu.h"

/* Outcomes that can change a sum lie within 13 standard deviations and some. */
enum { OUTCOMES = 512 };

typedef struct outcomes {
    dgen_outcomes table;
    double cumulative[OUTCOMES + 1];
    int32_t value[OUTCOMES + 1];
    int count;
} outcomes;

static void append(outcomes *o, double *sum, double probability, double value)
{
    double next = *sum + probability;
    if (next > *sum && o->count < OUTCOMES) {
        o->cumulative[o->count] = next;
        o->value[o->count++] = (int32_t)value;
    }
    *sum = next;
}

/* From the mode outwards; the last outcome is the mode again, for what rounding leaves of 1. */
static void walk(outcomes *o, const dgen_outward *s)
{
    double up = s->mode, down = s->mode, p_up = s->probability, p_down = p_up, sum = 0;
    append(o, &sum, p_up, s->mode);
    while (p_up > 0x1p-60 || p_down > 0x1p-60) {
        double above = up + 1, before = (s->size - s->slope * (down - 1)) * s->ratio, inverse = 1 / (above * before);
        p_up *= (s->size - s->slope * up) * s->ratio * before * inverse;
        append(o, &sum, p_up, up = above);
        p_down *= down * above * inverse;
        append(o, &sum, p_down, down -= 1);
    }
    o->cumulative[o->count] = 2;
    o->value[o->count++] = (int32_t)s->mode;
}

/* Each stretch of u: its outcome if it has one, else the first of several. */
static void make_guide(outcomes *o)
{
    const int stretches = 1 << DGEN_GUIDE_BITS;
    for (int i = 0, at = 0; i < stretches; i++) {
        while (o->cumulative[at] <= (double)i / stretches) at++;
        o->table.guide[i] = o->cumulative[at] >= (double)(i + 1) / stretches ? o->value[at] : ~at;
    }
}

dgen_status dgen__outcomes_make(void **out, double size, double prob, dgen_error *error)
{
    outcomes *o = malloc(sizeof *o);
    if (!o) return dgen__fail(error, DGEN_ENOMEM, "n", "no memory for a table of %zu bytes", sizeof *o);
    dgen_outward start;
    dgen__isa()->outward(&start, size, prob);
    o->count = 0;
    walk(o, &start);
    for (int i = 0; i < o->count && start.failures; i++) o->value[i] = (int32_t)size - o->value[i];
    make_guide(o);
    o->table.cumulative = o->cumulative;
    o->table.value = o->value;
    *out = o;
    return DGEN_OK;
}

/* -------------------------------------------------------------------------------------------------------------- aliases */

/*
 * M. D. Vose, "A linear algorithm for generating random numbers with a given distribution", IEEE TSE 17, 1991: columns of
 * equal probability; those whose outcome has less than that are filled up by one that has more.
 */
typedef struct alias_work {
    double *part;       /* of a column, what its outcome has left: 1 is a whole one */
    uint32_t *less;     /* columns to fill, from the front; those with something to give, from the back */
    uint32_t fill, give; /* how many, and where the latter begin */
} alias_work;

static void set_column(dgen_aliases *t, uint32_t column, double part, uint32_t alias)
{
    double scaled = part * 0x1p32, high = floor(scaled);
    uint64_t fraction = (uint64_t)high << 32 | (uint64_t)((scaled - high) * 0x1p32);
    unsigned bits = t->column_bits > DGEN_NARROW_COLUMNS ? 0 : t->column_bits;
    if (part >= 1) fraction = 0, alias = column;
    t->entry[column] = (uint64_t)alias << 32 | fraction >> 32 >> bits;
    t->rest[column] = fraction << (32 - bits);
}

static void fill_columns(dgen_aliases *t, alias_work *w, uint32_t likeliest)
{
    uint32_t columns = UINT32_C(1) << t->column_bits;
    w->fill = 0, w->give = columns;
    for (uint32_t i = 0; i < columns; i++)
        if (w->part[i] < 1) w->less[w->fill++] = i;
        else w->less[--w->give] = i;
    while (w->fill && w->give < columns) {
        uint32_t column = w->less[--w->fill], from = w->less[w->give];
        set_column(t, column, w->part[column], from);
        w->part[from] -= 1 - w->part[column];
        if (w->part[from] < 1) w->give++, w->less[w->fill++] = from;
    }
    /* What is left would be whole columns but for rounding. None is left of what no weight asked for. */
    for (; w->give < columns; w->give++) set_column(t, w->less[w->give], 1, 0);
    while (w->fill--) set_column(t, w->less[w->fill], w->part[w->less[w->fill]] > 0.5, likeliest);
}

/* The weights as parts of a column, whose sum is the number of columns; the place of the greatest. Summed as by W. Kahan,
   "Further remarks on reducing truncation errors", 1965: what the sum loses would all fall to one column. */
static uint32_t read_weights(double *part, const dgen__draws *draws, uint32_t columns)
{
    uint32_t count = (uint32_t)draws->parameter[0].length, likeliest = 0;
    double most = draws->parameter[0].most, sum = 0, lost = 0;
    dgen__parameter_read(part, draws, 0, 0, count);
    for (uint32_t i = 0; i < count; i++) {
        if (part[i] > part[likeliest]) likeliest = i;
        part[i] /= most;
        double term = part[i] - lost, next = sum + term;
        lost = (next - sum) - term;
        sum = next;
    }
    for (uint32_t i = 0; i < count; i++) part[i] *= columns / sum;
    for (uint32_t i = count; i < columns; i++) part[i] = 0;
    return likeliest;
}

dgen_status dgen__aliases_make(void **out, const dgen__draws *draws, unsigned *column_bits, dgen_error *error)
{
    unsigned bits = 0;
    while (INT64_C(1) << bits < draws->parameter[0].length) bits++;
    size_t columns = (size_t)1 << bits;
    dgen_aliases *t = malloc(sizeof *t + 2 * columns * sizeof *t->entry);
    alias_work work = { .part = malloc(columns * sizeof *work.part), .less = malloc(columns * sizeof *work.less) };
    *column_bits = bits;
    if (t && work.part && work.less) {
        *t = (dgen_aliases){ .column_bits = bits, .base = draws->options.index_base, .entry = (uint64_t *)(t + 1) };
        t->rest = t->entry + columns;
        fill_columns(t, &work, read_weights(work.part, draws, (uint32_t)columns));
        *out = t;
    } else free(t), t = NULL;
    free(work.part);
    free(work.less);
    if (t) return DGEN_OK;
    return dgen__fail(error, DGEN_ENOMEM, "weights", "no memory for a table of %lld weights", (long long)draws->parameter[0].length);
}
