/*
 * Cells that compress by a chosen ratio, each byte a function of the cell's number.
 *
 * A cell is 4096 bytes (or a smaller deduplication unit). It is cut into sub-cells of equal size, each of which opens
 * with literal bytes of the stream and goes on repeating them: byte[i] = byte[i - distance]. What a compressor makes of
 * it is the literals and a few bytes for the match, so the total of literals, T, sets the ratio: the largest T of the
 * right parity with T + overhead(T) <= cell_bytes / ratio. The overheads are measured, per codec, as the most any
 * block cost beyond T; so a block is never below the ratio, and little above.
 *
 * The distance is odd, hence no multiple of 512, hence no two sectors of a cell are alike; it varies from cell to cell
 * by up to 30, because zstd takes a distance it has just used one byte early and would gain by it.
 *
 * Skew. Deflate pays 60 to 90 bytes of each block for the table of its Huffman code, LZ4 nothing. To have both hold in
 * blocks of 4 KiB, one bit is forced in some literal bytes (positions 37 q mod 64 of each 64-byte line, q < skewed), so that
 * the code earns what its table costs. Which bit, and to what, rotates from cell to cell, so that in larger blocks,
 * where the table's share falls, the gain falls too.
 */
#include "plan.h"

/* A function of T, linear between points in falling order of T and constant beyond them. */
typedef struct point {
    int at, value;
} point;

static const point skew_points[] = {{3900, 28}, {3700, 31}, {3250, 32}, {2700, 36}, {2010, 40}, {1600, 44}, {1324, 48},
                                    {985, 54},  {780, 58},  {640, 62},  {545, 64},  {463, 66},  {398, 84}};
static const point any_points[] = {{4032, 48}, {3900, 35}, {3700, 30}, {3500, 31}, {3250, 37}, {3000, 37}, {2700, 34},
                                   {2400, 39}, {2200, 44}, {2010, 46}, {1800, 47}, {1600, 52}, {1450, 53}, {1324, 51},
                                   {1150, 48}, {985, 53},  {880, 52},  {780, 57},  {700, 45},  {640, 46},  {590, 43},
                                   {545, 48},  {500, 48},  {463, 56},  {430, 62},  {398, 66},  {370, 65},  {350, 65},
                                   {86, 72}};
static const point zlib_points[] = {{4032, 48}, {3900, 35}, {3700, 30}, {3500, 31}, {3250, 37}, {3000, 37}, {2700, 34},
                                    {2400, 39}, {2200, 44}, {2010, 46}, {1800, 46}, {1600, 53}, {1450, 52}, {1324, 51},
                                    {1150, 50}, {985, 53},  {880, 52},  {780, 53},  {700, 45},  {640, 43},  {590, 42},
                                    {545, 44},  {500, 47},  {463, 56},  {430, 62},  {398, 65},  {370, 65},  {350, 66},
                                    {86, 72}};
#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

static int interpolate(const point *points, int count, int at)
{
    if (at >= points[0].at) return points[0].value;
    for (int i = 1; i < count; i++) {
        point high = points[i - 1], low = points[i];
        if (at >= low.at) return low.value + (high.value - low.value) * (at - low.at) / (high.at - low.at);
    }
    return points[count - 1].value;
}

static int overhead(dgen_codec codec, int cell_bytes, int literals)
{
    if (cell_bytes < DGEN_CELL_BYTES) return cell_bytes == 512 ? 7 : cell_bytes == 1024 ? 10 : 15;
    switch (codec) {
    case DGEN_CODEC_LZ4:
    case DGEN_CODEC_LZ4_ZSTD: return 26;
    case DGEN_CODEC_ZSTD: return 21;
    case DGEN_CODEC_ZLIB: return interpolate(zlib_points, COUNT(zlib_points), literals);
    default: return interpolate(any_points, COUNT(any_points), literals);
    }
}

static int choose_sub_cells(dgen_codec codec, int cell_bytes, int literals)
{
    if (cell_bytes < DGEN_CELL_BYTES) return 1;
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
            cell->skew[turn].keep[byte] &= (uint8_t)~(1 << bit);
            cell->skew[turn].force[byte] |= (uint8_t)(value << bit);
        }
    }
}

