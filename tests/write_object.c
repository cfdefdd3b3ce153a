/*
 * The C host of tests/cross_hosts.sh, which says what the programs of all hosts do:
 *     write_object write FOLDER          write_object verify FOLDER FROM
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dgen.h"

static int fail(const dgen_error *error)
{
    fprintf(stderr, "%s\n", error->message);
    return 1;
}

/* Sets name=value: a number, or text if it is none. */
static dgen_status set(dgen_config *config, char *option, dgen_error *error)
{
    char *value = strchr(option, '='), *end;
    *value++ = 0;
    dgen_value given = { .kind = DGEN_VALUE_NUMBER, .number = strtod(value, &end) };
    if (*end || !strncmp(value, "0x", 2)) given = (dgen_value){ .kind = DGEN_VALUE_TEXT, .text = value };
    return dgen_config_set(config, option, given, error);
}

static int write_one(const char *path, const dgen_config *config)
{
    dgen_generator *generator;
    dgen_error error;
    if (dgen_generator_open(&generator, config, &error) != DGEN_OK) return fail(&error);
    dgen_status status = dgen_generator_write_file(generator, path, NULL, NULL, NULL, &error);
    dgen_generator_close(generator);
    return status == DGEN_OK ? 0 : fail(&error);
}

static int verify_one(const char *name, const char *path, const dgen_config *config)
{
    dgen_verify_report report;
    dgen_error error;
    uint64_t n_bytes = config->size - config->offset;
    char *bytes = malloc((size_t)n_bytes + 1);
    FILE *file = fopen(path, "rb");
    if (!file || !bytes || fread(bytes, 1, (size_t)n_bytes + 1, file) != n_bytes) {
        fprintf(stderr, "%s is not %llu bytes\n", path, (unsigned long long)n_bytes);
        return 1;
    }
    fclose(file);
    dgen_status status = dgen_verify_at(&report, bytes, n_bytes, config, config->offset, &error);
    free(bytes);
    if (status != DGEN_OK) return fail(&error);
    if (report.bad_bytes) printf("bad %s %llu\n", name, (unsigned long long)report.first_bad + 1);
    else printf("ok %s\n", name);
    return 0;
}

int main(int count, char **arguments)
{
    if (count < 3) return 2;
    char line[512], path[1024];
    const char *folder = arguments[2], *from = count > 3 ? arguments[3] : "c";
    snprintf(path, sizeof path, "%s/configurations", folder);
    FILE *configurations = fopen(path, "r");
    while (configurations && fgets(line, sizeof line, configurations)) {
        dgen_config config;
        dgen_error error;
        char *name = strtok(line, " \n");
        dgen_config_init(&config);
        for (char *option; (option = strtok(NULL, " \n"));)
            if (set(&config, option, &error) != DGEN_OK) return fail(&error);
        snprintf(path, sizeof path, "%s/%s/%s", folder, from, name);
        if (strcmp(arguments[1], "verify") ? write_one(path, &config) : verify_one(name, path, &config)) return 1;
    }
    return configurations ? 0 : 1;
}
