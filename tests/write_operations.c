/*
 * The C host of the operations in tests/cross_hosts.sh, which says what to write: write_operations FILE.
 */
#include <stdio.h>
#include <string.h>

#include "dgen.h"

enum { N = 1000 };

static int fail(const char *message)
{
    fprintf(stderr, "%s\n", message);
    return 1;
}

static dgen_status write_one(FILE *file, dgen_op op, const dgen_operand *operands, dgen_error *error)
{
    const dgen_operation *operation = dgen_operation_get(op);
    dgen_array out = { 0 };
    double result;
    dgen_status status;
    if (operation->kind == DGEN_REDUCTION) {
        status = dgen_reduce(&result, op, operands, NULL, error);
        result += operation->is_index;
        if (status == DGEN_OK) fwrite(&result, sizeof result, 1, file);
        return status;
    }
    status = dgen_map(&out, op, operands, NULL, error);
    if (status != DGEN_OK) return status;
    fwrite(out.data, 1, dgen_array_bytes(&out), file);
    dgen_array_release(&out);
    return DGEN_OK;
}

/* The operands' numbers: those of scale and clamp, or the defaults. */
static double parameter(const dgen_operation *operation, int i)
{
    if (!strcmp(operation->name, "scale")) return 2.5;
    if (!strcmp(operation->name, "clamp")) return i == 1 ? -1 : 1;
    return operation->defaults[i];
}

int main(int count, char **arguments)
{
    static double wide[3][N];
    static float narrow[3][N];
    const int64_t n = N;
    dgen_error error;
    FILE *file = count == 2 ? fopen(arguments[1], "wb") : NULL;
    if (!file) return fail("usage: write_operations FILE");
    for (int k = 0; k < N; k++) {
        wide[0][k] = (k * 37 % 1000 - 500) / 16.0;
        wide[1][k] = (k * 61 % 997 - 300) / 32.0;
        wide[2][k] = k * 7 % 64 / 64.0;
        for (int i = 0; i < 3; i++) narrow[i][k] = (float)wide[i][k];
    }
    for (int type = 0; type < 2; type++) {
        dgen_array arrays[3];
        for (int i = 0; i < 3; i++) {
            void *numbers = type ? (void *)narrow[i] : wide[i];
            if (dgen_array_borrow(&arrays[i], type ? DGEN_F32 : DGEN_F64, 1, &n, numbers, &error) != DGEN_OK)
                return fail(error.message);
        }
        for (int op = 0; op < DGEN_OP_COUNT; op++) {
            const dgen_operation *operation = dgen_operation_get((dgen_op)op);
            dgen_operand operands[3];
            for (int i = 0; i < operation->arrays + operation->parameters; i++)
                operands[i] = i < operation->arrays ? (dgen_operand){ &arrays[i], 0 }
                                                    : (dgen_operand){ NULL, parameter(operation, i) };
            if (write_one(file, (dgen_op)op, operands, &error) != DGEN_OK) return fail(error.message);
        }
    }
    return ferror(file) || fclose(file) ? fail("the file could not be written") : 0;
}
