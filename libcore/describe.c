/*
 * Describing: what are these bytes like?
 *
 * One pass takes, of each stretch while it is in the cache, a histogram of bytes (for the entropy) and a 128-bit hash
 * of each block (for how many are alike); the hashes, 16 bytes a block, are then sorted in place. What LZ compression
 * would gain is estimated on a sample of blocks spread evenly (lz.c).
 */
#include <math.h>

#include "hash.h"
#include "lz.h"
#include "memory.h"
#include "threads.h"

enum {
    STRETCH = 16384,
    HISTOGRAMS = 8,
    TASK_BYTES = 512 * 1024, /* a task is as many blocks, but one at least */
    SLICE_BYTES = 32 << 20,  /* about what is done between two polls */
    SAMPLE_BLOCKS = 4096,    /* estimated at most, and ... */
    SAMPLE_BYTES = 64 << 20, /* ... at most so many bytes of them, but ... */
    SAMPLE_LEAST = 16        /* ... so many blocks */
};

typedef struct survey {
    const uint8_t *bytes;
    uint64_t n_bytes, block_size, blocks;
    uint64_t task_blocks, first_task; /* blocks a task; the first task of the slice in hand */
    dgen_hash *hashes;
    uint64_t counts[256], zero_blocks; /* added to by all threads */
    uint64_t samples, first_sample;
    uint32_t lz_bytes[SAMPLE_BLOCKS];
} survey;

static uint64_t block_bytes(const survey *survey, uint64_t block)
{
    return dgen__least(survey->block_size, survey->n_bytes - block * survey->block_size);
}

/* Adds n bytes to a histogram kept in parts: an increment need not wait for the one before, even of the same value. */
static void count(uint32_t part[HISTOGRAMS][256], const uint8_t *bytes, uint64_t n)
{
    uint64_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t x;
        memcpy(&x, bytes + i, sizeof x);
        for (int j = 0; j < HISTOGRAMS; j++) part[j][x >> 8 * j & 255]++;
    }
    for (; i < n; i++) part[0][bytes[i]]++;
}

static void survey_task(void *context, uint64_t i)
{
    survey *survey = context;
    uint32_t part[HISTOGRAMS][256] = {0};
    uint64_t block = (survey->first_task + i) * survey->task_blocks, zero_blocks = 0, zeros = 0;
    uint64_t end = dgen__least(block + survey->task_blocks, survey->blocks);
    for (; block < end; block++) {
        const uint8_t *bytes = survey->bytes + block * survey->block_size;
        uint64_t n = block_bytes(survey, block), step;
        dgen_hash_state state;
        dgen__hash_start(&state, n);
        for (uint64_t at = 0; at < n; at += step) {
            step = dgen__least(n - at, STRETCH);
            bool zero = dgen__hash_add(&state, bytes + at, step);
            if (zero) zeros += step;
            else count(part, bytes + at, step);
        }
        survey->hashes[block] = dgen__hash_end(&state);
        zero_blocks += !state.seen;
    }
    part[0][0] += (uint32_t)zeros; /* a task is 16 MiB at most */
    for (int value = 0; value < 256; value++) {
        uint64_t sum = 0;
        for (int j = 0; j < HISTOGRAMS; j++) sum += part[j][value];
        __atomic_fetch_add(&survey->counts[value], sum, __ATOMIC_RELAXED);
    }
    __atomic_fetch_add(&survey->zero_blocks, zero_blocks, __ATOMIC_RELAXED);
}

/* Block number `sample` of the evenly spread ones. */
static uint64_t sampled_block(const survey *survey, uint64_t sample)
{
    uint64_t whole = survey->blocks / survey->samples, rest = survey->blocks % survey->samples;
    return whole * sample + rest * sample / survey->samples;
}

static void sample_task(void *context, uint64_t i)
{
    survey *survey = context;
    uint64_t sample = survey->first_sample + i, block = sampled_block(survey, sample), n = block_bytes(survey, block);
    uint64_t bytes = dgen__lz_bytes(survey->bytes + block * survey->block_size, n);
    survey->lz_bytes[sample] = (uint32_t)dgen__least(bytes, n);
}

/* Runs task over all blocks, or all samples, slice by slice; *first is where the slice begins. False if canceled. */
static bool run(survey *survey, void (*task)(void *, uint64_t), uint64_t count, uint64_t task_bytes, uint64_t *first)
{
    uint64_t slice = task_bytes < SLICE_BYTES ? SLICE_BYTES / task_bytes : 1;
    for (*first = 0; *first < count; *first += slice) {
        if (dgen__canceled()) return false;
        if (!dgen__parallel_for(task, survey, dgen__least(slice, count - *first), 0)) return false;
    }
    return true;
}

