/*
 * Compression, judged by the real compressors: every block of 4 KiB to 1 MiB, compressed alone, against the ratio
 * asked; and by the bytes: which are the stream's, how they repeat, that no sector is zero or occurs twice.
 *
 * usage: test_compress [--long]      --long: many ratios and seeds, hundreds of MiB, some 40 minutes
 */
#include <lz4.h>
#include <math.h>
#include <zlib.h>
#include <zstd.h>

#include "plan.h"
#include "test.h"

enum { LZ4, ZSTD_1, ZSTD_3, ZLIB, COMPRESSORS, SECTOR = 512, BLOCK_SIZES = 5 };
static const char *const names[] = { "lz4", "zstd -1", "zstd -3", "zlib -6" };
static const size_t block_sizes[BLOCK_SIZES] = { 4096, 8192, 16384, 65536, 1048576 };
/* Which compressors each codec stands for. */
static const int held[] = { [DGEN_CODEC_ANY] = 15,
                            [DGEN_CODEC_LZ4] = 1 << LZ4,
                            [DGEN_CODEC_ZSTD] = 1 << ZSTD_1 | 1 << ZSTD_3,
                            [DGEN_CODEC_LZ4_ZSTD] = 7,
                            [DGEN_CODEC_ZLIB] = 1 << ZLIB };
static int long_run;

static size_t compressed_bytes(int compressor, const uint8_t *bytes, size_t n)
{
    static char out[2 << 20];
    static ZSTD_CCtx *zstd;
    static z_stream deflater;
    if (!zstd) {
        zstd = ZSTD_createCCtx();
        deflateInit(&deflater, 6);
    }
    switch (compressor) {
    case LZ4: return (size_t)LZ4_compress_default((const char *)bytes, out, (int)n, sizeof out);
    case ZSTD_1: return ZSTD_compressCCtx(zstd, out, sizeof out, bytes, n, 1);
    case ZSTD_3: return ZSTD_compressCCtx(zstd, out, sizeof out, bytes, n, 3);
    default:
        deflateReset(&deflater);
        deflater.next_in = (Bytef *)(uintptr_t)bytes, deflater.avail_in = (uInt)n;
        deflater.next_out = (Bytef *)out, deflater.avail_out = sizeof out;
        deflate(&deflater, Z_FINISH);
        return deflater.total_out;
    }
}

/* Bytes [at, at + n) of an object. */
static uint8_t *piece_of(const dgen_config *config, uint64_t at, uint64_t n)
{
    dgen_error error;
    uint8_t *bytes = malloc(n + 1);
    dgen_status status = dgen_fill_at(bytes, n, config, at, &error);
    CHECK(status == DGEN_OK, "%s", error.message);
    return bytes;
}

/* ------------------------------------------------------------------------------------------------------------- bands
 */

typedef struct band {
    double low, high; /* of (raw / compressed) / asked, over all blocks */
} band;

/* Blocks of a piece, by all compressors of the codec. */
static band measure(const dgen_config *config, uint64_t at, uint64_t n)
{
    band band = { INFINITY, 0 };
    uint8_t *bytes = piece_of(config, at, n);
    for (int compressor = 0; compressor < COMPRESSORS; compressor++) {
        if (!(held[config->codec] >> compressor & 1)) continue;
        for (int b = 0; b < BLOCK_SIZES; b++)
            for (uint64_t i = 0; i + block_sizes[b] <= n; i += block_sizes[b]) {
                size_t small = compressed_bytes(compressor, bytes + i, block_sizes[b]);
                double ratio = (double)block_sizes[b] / (double)small / config->compress_ratio;
                CHECK(ratio >= 1,
                      "%s makes %zu of %zu bytes at %llu: ratio %g, codec %d, dedup %g, unit %llu, seed %llu",
                      names[compressor], small, block_sizes[b], (unsigned long long)(at + i), config->compress_ratio,
                      config->codec, config->dedup_ratio, (unsigned long long)config->block_size,
                      (unsigned long long)config->seed);
                band.low = fmin(band.low, ratio);
                band.high = fmax(band.high, ratio);
            }
    }
    free(bytes);
    return band;
}

/* The most that is promised. */
static double promised(dgen_codec codec, double ratio)
{
    if (codec == DGEN_CODEC_LZ4) return 1.02;
    if (codec == DGEN_CODEC_ZSTD) return 1.05;
    if (codec == DGEN_CODEC_LZ4_ZSTD && ratio > 2) return 1.06;
    return ratio <= 1.5 ? 1.02 : ratio <= 2 ? 1.03 : ratio <= 3 ? 1.05 : ratio <= 6 ? 1.07 : ratio <= 8 ? 1.10 : 1.14;
}

