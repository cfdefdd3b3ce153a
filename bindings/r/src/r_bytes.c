/*
 * Bytes in one call: generate, fill, verify, describe.
 */
#include "dgen_r.h"

SEXP dgen_r_generate(SEXP options)
{
    dgen_config config;
    dgen_error error;
    dgen_array *array;
    dgen_status status;
    int tried = 0;
    dgen_r_check_config(&config, options);
    if (dgen_config_check(&config, &error) != DGEN_OK) dgen_r_raise(&error);
    uint64_t n = config.size - config.offset;
    if (config.has_size && n <= DGEN_R_SMALL) {
        SEXP x = PROTECT(Rf_allocVector(RAWSXP, (R_xlen_t)n));
        if (dgen_fill_at(RAW(x), n, &config, config.offset, &error) != DGEN_OK) dgen_r_raise(&error);
        UNPROTECT(1);
        return x;
    }
    SEXP handle = PROTECT(dgen_r_handle(&array));
    dgen_r_make_room(config.has_size ? n : 0);
    do status = dgen_generate(array, &config, &error);
    while (dgen_r_retry(status, &tried));
    if (status != DGEN_OK) dgen_r_raise(&error);
    SEXP x = dgen_r_wrap(handle);
    UNPROTECT(1);
    return x;
}

SEXP dgen_r_fill(SEXP buffer, SEXP options)
{
    dgen_config config;
    dgen_error error;
    dgen_r_check_config(&config, options);
    dgen_array held;
    dgen_array_retain(&held, dgen_r_check_buffer(buffer, "buf")); /* the poll hook may run R code, which may close it */
    uint64_t n = dgen_array_bytes(&held);
    dgen_status status = dgen_fill_at(held.data, n, &config, config.offset, &error);
    dgen_array_release(&held);
    if (status != DGEN_OK) dgen_r_raise(&error);
    return dgen_r_count(n);
}

SEXP dgen_r_verify(SEXP x, SEXP options)
{
    dgen_config config;
    dgen_error error;
    dgen_verify_report report;
    dgen_record record;
    dgen_r_check_config(&config, options);
    dgen_array array = dgen_r_check_array(x, "x");
    if (dgen_verify_at(&report, array.data, dgen_array_bytes(&array), &config, config.offset, &error) != DGEN_OK)
        dgen_r_raise(&error);
    dgen_verify_record(&report, &record);
    return dgen_r_list(&record);
}

SEXP dgen_r_describe(SEXP x, SEXP block_size)
{
    dgen_error error;
    dgen_describe_report report;
    dgen_record record;
    uint64_t block = dgen_r_check_whole(block_size, "block_size", 64, 16 << 20);
    dgen_array array = dgen_r_check_array(x, "x");
    if (dgen_describe(&report, array.data, dgen_array_bytes(&array), block, &error) != DGEN_OK) dgen_r_raise(&error);
    dgen_describe_record(&report, &record);
    return dgen_r_list(&record);
}
