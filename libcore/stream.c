/*
 * The seekable bit source: format 1, written down well enough to re-implement.
 *
 * A stream is a sequence of 16-byte blocks, numbered from 0. Byte k of it is byte k mod 16 of block floor(k / 16). Block
 * b of stream s under seed is ARS-5 (J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2,
 * 3", SC11): five rounds of AES on the counter (b, s), with a key schedule that only adds. Words are 64-bit, additions
 * are modulo 2^64, and a block is two words, the low one first, each little-endian.
 *
 *     mix (z):   z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9
 *                z = (z ^ z >> 27) * 0x94D049BB133111EB
 *                return z ^ z >> 31
 *     key 0:     low  = mix (seed + 0x9E3779B97F4A7C15 * format)                       with format = 1
 *                high = mix (low  + 0xBB67AE8584CAA73B)
 *     key i + 1: low  = low of key i  + 0x9E3779B97F4A7C15
 *                high = high of key i + 0xBB67AE8584CAA73B
 *     block:     x = (b, s) ^ key 0
 *                for r = 1 .. 4:  x = MixColumns (ShiftRows (SubBytes (x))) ^ key r
 *                x = ShiftRows (SubBytes (x)) ^ key 5
 *
 * SubBytes, ShiftRows and MixColumns are those of FIPS 197, whose byte i is byte i of the block in memory.
 *
 * What follows from this: mix is a bijection, so no two seeds have the same key. A block is a permutation of (b, s), so
 * within one seed no 16-byte block ever repeats, in any of the 2^64 streams. Any block costs what any other costs: there
 * is no state, so seek, threads and chunks cannot change a byte. It is a generator and not a cipher: it keeps no secrets.
 *
 * Bits for other uses than an object's bytes have a domain d from 1 on (draws.c), whose key 0 has
 *     high = mix (low  + 0xBB67AE8584CAA73B * (d + 1)),
 * so no two pairs of seed and domain have the same key either: d = 0 is the object's.
 *
 * The first round is cheaper than it looks. Blocks b and b' that differ in the low byte only differ before round 1 in one
 * byte. SubBytes works on bytes, and what comes after it is linear over xor, so
 *     round 1 of (256 g + i, s) = round 1 of (256 g, s) ^ D[i],   D[i] = round 1 of (i, 0) ^ round 1 of (0, 0),
 * and D, 4 KiB, depends on the key alone: kernels look it up and compute four rounds instead of five.
 */
#include "stream.h"

static const uint64_t golden = UINT64_C(0x9E3779B97F4A7C15), root3 = UINT64_C(0xBB67AE8584CAA73B);

void dgen__stream_init(dgen_stream *stream, uint64_t seed, uint64_t number, bool prepare)
{
    dgen__stream_init_domain(stream, 0, seed, number, prepare);
}

void dgen__stream_init_domain(dgen_stream *stream, uint64_t domain, uint64_t seed, uint64_t number, bool prepare)
{
    uint64_t low = dgen__mix(seed + golden * DGEN_FORMAT), high = dgen__mix(low + root3 * (domain + 1));
    for (int r = 0; r <= DGEN_ROUNDS; r++, low += golden, high += root3) {
        dgen__store64(stream->key.round[r], low);
        dgen__store64(stream->key.round[r] + 8, high);
    }
    stream->stream = number;
    stream->key.has_first_round = 0;
    if (prepare) dgen__aes()->prepare(&stream->key);
}

/* n bytes from within one block. */
static void fill_within(const dgen_stream *stream, uint8_t *dst, uint64_t n, uint64_t offset)
{
    uint8_t block[16];
    dgen__aes()->fill(block, &stream->key, stream->stream, offset / 16, 1, 0);
    memcpy(dst, block + offset % 16, n);
}

void dgen__stream_fill(const dgen_stream *stream, void *dst, uint64_t n, uint64_t offset, bool streaming)
{
    uint8_t *at = dst;
    if (offset % 16 && n) {
        uint64_t head = dgen__least(16 - offset % 16, n);
        fill_within(stream, at, head, offset);
        at += head, offset += head, n -= head;
    }
    if (n / 16) dgen__aes()->fill(at, &stream->key, stream->stream, offset / 16, n / 16, streaming);
    if (n % 16) fill_within(stream, at + n / 16 * 16, n % 16, offset + n / 16 * 16);
}

void dgen__stream_invert(const dgen_stream *stream, uint8_t *blocks, size_t count)
{
    dgen__aes()->invert(blocks, &stream->key, count);
}
