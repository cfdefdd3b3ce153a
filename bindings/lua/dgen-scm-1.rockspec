-- Installs the Lua module: `luarocks make bindings/lua/dgen-scm-1.rockspec` at the root of the sources.
--
-- One compiler command and not LuaRocks's own list of sources, which cannot say that the module must never be unloaded
-- (its threads would wake up in memory that is gone) nor that products and sums must not be fused.
rockspec_format = "3.0"
package = "dgen"
version = "scm-1"
source = { url = "git+file://." }
description = {
    summary = "Synthetic data at the speed of memory",
    detailed = "Bytes of a chosen size, seed, redundancy and compressibility, made and verified at the speed of memory.",
    license = "MIT",
}
dependencies = { "lua >= 5.4" }
supported_platforms = { "unix" }
build = {
    type = "command",
    build_command = "mkdir -p build/lua && $(CC) -O3 -std=gnu11 -fPIC -fvisibility=hidden -ffp-contract=off "
        .. "-Ilibcore -I$(LUA_INCDIR) -shared -Wl,-z,nodelete,-z,relro,-z,now,-Bsymbolic -o build/lua/dgen.so "
        .. "bindings/lua/*.c libcore/*.c libcore/kernels/*.c -lm -pthread",
    install = { lib = { dgen = "build/lua/dgen.so" } },
}