static void every_block_keeps_the_ratio(void)
{
    static const double ratios[] = { 1.03, 1.1, 1.25, 1.5, 2, 2.5, 3, 4, 6, 8, 10 };
    double step = long_run ? 1.01 : 0;
    for (int codec = 0; codec < 5; codec++)
        for (double r = 1.03, i = 0; long_run ? r <= 10 : i < 11; r *= step, i++)
            for (uint64_t seed = 0; seed < 2; seed++) {
                dgen_config config = test_config(long_run ? 16 << 20 : 2 << 20, seed * 1000 + (uint64_t)i);
                config.codec = (dgen_codec)codec;
                config.compress_ratio = long_run ? r : ratios[(int)i];
                band band = measure(&config, 0, config.size);
                CHECK(band.high <= promised(config.codec, config.compress_ratio),
                      "codec %d, ratio %g: up to %.4f of it", codec, config.compress_ratio, band.high);
            }
}

/* Above 10 the promise is the lower bound alone. */
static void high_ratios_are_reached(void)
{
    for (int codec = 0; codec < 5; codec++)
        for (double r = 10.5; r <= 25; r *= long_run ? 1.01 : 1.19) {
            dgen_config config = test_config(1 << 20, (uint64_t)(r * 1000));
            config.codec = (dgen_codec)codec;
            config.compress_ratio = r;
            measure(&config, 0, config.size);
        }
}

static void ratios_up_to_1_03_are_plain(void)
{
    dgen_config config = test_config(1 << 20, 8), plain = config;
    config.compress_ratio = 1.0299;
    uint8_t *a = piece_of(&config, 0, config.size), *b = piece_of(&plain, 0, plain.size);
    CHECK(!memcmp(a, b, plain.size), "ratio 1.0299 is not plain");
    for (int c = 0; c < COMPRESSORS; c++)
        CHECK(compressed_bytes(c, a, 65536) > 65536, "%s gains on plain bytes", names[c]);
    free(a);
    free(b);
}

/* ------------------------------------------------------------------------------------------------ with deduplication
 */

/* Units below 4 KiB: one match more a unit, which the compressors weigh differently. */
static double promised_of_units(dgen_codec codec, double ratio, uint64_t unit)
{
    if (unit >= 4096) return promised(codec, ratio);
    return promised(codec, ratio) + 0.01 * ratio;
}

/* In a large object, where copies within a block are few. */
static void scattered_units_keep_the_ratio(void)
{
    static const double ratios[] = { 1.03, 1.25, 2, 3, 4, 6, 8, 10 };
    for (uint64_t unit = 512; unit <= 65536; unit *= unit < 4096 ? 2 : 16)
        for (size_t i = 0; i < sizeof ratios / sizeof *ratios; i++)
            for (int codec = 0; codec < 5; codec++) {
                if (!long_run && codec != DGEN_CODEC_ANY && (i + (size_t)codec) % 3) continue;
                dgen_config config = test_config(UINT64_C(16) << 30, 31 + i);
                config.codec = (dgen_codec)codec;
                config.compress_ratio = ratios[i];
                config.dedup_ratio = 1.9;
                config.block_size = unit;
                band band = measure(&config, (UINT64_C(5) << 30) + (i << 20), long_run ? 16 << 20 : 1 << 20);
                CHECK(band.high <= promised_of_units(config.codec, ratios[i], unit),
                      "codec %d, unit %llu, ratio %g: up to %.4f of it", codec, (unsigned long long)unit, ratios[i],
                      band.high);
            }
}

/* Small objects, in which few places are left to choose from: the lower bound. */
static void small_objects_keep_the_ratio(void)
{
    for (int i = 0; i < (long_run ? 4000 : 250); i++) {
        dgen_config config = test_config(4096 + test_random() % 600000, (uint64_t)i);
        config.codec = (dgen_codec)(i % 5);
        config.compress_ratio = 1.03 + (double)(test_random() % 1000) / 110;
        config.dedup_ratio = 1.01 + (double)(test_random() % 300) / 100;
        config.block_size = UINT64_C(512) << test_random() % 8;
        measure(&config, 0, config.size / 4096 * 4096);
    }
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, 24);
}

/* What an array that deduplicates units and compresses each stores: the product of both ratios. */
static void ratios_multiply(void)
{
    enum { SIZE = 24 << 20 };
    static const double pairs[][2] = { { 2, 2 }, { 1.5, 3 }, { 4, 1.25 } };
    for (int i = 0; i < 6; i++) {
        dgen_config config = test_config(SIZE, 77);
        config.dedup_ratio = pairs[i / 2][0];
        config.compress_ratio = pairs[i / 2][1];
        config.block_size = i % 2 ? 65536 : 4096;
        uint8_t *bytes = piece_of(&config, 0, SIZE), *heads = malloc(SIZE / config.block_size * 24);
        uint64_t units = SIZE / config.block_size, stored[COMPRESSORS] = { 0 };
        for (uint64_t u = 0; u < units; u++) {
            memcpy(heads + u * 24, bytes + u * config.block_size, 16);
            memcpy(heads + u * 24 + 16, &u, 8);
        }
        qsort(heads, units, 24, by_bytes);
        for (uint64_t u = 0; u < units; u++) {
            if (u && !memcmp(heads + u * 24, heads + u * 24 - 24, 16)) continue;
            uint64_t at;
            memcpy(&at, heads + u * 24 + 16, 8);
            for (int c = 0; c < COMPRESSORS; c++)
                stored[c] += compressed_bytes(c, bytes + at * config.block_size, config.block_size);
        }
        for (int c = 0; c < COMPRESSORS; c++) {
            double product = (double)SIZE / (double)stored[c], want = config.dedup_ratio * config.compress_ratio;
            CHECK(product >= want * 0.9999 && product <= want * promised(DGEN_CODEC_ANY, config.compress_ratio),
                  "%s stores 1/%.4f of it, not 1/%g (unit %llu)", names[c], product, want,
                  (unsigned long long)config.block_size);
        }
        free(bytes);
        free(heads);
    }
}

