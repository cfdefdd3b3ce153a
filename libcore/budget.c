/*
 * Bits for each layer under a budget of bytes.
 *
 * What a layer loses, its squared error over its sum of squares, is measured at 2, 4 and 8 bits. Choosing one for each layer is the
 * multiple-choice knapsack problem. It is solved as its linear relaxation is (P. Sinha, A. Zoltners, "The multiple-choice knapsack
 * problem", 1979): of each layer only the choices on the lower convex hull of (size, loss) are kept, so that a step from one to the
 * next gains less a byte than the step before; steps of all layers are taken by their gain a byte, those that still fit. Bytes
 * that are left then go to the choice of the largest gain that fits, hull or not, until none does.
 *
 * The relaxation's loss, which no choice can beat, lies between those before and after the first step that did not fit. So the total
 * loss exceeds the least possible by less than the gain of that one step.
 */
#include "quantize.h"
#include "threads.h"

#include <math.h>
#include <stdlib.h>

#include "memory.h"

enum { WIDTHS = 3, KEPT = 16 };
static const int widths[WIDTHS] = { 2, 4, 8 };

/* A layer at each width; at `chosen` for now. */
typedef struct layer_choices {
    dgen_bits_choice at[WIDTHS];
    double loss[WIDTHS];
    int chosen;
    bool fixed;
} layer_choices;

/* From one choice on the hull to the next. */
typedef struct step {
    double gain_a_byte;
    int64_t layer;
    int from, to;
} step;

/* ------------------------------------------------------------------------------------------------------------------- rules */

/* True if `pattern`, in which * stands for any characters and ? for one, is all of `name`: on a mismatch the last * takes one
   character more. */
static bool fits(const char *pattern, const char *name)
{
    const char *star = NULL, *after = NULL;
    while (*name) {
        if (*pattern == '*') star = pattern++, after = name;
        else if (*pattern == '?' || *pattern == *name) pattern++, name++;
        else if (star) pattern = star + 1, name = ++after;
        else return false;
    }
    while (*pattern == '*') pattern++;
    return !*pattern;
}

/* Bits that a rule gives the layer; 0 if none does. */
static int bits_by_rule(const dgen_layer *layer, const dgen_bits_rule *rules, int rule_count)
{
    for (int i = 0; i < rule_count; i++)
        if (fits(rules[i].pattern, layer->name ? layer->name : "")) return rules[i].bits;
    return 0;
}

static dgen_status check_rules(const dgen_bits_rule *rules, int rule_count, dgen_error *error)
{
    for (int i = 0; i < rule_count; i++)
        if (rules[i].bits != 2 && rules[i].bits != 4 && rules[i].bits != 8 && rules[i].bits != KEPT)
            return dgen__fail(error, DGEN_EINVAL, "rules", "rules must give 2, 4, 8 or 16 bits; rule %d gives %d", i + 1, rules[i].bits);
    return DGEN_OK;
}

/* ---------------------------------------------------------------------------------------------------------------- measuring */

/* The part of the squares that is lost, by the kernel of powers: libm's bits are those of a machine. */
static double loss_of(double snr_db)
{
    double ten = 10, bel = -snr_db / 10, result;
    const void *operands[3] = { &ten, &bel };
    dgen__isa()->map[DGEN_OP_pow][DGEN_F64_KERNELS](&result, operands, 0, 1, 0);
    return result;
}

/* What a layer takes and loses at some bits. */
static dgen_status measure(dgen_bits_choice *out, double *loss, const dgen_layer *layer, int bits, const dgen_quantize_options *options,
                           dgen_error *error)
{
    dgen_quantize_options with = *options;
    dgen_quantized quantized = { 0 };
    if (bits == KEPT) {
        *out = (dgen_bits_choice){ KEPT, 2 * (uint64_t)dgen_array_length(layer->x), 0, INFINITY };
        *loss = 0;
        return DGEN_OK;
    }
    with.bits = bits;
    with.certificate = 1;
    dgen_status status = dgen_quantize(&quantized, layer->x, &with, error);
    if (status != DGEN_OK) return status;
    uint64_t size = dgen_array_bytes(&quantized.codes) + dgen_array_bytes(&quantized.scale) + dgen_array_bytes(&quantized.zero);
    *out = (dgen_bits_choice){ bits, size, quantized.error.rmse, quantized.error.snr_db };
    *loss = loss_of(quantized.error.snr_db);
    dgen_quantized_release(&quantized);
    return DGEN_OK;
}

/* A layer at every width that is open to it. */
static dgen_status measure_layer(layer_choices *out, const dgen_layer *layer, int bits, const dgen_quantize_options *options,
                                 dgen_error *error)
{
    dgen_status status = DGEN_OK;
    *out = (layer_choices){ .fixed = bits != 0 };
    if (out->fixed) return measure(&out->at[0], &out->loss[0], layer, bits, options, error);
    for (int i = 0; i < WIDTHS && status == DGEN_OK; i++)
        status = measure(&out->at[i], &out->loss[i], layer, widths[i], options, error);
    return status;
}

/* ----------------------------------------------------------------------------------------------------------------- choosing */

static double gain_of(const layer_choices *layer, int from, int to) { return layer->loss[from] - layer->loss[to]; }

static uint64_t cost_of(const layer_choices *layer, int from, int to) { return layer->at[to].size - layer->at[from].size; }

/* The steps along the hull of a layer's choices; returns how many. */
static int hull_steps(step *out, const layer_choices *layer, int64_t number)
{
    int count = 0;
    for (int from = 0, next = 0; from < WIDTHS; from = next) {
        double most = 0;
        for (int to = from + 1; to < WIDTHS; to++) {
            double gain = gain_of(layer, from, to), rate = gain / (double)cost_of(layer, from, to); /* inf where it costs nothing */
            if (gain > 0 && rate >= most) most = rate, next = to;
        }
        if (next == from) break;
        out[count++] = (step){ most, number, from, next };
    }
    return count;
}

