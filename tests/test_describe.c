/*
 * Describe against independent answers: the entropy in long double, distinct blocks by an exact sort, zero blocks by
 * looking, and the LZ ratio against the real liblz4, block by block.
 */
#include <lz4.h>
#include <math.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)

enum { MOST = 8 << 20 };

static uint8_t *bytes; /* ends where the next page is inaccessible */
static uint64_t size;

/* ------------------------------------------------------------------------------------------------------- known data */

static void make_zeros(uint64_t n) { memset(bytes, 0, size = n); }
static void make_constant(uint64_t n) { memset(bytes, 7, size = n); }

/* Words drawn unevenly from a small list: what text is to a compressor. */
static void make_text(uint64_t n)
{
    static const char *const words[] = { "the ", "of ", "and ", "memory ", "vector ", "a ", "quantization ", "\n",
                                         "in ", "is ", "byte ", "stream, ", "compression. ", "0", "41", "seed " };
    uint64_t at = 0;
    size = n;
    while (at < n) {
        const char *word = words[(test_random() >> 40) % 16 * ((test_random() >> 40) % 16) / 16];
        for (; *word && at < n; word++) bytes[at++] = (uint8_t)*word;
        if (at < n && (test_random() >> 40) % 4 == 0) bytes[at++] = (uint8_t)('a' + (test_random() >> 40) % 26);
    }
}

