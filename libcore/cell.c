/*
 * Cells that compress by a chosen ratio, each byte a function of the cell's number.
 *
 * A cell is 4096 bytes. It is cut into sub-cells of equal size, each of which opens with literals, bytes of the stream,
 * and goes on repeating them: byte[i] = byte[i - distance]. What a compressor makes of it is the literals and a few
 * bytes a match, so the total of literals, T, sets the ratio: the largest T of the right parity with T + overhead(T) <=
 * 4096 / ratio. The overheads were measured with LZ4 1.9.4, zstd 1.5.4 (levels 1 and 3) and zlib 1.2.13 (level 6): the
 * most that any block of 4 KiB to 1 MiB cost beyond T. So no block is below the ratio asked, and all are at most, times
 * the ratio:
 *
 *     any, zlib     1.02 to ratio 1.5, 1.03 to 2, 1.05 to 3, 1.07 to 6, 1.10 to 8, 1.14 to 10; open above
 *     lz4           1.02 to 10
 *     zstd          1.05 to 10
 *     lz4+zstd      1.03 to 2, 1.06 to 10
 *     deduplication units below 4 KiB     0.01 * ratio more
 *
 * That is measured, over several hundred ratios and gigabytes; chance matches make a miss improbable, not impossible.
 * Wider above: blocks that hold a unit twice, and deduplicated objects of less than 256 KiB of distinct units.
 *
 * A deduplication unit below 4 KiB is one sub-cell: unit id u of n in 4096 bytes is sub-cell u mod n of cell u / n. Its
 * literals open the unit's own bytes of the stream; else those of a cell's sub-cells follow one another, each at the
 * next multiple of 64.
 *
 * The distance is odd, hence no multiple of 512, hence no two sectors of a cell are alike. It is 2 (5 cell + 3
 * sub-cell) mod 32 short of the literals (less where there are few): zstd takes a distance it has just used one byte
 * early, and would gain by it.
 *
 * Skew. Deflate pays 60 to 90 bytes a block for the table of its Huffman code, LZ4 nothing. To have both hold in blocks
 * of 4 KiB, one bit is forced in some literals (bytes 37 q mod 64 of each 64-byte line, q < skewed), so that the code
 * earns what its table costs. Which bit, and to what, rotates in a cycle of 32 cells: in larger blocks, where the
 * table's share falls, the gain falls with it.
 */
#include "plan.h"

/* A function of T, linear between points in falling order of T and constant beyond them. */
typedef struct point {
    int at, value;
} point;

static const point skew_points[] = { { 3900, 28 }, { 3700, 31 }, { 3250, 32 }, { 2700, 36 }, { 2010, 40 },
                                     { 1600, 44 }, { 1324, 48 }, { 985, 54 },  { 780, 58 },  { 640, 62 },
                                     { 545, 64 },  { 463, 66 },  { 398, 84 } };
static const point any_points[] = { { 4032, 48 }, { 3900, 36 }, { 3700, 34 }, { 3500, 35 }, { 3250, 42 }, { 3000, 39 },
                                    { 2700, 38 }, { 2400, 40 }, { 2200, 45 }, { 2010, 47 }, { 1800, 50 }, { 1600, 53 },
                                    { 1450, 53 }, { 1324, 51 }, { 1150, 50 }, { 985, 54 },  { 880, 54 },  { 780, 59 },
                                    { 740, 57 },  { 700, 50 },  { 640, 48 },  { 590, 44 },  { 545, 50 },  { 500, 52 },
                                    { 463, 58 },  { 430, 64 },  { 398, 69 },  { 370, 67 },  { 350, 65 },  { 86, 72 } };
static const point zlib_points[] = { { 4032, 48 }, { 3900, 36 }, { 3700, 34 }, { 3500, 35 }, { 3250, 42 }, { 3000, 39 },
                                     { 2700, 38 }, { 2400, 40 }, { 2200, 44 }, { 2010, 46 }, { 1800, 50 }, { 1600, 54 },
                                     { 1450, 52 }, { 1324, 51 }, { 1150, 50 }, { 985, 53 },  { 880, 52 },  { 780, 56 },
                                     { 740, 53 },  { 700, 50 },  { 640, 47 },  { 590, 43 },  { 545, 44 },  { 500, 47 },
                                     { 463, 56 },  { 430, 63 },  { 398, 70 },  { 370, 67 },  { 350, 66 },  { 86, 72 } };
/* More for blocks made of smaller units: where matches are short and LZ4 and zstd now and then miss one; and for 8 and
   4 units, with "any" and zlib. */
static const point short_matches[] = { { 3950, 22 }, { 3600, 16 }, { 3200, 8 }, { 2800, 0 } };
static const point units_of_512[] = { { 4032, 44 }, { 3900, 38 }, { 3600, 27 }, { 3300, 23 }, { 2600, 23 },
                                      { 2250, 15 }, { 2000, 14 }, { 1600, 15 }, { 1400, 8 },  { 900, 6 },
                                      { 760, 8 },   { 690, 14 },  { 560, 14 },  { 480, 5 },   { 400, 2 } };
