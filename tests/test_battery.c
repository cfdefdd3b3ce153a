/*
 * A statistical battery (battery.h) finds nothing in the core's words, in whatever order they are read: one after
 * another, scattered, a word of each seed, of seeds, streams and domains in turn, and in what single values draw beyond
 * their place. And it rejects generators that are known to be bad.
 */
#include "battery.h"
#include "layouts.h"
#include "reference.h"

static uint64_t words[BATTERY_WORDS];

/* ------------------------------------------------------------------------------------------------- the core's words */

typedef void layout(uint64_t *to);

static void in_order(uint64_t *to)
{
    draw(to, BATTERY_WORDS, 0, 1, 0, 0);
}
static void domain_in_order(uint64_t *to)
{
    draw(to, BATTERY_WORDS, 8, 1, 0, 0);
}
static void one_word_a_sector(uint64_t *to)
{
    for (uint64_t i = 0; i < BATTERY_WORDS; i++) draw(to + i, 1, 0, 2, 0, i * 64);
}
static void one_word_a_seed(uint64_t *to)
{
    for (uint64_t i = 0; i < BATTERY_WORDS; i++) draw(to + i, 1, 0, i, 0, 0);
}
static void one_word_a_seed_of_values(uint64_t *to)
{
    for (uint64_t i = 0; i < BATTERY_WORDS; i++) draw(to + i, 1, 4, i, 0, 0);
}
static void one_word_a_stream(uint64_t *to)
{
    for (uint64_t i = 0; i < BATTERY_WORDS; i++) draw(to + i, 1, 0, 3, i, 0);
}
static void seeds_with_one_bit(uint64_t *to)
{
    for (uint64_t i = 0; i < BATTERY_WORDS; i++) draw(to + i, 1, 0, UINT64_C(1) << i % 64, 0, i / 64);
}
/* The sub-streams of one distribution, a word of each in turn (and once in four rounds of another's). */
static void sub_streams(uint64_t *to)
{
    static uint64_t of[4][BATTERY_WORDS / 4];
    for (uint64_t j = 0; j < 4; j++) draw(of[j], BATTERY_WORDS / 4, j < 3 ? 4 * 5 + j : 4 * 6, 6, 0, 0);
    for (int i = 0; i < BATTERY_WORDS; i++) to[i] = of[i % 4][i / 4];
}
/* Side streams by their description in kernels/draw.h: draws j below `draws` of values k of `streams` streams. */
static void side_streams(uint64_t *to, uint64_t draws, uint64_t streams)
{
    const uint64_t golden = UINT64_C(0x9E3779B97F4A7C15);
    for (uint64_t i = 0; i < BATTERY_WORDS; i++) {
        dgen_stream source;
        uint64_t low, high, stream = i / draws % streams, value = i / draws / streams;
        if (i < draws * streams || streams == 1) dgen__stream_init_domain(&source, 8, streams == 1 ? 0 : 1, 0, false);
        memcpy(&low, source.key.round[0], 8), memcpy(&high, source.key.round[0] + 8, 8);
        uint64_t side = reference_mix(low ^ reference_mix(high + stream));
        to[i] = reference_mix(reference_mix(side + golden * value) + golden * (i % draws + 1));
    }
}
static void side_streams_first_draw(uint64_t *to)
{
    side_streams(to, 1, 1);
}
static void side_streams_four_draws(uint64_t *to)
{
    side_streams(to, 4, 1);
}
static void side_streams_of_eight_streams(uint64_t *to)
{
    side_streams(to, 1, 8);
}

static void judge(const char *name, const char *how, uint64_t ways)
{
    battery b = battery_run(words);
    CHECK(b.worst < BATTERY_LIMIT, "%s%s, %llu: %s is %.1f deviations off", name, how, (unsigned long long)ways,
          b.where, b.worst);
}