static bool run_all(survey *survey)
{
    uint64_t size = survey->block_size, samples = SAMPLE_BYTES / size, tasks;
    survey->task_blocks = size < TASK_BYTES ? TASK_BYTES / size : 1;
    tasks = (survey->blocks + survey->task_blocks - 1) / survey->task_blocks;
    if (samples < SAMPLE_LEAST) samples = SAMPLE_LEAST;
    survey->samples = dgen__least(dgen__least(samples, SAMPLE_BLOCKS), survey->blocks);
    return run(survey, survey_task, tasks, survey->task_blocks * size, &survey->first_task)
        && run(survey, sample_task, survey->samples, size, &survey->first_sample);
}

/* Shannon's entropy of the histogram in bits a byte. */
static double entropy(const uint64_t counts[256], uint64_t total)
{
    double sum = 0;
    for (int value = 0; value < 256; value++) {
        double share = (double)counts[value] / (double)total;
        if (counts[value]) sum -= share * log2(share);
    }
    return sum > 0 ? sum : 0;
}

static void report_ratios(const survey *survey, dgen_describe_report *report)
{
    uint64_t raw = 0, bytes = 0;
    for (uint64_t i = 0; i < survey->samples; i++) {
        uint64_t n = block_bytes(survey, sampled_block(survey, i));
        double ratio = (double)n / survey->lz_bytes[i];
        raw += n;
        bytes += survey->lz_bytes[i];
        if (i == 0 || ratio < report->lz_ratio_min) report->lz_ratio_min = ratio;
        if (i == 0 || ratio > report->lz_ratio_max) report->lz_ratio_max = ratio;
    }
    report->sampled_blocks = survey->samples;
    report->lz_ratio = (double)raw / (double)bytes;
}

dgen_status dgen_describe(dgen_describe_report *out, const void *bytes, uint64_t n_bytes, uint64_t block_size,
                          dgen_error *error)
{
    dgen_value size = { .kind = DGEN_VALUE_COUNT, .count = block_size };
    dgen_status status = dgen_value_whole(&block_size, "block_size", size, 64, 16 * MIB, 0, error);
    if (status != DGEN_OK) return status;
    if (!bytes && n_bytes) return dgen__fail(error, DGEN_EINVAL, "bytes", "bytes must not be NULL");
    uint64_t blocks = n_bytes / block_size + (n_bytes % block_size != 0);
    dgen_describe_report report = {
        .size = n_bytes, .block_size = block_size, .blocks = blocks,
        .lz_ratio = 1, .lz_ratio_min = 1, .lz_ratio_max = 1,
    };
    if (blocks > 0) {
        dgen_block *memory;
        status = dgen__block_alloc(&memory, blocks * sizeof(dgen_hash), NULL, error);
        if (status != DGEN_OK) return status;
        survey survey = {
            .bytes = bytes, .n_bytes = n_bytes, .block_size = block_size, .blocks = blocks,
            .hashes = dgen__block_data(memory),
        };
        bool done = run_all(&survey) && dgen__hash_distinct(&report.unique_blocks, survey.hashes, blocks);
        if (done) {
            report.entropy = entropy(survey.counts, n_bytes);
            report.zero_blocks = survey.zero_blocks;
            report_ratios(&survey, &report);
        }
        dgen__block_release(memory);
        if (!done) return dgen__fail_canceled(error);
    }
    *out = report;
    return DGEN_OK;
}

void dgen_describe_record(const dgen_describe_report *report, dgen_record *out)
{
    out->count = 0;
    dgen__record_count(out, "size", report->size);
    dgen__record_count(out, "block_size", report->block_size);
    dgen__record_count(out, "blocks", report->blocks);
    dgen__record_number(out, "entropy", report->entropy);
    dgen__record_count(out, "unique_blocks", report->unique_blocks);
    dgen__record_count(out, "zero_blocks", report->zero_blocks);
    dgen__record_count(out, "sampled_blocks", report->sampled_blocks);
    dgen__record_number(out, "lz_ratio", report->lz_ratio);
    dgen__record_number(out, "lz_ratio_min", report->lz_ratio_min);
    dgen__record_number(out, "lz_ratio_max", report->lz_ratio_max);
}
