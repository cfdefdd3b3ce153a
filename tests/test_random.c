/*
 * What users may assume of the bits that everything is made of: those of random values are the format's; seeds, streams
 * and domains share nothing, no block comes twice within a seed, neighbours have no relation, and every bit of seed,
 * stream, domain and position changes half of the output. Each check is also shown a bad generator that it must reject.
 */
#include <math.h>

#include "layouts.h"
#include "reference.h"

static uint64_t words[1 << 23];

/* ---------------------------------------------------------------------------------------------------- known answers */

static void domains_are_those_of_the_format(void)
{
    static uint8_t got[5000], wanted[5000];
    for (int i = 0; i < 1000; i++) {
        uint64_t domain = i < 100 ? (uint64_t)i : test_random() >> test_random() % 64,
                 seed = test_random() >> test_random() % 64;
        uint64_t stream = test_random() >> test_random() % 64, offset = test_random() >> (1 + test_random() % 40);
        uint64_t n = i % 10 ? test_random() % 100 : test_random() % sizeof got;
        dgen_stream source;
        dgen__stream_init_domain(&source, domain, seed, stream, i % 2);
        dgen__stream_fill(&source, got, n, offset, false);
        reference_fill_domain(wanted, n, domain, seed, stream, offset);
        CHECK(!memcmp(got, wanted, n), "domain %llx, seed %llx, stream %llx, %llu bytes at %llx",
              (unsigned long long)domain, (unsigned long long)seed, (unsigned long long)stream, (unsigned long long)n,
              (unsigned long long)offset);
    }
}

/* Uniform values are the stream of domain 4 and nothing else: value k the top bits of its k-th word. */
static void uniform_values_are_those_of_the_format(void)
{
    enum { N = 3000 };
    static uint64_t wide[N];
    static uint32_t narrow[N];
    static double f64[N];
    static float f32[N];
    const dgen_operand bounds[2] = { { .number = 0 }, { .number = 1 } };
    for (int i = 0; i < 60; i++) {
        uint64_t offset = i % 3 ? test_random() >> (11 + test_random() % 53) : (uint64_t)i;
        int64_t n = (int64_t)(test_random() % N) + 1;
        dgen_random_options options;
        dgen_random_options_init(&options);
        options.has_seed = 1, options.seed = test_random() >> test_random() % 64;
        options.stream = test_random() >> test_random() % 64, options.offset = offset;
        dgen_array to64, to32;
        dgen_error error;
        int ok = dgen_array_borrow(&to64, DGEN_F64, 1, &n, f64, &error) == DGEN_OK
                 && dgen_array_borrow(&to32, DGEN_F32, 1, &n, f32, &error) == DGEN_OK
                 && dgen_random(&to64, DGEN_DISTRIBUTION_uniform, 1, &n, bounds, &options, &error) == DGEN_OK
                 && dgen_random(&to32, DGEN_DISTRIBUTION_uniform, 1, &n, bounds, &options, &error) == DGEN_OK;
        CHECK(ok, "%s", error.message);
        if (!ok) return;
        reference_fill_domain((uint8_t *)wide, 8 * (uint64_t)n, 4, options.seed, options.stream, 8 * offset);
        reference_fill_domain((uint8_t *)narrow, 4 * (uint64_t)n, 4, options.seed, options.stream, 4 * offset);
        for (int64_t k = 0; k < n; k++) {
            CHECK(f64[k] == ldexp((double)(wide[k] >> 11), -53), "value %lld in f64 is %.17g", (long long)k, f64[k]);
            CHECK(f32[k] == ldexpf((float)(narrow[k] >> 8), -24), "value %lld in f32 is %.9g", (long long)k, f32[k]);
        }
    }
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

/* The first words of 2^20 streams of a seed, and of 2^20 seeds half in objects' domain and half in random values'. */
static void a_million_streams_share_no_word(void)
{
    enum { MANY = 1 << 20, PIECE = 4 };
    for (uint64_t i = 0; i < MANY; i++) draw(words + PIECE * i, PIECE, 0, UINT64_MAX, i, 0);
    for (uint64_t i = 0; i < MANY; i++) draw(words + PIECE * (MANY + i), PIECE, i % 2 ? 8 : 0, i / 2, 0, 0);
    CHECK(!has_duplicate(words, 2 * MANY * PIECE), "two streams, seeds or domains have a word in common");
}

/* All that a seed and a domain are made into is a key, of two words. Where states are made of neighbouring places of
   one generator, as by splitmix64 from seed + i times its own increment, they share words, which no battery sees. */
static void keys_share_no_word(void)
{
    enum { SEEDS = 1 << 20 };
    uint64_t n = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++)
        for (uint64_t domain = 0; domain < 8; domain++) {
            dgen_stream source;
            dgen__stream_init_domain(&source, domain * (seed % 16 + 1), seed, 0, false);
            if (!domain)
                memcpy(words + n++, source.key.round[0], 8);
            else if (domain < 7)
                memcpy(words + n++, source.key.round[0] + 8, 8);
        }
    CHECK(!has_duplicate(words, n), "two keys, of a million seeds in several domains, share a word");
    for (uint64_t i = 0; i < SEEDS; i++)
        words[i] = reference_mix((i / 4 + 1) * UINT64_C(0x9E3779B97F4A7C15) + i % 4 * UINT64_C(0x9E3779B97F4A7C15));
    CHECK(has_duplicate(words, SEEDS), "seeds that overlap were not noticed");
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
            for (uint64_t mib = 0; mib < 4; mib++, n += PIECE) draw(words + n, PIECE, 0, seed, stream, mib << 17);
    }
    CHECK(!has_duplicate(words, n), "two seeds or streams have a word in common, of %llu", (unsigned long long)n);
    for (uint64_t seed = 0; seed < 1000; seed++)
        for (uint64_t mib = 0; mib < 4; mib++)
            draw(words + PIECE * (4 * seed + mib), PIECE, 0, 0, 0, (seed + mib) << 17);
    CHECK(has_duplicate(words, PIECE * 4 * 1000), "seed + index as the seed of a block was not noticed");
}