static void battery_finds_nothing(void)
{
    static const struct {
        const char *name;
        layout *read;
    } layouts[] = {
        { "in order", in_order },
        { "random values' bits in order", domain_in_order },
        { "a word of each 512 bytes", one_word_a_sector },
        { "a word of each seed", one_word_a_seed },
        { "a word of each seed's random values", one_word_a_seed_of_values },
        { "a word of each stream", one_word_a_stream },
        { "seeds 2^i", seeds_with_one_bit },
        { "sub-streams of a distribution", sub_streams },
        { "first draw of each side stream", side_streams_first_draw },
        { "four draws of each side stream", side_streams_four_draws },
        { "side streams of eight streams", side_streams_of_eight_streams },
    };
    for (unsigned i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        layouts[i].read(words);
        judge(layouts[i].name, "", 1);
    }
}

static void battery_finds_nothing_in_turns(void)
{
    static const uint64_t ways[] = { 2, 4, 8, 64, 1024 };
    static const char *const names[] = { "seeds", "streams", "domains" };
    for (int by = BY_SEED; by <= BY_DOMAIN; by++)
        for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
            interleave(words, BATTERY_WORDS, ways[i], by, 0);
            judge(names[by], " in turn", ways[i]);
        }
}

/* --------------------------------------------------------------------------------------------------- bad generators */

static uint64_t rotate(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}
static void xoshiro_step(uint64_t s[4])
{
    uint64_t t = s[1] << 17;
    s[2] ^= s[0], s[3] ^= s[1], s[1] ^= s[2], s[0] ^= s[3], s[2] ^= t, s[3] = rotate(s[3], 45);
}
/* xoshiro256+ is right but for its lowest bits, which are linear (D. Blackman and S. Vigna, 2021). */
static void xoshiro_plus(uint64_t *to)
{
    uint64_t s[4];
    for (uint64_t j = 0; j < 4; j++) s[j] = reference_mix(j + 1);
    for (int i = 0; i < BATTERY_WORDS; i++, xoshiro_step(s)) to[i] = s[0] + s[3];
}
/* The sound xoshiro256++, eight of them in turn, of which the states differ by a number added to the first word. */
static void unhashed_seeds(uint64_t *to)
{
    static uint64_t s[8][4];
    for (uint64_t k = 0; k < 8; k++)
        for (uint64_t j = 0; j < 4; j++) s[k][j] = reference_mix(j + 1) + (j ? 0 : k);
    for (int i = 0; i < BATTERY_WORDS; i++) {
        uint64_t *x = s[i % 8];
        to[i] = rotate(x[0] + x[3], 23) + x[0];
        xoshiro_step(x);
    }
}
/* MT19937 (M. Matsumoto and T. Nishimura, 1998): every bit is linear, but over 19937 of them. */
static void mersenne_twister(uint64_t *to)
{
    static uint32_t s[624];
    s[0] = 5489;
    for (uint32_t i = 1; i < 624; i++) s[i] = 1812433253u * (s[i - 1] ^ s[i - 1] >> 30) + i;
    for (int i = 0; i < 2 * BATTERY_WORDS; i++) {
        uint32_t *x = &s[i % 624], y = (*x & 0x80000000) | (s[(i + 1) % 624] & 0x7FFFFFFF);
        *x = s[(i + 397) % 624] ^ y >> 1 ^ (y & 1 ? 0x9908B0DF : 0);
        y = *x;
        y ^= y >> 11, y ^= y << 7 & 0x9D2C5680, y ^= y << 15 & 0xEFC60000, y ^= y >> 18;
        to[i / 2] = i % 2 ? to[i / 2] | (uint64_t)y << 32 : y;
    }
}
static void congruential(uint64_t *to)
{
    uint64_t x = 1;
    for (int i = 0; i < BATTERY_WORDS; i++)
        to[i] = x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
}
static void biased_bit(uint64_t *to)
{
    draw(to, BATTERY_WORDS, 0, 9, 0, 0);
    for (int i = 0; i < BATTERY_WORDS; i += 128) to[i] |= 1 << 20;
}
static void same_data_twice(uint64_t *to)
{
    for (uint64_t i = 0; i < BATTERY_WORDS; i += 8) draw(to + i, 8, 0, 9, 0, i / 16 * 8);
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
        { "unhashed seeds", unhashed_seeds },         { "the Mersenne Twister", mersenne_twister },
        { "a bit biased by 1/256", biased_bit },      { "each 64 bytes twice", same_data_twice },
        { "two rounds of AES", two_rounds },
    };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        bad[i].read(words);
        battery b = battery_run(words);
        printf("# %s: %s, %.1f\n", bad[i].name, b.where, b.worst);
        CHECK(b.worst > BATTERY_LIMIT + 1, "%s passes: %s is only %.1f deviations off", bad[i].name, b.where, b.worst);
    }
}