static const point units_of_1024[] = { { 4032, 12 }, { 3600, 10 }, { 2600, 7 }, { 2250, 4 }, { 2000, 3 }, { 1600, 3 },
                                       { 1400, 0 },  { 900, 0 },   { 740, 4 },  { 520, 4 },  { 400, 2 } };
#define COUNT(array) (int)(sizeof(array) / sizeof *(array))
enum { FRACTION = 256 };

/* In 256ths, truncated. */
static int interpolate(const point *points, int count, int at)
{
    if (at >= points[0].at) return points[0].value * FRACTION;
    for (int i = 1; i < count; i++) {
        point high = points[i - 1], low = points[i];
        if (at >= low.at)
            return low.value * FRACTION + (high.value - low.value) * FRACTION * (at - low.at) / (high.at - low.at);
    }
    return points[count - 1].value * FRACTION;
}

/* What a block of 4096 bytes may cost beyond its literals, in 256ths; `units` deduplication units make one up. */
static int overhead(dgen_codec codec, int units, bool scattered, int literals)
{
    static const int lz4[] = { 26, 31, 40, 56 }, zstd[] = { 21, 38, 46, 55 };
    int order = __builtin_ctz((unsigned)units);
    int more = units > 1 ? interpolate(short_matches, COUNT(short_matches), literals) : 0;
    if (codec != DGEN_CODEC_ANY && codec != DGEN_CODEC_ZLIB) {
        bool zstd_alone = codec == DGEN_CODEC_ZSTD, lz4_alone = codec == DGEN_CODEC_LZ4;
        int bytes = zstd_alone || (!lz4_alone && zstd[order] > lz4[order]) ? zstd[order] : lz4[order];
        return more + (bytes + (scattered ? 8 : 0)) * FRACTION;
    }
    if (scattered) more += (units > 1 ? 58 : 26) * FRACTION;
    if (units == 2) more += 2 * FRACTION;
    if (units == 4) more += interpolate(units_of_1024, COUNT(units_of_1024), literals);
    if (units == 8) more += interpolate(units_of_512, COUNT(units_of_512), literals);
    if (codec == DGEN_CODEC_ZLIB) return more + interpolate(zlib_points, COUNT(zlib_points), literals);
    return more + interpolate(any_points, COUNT(any_points), literals);
}

static int choose_sub_cells(dgen_codec codec, int literals)
{
    if (codec == DGEN_CODEC_ZLIB) return literals < 172 || literals >= 700 ? 1 : 2;
    if (codec != DGEN_CODEC_ANY) return 1;
    if (literals > 1900 || literals < 86) return 1;
    if (literals > 1400 || literals < 172) return 2;
    return literals >= 480 || literals < 344 ? 4 : 8;
}

/* Which bit of the q-th chosen byte of each line is forced in cells of this turn, and to what. */
static void init_skew(dgen_cell *cell, int skewed)
{
    cell->skewed = (uint32_t)skewed;
    for (int turn = 0; turn < 32; turn++) {
        memset(cell->skew[turn].keep, 0xFF, 64);
        memset(cell->skew[turn].force, 0, 64);
        for (int q = 0; q < skewed; q++) {
            int byte = 37 * q % 64;
            int bit = q < 64 ? turn & 3 : (turn + 1 + (turn >> 3 & 1)) & 3;
            int value = q < 64 ? turn >> 2 & 1 : (turn >> 2 ^ turn >> 4) & 1;
            cell->skew[turn].keep[byte] &= (uint8_t) ~(1 << bit);
            cell->skew[turn].force[byte] |= (uint8_t)(value << bit);
        }
    }
}

void dgen__cell_init(dgen_cell *cell, double ratio, dgen_codec codec, uint32_t unit_bytes, bool scattered)
{
    memset(cell, 0, sizeof *cell);
    cell->isa = dgen__isa();
    cell->aes = dgen__aes();
    if (ratio < 1.03) return;
    int units = unit_bytes && unit_bytes < DGEN_CELL_BYTES ? DGEN_CELL_BYTES / (int)unit_bytes : 1;
    int budget = (int)(DGEN_CELL_BYTES * FRACTION / ratio), literals = budget / FRACTION, sub_cells = units;
    for (; literals > units; literals--) {
        if (units == 1) sub_cells = choose_sub_cells(codec, literals);
        bool whole_pairs = (literals - sub_cells) % 2 == 0;
        if (whole_pairs && literals * FRACTION + overhead(codec, units, scattered, literals) <= budget) break;
    }
    cell->cell_bytes = DGEN_CELL_BYTES / (uint32_t)units;
    cell->sub_cells = (uint32_t)sub_cells;
    cell->units = (uint32_t)units;
    int pairs = (literals - sub_cells) / 2;
    for (int j = 0, source = 0; j < sub_cells; j++) {
        int length = 2 * (pairs / sub_cells + (j < pairs % sub_cells)) + 1;
        cell->literal_bytes[j] = (uint32_t)length;
        cell->source_offset[j] = (uint32_t)source;
        source += units > 1 ? (int)unit_bytes : (length + 63) / 64 * 64;
    }
    if (codec == DGEN_CODEC_ANY || codec == DGEN_CODEC_ZLIB)
        init_skew(cell, (interpolate(skew_points, COUNT(skew_points), literals) + FRACTION - 1) / FRACTION);
}

