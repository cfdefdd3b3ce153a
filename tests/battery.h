/*
 * A small battery of statistical tests of 64-bit words, each a figure in standard deviations, |z| or near it, from what
 * ideal words would give. A sound source stays below BATTERY_LIMIT in all of them (5.5: once in 26 million figures).
 *
 * What each is for: bytes and bits of a word that are not equally frequent; words that are linear over GF(2), in one
 * bit or in all; values that come too regularly or too soon again; words that resemble the ones a few places before.
 */
#ifndef DGEN_TEST_BATTERY_H
#define DGEN_TEST_BATTERY_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATTERY_LIMIT 5.5
enum { BATTERY_WORDS = 1 << 21 };

typedef struct battery {
    double worst;
    char where[48];
} battery;

static void battery_note(battery *b, double z, const char *test, int part)
{
    if (!(fabs(z) > b->worst)) return;
    b->worst = fabs(z);
    snprintf(b->where, sizeof b->where, "%s %d", test, part);
}

/* A chi-square of `freedom` degrees as a normal deviate (Wilson and Hilferty, 1931). */
static double battery_deviate(double chi_square, double freedom)
{
    double v = 2 / (9 * freedom);
    return (cbrt(chi_square / freedom) - (1 - v)) / sqrt(v);
}

static double battery_chi_square(const double *observed, const double *expected, int classes)
{
    double sum = 0;
    for (int i = 0; i < classes; i++) sum += (observed[i] - expected[i]) * (observed[i] - expected[i]) / expected[i];
    return battery_deviate(sum, classes - 1);
}

static void battery_frequencies(battery *b, const uint64_t *words)
{
    static double bytes[8][256];
    double expected[256], bits[64] = { 0 };
    memset(bytes, 0, sizeof bytes);
    for (int i = 0; i < 256; i++) expected[i] = BATTERY_WORDS / 256.0;
    for (int i = 0; i < BATTERY_WORDS; i++)
        for (int j = 0; j < 8; j++) bytes[j][words[i] >> 8 * j & 255]++;
    for (int j = 0; j < 8; j++) battery_note(b, battery_chi_square(bytes[j], expected, 256), "chi-square of byte", j);
    for (int j = 0; j < 64; j++)
        for (int v = 0; v < 256; v++)
            if (v >> j % 8 & 1) bits[j] += bytes[j / 8][v];
    for (int j = 0; j < 64; j++) battery_note(b, (bits[j] - BATTERY_WORDS / 2) / sqrt(BATTERY_WORDS / 4), "bit", j);
}

/* Rank over GF(2) of n rows of n bits, `row` 64-bit words each. */
static int battery_rank(uint64_t *rows, int n, int row)
{
    int rank = 0;
    for (int column = 0; column < n; column++) {
        int pivot = rank;
        while (pivot < n && !(rows[pivot * row + column / 64] >> column % 64 & 1)) pivot++;
        if (pivot == n) continue;
        for (int j = 0; j < row; j++) {
            uint64_t t = rows[pivot * row + j];
            rows[pivot * row + j] = rows[rank * row + j], rows[rank * row + j] = t;
        }
        for (int i = rank + 1; i < n; i++)
            if (rows[i * row + column / 64] >> column % 64 & 1)
                for (int j = column / 64; j < row; j++) rows[i * row + j] ^= rows[rank * row + j];
        rank++;
    }
    return rank;
}

/* Matrices of 64 words; and of 512 x 512 of one bit of each word, of which a rank short by 8 has probability 2^-64. */
static void battery_ranks(battery *b, const uint64_t *words)
{
    enum { SMALL = 16384, SIDE = 512 };
    static const double probability[3] = { 0.2887880951, 0.5775761902, 0.1336357147 }; /* full, 1 short, 2 or more */
    static const int bits[] = { 0, 1, 31, 32, 63 };
    static uint64_t large[SIDE * SIDE / 64];
    double observed[3] = { 0 }, expected[3];
    uint64_t rows[64];
    for (int m = 0; m < SMALL; m++) {
        memcpy(rows, words + 64 * m, sizeof rows);
        int shortfall = 64 - battery_rank(rows, 64, 1);
        observed[shortfall > 2 ? 2 : shortfall]++;
    }
    for (int i = 0; i < 3; i++) expected[i] = SMALL * probability[i];
    battery_note(b, battery_chi_square(observed, expected, 3), "ranks of 64 words", 0);
    for (int k = 0; k < 5; k++) {
        memset(large, 0, sizeof large);
        for (int i = 0; i < SIDE * SIDE; i++) large[i / 64] |= (words[i] >> bits[k] & 1) << i % 64;
        int shortfall = SIDE - battery_rank(large, SIDE, SIDE / 64);
        battery_note(b, shortfall >= 8 ? shortfall : 0, "rank of 512 x 512 of bit", bits[k]);
    }
}

