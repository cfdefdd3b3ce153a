/*
 * The core's side of tests/test_engines.sh: write_engine ENGINE SEED FIRST COUNT [MIN MAX] writes so many doubles to its
 * standard output.
 */
#include <stdio.h>
#include <stdlib.h>

#include "dgen.h"

int main(int argc, char **argv)
{
    if (argc != 5 && argc != 7) {
        fprintf(stderr, "usage: write_engine ENGINE SEED FIRST COUNT [MIN MAX]\n");
        return 2;
    }
    dgen_error error = { .code = DGEN_OK };
    dgen_random_options options;
    dgen_value engine = { .kind = DGEN_VALUE_TEXT, .text = argv[1] };
    dgen_operand bounds[2] = { { .number = argc > 5 ? atof(argv[5]) : 0 }, { .number = argc > 6 ? atof(argv[6]) : 1 } };
    dgen_array values = { 0 };
    int64_t n = atoll(argv[4]);
    dgen_random_options_init(&options);
    options.seed = strtoull(argv[2], NULL, 0);
    options.has_seed = 1;
    options.offset = strtoull(argv[3], NULL, 0);
    dgen_status status = dgen_random_options_set(&options, DGEN_DISTRIBUTION_uniform, "engine", engine, &error);
    if (status == DGEN_OK) status = dgen_random(&values, DGEN_DISTRIBUTION_uniform, 1, &n, bounds, &options, &error);
    if (status != DGEN_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    int failed = fwrite(values.data, 1, dgen_array_bytes(&values), stdout) != dgen_array_bytes(&values);
    dgen_array_release(&values);
    return failed;
}
