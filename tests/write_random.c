/*
 * Random words on standard output without end, for test batteries that read a pipe (long_quality.sh):
 *     write_random LAYOUT
 *     order          an object's words, one after another        values      the bits of random values, in turn of 64
 * domains low, high      the low, the high halves of them            reversed    their bits from last to first seeds:N,
 * streams:N                                         a word in turn of N seeds, of N streams each-seed      the first
 * words of seeds 0, 1, 2, ...       side        the first draw of each value's side stream normal, exponential values
 * of f64 as 32 bits of their probability
 */
#include <math.h>

#include "layouts.h"
#include "reference.h"
#include "statistics.h"
#include "subjects.h"

enum { WORDS = 1 << 16 };

static void fill_side(uint64_t *to, uint64_t first)
{
    const uint64_t golden = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t side = reference_mix(golden);
    for (uint64_t i = 0; i < WORDS; i++) to[i] = reference_mix(reference_mix(side + golden * (first + i)) + golden);
}

static void fill_probabilities(uint64_t *to, uint64_t first, int is_normal)
{
    static double values[2 * WORDS];
    const subject normal = { "normal", normal_law, { 0, 1 }, DGEN_DISTRIBUTION_normal, DGEN_F64, 0, NULL };
    const subject exponential = { "exponential", exponential_law, { 1, 0 }, DGEN_DISTRIBUTION_exponential, DGEN_F64, 0,
                                  NULL };
    const subject *subject = is_normal ? &normal : &exponential;
    draw_values(subject, values, 2 * WORDS, 1, 0, 2 * first);
    for (int i = 0; i < WORDS; i++) {
        to[i] = 0;
        for (int half = 0; half < 2; half++) {
            double p = subject->law(values[2 * i + half], subject->parameters);
            to[i] |= (uint64_t)fmin(p * 0x1p32, 0x1p32 - 1) << 32 * half;
        }
    }
}

/* Halves of words, or words from last bit to first; the words are from `first`, of halves from 2 first on. */
static void fill_changed(uint64_t *to, uint64_t first, char how)
{
    static uint64_t from[2 * WORDS];
    draw(from, how == 'r' ? WORDS : 2 * WORDS, 0, 1, 0, how == 'r' ? first : 2 * first);
    for (int i = 0; i < WORDS; i++) {
        uint64_t a = from[2 * i], b = from[2 * i + 1], x = 0;
        if (how == 'r')
            for (int bit = 0; bit < 64; bit++) x |= (from[i] >> bit & 1) << (63 - bit);
        to[i] = how == 'l' ? (a & UINT32_MAX) | b << 32 : how == 'h' ? a >> 32 | (b >> 32 << 32) : x;
    }
}

int main(int count, char **arguments)
{
    static uint64_t words[WORDS];
    const char *layout = count == 2 ? arguments[1] : "", *colon = strchr(layout, ':');
    uint64_t ways = colon ? strtoull(colon + 1, NULL, 10) : 0;
    if (ways & (ways - 1) || ways > WORDS) return 2;
    for (uint64_t first = 0;; first += WORDS) {
        if (!strcmp(layout, "order"))
            draw(words, WORDS, 0, 1, 0, first);
        else if (!strcmp(layout, "values"))
            interleave(words, WORDS, 64, BY_DOMAIN, first);
        else if (!strcmp(layout, "low") || !strcmp(layout, "high") || !strcmp(layout, "reversed"))
            fill_changed(words, first, layout[0]);
        else if (ways && !strncmp(layout, "seeds:", 6))
            interleave(words, WORDS, ways, BY_SEED, first);
        else if (ways && !strncmp(layout, "streams:", 8))
            interleave(words, WORDS, ways, BY_STREAM, first);
        else if (!strcmp(layout, "each-seed"))
            for (uint64_t i = 0; i < WORDS; i++) draw(words + i, 1, 0, first + i, 0, 0);
        else if (!strcmp(layout, "side"))
            fill_side(words, first);
        else if (!strcmp(layout, "normal") || !strcmp(layout, "exponential"))
            fill_probabilities(words, first, layout[0] == 'n');
        else
            return 2;
        if (fwrite(words, sizeof *words, WORDS, stdout) != WORDS) return 0;
    }
}