/* The largest gain a byte first; of equal ones that of the first layer, and of one layer the first. */
static int by_gain(const void *a, const void *b)
{
    const step *x = a, *y = b;
    if (x->gain_a_byte != y->gain_a_byte) return x->gain_a_byte > y->gain_a_byte ? -1 : 1;
    if (x->layer != y->layer) return x->layer < y->layer ? -1 : 1;
    return x->from - y->from;
}

/* The step of any layer that gains most and fits; false if there is none. */
static bool find_step(step *out, const layer_choices *layers, int64_t count, uint64_t left)
{
    double most = 0;
    for (int64_t i = 0; i < count; i++)
        for (int to = layers[i].chosen + 1; to < WIDTHS && !layers[i].fixed; to++) {
            double gain = gain_of(&layers[i], layers[i].chosen, to);
            if (gain <= most || cost_of(&layers[i], layers[i].chosen, to) > left) continue;
            most = gain;
            *out = (step){ 0, i, layers[i].chosen, to };
        }
    return most > 0;
}

static void take_step(layer_choices *layers, const step *step, uint64_t *left)
{
    *left -= cost_of(&layers[step->layer], step->from, step->to);
    layers[step->layer].chosen = step->to;
}

static void choose(layer_choices *layers, step *steps, int64_t count, uint64_t left)
{
    size_t step_count = 0;
    step best;
    for (int64_t i = 0; i < count; i++)
        if (!layers[i].fixed) step_count += (size_t)hull_steps(steps + step_count, &layers[i], i);
    qsort(steps, step_count, sizeof *steps, by_gain);
    for (size_t i = 0; i < step_count; i++) {
        const layer_choices *layer = &layers[steps[i].layer];
        if (layer->chosen == steps[i].from && cost_of(layer, steps[i].from, steps[i].to) <= left) take_step(layers, &steps[i], &left);
    }
    while (find_step(&best, layers, count, left)) take_step(layers, &best, &left);
}

/* ------------------------------------------------------------------------------------------------------------------ the call */

typedef struct call {
    const dgen_layer *layers;
    int64_t count;
    uint64_t budget;
    const dgen_bits_rule *rules;
    int rule_count;
    const dgen_quantize_options *options;
    dgen_progress progress;
    void *context;
} call;

static dgen_status measure_layers(const call *call, layer_choices *measured, dgen_error *error)
{
    uint64_t done = 0, total = 0;
    dgen_error reason;
    for (int64_t i = 0; i < call->count; i++) {
        if (dgen__check_floats(call->layers[i].x, "x", &reason) != DGEN_OK) return dgen__fail_layer(error, i, &reason);
        total += (uint64_t)dgen_array_length(call->layers[i].x);
    }
    for (int64_t i = 0; i < call->count; i++) {
        const dgen_layer *layer = &call->layers[i];
        int bits = bits_by_rule(layer, call->rules, call->rule_count);
        if (!bits && !call->budget) bits = call->options->bits;
        if (measure_layer(&measured[i], layer, bits, call->options, &reason) != DGEN_OK) return dgen__fail_layer(error, i, &reason);
        done += (uint64_t)dgen_array_length(layer->x);
        if (call->progress && call->progress(call->context, done, total)) return dgen__fail_canceled(error);
    }
    return DGEN_OK;
}

static dgen_status run(const call *call, dgen_bits_choice *choices, layer_choices *measured, step *steps, dgen_error *error)
{
    uint64_t least = 0;
    dgen_status status = measure_layers(call, measured, error);
    if (status != DGEN_OK) return status;
    for (int64_t i = 0; i < call->count; i++) least += measured[i].at[0].size;
    if (call->budget && least > call->budget)
        return dgen__fail(error, DGEN_EINVAL, "budget", "budget must be at least %llu bytes, what 2 bits%s take, not %llu",
                          (unsigned long long)least, call->rule_count ? " and the rules" : "", (unsigned long long)call->budget);
    if (call->budget) choose(measured, steps, call->count, call->budget - least);
    for (int64_t i = 0; i < call->count; i++) choices[i] = measured[i].at[measured[i].chosen];
    return DGEN_OK;
}

dgen_status dgen_choose_bits(dgen_bits_choice *choices, const dgen_layer *layers, int64_t count, uint64_t budget,
                             const dgen_bits_rule *rules, int rule_count, const dgen_quantize_options *options,
                             dgen_progress progress, void *context, dgen_error *error)
{
    dgen_quantize_options defaults;
    dgen_block *block;
    if (!options) dgen_quantize_options_init(&defaults), options = &defaults;
    dgen_status status = dgen__quantize_options_check(options, error);
    if (status == DGEN_OK) status = check_rules(rules, rule_count, error);
    if (status != DGEN_OK) return status;
    if (options->rule)
        return dgen__fail(error, DGEN_EINVAL, "rule", "rule must be \"dgen\" where bits are chosen: ggml's have bits of their own");
    call call = { layers, count, budget, rules, rule_count, options, progress, context };
    uint64_t measured = (uint64_t)count * sizeof(layer_choices), steps = (uint64_t)count * (WIDTHS - 1) * sizeof(step);
    status = dgen__block_alloc(&block, measured + steps, NULL, error);
    if (status != DGEN_OK) return status;
    uint8_t *data = dgen__block_data(block);
    status = run(&call, choices, (layer_choices *)data, (step *)(data + measured), error);
    dgen__block_release(block);
    return status;
}