/* The length of the shortest linear recurrence over GF(2) that makes n bits (E. Berlekamp, 1968; J. Massey, 1969): the
   rank of the matrices, of any size, that have the sequence in their antidiagonals. `bits` has n / 64 words. */
static int battery_complexity(const uint64_t *bits, int n)
{
    int words = n / 64 + 1, length = 0;
    /* The recurrence, the one before its last change shifted by the bits since, and the bits so far, newest first. */
    uint64_t *now = calloc(3 * (size_t)words, sizeof *now), *before = now + words, *past = before + words;
    now[0] = before[0] = 1;
    for (int i = 0; i < n; i++) {
        int used = i / 64 + 1;
        uint64_t odd = 0;
        for (int j = used - 1; j > 0; j--) {
            past[j] = past[j] << 1 | past[j - 1] >> 63;
            before[j] = before[j] << 1 | before[j - 1] >> 63;
        }
        past[0] = past[0] << 1 | (bits[i / 64] >> i % 64 & 1);
        before[0] <<= 1;
        for (int j = 0; j < used; j++) odd ^= now[j] & past[j];
        if (!__builtin_parityll(odd)) continue;
        bool grows = 2 * length <= i;
        for (int j = 0; j < used; j++) {
            uint64_t old = now[j];
            now[j] ^= before[j];
            before[j] = grows ? old : before[j];
        }
        if (grows) length = i + 1 - length;
    }
    free(now);
    return length;
}

/* Of n ideal bits the complexity is n / 2, and off by 16 with a probability of 2^-32. So many bits that the 19937 of
   the Mersenne Twister's state do not reach. */
static void battery_complexities(battery *b, const uint64_t *words)
{
    enum { N = 40960 };
    static const int bits[] = { 0, 1, 31, 32, 63 };
    static uint64_t sequence[N / 64];
    for (int k = 0; k < 5; k++) {
        memset(sequence, 0, sizeof sequence);
        for (int i = 0; i < N; i++) sequence[i / 64] |= (words[i] >> bits[k] & 1) << i % 64;
        int off = abs(N / 2 - battery_complexity(sequence, N));
        battery_note(b, off >= 16 ? off : 0, "linear complexity of bit", bits[k]);
    }
}

/* Collisions (D. Knuth, The Art of Computer Programming 2, 3.3.2 I): balls that fall into a taken one of 2^26 urns, by
   the top or the low 26 bits of a word, or by the lowest two of 13 words. */
static void battery_collisions(battery *b, const uint64_t *words)
{
    enum { URNS = 1 << 26 };
    static uint64_t taken[URNS / 64];
    for (int kind = 0; kind < 3; kind++) {
        int balls = kind < 2 ? 1 << 18 : 1 << 17;
        double collisions = 0, mean = balls - URNS * -expm1(balls * log1p(-1.0 / URNS));
        memset(taken, 0, sizeof taken);
        for (int i = 0; i < balls; i++) {
            uint64_t urn = kind == 0 ? words[i] >> 38 : words[i] % URNS;
            for (int j = 0; kind == 2 && j < 13; j++) urn = (urn << 2 | (words[13 * i + j] & 3)) % URNS;
            collisions += taken[urn / 64] >> urn % 64 & 1;
            taken[urn / 64] |= UINT64_C(1) << urn % 64;
        }
        /* A Poisson count as a normal deviate (F. Anscombe, 1948). */
        battery_note(b, 2 * (sqrt(collisions + 0.375) - sqrt(mean + 0.375)), "collisions", kind);
    }
}

