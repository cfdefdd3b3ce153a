/* Words of the core's bit source, in orders that a user could read them in. */
#ifndef DGEN_TEST_LAYOUTS_H
#define DGEN_TEST_LAYOUTS_H

#include "../libcore/stream.h"
#include "test.h"

/* `count` words from `word` on: of an object in domain 0, else of random values. */
static void draw(uint64_t *to, uint64_t count, uint64_t domain, uint64_t seed, uint64_t stream, uint64_t word)
{
    if (domain) {
        dgen_stream source;
        dgen__stream_init_domain(&source, domain, seed, stream, count >= 512);
        dgen__stream_fill(&source, to, 8 * count, 8 * word, false);
        return;
    }
    dgen_config config = test_config(0, seed);
    dgen_error error;
    config.has_size = 0;
    config.stream = stream;
    if (dgen_fill_at(to, 8 * count, &config, 8 * word, &error)) CHECK(0, "%s", error.message);
}

/* A word in turn from each of `ways` seeds, streams or domains, from 0 on. */
enum { BY_SEED, BY_STREAM, BY_DOMAIN };
__attribute__((unused)) static void interleave(uint64_t *to, uint64_t count, uint64_t ways, int by, uint64_t first)
{
    uint64_t each = count / ways, *words = malloc(each * sizeof *words);
    for (uint64_t w = 0; w < ways; w++) {
        draw(words, each, by == BY_DOMAIN ? w : 0, by == BY_SEED ? w : 4, by == BY_STREAM ? w : 0, first / ways);
        for (uint64_t i = 0; i < each; i++) to[i * ways + w] = words[i];
    }
    free(words);
}

#endif
