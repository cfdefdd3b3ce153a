/*
 * One save, for test_faults.sh to break: fault_writer PATH SIZE CHUNK SEED.
 *
 * Prints "begin" before and the outcome after. Exit 0: saved. 1: a clean failure, with its message: the generator
 * stands where it stood and no memory is held. 2: anything else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dgen.h"

/* Says it, as far as the injected fault does not strike here; the exit status tells the outcome. */
static int say(const char *text, int status)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0) return status;
    return status;
}

int main(int count, char **words)
{
    dgen_config config;
    dgen_error error = { DGEN_OK, "", "" };
    dgen_generator *generator;
    uint64_t written = 0;
    if (count != 5) return 2;
    dgen_config_init(&config);
    config.size = strtoull(words[2], NULL, 10), config.has_size = 1;
    config.chunk_size = strtoull(words[3], NULL, 10);
    config.seed = strtoull(words[4], NULL, 10), config.has_seed = 1;
    if (dgen_generator_open(&generator, &config, &error) != DGEN_OK) return say(error.message, 2);
    say("begin\n", 0);
    dgen_status status = dgen_generator_write_file(generator, words[1], NULL, NULL, &written, &error);
    uint64_t position = dgen_generator_position(generator);
    dgen_generator_close(generator);
    if (dgen_live_bytes()) return say("memory is still held\n", 2);
    if (status == DGEN_OK)
        return written == config.size && position == config.size ? say("saved\n", 0) : say("saved, but not all\n", 2);
    if (position != 0 || written != 0) return say("the generator has moved\n", 2);
    if (error.code != status || !error.message[0]) return say("no message\n", 2);
    say(error.message, 1);
    return say("\n", 1);
}