/* Lengths of the gaps between words whose top (or bottom) four bits are 0. */
static void battery_gaps(battery *b, const uint64_t *words)
{
    enum { LONGEST = 96 };
    for (int end = 0; end < 2; end++) {
        double observed[LONGEST + 1] = { 0 }, expected[LONGEST + 1], total = 0, left = 1;
        int gap = 0;
        for (int i = 0; i < BATTERY_WORDS; i++, gap++)
            if ((end ? words[i] & 15 : words[i] >> 60) == 0) {
                observed[gap < LONGEST ? gap : LONGEST]++;
                total++;
                gap = -1;
            }
        for (int i = 0; i < LONGEST; i++, left *= 15.0 / 16) expected[i] = total * left / 16;
        expected[LONGEST] = total * left;
        battery_note(b, battery_chi_square(observed, expected, LONGEST + 1), "gaps", end);
    }
}

static int battery_compare(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return (a > b) - (a < b);
}

/* Birthday spacings (G. Marsaglia): of 4096 birthdays in a year of 2^32 days, about 4 spacings repeat. */
static void battery_birthdays(battery *b, const uint64_t *words)
{
    enum { PEOPLE = 4096, PARTIES = 100 };
    uint32_t days[PEOPLE];
    for (int end = 0; end < 2; end++) {
        double repeats = 0;
        for (int p = 0; p < PARTIES; p++) {
            for (int i = 0; i < PEOPLE; i++) days[i] = (uint32_t)(words[p * PEOPLE + i] >> (end ? 0 : 32));
            qsort(days, PEOPLE, sizeof *days, battery_compare);
            for (int i = PEOPLE - 1; i > 0; i--) days[i] -= days[i - 1];
            qsort(days, PEOPLE, sizeof *days, battery_compare);
            for (int i = 1; i < PEOPLE; i++) repeats += days[i] == days[i - 1];
        }
        battery_note(b, (repeats - 4.0 * PARTIES) / sqrt(4.0 * PARTIES), "birthday spacings", end);
    }
}

/* Bits in which a word differs from the one `lag` places before: 32 on the average, with variance 16. */
static void battery_resemblance(battery *b, const uint64_t *words)
{
    static const int lags[] = { 1, 2, 3, 4, 5, 6, 7, 8, 16, 64, 1024, 4096 };
    for (unsigned k = 0; k < sizeof lags / sizeof *lags; k++) {
        int n = BATTERY_WORDS - lags[k];
        int64_t sum = 0, squares = 0;
        for (int i = lags[k]; i < BATTERY_WORDS; i++) {
            int d = __builtin_popcountll(words[i] ^ words[i - lags[k]]) - 32;
            sum += d;
            squares += d * d;
        }
        battery_note(b, (double)sum / sqrt(16.0 * n), "difference from the word before by", lags[k]);
        /* A square has the mean 16 and the fourth moment 760, hence the variance 504. */
        battery_note(b, ((double)squares - 16.0 * n) / sqrt(504.0 * n), "scatter against the word before by", lags[k]);
    }
}

/* Any four words that follow each other, as those of neighbouring streams do where they are read in turn: their xor,
   and the sum of the inner ones less the outer ones, have every bit set half the time. */
static void battery_relations(battery *b, const uint64_t *words)
{
    static uint32_t bytes[2][8][256];
    double n = BATTERY_WORDS - 3;
    memset(bytes, 0, sizeof bytes);
    for (const uint64_t *w = words; w < words + BATTERY_WORDS - 3; w++) {
        uint64_t kinds[2] = { w[0] ^ w[1] ^ w[2] ^ w[3], w[1] + w[2] - w[0] - w[3] };
        for (int kind = 0; kind < 2; kind++)
            for (int byte = 0; byte < 8; byte++) bytes[kind][byte][kinds[kind] >> 8 * byte & 255]++;
    }
    for (int kind = 0; kind < 2; kind++)
        for (int bit = 0; bit < 64; bit++) {
            double count = 0;
            for (int v = 0; v < 256; v++)
                if (v >> bit % 8 & 1) count += bytes[kind][bit / 8][v];
            battery_note(b, (count - n / 2) / sqrt(n / 4),
                         kind ? "difference of four words, bit" : "xor of four words, bit", bit);
        }
}

__attribute__((unused)) static battery battery_run(const uint64_t *words)
{
    battery b = { 0, "nothing" };
    battery_frequencies(&b, words);
    battery_ranks(&b, words);
    battery_complexities(&b, words);
    battery_collisions(&b, words);
    battery_gaps(&b, words);
    battery_birthdays(&b, words);
    battery_resemblance(&b, words);
    battery_relations(&b, words);
    return b;
}

#endif