/* Records: a rising number, a few constant bytes, a small field. */
static void make_records(uint64_t n)
{
    size = n;
    for (uint64_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(i % 24 < 4 ? i / 24 >> 8 * (i % 24) : i % 24 < 20 ? 0x30 + i % 3 : test_random() >> 61);
}

/* Few blocks alike, all kinds of neighbours: random, text and zero blocks, some of them copies. */
static void make_mixture(uint64_t n)
{
    make_text(n);
    for (uint64_t at = 0; at + 4096 <= n; at += 4096)
        switch ((test_random() >> 40) % 4) {
        case 0: memset(bytes + at, 0, 4096); break;
        case 1: for (int i = 0; i < 4096; i++) bytes[at + i] = (uint8_t)(test_random() >> 33); break;
        case 2: memcpy(bytes + at, bytes + (test_random() >> 11) % (at / 4096 + 1) * 4096, 4096); break;
        default: break;
        }
}

static void make_object(uint64_t n, double dedup_ratio, double compress_ratio, dgen_codec codec)
{
    dgen_config config = test_config(n, 42);
    dgen_error error = { 0 };
    config.dedup_ratio = dedup_ratio, config.compress_ratio = compress_ratio, config.codec = codec;
    config.block_size = 4096;
    size = n;
    CHECK(dgen_fill_at(bytes, n, &config, 0, &error) == DGEN_OK, "%s", error.message);
}

enum { DATA_KINDS = 10 };

static const char *make(int kind, uint64_t n)
{
    switch (kind) {
    case 0: make_zeros(n); return "zeros";
    case 1: make_constant(n); return "constant";
    case 2: make_text(n); return "text";
    case 3: make_records(n); return "records";
    case 4: make_mixture(n); return "mixture";
    case 5: make_object(n, 1, 1, DGEN_CODEC_ANY); return "random";
    case 6: make_object(n, 1, 2, DGEN_CODEC_ANY); return "compress 2";
    case 7: make_object(n, 2, 1, DGEN_CODEC_ANY); return "dedup 2";
    case 8: make_object(n, 1, 3, DGEN_CODEC_LZ4); return "compress 3 lz4";
    default: make_object(n, 3, 10, DGEN_CODEC_ANY); return "dedup 3 compress 10";
    }
}

/* ------------------------------------------------------------------------------------------------ independent answers */

static long double entropy(void)
{
    uint64_t counts[256] = { 0 };
    long double sum = 0;
    for (uint64_t i = 0; i < size; i++) counts[bytes[i]]++;
    for (int v = 0; v < 256; v++) {
        long double p = (long double)counts[v] / (long double)size;
        if (counts[v]) sum -= p * log2l(p);
    }
    return sum;
}

static uint64_t sorted_block_size;

static uint64_t length_of(uint64_t block)
{
    uint64_t left = size - block * sorted_block_size;
    return left < sorted_block_size ? left : sorted_block_size;
}

static int compare_blocks(const void *a, const void *b)
{
    uint64_t i = *(const uint64_t *)a, j = *(const uint64_t *)b, m = length_of(i), n = length_of(j);
    int order = memcmp(bytes + i * sorted_block_size, bytes + j * sorted_block_size, m < n ? m : n);
    return order ? order : (m > n) - (m < n);
}

static uint64_t count_unique(uint64_t block_size)
{
    uint64_t blocks = (size + block_size - 1) / block_size, unique = blocks > 0;
    uint64_t *order = malloc((blocks + 1) * sizeof *order);
    sorted_block_size = block_size;
    for (uint64_t i = 0; i < blocks; i++) order[i] = i;
    qsort(order, blocks, sizeof *order, compare_blocks);
    for (uint64_t i = 1; i < blocks; i++) unique += compare_blocks(&order[i], &order[i - 1]) != 0;
    free(order);
    return unique;
}

static uint64_t count_zero(uint64_t block_size)
{
    uint64_t zero = 0;
    for (uint64_t at = 0; at < size; at += block_size) {
        uint64_t n = size - at < block_size ? size - at : block_size, i = 0;
        while (i < n && !bytes[at + i]) i++;
        zero += i == n;
    }
    return zero;
}

/* Bytes that liblz4 makes of a block; the block's own if that is less. */
static uint64_t lz4_bytes(const uint8_t *block, uint64_t n)
{
    int bound = LZ4_compressBound((int)n);
    char *out = malloc((size_t)bound);
    int got = LZ4_compress_default((const char *)block, out, (int)n, bound);
    free(out);
    CHECK(got > 0, "LZ4_compress_default");
    return (uint64_t)got < n ? (uint64_t)got : n;
}

/* ------------------------------------------------------------------------------------------------------------- tests */

static dgen_describe_report describe(uint64_t block_size)
{
    dgen_describe_report report = { 0 };
    dgen_error error = { 0 };
    CHECK(dgen_describe(&report, bytes, size, block_size, &error) == DGEN_OK, "%s", error.message);
    return report;
}

static void entropy_unique_and_zero_blocks_are_exact(void)
{
    static const uint64_t sizes[] = { 1, 63, 4096, 100000, MIB, 3 * MIB + 4097, MOST };
    static const uint64_t block_sizes[] = { 64, 100, 512, 4096, 65536, MIB, 16 * MIB };
    for (int kind = 0; kind < DATA_KINDS; kind++)
        for (int s = 0; s < 7; s++) {
            const char *name = make(kind, sizes[s]);
            long double right = entropy();
            for (int b = 0; b < 7; b++) {
                uint64_t block_size = block_sizes[b];
                dgen_describe_report report = describe(block_size);
                CHECK(fabsl(report.entropy - right) < 1e-12L, "%s: %.15f, not %.15Lf", name, report.entropy, right);
                CHECK(report.size == size && report.block_size == block_size
                          && report.blocks == (size + block_size - 1) / block_size, "%s", name);
                uint64_t unique = count_unique(block_size), zero = count_zero(block_size);
                CHECK(report.unique_blocks == unique, "%s, %llu bytes, blocks of %llu: %llu, not %llu", name,
                      (unsigned long long)size, (unsigned long long)block_size, (unsigned long long)report.unique_blocks,
                      (unsigned long long)unique);
                CHECK(report.zero_blocks == zero, "%s: %llu, not %llu", name, (unsigned long long)report.zero_blocks,
                      (unsigned long long)zero);
            }
        }
}

/*
 * Each block alone, described as a whole: its three ratios are then that block's. The matcher hashes as liblz4's fast mode
 * does, so nearly all matches are the same ones; where an entry of the table was overwritten or not, a block may differ.
 * Other versions of liblz4 may differ a little more. So: 5 % for a block, 0.5 % over the blocks of a kind.
 */
static void ratios_are_those_of_liblz4(void)
{
    static const uint64_t block_sizes[] = { 512, 4096, 16384, 65536, MIB };
    for (int kind = 0; kind < DATA_KINDS; kind++)
        for (int b = 0; b < 5; b++) {
            const char *name = make(kind, MOST);
            uint64_t block_size = block_sizes[b], blocks = 0, n = size / block_size, skip = n > 256 ? n / 256 : 1;
            double ours_sum = 0, real_sum = 0, worst = 1;
            uint8_t *whole = bytes;
            for (uint64_t i = 0; i < n; i += skip, blocks++) {
                bytes = whole + i * block_size, size = block_size;
                dgen_describe_report report = describe(block_size);
                double real = (double)lz4_bytes(bytes, size), ours = (double)size / report.lz_ratio;
                CHECK(report.lz_ratio_min == report.lz_ratio && report.lz_ratio_max == report.lz_ratio, "one block");
                CHECK(ours / real < 1.05 && real / ours < 1.05, "%s, block %llu of %llu bytes: %g, not %g", name,
                      (unsigned long long)i, (unsigned long long)block_size, ours, real);
                if (ours / real > worst) worst = ours / real;
                if (real / ours > worst) worst = real / ours;
                ours_sum += ours, real_sum += real;
            }
            bytes = whole;
            double together = ours_sum / real_sum;
            CHECK(fabs(together - 1) < 0.005, "%s, blocks of %llu: %g of liblz4's bytes", name,
                  (unsigned long long)block_size, together);
            printf("  %-20s %8llu: %.4f of liblz4's bytes, a block at most %.4f apart\n", name,
                   (unsigned long long)block_size, together, worst);
        }
}

/* Over-all, worst and best are taken over every block where all are sampled. */
static void ratios_are_gathered_over_blocks(void)
{
    for (int kind = 0; kind < DATA_KINDS; kind++) {
        make(kind, 2 * MIB + 5000);
        dgen_describe_report whole = describe(4096);
        double bytes_sum = 0, least = 1e9, most = 0;
        uint8_t *all = bytes;
        uint64_t n = size;
        for (uint64_t at = 0; at < n; at += 4096) {
            bytes = all + at, size = n - at < 4096 ? n - at : 4096;
            double ratio = describe(4096).lz_ratio;
            bytes_sum += (double)size / ratio;
            if (ratio < least) least = ratio;
            if (ratio > most) most = ratio;
        }
        bytes = all, size = n;
        CHECK(whole.sampled_blocks == whole.blocks, "%llu", (unsigned long long)whole.sampled_blocks);
        CHECK(whole.lz_ratio_min == least && whole.lz_ratio_max == most, "%g to %g, not %g to %g", whole.lz_ratio_min,
              whole.lz_ratio_max, least, most);
        CHECK(fabs(whole.lz_ratio * bytes_sum / (double)n - 1) < 1e-9, "%g", whole.lz_ratio);
    }
}

static void samples_are_bounded_and_spread(void)
{
    make_object(MOST, 1, 1, DGEN_CODEC_ANY);
    dgen_describe_report report = describe(64);
    CHECK(report.sampled_blocks == 4096 && report.lz_ratio == 1, "%llu", (unsigned long long)report.sampled_blocks);
    memset(bytes + MOST / 2, 0, MOST / 4);
    report = describe(64);
    double share = 1 - 0.25 * (1 - 11.0 / 64); /* a block of 64 zeros takes 11 bytes */
    CHECK(fabs(1 / report.lz_ratio - share) < 1e-3, "%g, not %g", 1 / report.lz_ratio, share);
}

static void promised_figures_of_objects(void)
{
    make_object(MOST, 2, 1, DGEN_CODEC_ANY);
    CHECK(describe(4096).unique_blocks == MOST / 4096 / 2, "dedup 2");
    make_object(MOST, 1, 2, DGEN_CODEC_ANY);
    dgen_describe_report report = describe(4096);
    CHECK(report.lz_ratio_min >= 2 && report.lz_ratio_max <= 2.06, "%g to %g", report.lz_ratio_min, report.lz_ratio_max);
    CHECK(report.unique_blocks == MOST / 4096 && report.zero_blocks == 0, "compress 2");
}

static void one_byte_tells_blocks_apart(void)
{
    make_constant(2 * 65536);
    for (int i = 0; i < 300; i++) {
        uint64_t at = (test_random() >> 11) % size;
        uint8_t bit = (uint8_t)(1 << (test_random() >> 61));
        bytes[at] ^= bit;
        CHECK(describe(65536).unique_blocks == 2, "a bit of byte %llu", (unsigned long long)at);
        bytes[at] ^= bit;
    }
    CHECK(describe(65536).unique_blocks == 1, "none");
    size = 65536 + 100; /* the last block is a prefix of the first */
    CHECK(describe(65536).unique_blocks == 2, "a prefix");
}

static int cancel(void *context) { return ++*(int *)context > 0; }

static void errors_and_edges(void)
{
    dgen_describe_report report = { .size = 77 };
    dgen_error error = { 0 };
    static const uint64_t bad[] = { 0, 63, 16 * MIB + 1, UINT64_MAX };
    make_text(1000);
    for (int i = 0; i < 4; i++) {
        CHECK(dgen_describe(&report, bytes, size, bad[i], &error) == DGEN_EINVAL, "%llu", (unsigned long long)bad[i]);
        CHECK(!strcmp(error.argument, "block_size") && strstr(error.message, "block_size"), "%s", error.message);
    }
    CHECK(dgen_describe(&report, NULL, 1, 4096, &error) == DGEN_EINVAL && !strcmp(error.argument, "bytes"), "NULL");
    int asked = 0;
    dgen_poll_set(cancel, &asked);
    CHECK(dgen_describe(&report, bytes, size, 4096, &error) == DGEN_ECANCELED, "%s", error.message);
    dgen_poll_set(NULL, NULL);
    CHECK(report.size == 77, "the report was touched");
    CHECK(dgen_describe(&report, NULL, 0, 4096, &error) == DGEN_OK && report.blocks == 0 && report.entropy == 0
              && report.unique_blocks == 0 && report.lz_ratio == 1, "no bytes");
}

static void records_have_the_fields_in_order(void)
{
    static const char *const names[] = { "size", "block_size", "blocks", "entropy", "unique_blocks", "zero_blocks",
                                         "sampled_blocks", "lz_ratio", "lz_ratio_min", "lz_ratio_max" };
    dgen_record record;
    make_text(100000);
    dgen_describe_report report = describe(4096);
    dgen_describe_record(&report, &record);
    CHECK(record.count == 10, "%d", record.count);
    for (int i = 0; i < 10 && i < record.count; i++)
        CHECK(!strcmp(record.fields[i].name, names[i]), "%s", record.fields[i].name);
    CHECK(record.fields[2].value.count == 25 && record.fields[3].value.number == report.entropy
              && record.fields[9].value.number == report.lz_ratio_max, "values");
}

int main(void)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    bytes = mmap(NULL, MOST + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED || mprotect(bytes + MOST, page, PROT_NONE)) abort();
    RUN(errors_and_edges);
    RUN(records_have_the_fields_in_order);
    RUN(one_byte_tells_blocks_apart);
    RUN(entropy_unique_and_zero_blocks_are_exact);
    RUN(ratios_are_gathered_over_blocks);
    RUN(samples_are_bounded_and_spread);
    RUN(promised_figures_of_objects);
    RUN(ratios_are_those_of_liblz4);
    return TEST_END();
}