/* ------------------------------------------------------------------------------------------------------ single bits */

typedef uint64_t line __attribute__((vector_size(64)));

/* Counts the bits of lines by carry-save adders: level j holds what is worth 2^j. At most 2^(LEVELS - 1) lines. */
enum { LEVELS = 20 };
typedef struct bit_counter {
    line sum[LEVELS], waiting[LEVELS];
    bool has_waiting[LEVELS];
} bit_counter;

/* Adds x and y to the sum; *carry is worth twice as much. */
static inline void add_lines(line *carry, line *sum, const line *x, const line *y)
{
    line a = *sum, b = *x, c = *y, either = a ^ b;
    *sum = either ^ c;
    *carry = (a & b) | (either & c);
}

static inline void count_eight(bit_counter *counter, const line *x)
{
    line *sum = counter->sum, two[4], four[2], carry;
    for (int i = 0; i < 4; i++) add_lines(&two[i], sum, x + 2 * i, x + 2 * i + 1);
    for (int i = 0; i < 2; i++) add_lines(&four[i], sum + 1, two + 2 * i, two + 2 * i + 1);
    add_lines(&carry, sum + 2, four, four + 1);
    int level = 3;
    for (; counter->has_waiting[level]; level++) {
        counter->has_waiting[level] = false;
        add_lines(&carry, sum + level, counter->waiting + level, &carry);
    }
    counter->waiting[level] = carry;
    counter->has_waiting[level] = true;
}

/* Adds how often each of the 64 bits is set. */
static void add_counts(const bit_counter *counter, double counts[64])
{
    for (int level = 0; level < LEVELS; level++)
        for (int lane = 0; lane < 8; lane++)
            for (int bit = 0; bit < 64; bit++) {
                counts[bit] += (double)((uint64_t)(counter->sum[level][lane] >> bit & 1) << level);
                if (counter->has_waiting[level])
                    counts[bit] += (double)((uint64_t)(counter->waiting[level][lane] >> bit & 1) << level);
            }
}

/* The worst deviation of a bit's frequency in 2^31 words: a bias of 1e-4 makes 9. `bias`: bit 20 has it. */
static double worst_bit(uint64_t seed, bool bias)
{
    enum { CHUNK = 1 << 16, BIASED = 5000 };
    static _Alignas(64) uint64_t chunk[CHUNK];
    static bit_counter counter;
    double counts[64] = { 0 }, worst = 0, n = 0x1p31;
    for (uint64_t at = 0; at < UINT64_C(1) << 31; at += CHUNK) {
        draw(chunk, CHUNK, 0, seed, 0, at);
        for (uint64_t i = (BIASED - at % BIASED) % BIASED; bias && i < CHUNK; i += BIASED) chunk[i] |= 1 << 20;
        for (int i = 0; i < CHUNK; i += 64) count_eight(&counter, (const line *)(chunk + i));
        if ((at / CHUNK + 1) % 32) continue;
        add_counts(&counter, counts);
        memset(&counter, 0, sizeof counter);
    }
    for (int bit = 0; bit < 64; bit++) worst = fmax(worst, fabs(counts[bit] - n / 2) / sqrt(n / 4));
    return worst;
}

static void every_bit_is_fair(void)
{
    double sound = worst_bit(10, false), biased = worst_bit(10, true);
    CHECK(sound < BATTERY_LIMIT, "a bit of 2^31 words is %.1f deviations off", sound);
    CHECK(biased > BATTERY_LIMIT + 1, "a bias of 1e-4 passes: only %.1f deviations off", biased);
}

int main(void)
{
    reference_init();
    RUN(battery_finds_nothing);
    RUN(battery_finds_nothing_in_turns);
    RUN(battery_rejects_bad_generators);
    RUN(every_bit_is_fair);
    return TEST_END();
}
