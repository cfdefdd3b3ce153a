/*
 * What users may assume of the bytes: seeds and streams share nothing, no block comes twice within a seed, every bit of
 * seed, stream and position changes half of the output, and a statistical battery finds nothing in any order of
 * reading. Each check is also shown a bad generator that it must reject.
 */
#include "battery.h"
#include "reference.h"
#include "test.h"

static uint64_t words[1 << 23];

/* One word of the core's stream, or a few. */
static void draw(uint64_t *to, uint64_t count, uint64_t seed, uint64_t stream, uint64_t word)
{
    dgen_config config = test_config(0, seed);
    dgen_error error;
    config.has_size = 0;
    config.stream = stream;
    if (dgen_fill_at(to, 8 * count, &config, 8 * word, &error)) CHECK(0, "%s", error.message);
}

/* -------------------------------------------------------------------------------------------------------- structure */

/* Sorts by radix; says whether a value comes twice. */
static int has_duplicate(uint64_t *values, uint64_t n)
{
    uint64_t *other = malloc(n * sizeof *other), *from = values, *to = other;
    for (int shift = 0; shift < 64; shift += 16, from = to, to = from == values ? other : values) {
        static uint32_t start[65537];
        memset(start, 0, sizeof start);
        for (uint64_t i = 0; i < n; i++) start[(from[i] >> shift & 65535) + 1]++;
        for (int i = 0; i < 65536; i++) start[i + 1] += start[i];
        for (uint64_t i = 0; i < n; i++) to[start[from[i] >> shift & 65535]++] = from[i];
    }
    int found = 0;
    for (uint64_t i = 1; i < n && !found; i++) found = values[i] == values[i - 1];
    free(other);
    return found;
}

/* The words of seeds 0 to 999, 2^i and 2^64 - 1, three streams each, at the start and one, two and three MiB on: where
   an index is added to the seed, the words of one seed are those of the next one, a block away. */
static void neighbouring_seeds_share_no_word(void)
{
    enum { PIECE = 128 };
    uint64_t n = 0;
    for (int i = 0; i < 1065; i++) {
        uint64_t seed = i < 1000 ? (uint64_t)i : i < 1064 ? UINT64_C(1) << (i - 1000) : UINT64_MAX;
        if (i >= 1000 && seed < 1000) continue;
        for (uint64_t stream = 0; stream < 3; stream++)
            for (uint64_t mib = 0; mib < 4; mib++, n += PIECE) draw(words + n, PIECE, seed, stream, mib << 17);
    }
    CHECK(!has_duplicate(words, n), "two seeds or streams have a word in common, of %llu", (unsigned long long)n);
    for (uint64_t seed = 0; seed < 1000; seed++)
        for (uint64_t mib = 0; mib < 4; mib++) draw(words + PIECE * (4 * seed + mib), PIECE, 0, 0, (seed + mib) << 17);
    CHECK(has_duplicate(words, PIECE * 4 * 1000), "seed + index as the seed of a block was not noticed");
}

/* 64 MiB of one seed, over 16 streams. No word at all twice: stronger than no block, and as sure at this number. */
static void no_block_comes_twice(void)
{
    enum { STREAMS = 16, EACH = (1 << 23) / STREAMS };
    for (uint64_t stream = 0; stream < STREAMS; stream++)
        draw(words + stream * EACH, EACH, 7, stream < 8 ? stream : UINT64_MAX - stream, stream % 2 ? 1 << 20 : 0);
    CHECK(!has_duplicate(words, 1 << 23), "a word comes twice in 64 MiB of one seed");
    draw(words, EACH, 7, 0, 0);
    draw(words + EACH, EACH, 7, 0, EACH - 2);
    CHECK(has_duplicate(words, 2 * EACH), "a repeated block was not noticed");
}