void dgen__cell_init(dgen_cell *cell, double ratio, dgen_codec codec, uint32_t unit_bytes, bool scattered)
{
    (void)scattered;
    memset(cell, 0, sizeof *cell);
    cell->isa = dgen__isa();
    cell->aes = dgen__aes();
    if (ratio < 1.03) return;
    int cell_bytes = unit_bytes && unit_bytes < DGEN_CELL_BYTES ? (int)unit_bytes : DGEN_CELL_BYTES;
    int budget = (int)(cell_bytes / ratio), literals = budget, sub_cells = 1;
    for (; literals > 1; literals--) {
        sub_cells = choose_sub_cells(codec, cell_bytes, literals);
        if ((literals - sub_cells) % 2 == 0 && literals + overhead(codec, cell_bytes, literals) <= budget) break;
    }
    cell->cell_bytes = (uint32_t)cell_bytes;
    cell->sub_cells = (uint32_t)sub_cells;
    int pairs = (literals - sub_cells) / 2;
    for (int j = 0, source = 0; j < sub_cells; j++) {
        int length = 2 * (pairs / sub_cells + (j < pairs % sub_cells)) + 1;
        cell->literal_bytes[j] = (uint32_t)length;
        cell->source_offset[j] = (uint32_t)source;
        source += (length + 63) / 64 * 64;
    }
    if (cell_bytes == DGEN_CELL_BYTES && (codec == DGEN_CODEC_ANY || codec == DGEN_CODEC_ZLIB))
        init_skew(cell, interpolate(skew_points, COUNT(skew_points), literals));
}

static inline uint32_t distance_of(const dgen_cell *cell, uint64_t id, uint32_t j)
{
    uint32_t literals = cell->literal_bytes[j], turns = literals / 8 < 15 ? literals / 8 + 1 : 16;
    return literals - 2 * ((uint32_t)(id * 5 + 3 * j & 0xFFFF) % turns);
}

/* The whole cell into dst, which is written only within the cell. */
static void build(const dgen_cell *cell, const dgen_stream *stream, uint8_t *dst, uint64_t id)
{
    const dgen_isa_kernels *isa = cell->isa;
    const dgen_aes_kernels *aes = cell->aes;
    uint32_t last = cell->sub_cells - 1, size = cell->cell_bytes / cell->sub_cells, turn = id & 31;
    uint32_t source_bytes = cell->source_offset[last] + (cell->literal_bytes[last] + 63) / 64 * 64;
    alignas(64) uint8_t scratch[DGEN_CELL_BYTES];
    uint8_t *source = last ? scratch : dst;
    uint64_t block = id * (cell->cell_bytes / 16);
    if (cell->skewed && aes->fill_skewed && stream->key.has_first_round)
        aes->fill_skewed(source, &stream->key, stream->stream, block, source_bytes / 16, &cell->skew[turn]);
    else {
        aes->fill(source, &stream->key, stream->stream, block, source_bytes / 16, 0);
        if (cell->skewed) isa->skew(source, source_bytes, &cell->skew[turn]);
    }
    for (uint32_t j = 0; j <= last; j++) {
        uint32_t literals = cell->literal_bytes[j];
        uint8_t *sub_cell = dst + j * size;
        if (last) memcpy(sub_cell, source + cell->source_offset[j], literals);
        isa->repeat(sub_cell + literals, size - literals, distance_of(cell, id, j));
    }
}

void dgen__cell_fill(const dgen_cell *cell, const dgen_stream *stream, uint8_t *dst, uint32_t n, uint64_t id,
                     uint32_t offset, bool streaming)
{
    if (n == cell->cell_bytes && !streaming) {
        build(cell, stream, dst, id);
        return;
    }
    alignas(64) uint8_t scratch[DGEN_CELL_BYTES];
    build(cell, stream, scratch, id);
    if (streaming) cell->isa->copy_streaming(dst, scratch + offset, n);
    else memcpy(dst, scratch + offset, n);
}
