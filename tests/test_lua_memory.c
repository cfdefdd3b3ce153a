/*
 * The Lua binding when memory runs out: each script is run with the Nth request for memory refused, N = 1, 2, 3 ...,
 * until it gets through, refused once or from then on, Lua's requests and the core's in turn.
 *
 * Whatever happens, the state must close, Lua must have given back every byte, and no array may be left alive. Where
 * the core is refused once, a collection and a second try must succeed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dgen_lua.h"
#include "test.h"

/* The request that makes `left` 0 is refused, and if `forever` all after it. */
typedef struct refusal {
    long left;
    int forever;
} refusal;

static refusal of_lua, of_core;
static int struck; /* a request was refused */
static size_t lua_bytes;

static int refused(refusal *r)
{
    int now = r->left > 0 ? --r->left == 0 : r->forever && struck;
    struck |= now;
    return now;
}

static void *allocate(void *context, void *block, size_t old, size_t new)
{
    (void)context;
    if (!block) old = 0;
    if (new > old && refused(&of_lua)) return NULL;
    void *moved = new ? realloc(block, new) : NULL;
    if (!new) free(block);
    lua_bytes += new - old;
    return moved;
}

/* The core asks for memory by these two names; the program's own definitions come before the library's. */
void *aligned_alloc(size_t alignment, size_t n)
{
    void *block;
    return refused(&of_core) || posix_memalign(&block, alignment, n) ? NULL : block;
}

void *mmap(void *address, size_t n, int protection, int flags, int file, off_t offset)
{
    if (refused(&of_core)) return errno = ENOMEM, MAP_FAILED;
    return (void *)syscall(SYS_mmap, address, n, protection, flags, file, offset);
}

