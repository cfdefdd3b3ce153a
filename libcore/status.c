/*
 * Statuses, error messages, and the records that carry reports to a host.
 *
 * This is the one place that formats text. A message names its argument and what is legal, and every host shows it as
 * it stands here.
 */
#include <stdarg.h>
#include <stdio.h>

#include "core.h"

const char *dgen_status_name(dgen_status status)
{
    static const char *const names[] = {
        "ok", "invalid argument", "wrong type", "out of memory", "input or output error", "closed", "end", "canceled",
        "unsupported",
    };
    return (unsigned)status < sizeof names / sizeof *names ? names[status] : "unknown status";
}

dgen_status dgen__fail(dgen_error *error, dgen_status code, const char *argument, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        error->code = code;
        snprintf(error->argument, sizeof error->argument, "%s", argument);
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
    return code;
}

dgen_status dgen_error_closed(const char *argument, dgen_error *error)
{
    return dgen__fail(error, DGEN_ECLOSED, argument, "%s is closed", argument);
}

dgen_status dgen_error_type(const char *argument, const char *legal, dgen_error *error)
{
    return dgen__fail(error, DGEN_ETYPE, argument, "%s must be %s", argument, legal);
}

static dgen_field *append(dgen_record *record, const char *name, dgen_value_kind kind)
{
    dgen_field *field = &record->fields[record->count];
    if (record->count == (int)(sizeof record->fields / sizeof *record->fields)) return field - 1;
    record->count++;
    *field = (dgen_field){ .name = name, .value = { .kind = kind } };
    return field;
}

void dgen__record_count(dgen_record *record, const char *name, uint64_t value)
{
    append(record, name, DGEN_VALUE_COUNT)->value.count = value;
}

void dgen__record_number(dgen_record *record, const char *name, double value)
{
    append(record, name, DGEN_VALUE_NUMBER)->value.number = value;
}

void dgen__record_boolean(dgen_record *record, const char *name, bool value)
{
    append(record, name, DGEN_VALUE_BOOLEAN)->value.integer = value;
}

/* The record's texts lie one after another in record->text; what does not fit is cut. */
static void append_text(dgen_record *record, const char *name, const char *text, dgen_value_kind kind)
{
    char *end = record->text + sizeof record->text - 1, *at = record->text;
    for (int i = 0; i < record->count; i++) {
        const char *t = record->fields[i].value.text;
        if (t && t >= record->text && t <= end) at = record->text + (t - record->text) + strlen(t) + 1;
    }
    if (at > end) at = end;
    snprintf(at, (size_t)(end - at) + 1, "%s", text);
    append(record, name, kind)->value.text = at;
}

void dgen__record_text(dgen_record *record, const char *name, const char *text)
{
    append_text(record, name, text, DGEN_VALUE_TEXT);
}

void dgen__record_words(dgen_record *record, const char *name, const char *text)
{
    append_text(record, name, text, DGEN_VALUE_WORDS);
}