static inline uint32_t distance_of(uint32_t literals, uint64_t id, uint32_t j)
{
    uint32_t turns = literals / 8 < 15 ? literals / 8 + 1 : 16;
    return literals - 2 * ((((uint32_t)id * 5 + 3 * j) & 0xFFFF) % turns);
}

static inline uint32_t in_lines(uint32_t n)
{
    return (n + 63) / 64 * 64;
}

/* The first n bytes, in lines, of the literals of cell `id` from `offset` on. */
static void fill_literals(const dgen_cell *cell, const dgen_stream *stream, uint8_t *dst, uint32_t n, uint64_t id,
                          uint32_t offset)
{
    uint64_t block = id * (DGEN_CELL_BYTES / 16) + offset / 16;
    uint32_t blocks = in_lines(n) / 16;
    const dgen_skew *skew = &cell->skew[id & 31];
    if (cell->skewed && cell->aes->fill_skewed && stream->key.has_first_round) {
        cell->aes->fill_skewed(dst, &stream->key, stream->stream, block, blocks, skew);
    }
    else {
        cell->aes->fill(dst, &stream->key, stream->stream, block, blocks, 0);
        if (cell->skewed) cell->isa->skew(dst, blocks * 16, skew);
    }
}

/* A whole cell of 4096 bytes. */
static void build_cell(const dgen_cell *cell, const dgen_stream *stream, uint8_t *dst, uint64_t id)
{
    uint32_t count = cell->sub_cells, size = DGEN_CELL_BYTES / count, distance[DGEN_SUB_CELLS_MAX];
    for (uint32_t j = 0; j < count; j++) distance[j] = distance_of(cell->literal_bytes[j], id, j);
    if (count == 1)
        fill_literals(cell, stream, dst, cell->literal_bytes[0], id, 0);
    else {
        alignas(64) uint8_t lines[DGEN_CELL_BYTES];
        uint32_t last = cell->source_offset[count - 1] + cell->literal_bytes[count - 1];
        fill_literals(cell, stream, lines, last, id, 0);
        for (uint32_t j = 0; j < count; j++)
            for (uint32_t i = 0; i < cell->literal_bytes[j]; i += 64)
                memcpy(dst + j * size + i, lines + cell->source_offset[j] + i, 64);
    }
    cell->isa->repeat(dst, size, count, cell->literal_bytes, distance);
}

/* Whole units smaller than 4096 bytes, at most 4096 bytes of them: each is the sub-cell of its cell that it falls on.
 */
static void build_units(const dgen_cell *cell, const dgen_stream *stream, uint8_t *dst, const uint64_t *ids,
                        uint32_t count)
{
    uint32_t literals[DGEN_SUB_CELLS_MAX], distance[DGEN_SUB_CELLS_MAX];
    int bits = __builtin_ctz(cell->units);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t j = (uint32_t)ids[i] & (cell->units - 1);
        literals[i] = cell->literal_bytes[j];
        distance[i] = distance_of(literals[i], ids[i] >> bits, j);
        fill_literals(cell, stream, dst + i * cell->cell_bytes, literals[i], ids[i] >> bits, cell->source_offset[j]);
    }
    cell->isa->repeat(dst, cell->cell_bytes, count, literals, distance);
}

static inline void build(const dgen_cell *cell, const dgen_stream *stream, uint8_t *dst, const uint64_t *ids,
                         uint32_t count)
{
    if (cell->units == 1)
        build_cell(cell, stream, dst, ids[0]);
    else
        build_units(cell, stream, dst, ids, count);
}

void dgen__cells_fill(const dgen_cell *cell, const dgen_stream *stream, uint8_t *dst, const uint64_t *ids,
                      uint32_t count, bool streaming)
{
    alignas(64) uint8_t scratch[DGEN_CELL_BYTES];
    build(cell, stream, streaming ? scratch : dst, ids, count);
    if (streaming) cell->isa->copy_streaming(dst, scratch, count * cell->cell_bytes);
}

void dgen__cell_fill(const dgen_cell *cell, const dgen_stream *stream, uint8_t *dst, uint32_t n, uint64_t id,
                     uint32_t offset, bool streaming)
{
    if (n == cell->cell_bytes) {
        dgen__cells_fill(cell, stream, dst, &id, 1, streaming);
        return;
    }
    alignas(64) uint8_t scratch[DGEN_CELL_BYTES];
    build(cell, stream, scratch, &id, 1);
    memcpy(dst, scratch + offset, n);
}
