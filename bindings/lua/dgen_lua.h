/*
 * What the files of the Lua binding share.
 *
 * The binding converts, calls the core, converts back. Two rules shape it. An error in Lua is a longjmp, so whatever
 * owns memory lies in a userdata before anything can raise; and the core answers with a status, which is raised here
 * with the core's own message once the core has returned. Every function has the binding's per-state record as its
 * first upvalue.
 *
 *   convert.c     values, options, records, errors, interrupts, the collector
 *   array.c       the array type: elements, views, conversion
 *   array_file.c  its bytes to and from Lua's files and strings
 *   operation.c   the vector operations, as functions, methods and operators
 *   generator.c   the streaming generator
 *   random.c      the distributions, as functions, and the sampler
 *   math_random.c one random number a call, as math.random
 *   quantized.c   quantized and packed arrays as tables, and what their functions read
 *   quantize.c    quantize, dequantize, unpack, repack, batches
 *   calibrate.c   what is settled before quantizing: channels, timesteps, bits
 *   arrow.c       the Arrow C data interface
 *   module.c      the functions of the module, and luaopen_dgen
 */
#ifndef DGEN_LUA_H
#define DGEN_LUA_H

#include <lauxlib.h>
#include <lua.h>

#include "dgen.h"

#if LUA_VERSION_NUM < 504
#error "dgen needs Lua 5.4 or later"
#endif

/* One for each Lua state. */
typedef struct dgen_lua_host {
    lua_State *main;         /* the main thread, on which lua.c's handler of Ctrl-C sets its hook */
    uint64_t live_bytes;     /* of the core's arrays, when the collector was last told; less if they shrank since */
    const void *array_class; /* the metatable of arrays */
} dgen_lua_host;

static inline dgen_lua_host *dgen_lua_host_get(lua_State *L)
{
    return (dgen_lua_host *)lua_touserdata(L, lua_upvalueindex(1));
}

/* ------------------------------------------------------------------------------------------ errors and conversion */

/* Raises the core's message. A cancelled call first lets Lua's own interrupt raise what it wants to. */
_Noreturn void dgen_lua_raise(lua_State *L, const dgen_error *error);
_Noreturn void dgen_lua_raise_type(lua_State *L, const char *argument, const char *legal);
_Noreturn void dgen_lua_raise_closed(lua_State *L, const char *argument);

/* The value at `index`, for the core to check. Its text, if any, lives as long as the value stays where it is. */
dgen_value dgen_lua_value(lua_State *L, int index);
/* A whole number argument. */
uint64_t dgen_lua_check_whole(lua_State *L, int index, const char *argument, uint64_t minimum, uint64_t maximum);
/* A text argument without zero bytes. */
const char *dgen_lua_check_text(lua_State *L, int index, const char *argument);
/* The next option of the table at `index`, visited as by lua_next; NULL at the end. A key that is no name is an error. */
const char *dgen_lua_next_option(lua_State *L, int index);
/* The options table at `index` (nil: defaults) as a config. */
void dgen_lua_check_config(lua_State *L, int index, dgen_config *config);
void dgen_lua_push_value(lua_State *L, dgen_value value);
/* A report as a table. */
void dgen_lua_push_record(lua_State *L, const dgen_record *record);

/* ----------------------------------------------------------------------------------------------------- interrupts */

/* While a watch is on, the core stops a call when Ctrl-C (or anyone else) has changed the debug hook. */
typedef struct dgen_lua_watch {
    lua_State *main;
    lua_Hook hook;
} dgen_lua_watch;

/* Around a call of the core; nothing between the two may raise, or the core would go on asking a dead watch. */
void dgen_lua_watch_start(lua_State *L, dgen_lua_watch *watch);
void dgen_lua_watch_stop(void);
/* In a loop of the binding itself, which may raise: note the hook before it, check now and then. */
void dgen_lua_watch_init(lua_State *L, dgen_lua_watch *watch);
void dgen_lua_watch_check(lua_State *L, dgen_lua_watch *watch);

