/*
 * Many layers in one call.
 *
 * All layers are checked before the first one is quantized. Neighbours that are small then go through side by side, a layer a task;
 * a large one has all threads for itself. Codes, scale and zero of a layer lie in one block of memory, which lives as long as any
 * of them.
 */
#include "quantize.h"
#include "threads.h"

enum {
    LARGE = 1 << 18,        /* elements of a layer that is cut into tasks itself */
    SIDE_BY_SIDE = 1 << 21, /* elements of the layers that go through together, about: then the progress hook is asked */
    SMALL = 1 << 15         /* elements that are not worth a second thread */
};

typedef struct batch {
    dgen_quantized *out;
    const dgen_array *const *layers;
    const dgen_quantize_options *options;
    const int *bits;
    int64_t first;     /* of the layers that go through together */
    int64_t failed;    /* the first layer that failed, or INT64_MAX */
    dgen_error reason; /* why */
    int locked;        /* while failed and reason are changed */
} batch;

static dgen_quantize_options options_of(const batch *batch, int64_t i)
{
    dgen_quantize_options options = *batch->options;
    if (batch->bits) options.bits = batch->bits[i];
    return options;
}

/* Tasks end in any order: of those that failed the first layer counts. */
static void note_failure(batch *batch, int64_t i, const dgen_error *reason)
{
    while (__atomic_exchange_n(&batch->locked, 1, __ATOMIC_ACQUIRE)) continue;
    if (i < batch->failed) batch->failed = i, batch->reason = *reason;
    __atomic_store_n(&batch->locked, 0, __ATOMIC_RELEASE);
}

/* Memory for the arrays of one layer, which are laid out. */
static dgen_status alloc_arrays(dgen_quantized *layer, dgen_error *error)
{
    dgen_array *arrays[] = { &layer->codes, &layer->scale, &layer->zero }, whole;
    int64_t at[4] = { 0 };
    for (int i = 0; i < 3; i++) {
        uint64_t lines = ((uint64_t)dgen_array_bytes(arrays[i]) + DGEN_ALIGNMENT - 1) / DGEN_ALIGNMENT;
        at[i + 1] = at[i] + (int64_t)(lines * DGEN_ALIGNMENT);
    }
    dgen_status status = dgen_array_alloc(&whole, DGEN_U8, 1, &at[3], NULL, error);
    for (int i = 0; status == DGEN_OK && i < 3; i++) {
        dgen_array part;
        dgen_array_retain(&part, &whole);
        arrays[i]->data = (uint8_t *)whole.data + at[i];
        arrays[i]->owner = part.owner;
        arrays[i]->release = part.release;
    }
    if (status == DGEN_OK) dgen_array_release(&whole);
    return status;
}

static void quantize_layer(batch *batch, int64_t i, int max_threads)
{
    dgen_quantize_options options = options_of(batch, i);
    dgen_error error;
    options.max_threads = max_threads;
    dgen_status status = alloc_arrays(&batch->out[i], &error);
    if (status == DGEN_OK) status = dgen_quantize(&batch->out[i], batch->layers[i], &options, &error);
    if (status != DGEN_OK) note_failure(batch, i, &error);
}

static void run_task(void *context, uint64_t i)
{
    batch *batch = context;
    quantize_layer(batch, batch->first + (int64_t)i, 1);
}

/* Where the layers that go through together with the first one end, and how many elements they have. */
static int64_t last_of(const batch *batch, int64_t count, int64_t *elements)
{
    int64_t last = batch->first;
    *elements = 0;
    do {
        *elements += dgen_array_length(batch->layers[last++]);
    } while (last < count && *elements < SIDE_BY_SIDE && dgen_array_length(batch->layers[last]) < LARGE);
    return last;
}

/* Lays out every layer, and adds up what they have of elements. */
static dgen_status check_layers(batch *batch, int64_t count, uint64_t *total, dgen_error *error)
{
    dgen_error reason;
    *total = 0;
    for (int64_t i = 0; i < count; i++) {
        dgen_quantize_options options = options_of(batch, i);
        if (dgen_quantize_shape(&batch->out[i], batch->layers[i], &options, &reason) != DGEN_OK) return dgen__fail_layer(error, i, &reason);
        *total += (uint64_t)dgen_array_length(batch->layers[i]);
    }
    return DGEN_OK;
}

static dgen_status run(batch *batch, int64_t count, uint64_t total, dgen_progress progress, void *context, dgen_error *error)
{
    uint64_t done = 0;
    for (int64_t last, elements; batch->first < count; batch->first = last) {
        int max_threads = batch->options->max_threads;
        last = last_of(batch, count, &elements);
        if (last == batch->first + 1) quantize_layer(batch, batch->first, max_threads);
        else if (!dgen__parallel_for(run_task, batch, (uint64_t)(last - batch->first), elements < SMALL ? 1 : max_threads))
            return dgen__fail_canceled(error);
        if (batch->failed < count) return dgen__fail_layer(error, batch->failed, &batch->reason);
        for (int64_t i = batch->first; i < last; i++) {
            done += (uint64_t)dgen_array_length(batch->layers[i]);
            if (progress && progress(context, done, total)) return dgen__fail_canceled(error);
        }
    }
    return DGEN_OK;
}

dgen_status dgen_quantize_batch(dgen_quantized *out, const dgen_array *const *layers, int64_t count,
                                const dgen_quantize_options *options, const int *bits, dgen_progress progress, void *context,
                                dgen_error *error)
{
    dgen_quantize_options defaults;
    uint64_t total;
    if (!options) dgen_quantize_options_init(&defaults), options = &defaults;
    batch batch = { .out = out, .layers = layers, .options = options, .bits = bits, .failed = INT64_MAX };
    dgen_status status = bits ? DGEN_OK : dgen__quantize_options_check(options, error);
    if (status == DGEN_OK) status = check_layers(&batch, count, &total, error);
    if (status == DGEN_OK) status = run(&batch, count, total, progress, context, error);
    for (int64_t i = 0; status != DGEN_OK && i < count; i++) {
        dgen_quantized_release(&out[i]);
        memset(&out[i], 0, sizeof out[i]);
    }
    return status;
}