static const char *const scripts[] = {
    "local x = dgen.generate { size = 1000, seed = 1 } return x[1]",
    "local x = dgen.generate { size = 100000, seed = 1, dedup_ratio = 2, compress_ratio = 2 } return x[1]",
    "local x = dgen.array({ 1, 2, 3, 4 }, 'f32') local y = x:slice(2, 3):copy():astype('i8') return y:reshape(1, 2).shape[2]",
    "local t = dgen.buffers(4, 70000) dgen.fill(t[4], { seed = 1 }) return #t[4]:totable(1, 100) + #t[3]:tostring()",
    "local g = dgen.generator { size = 200000, seed = 1, chunk_size = 66000 } local n = 0 "
    "for x in g:chunks() do n = n + #x end return n + #g:reset():next(70000) + g:fill(dgen.buffer(10)) + g.size",
    "local g <close> = dgen.generator { size = 10, seed = 1 } "
    "return g:write_file('/dev/null', { progress = function(done) local t = { done } end })",
    "local x = dgen.generate { size = 70000, seed = 1 } local r = dgen.describe(x, { block_size = 512 }) "
    "return dgen.verify(x, { size = 70000, seed = 1 }).checked + r.blocks",
    "local i = dgen.system_info() return dgen.threads() + #dgen.version() + #i.isas + dgen.pool_cap()",
    "local x = dgen.buffer(70000) for i = 1, 3 do x = dgen.buffer(70000) end x:close() local y <close> = dgen.buffer(5) return 1",
    /* Every array is kept: a finalizer for whose call Lua has no room is lost, and the array with it. */
    "local x = dgen.array({ 1, 2, 3, 4, 5, 6 }, 'f32') local m = x:reshape(2, 3) local y, z = x + 1, 2 / x "
    "local r = m:row(2) local c, s = m:column(2), dgen.add(r, { 1, 2, 3 }) local d = c:copy() "
    "return dgen.exp(x, { out = y }):argmax() + #r:tostring() + s:sum() + z:dot(y)",
    "local x = dgen.array(70000) local y = x:leaky_relu { max_threads = 1 } local z = dgen.clamp(y, -1, 1) "
    "local m = z:reshape(7, 10000) local r = m:row(3) return z:dot(x) + #r:tostring() + #dgen.operations()",
    "local x = dgen.normal({ 100, 70 }, { 1, 2, 3 }, { 1, 2 }, { seed = 1 }) dgen.poisson { out = x, lambda = { 5, 6 } } "
    "local y = dgen.integers(70000, 1 << 63, { 0, ~(1 << 63) }) "
    "return x[1] + y[70000] + dgen.categorical(5, { 1, 2, 3 })[5] + #dgen.distributions()",
    "local x = dgen.permutation(70000, { seed = 1 }) local y, z = dgen.sample(10^6, 70000), dgen.sample(10^9, 100) "
    "local u = dgen.unit_vectors(70, 1000) local v = dgen.normalize_rows(u) dgen.normalize_rows(u, { out = v }) "
    "return x[1] + y[2] + z[3] + v[4]",
    "local g <close> = dgen.sampler('normal', { mean = dgen.array(70000), sd = { 1, 2 }, seed = 1 }) "
    "local x, y = g:next(70000), g:next({ 10, 10 }) local h = dgen.sampler('poisson', { lambda = 5 }) "
    "return #g:fill(x) + g.seed + y[1] + #h:seek(5):reset():next(3)",
    "local a = dgen.randomseed(1, 2) dgen.randomseed() local x = dgen.uniform(10, { seed = 1, engine = 'lua' }) "
    "return dgen.random() + dgen.random(5) + dgen.random(-5, 5) + dgen.random(0) + x[1]",
    "local x = dgen.array(70000):reshape(70, 1000) local q = dgen.quantize(x, { bits = 4, group = 40 }) "
    "local y, z, u = q:dequantize(), dgen.dequantize(q, 'f64'), q:unpack() q:dequantize { out = y } "
    "return #y + #z + #u + #dgen.quantize({ { 1, 2 }, { 3, 4 } }, { search = 'mse', axis = 'row' }).codes",
    "local x = dgen.array(1000) local n = 0 local list = dgen.quantize_batch({ x, x, { 1, 2 }, { { 3 } } }, "
    "{ bits = { 8, 4, 2, 8 }, progress = function(done) local t = { done } n = n + #t end }) return #list + #list[4].codes",
    "local q = dgen.quantize(dgen.array(4096):reshape(32, 128), { bits = 4, group = 32, scale_type = 'f16' }) "
    "local p = q:repack('gptq_v2') local o = p:repack('onnx') local r = o:repack('dgen') return #p.codes + #r.codes",
    "local w, x = dgen.array(600):reshape(6, 100), dgen.array(900):reshape(9, 100) local e = dgen.equalize(w, x, 0.5) "
    "local t = dgen.activation_table({ { 0, -1, 1 }, { 10, -2, 2 } }, 2) "
    "return #e.w + #dgen.quantize_activations(x, 5, t).codes + #dgen.quantize_activations({ { 1 }, { 2 } }, { 0, 10 }, t).codes",
    "local x = dgen.array(1000) local c = dgen.choose_bits({ x, x, { 1, 2 } }, { names = { 'a', 'b', 'c' }, budget = 3000, "
    "rules = { { 'a*', 8 } }, progress = function(done) local t = { done } end }) return c.bits[1]",
    /* An import takes over what it is given, also when it fails: it has no second try. */
    "local x = dgen.array(1000) local y = dgen.arrow_import(dgen.arrow_export(x)) local a, s = dgen.arrow_export { 1, 2 } "
    "local q = dgen.arrow_import(dgen.arrow_export(dgen.quantize(x))) return #y + #q.codes, a, s",
    /* Misuse: the error's own text needs memory. */
    "local x = dgen.buffer(70000) x[70001] = 1",
    "dgen.generate { size = -1 }",
    "local x = dgen.buffer(100000) x:close() return x[1]",
    "local x = dgen.array(10000) return dgen.add(x + 1, { 1, 2, 3 })",
    "local x = dgen.array(10000) dgen.normal { out = x, mean = { 1, 2, 3 }, sd = { 1, -1 } }",
    "dgen.sampler('normal', { mean = { 1, 2, 3 }, sd = { 1, -1 } })",
    "dgen.random(3, 1)",
    "local x = dgen.array(1000) dgen.quantize_batch({ x, x, { 1, 0 / 0 } }, { bits = { 8, 4, 2 } })",
    "local x = dgen.array(1000) dgen.quantize_batch({ x, x }, { progress = function() error({}) end })",
    "local q = dgen.quantize(dgen.array(64)) q:repack('ggml_q4_0')",
};
enum { SCRIPTS = sizeof scripts / sizeof *scripts, MISUSE = 10, IMPORT = SCRIPTS - MISUSE - 1 };