/* A Lua function that the core calls, a dgen_progress, with what is done and to do. It cancels by returning false or raising. */
typedef struct dgen_lua_progress {
    lua_State *L;
    dgen_lua_watch watch;
    int function; /* its stack index */
    int failed;   /* it raised; its error is on the top of the stack */
} dgen_lua_progress;

int dgen_lua_call_progress(void *context, uint64_t done, uint64_t total);

/* --------------------------------------------------------------------------------------------------------- arrays */

#define DGEN_LUA_ARRAY "dgen.array"
#define DGEN_LUA_GENERATOR "dgen.generator"
#define DGEN_LUA_SAMPLER "dgen.sampler"

/* Pushes a closed array for the core to fill in; the collector owns it from here on. */
dgen_array *dgen_lua_push_array(lua_State *L);
/* The array at `index`, open or closed; NULL if something else is there. */
dgen_array *dgen_lua_to_array(lua_State *L, int index);
/* An open array at `index`, or an error that names `argument`. */
dgen_array *dgen_lua_check_array(lua_State *L, int index, const char *argument);
/* The same, with its elements one after the other in memory. */
dgen_array *dgen_lua_check_contiguous(lua_State *L, int index, const char *argument);
/* The bytes of an array or a string. */
const void *dgen_lua_check_bytes(lua_State *L, int index, const char *argument, size_t *n_bytes);
/* Pushes a new, uninitialised array, of one dimension or of as many as are wanted. */
dgen_array *dgen_lua_push_vector(lua_State *L, dgen_dtype dtype, uint64_t n);
dgen_array *dgen_lua_push_new(lua_State *L, dgen_dtype dtype, int ndim, const int64_t *shape);
/* Elements of an array, not counted: good while the array is open. */
dgen_array dgen_lua_part(const dgen_array *array, int64_t first, int64_t count);
/* dgen_array_convert, or its error. */
void dgen_lua_convert(lua_State *L, dgen_array *out, const dgen_array *source);
/* Stores as many numbers of the list at `index` as `out` has elements; "<argument> must be <legal>" if one is none. */
void dgen_lua_store_list(lua_State *L, int index, dgen_array *out, const char *argument, const char *legal);
/* The element type named at `index`; `otherwise` if there is none. */
dgen_dtype dgen_lua_check_dtype(lua_State *L, int index, dgen_dtype otherwise);
/* Arguments i and j at `index`, as in string.sub: how many elements from the 0-based *first on. */
int64_t dgen_lua_check_range(lua_State *L, int index, int64_t length, int64_t *first);

/* True of a row of a matrix and its slices, the only arrays whose elements are not one after the other. */
static inline int dgen_lua_is_strided(const dgen_array *array)
{
    return array->ndim == 1 && array->stride[0] != 1 && array->shape[0] > 1;
}

/* True, after a full collection, if `status` is the first failure for want of memory: worth one more try. */
int dgen_lua_retry(lua_State *L, dgen_status status, int *tried);
/* Tells the collector, now and then, of memory it cannot see. May run finalizers: call it when nothing is in flight. */
void dgen_lua_account(lua_State *L);

/* ------------------------------------------------------------------------------------------------- quantized arrays */

#define DGEN_LUA_QUANTIZED "dgen.quantized"

/* Pushes a hold: `count` released arrays. What the core puts there the collector releases, unless it is taken out. */
dgen_array *dgen_lua_push_hold(lua_State *L, size_t count);
void dgen_lua_release_hold(dgen_array *hold, size_t count);
/* Makes what *held owns an array of Lua's, and that a field of the table on the top. */
void dgen_lua_set_held(lua_State *L, const char *field, dgen_array *held);
void dgen_lua_set_shape(lua_State *L, int ndim, const int64_t *shape);
void dgen_lua_set_record(lua_State *L, const dgen_record *record);

/* The argument of floats at `index`: an array, open or closed, or a list of numbers or of rows, as an f64 array, which is then
   *own. Pushes what keeps its memory. */
const dgen_array *dgen_lua_check_floats(lua_State *L, int index, const char *argument, dgen_array *own);
/* The list of such arguments at `index`, as a hold, which is pushed, and above it a table with what keeps the lists' numbers:
   a function that the core calls may close what the user has. */