/* 64 MiB of one seed, over 16 streams. No word at all twice: stronger than no block, and as sure at this number. */
static void no_block_comes_twice(void)
{
    enum { STREAMS = 16, EACH = (1 << 23) / STREAMS };
    for (uint64_t stream = 0; stream < STREAMS; stream++)
        draw(words + stream * EACH, EACH, 0, 7, stream < 8 ? stream : UINT64_MAX - stream, stream % 2 ? 1 << 20 : 0);
    CHECK(!has_duplicate(words, 1 << 23), "a word comes twice in 64 MiB of one seed");
    draw(words, EACH, 0, 7, 0, 0);
    draw(words + EACH, EACH, 0, 7, 0, EACH - 2);
    CHECK(has_duplicate(words, 2 * EACH), "a repeated block was not noticed");
}

/* Linear relations of four neighbours, by which a user found Julia's task splitting (its issue 49110): all distinct. */
static void neighbours_have_no_relation(void)
{
    enum { TREES = 1 << 20, KINDS = 3 };
    static const char *const kinds[KINDS] = { "streams and words", "seeds and streams", "seeds and domains" };
    for (int kind = 0; kind < KINDS; kind++) {
        for (uint64_t i = 0; i < TREES; i++) {
            uint64_t r[4];
            for (uint64_t j = 0; j < 4; j++) {
                uint64_t pair = 2 * i + j % 2, other = j / 2;
                draw(r + j, 1, kind == 2 ? 4 + 4 * other : 0, kind ? pair : 5,
                     kind == 0   ? pair
                     : kind == 1 ? other
                                 : 0,
                     kind ? 0 : other);
            }
            words[i] = r[1] + r[2] - r[0] - r[3];
            words[TREES + i] = r[0] ^ r[1] ^ r[2] ^ r[3];
        }
        CHECK(!has_duplicate(words, 2 * TREES), "%s of neighbours are related", kinds[kind]);
    }
    for (uint64_t i = 0; i < TREES; i++) words[i] = i * i + (i + 2) * (i + 2) - 2 * (i + 1) * (i + 1);
    CHECK(has_duplicate(words, TREES), "a linear relation was not noticed");
}

/* -------------------------------------------------------------------------------------------------------- avalanche */

/* Two words made from the inputs, which are a seed, a stream, a block number and a domain. */
enum { SEED, STREAM, BLOCK, DOMAIN, PARTS };
typedef void source(uint64_t out[2], const uint64_t in[PARTS]);

static void core_source(uint64_t out[2], const uint64_t in[PARTS])
{
    draw(out, 2, in[DOMAIN], in[SEED], in[STREAM], (in[BLOCK] >> 5) * 2);
}

/* Two rounds, and the seed itself for a key. */
static void weak_source(uint64_t out[2], const uint64_t in[PARTS])
{
    uint64_t key[2] = { in[SEED], in[SEED] + in[DOMAIN] }, counter[2] = { in[BLOCK] >> 5, in[STREAM] };
    uint8_t block[16];
    reference_ars(block, 2, counter, key);
    memcpy(out, block, 16);
}

/* The largest departure from 1/2 of how often an output bit changes with an input bit, averaged over all outputs of an
   input and over all inputs of an output. `part` is which of the inputs is changed, in its low `bits`. The domain, but
   where it is changed, is `domain`. */
static double avalanche(source *make, int part, int bits, uint64_t domain, int trials)
{
    double worst = 0;
    uint64_t by_output[128] = { 0 };
    for (int bit = 0; bit < bits; bit++) {
        uint64_t changed = 0;
        for (int t = 0; t < trials; t++) {
            uint64_t in[PARTS] = { test_random(), test_random(), test_random(), domain }, a[2], b[2];
            if (part == DOMAIN) in[DOMAIN] = test_random() >> 54;
            make(a, in);
            in[part] ^= UINT64_C(1) << (bit + (part == BLOCK ? 5 : 0));
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
    static const struct {
        const char *name;
        int part, bits, trials;
        uint64_t domain;
    } cases[] = {
        { "seed", SEED, 64, 1 << 16, 0 },
        { "stream", STREAM, 64, 1 << 16, 0 },
        { "block number", BLOCK, 59, 1 << 16, 0 },
        { "domain", DOMAIN, 10, 1 << 19, 0 },
        { "seed of random values", SEED, 64, 1 << 16, 8 },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        double worst = avalanche(core_source, cases[i].part, cases[i].bits, cases[i].domain, cases[i].trials);
        CHECK(worst <= 0.001, "a bit of the %s changes 0.5 +- %.5f of the output", cases[i].name, worst);
    }
    CHECK(avalanche(weak_source, SEED, 64, 0, 1 << 10) > 0.01, "a weak mixing of the seed was not noticed");
    CHECK(avalanche(weak_source, DOMAIN, 10, 0, 1 << 12) > 0.01, "a weak mixing of the domain was not noticed");
}

int main(void)
{
    reference_init();
    RUN(domains_are_those_of_the_format);
    RUN(uniform_values_are_those_of_the_format);
    RUN(a_million_streams_share_no_word);
    RUN(keys_share_no_word);
    RUN(neighbouring_seeds_share_no_word);
    RUN(no_block_comes_twice);
    RUN(neighbours_have_no_relation);
    RUN(every_bit_matters);
    return TEST_END();
}