static int run_protected(lua_State *L)
{
    const char *script = lua_touserdata(L, 1);
    luaL_requiref(L, "dgen", luaopen_dgen, 1);
    if (luaL_loadstring(L, script) != LUA_OK) return lua_error(L);
    lua_call(L, 0, 1);
    return 0;
}

/* Runs a script in a state of its own: LUA_OK or an error, whose text is left in `message`. */
static int run(const char *script, char *message, size_t n)
{
    int status = LUA_ERRMEM;
    lua_State *L = lua_newstate(allocate, NULL);
    snprintf(message, n, "not enough memory");
    if (L) {
        lua_pushcfunction(L, run_protected);
        lua_pushlightuserdata(L, (void *)(uintptr_t)script);
        status = lua_pcall(L, 1, 0, 0);
        if (status != LUA_OK) snprintf(message, n, "%s", lua_tostring(L, -1));
        lua_close(L);
    }
    of_lua = of_core = (refusal){ 0, 0 };
    return status;
}

/* Runs a script with the Nth request of `whose` refused, for every N; how many there were. */
static long refuse_each(refusal *whose, int forever, int script, int must_recover)
{
    char message[512];
    long n = 0;
    do {
        dgen_pool_trim();
        struck = 0;
        *whose = (refusal){ ++n, forever };
        int status = run(scripts[script], message, sizeof message);
        CHECK(lua_bytes == 0, "refusal %ld: Lua lacks %zu bytes; %s", n, lua_bytes, scripts[script]);
        CHECK(dgen_live_bytes() == 0, "refusal %ld: %llu bytes of arrays live on; %s", n,
              (unsigned long long)dgen_live_bytes(), scripts[script]);
        int misuse = script >= SCRIPTS - MISUSE;
        if ((must_recover && script != IMPORT) || !struck)
            CHECK((status == LUA_OK) == !misuse, "refusal %ld: %s; %s", n, message, scripts[script]);
        if (forever && struck && !misuse)
            CHECK(status != LUA_OK || whose == &of_lua, "refusal %ld was overlooked; %s", n, scripts[script]);
    } while (struck && n < 100000);
    return n - 1;
}

static long points;

static void refuse_lua_once(void)
{
    for (int i = 0; i < SCRIPTS; i++) points += refuse_each(&of_lua, 0, i, 0);
}

static void refuse_lua_forever(void)
{
    for (int i = 0; i < SCRIPTS; i++) points += refuse_each(&of_lua, 1, i, 0);
}

static void refuse_core_once(void)
{
    for (int i = 0; i < SCRIPTS; i++) points += refuse_each(&of_core, 0, i, 1);
}

static void refuse_core_forever(void)
{
    for (int i = 0; i < SCRIPTS; i++) points += refuse_each(&of_core, 1, i, 0);
}

int main(void)
{
    RUN(refuse_lua_once);
    RUN(refuse_lua_forever);
    RUN(refuse_core_once);
    RUN(refuse_core_forever);
    printf("%ld requests for memory refused\n", points);
    return TEST_END();
}