/* Linear relations of four neighbours, by which a user found Julia's task splitting (its issue 49110): all distinct. */
static void neighbours_have_no_relation(void)
{
    enum { TREES = 1 << 18 };
    for (int kind = 0; kind < 2; kind++) {
        for (uint64_t i = 0; i < TREES; i++) {
            uint64_t r[4];
            for (uint64_t j = 0; j < 4; j++)
                draw(r + j, 1, kind ? 2 * i + j % 2 : 5, kind ? j / 2 : 2 * i + j % 2, kind ? 0 : j / 2);
            words[i] = r[1] + r[2] - r[0] - r[3];
            words[TREES + i] = r[0] ^ r[1] ^ r[2] ^ r[3];
        }
        CHECK(!has_duplicate(words, 2 * TREES), "%s of neighbours are related",
              kind ? "seeds and streams" : "streams and words");
    }
    for (uint64_t i = 0; i < TREES; i++) words[i] = i * i + (i + 2) * (i + 2) - 2 * (i + 1) * (i + 1);
    CHECK(has_duplicate(words, TREES), "a linear relation was not noticed");
}

/* -------------------------------------------------------------------------------------------------------- avalanche */

/* Two words made from the inputs, which are a seed, a stream and a block number. */
typedef void source(uint64_t out[2], const uint64_t in[3]);

static void core_source(uint64_t out[2], const uint64_t in[3])
{
    draw(out, 2, in[0], in[1], (in[2] >> 5) * 2);
}

/* Two rounds, and the seed itself for a key. */
static void weak_source(uint64_t out[2], const uint64_t in[3])
{
    uint64_t key[2] = { in[0], in[0] }, counter[2] = { in[2] >> 5, in[1] };
    uint8_t block[16];
    reference_ars(block, 2, counter, key);
    memcpy(out, block, 16);
}

/* The largest departure from 1/2 of how often an output bit changes with an input bit, averaged over all outputs of an
   input and over all inputs of an output. `part` is which of the three inputs is changed, in its low `bits`. */
static double avalanche(source *make, int part, int bits, int trials)
{
    double worst = 0;
    uint64_t by_output[128] = { 0 };
    for (int bit = 0; bit < bits; bit++) {
        uint64_t changed = 0;
        for (int t = 0; t < trials; t++) {
            uint64_t in[3] = { test_random(), test_random(), test_random() }, a[2], b[2];
            make(a, in);
            in[part] ^= UINT64_C(1) << (bit + (part == 2 ? 5 : 0));
            make(b, in);
            for (int w = 0; w < 2; w++) {
                uint64_t difference = a[w] ^ b[w];
                changed += (uint64_t)__builtin_popcountll(difference);
                for (; difference; difference &= difference - 1) by_output[64 * w + __builtin_ctzll(difference)]++;
            }
        }
        worst = fmax(worst, fabs((double)changed / (128.0 * trials) - 0.5));
    }
    for (int i = 0; i < 128; i++) worst = fmax(worst, fabs((double)by_output[i] / ((double)trials * bits) - 0.5));
    return worst;
}

static void every_bit_matters(void)
{
    static const char *const parts[] = { "seed", "stream", "block number" };
    for (int part = 0; part < 3; part++) {
        double worst = avalanche(core_source, part, part == 2 ? 59 : 64, 1 << 16);
        CHECK(worst <= 0.001, "a bit of the %s changes 0.5 +- %.5f of the output", parts[part], worst);
    }
    CHECK(avalanche(weak_source, 0, 64, 1 << 10) > 0.01, "a weak mixing of the seed was not noticed");
}

/* ---------------------------------------------------------------------------------------------------------- battery */

typedef void layout(uint64_t *to);

static void in_order(uint64_t *to)
{
    draw(to, BATTERY_WORDS, 1, 0, 0);
}
static void one_word_a_sector(uint64_t *to)
{
    for (uint64_t i = 0; i < BATTERY_WORDS; i++) draw(to + i, 1, 2, 0, i * 64);
}
static void one_word_a_seed(uint64_t *to)
{
    for (uint64_t i = 0; i < BATTERY_WORDS; i++) draw(to + i, 1, i, 0, 0);
}
static void one_word_a_stream(uint64_t *to)
{
    for (uint64_t i = 0; i < BATTERY_WORDS; i++) draw(to + i, 1, 3, i, 0);
}
static void seeds_with_one_bit(uint64_t *to)
{
    for (uint64_t i = 0; i < BATTERY_WORDS; i++) draw(to + i, 1, UINT64_C(1) << i % 64, 0, i / 64);
}
static void interleave(uint64_t *to, uint64_t ways, int seeds, uint64_t piece)
{
    for (uint64_t i = 0; i < BATTERY_WORDS / piece; i++)
        draw(to + piece * i, piece, seeds ? i % ways : 4, seeds ? 0 : i % ways, i / ways * piece);
}
static void eight_seeds(uint64_t *to)
{
    interleave(to, 8, 1, 1);
}
static void thousand_seeds(uint64_t *to)
{
    interleave(to, 1024, 1, 2);
}
static void eight_streams(uint64_t *to)
{
    interleave(to, 8, 0, 1);
}
static void thousand_streams(uint64_t *to)
{
    interleave(to, 1024, 0, 2);
}