/* --------------------------------------------------------------------------------------------------------- the bytes
 */

/* A cell opens with bytes of the plain stream and goes on repeating them at one odd distance, of 32 or more. */
static void cells_are_literals_and_repeats(void)
{
    static const dgen_codec codecs[] = { DGEN_CODEC_LZ4, DGEN_CODEC_ZSTD, DGEN_CODEC_LZ4_ZSTD };
    for (int i = 0; i < 3; i++)
        for (double r = 1.1; r <= 10; r *= 1.3) {
            dgen_config config = test_config(64 * 4096, 4), plain = config;
            config.codec = codecs[i];
            config.compress_ratio = r;
            uint8_t *bytes = piece_of(&config, 0, config.size), *right = piece_of(&plain, 0, plain.size);
            uint32_t most = 0, used[4096] = { 0 }, distances = 0;
            for (uint32_t c = 0; c < 64; c++) {
                uint8_t *cell = bytes + c * 4096;
                uint32_t literals = 0, distance = 0;
                while (literals < 4096 && cell[literals] == right[c * 4096 + literals]) literals++;
                for (uint32_t d = 33; d <= literals && !distance; d += 2)
                    if (!memcmp(cell + literals, cell + literals - d, 4096 - literals)) distance = d;
                CHECK(distance, "cell %u: %u literals, then no repeat", c, literals);
                distances += !used[distance];
                used[distance] = 1;
                if (literals > most) most = literals;
            }
            CHECK(most < 4096 / r && most + 40 > 4096 / r, "ratio %g: %u literals", r, most);
            CHECK(distances >= 8, "%u distances in 64 cells", distances);
            free(bytes);
            free(right);
        }
}

/* A skew forces a bit or two of a byte and leaves the others the stream's. */
static void skews_keep_the_other_bits(void)
{
    dgen_config config = test_config(256 * 4096, 4), plain = config;
    config.compress_ratio = 2;
    uint8_t *bytes = piece_of(&config, 0, config.size), *right = piece_of(&plain, 0, plain.size);
    uint64_t changed = 0;
    for (uint32_t c = 0; c < 256; c++) {
        for (uint32_t i = 0; i < 1984; i++) {
            unsigned other = bytes[c * 4096 + i] ^ right[c * 4096 + i];
            CHECK((other & (other - 1)) == 0, "byte %u of cell %u differs in several bits", i, c);
            changed += other != 0;
        }
    }
    double share = (double)changed / (256 * 1984), want = 41 / 64.0 / 2;
    CHECK(fabs(share - want) < 0.005, "%.4f of the bytes are changed, %.4f expected", share, want);
    free(bytes);
    free(right);
}

static void sectors_are_distinct_and_none_is_zero(void)
{
    static const double ratios[] = { 1.03, 1.5, 2, 3, 5, 8, 10, 17, 25 };
    static const uint8_t zeros[SECTOR];
    static uint64_t hashes[(64 << 20) / SECTOR];
    enum { SECTORS = sizeof hashes / sizeof *hashes };
    for (int codec = 0; codec < 5; codec++)
        for (size_t r = 0; r < sizeof ratios / sizeof *ratios; r++) {
            dgen_config config = test_config(64 << 20, r);
            config.codec = (dgen_codec)codec;
            config.compress_ratio = ratios[r];
            uint8_t *bytes = piece_of(&config, 0, config.size);
            uint64_t zero = 0, twice = 0;
            for (int i = 0; i < SECTORS; i++) {
                hashes[i] = test_hash(bytes + (size_t)i * SECTOR, SECTOR);
                zero += !memcmp(bytes + (size_t)i * SECTOR, zeros, SECTOR);
            }
            qsort(hashes, SECTORS, sizeof *hashes, test_by_value);
            for (int i = 1; i < SECTORS; i++) twice += hashes[i] == hashes[i - 1];
            CHECK(!zero && !twice, "codec %d, ratio %g: %llu sectors are zero, %llu occur again", codec, ratios[r],
                  (unsigned long long)zero, (unsigned long long)twice);
            free(bytes);
        }
}

int main(int argc, char **argv)
{
    long_run = argc > 1 && !strcmp(argv[1], "--long");
    RUN(ratios_up_to_1_03_are_plain);
    RUN(every_block_keeps_the_ratio);
    RUN(high_ratios_are_reached);
    RUN(scattered_units_keep_the_ratio);
    RUN(small_objects_keep_the_ratio);
    RUN(ratios_multiply);
    RUN(cells_are_literals_and_repeats);
    RUN(skews_keep_the_other_bits);
    RUN(sectors_are_distinct_and_none_is_zero);
    return TEST_END();
}