dgen_array *dgen_lua_check_layers(lua_State *L, int index, const char *argument, int64_t *count);
/* The options table at `index` (nil: defaults). */
void dgen_lua_check_quantize_options(lua_State *L, int index, dgen_quantize_options *options);

/* A table that was read as a quantized array, whose parts lie on the stack; its value holds them once it is asked for, good
   until Lua runs again. */
typedef struct dgen_lua_quantized {
    dgen_quantized value;
    const dgen_array *codes, *scale, *zero;
} dgen_lua_quantized;

/* Reads the table at `index`; pushes its three parts. */
void dgen_lua_check_quantized(lua_State *L, int index, dgen_lua_quantized *q);
const dgen_quantized *dgen_lua_quantized_now(dgen_lua_quantized *q);
/* Puts the arrays that the core has made into a hold; pushes them as a table. */
void dgen_lua_hold_quantized(dgen_array hold[3], dgen_quantized *q);
void dgen_lua_push_quantized(lua_State *L, const dgen_quantized *q, dgen_array hold[3]);
/* An open array that is a field of the table at `index`; pushes it. */
const dgen_array *dgen_lua_check_part(lua_State *L, int index, const char *argument, const char *field);

/* The same for packed arrays, whose scale and zero may be missing. */
typedef struct dgen_lua_packed {
    dgen_packed value;
    const dgen_array *codes, *scale, *zero;
} dgen_lua_packed;

void dgen_lua_check_packed(lua_State *L, int index, dgen_lua_packed *p);
const dgen_packed *dgen_lua_packed_now(dgen_lua_packed *p);
void dgen_lua_push_packed(lua_State *L, const dgen_packed *p, dgen_array hold[3]);

/* ------------------------------------------------------------------------------------------------------- the parts */

/* Each pushes or fills its part of the module; called once a state by luaopen_dgen, with the record on the top. */
/* Makes a class of userdata; the host stands on top of the stack and stays there. `index` gets the host and the table of
   methods as upvalues, all other functions the host. more_methods may be NULL. */
void dgen_lua_new_class(lua_State *L, const char *name, const luaL_Reg *metamethods, const luaL_Reg *methods,
                        const luaL_Reg *more_methods, lua_CFunction index);
void dgen_lua_open_array(lua_State *L);
void dgen_lua_open_generator(lua_State *L);
/* The module stands below the host. */
void dgen_lua_open_operations(lua_State *L);
void dgen_lua_open_random(lua_State *L);
void dgen_lua_open_math_random(lua_State *L);
void dgen_lua_open_quantized(lua_State *L);
void dgen_lua_open_arrow(lua_State *L);

int dgen_lua_array_new(lua_State *L);    /* dgen.array */
int dgen_lua_array_copy(lua_State *L);   /* dgen.copy and x:copy */
int dgen_lua_generator_new(lua_State *L); /* dgen.generator */
int dgen_lua_operations(lua_State *L);    /* dgen.operations */
int dgen_lua_sampler_new(lua_State *L);   /* dgen.sampler */
int dgen_lua_distributions(lua_State *L); /* dgen.distributions */
int dgen_lua_normalize_rows(lua_State *L); /* dgen.normalize_rows */

/* The functions of quantization, by their names. */
int dgen_lua_quantize(lua_State *L);
int dgen_lua_dequantize(lua_State *L);
int dgen_lua_unpack(lua_State *L);
int dgen_lua_quantize_batch(lua_State *L);
int dgen_lua_repack(lua_State *L);
int dgen_lua_equalize(lua_State *L);
int dgen_lua_activation_table(lua_State *L);
int dgen_lua_quantize_activations(lua_State *L);
int dgen_lua_choose_bits(lua_State *L);
int dgen_lua_arrow_export(lua_State *L);
int dgen_lua_arrow_import(lua_State *L);

extern const luaL_Reg dgen_lua_array_file_methods[]; /* write, read, tostring */

__attribute__((visibility("default"))) int luaopen_dgen(lua_State *L);

#endif