static void battery_finds_nothing(void)
{
    static const struct {
        const char *name;
        layout *read;
    } layouts[] = {
        { "in order", in_order },
        { "a word of each 512 bytes", one_word_a_sector },
        { "a word of each seed", one_word_a_seed },
        { "a word of each stream", one_word_a_stream },
        { "seeds 2^i", seeds_with_one_bit },
        { "8 seeds", eight_seeds },
        { "1024 seeds", thousand_seeds },
        { "8 streams", eight_streams },
        { "1024 streams", thousand_streams },
    };
    for (unsigned i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        layouts[i].read(words);
        battery b = battery_run(words);
        CHECK(b.worst < BATTERY_LIMIT, "%s: %s is %.1f deviations off", layouts[i].name, b.where, b.worst);
    }
}

/* Bad generators. xoshiro256+ is right but for its lowest bits, which are linear (D. Blackman and S. Vigna, 2021). */
static uint64_t rotate(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}
static void xoshiro_plus(uint64_t *to)
{
    uint64_t s[4] = { 1, 2, 3, 4 };
    for (int i = 0; i < BATTERY_WORDS; i++) {
        uint64_t t = s[1] << 17;
        to[i] = s[0] + s[3];
        s[2] ^= s[0], s[3] ^= s[1], s[1] ^= s[2], s[0] ^= s[3], s[2] ^= t, s[3] = rotate(s[3], 45);
    }
}
static void congruential(uint64_t *to)
{
    uint64_t x = 1;
    for (int i = 0; i < BATTERY_WORDS; i++)
        to[i] = x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
}
static void unhashed_seeds(uint64_t *to)
{
    static uint64_t state[8];
    for (uint64_t j = 0; j < 8; j++) state[j] = UINT64_C(0x123456789ABCDEF) + j;
    for (int i = 0; i < BATTERY_WORDS; i++) {
        uint64_t *x = &state[i % 8];
        *x ^= *x << 13, *x ^= *x >> 7, *x ^= *x << 17;
        to[i] = *x;
    }
}
static void biased_bit(uint64_t *to)
{
    draw(to, BATTERY_WORDS, 9, 0, 0);
    for (int i = 0; i < BATTERY_WORDS; i += 128) to[i] |= 1 << 20;
}
static void same_data_twice(uint64_t *to)
{
    for (uint64_t i = 0; i < BATTERY_WORDS; i += 8) draw(to + i, 8, 9, 0, i / 16 * 8);
}
static void two_rounds(uint64_t *to)
{
    for (uint64_t i = 0; i < BATTERY_WORDS / 2; i++) {
        uint64_t counter[2] = { i, 0 }, key[2] = { reference_mix(1), reference_mix(2) };
        uint8_t block[16];
        reference_ars(block, 2, counter, key);
        memcpy(to + 2 * i, block, 16);
    }
}

static void battery_rejects_bad_generators(void)
{
    static const struct {
        const char *name;
        layout *read;
    } bad[] = {
        { "a congruential generator", congruential }, { "xoshiro256+", xoshiro_plus },
        { "unhashed seeds", unhashed_seeds },         { "a bit biased by 1/256", biased_bit },
        { "each 64 bytes twice", same_data_twice },   { "two rounds of AES", two_rounds },
    };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        bad[i].read(words);
        battery b = battery_run(words);
        CHECK(b.worst > BATTERY_LIMIT + 1, "%s passes: %s is only %.1f deviations off", bad[i].name, b.where, b.worst);
    }
}

int main(void)
{
    reference_init();
    RUN(neighbouring_seeds_share_no_word);
    RUN(no_block_comes_twice);
    RUN(neighbours_have_no_relation);
    RUN(every_bit_matters);
    RUN(battery_finds_nothing);
    RUN(battery_rejects_bad_generators);
    return TEST_END();
}
