# dgen: make builds everything under build/; make check proves it; make bench measures it. Both install what is missing.

BUILD   ?= build
PREFIX  ?= /usr/local
LUA     ?= lua5.4
VERSION := $(shell sed -n 's/^\#define DGEN_VERSION "\(.*\)"/\1/p' libcore/dgen.h)

CC      ?= cc
CFLAGS  ?= -O3 -g
# Never fused: the same bits with and without FMA hardware. ISA code carries its own target attributes, so no -m flags.
override CFLAGS += -std=gnu11 -fPIC -fvisibility=hidden -ffp-contract=off -fstack-protector-strong \
                   -D_FORTIFY_SOURCE=2 -fno-asynchronous-unwind-tables -Wall -Wextra -Ilibcore
# Workers outlive dlclose: a library that has threads must never be unloaded.
LINK    := -Wl,-z,nodelete,-z,relro,-z,now,--no-undefined
LUA_CFLAGS := $(shell pkg-config --cflags $(LUA) 2>/dev/null)
LUA_LIBS := $(shell pkg-config --libs $(LUA) 2>/dev/null)

CORE    := $(wildcard libcore/*.c libcore/kernels/*.c)
OBJECTS := $(CORE:%.c=$(BUILD)/%.o)
HEADERS := $(wildcard libcore/*.h libcore/*.def libcore/kernels/*.h libcore/kernels/*.def)
TESTS   := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/*.c))

# All CPUs, unless asked otherwise.
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell getconf _NPROCESSORS_ONLN)
endif

all: core lua r octave

.PHONY: all setup core lua r octave octave-pkg env check check-long bench bench-figures sanitize install clean

# ------------------------------------------------------------------------------------------------------------ set-up
setup: $(BUILD)/setup
$(BUILD)/setup: .ci/setup
	@mkdir -p $(BUILD)
	@bash .ci/setup
	@touch $@

# -------------------------------------------------------------------------------------------------------------- core
core: $(BUILD)/libdgen.a $(BUILD)/libdgen.so $(BUILD)/dgen.pc

$(BUILD)/%.o: %.c $(HEADERS) | setup
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@

# Kernels are vectors and unrolled by hand: -O3 makes them larger, not faster.
$(BUILD)/libcore/kernels/%.o: override CFLAGS := $(CFLAGS:-O3=-O2)

$(BUILD)/libdgen.a: $(OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $(OBJECTS)

$(BUILD)/libdgen.so: $(OBJECTS)
	$(CC) $(CFLAGS) -shared -Wl,-soname,libdgen.so.0 $(LINK) -o $@ $(OBJECTS) -lm -pthread
	@ln -sf libdgen.so $(BUILD)/libdgen.so.0

$(BUILD)/dgen.pc: Makefile libcore/dgen.h | setup
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$${prefix}/lib' 'includedir=$${prefix}/include' '' 'Name: dgen' \
	  'Description: synthetic data at the speed of memory' 'Version: $(VERSION)' 'Libs: -L$${libdir} -ldgen' \
	  'Libs.private: -lm -pthread' 'Cflags: -I$${includedir}' > $@

# ------------------------------------------------------------------------------------------------------------- hosts
lua: $(BUILD)/lua/dgen.so $(addprefix $(BUILD)/lua/library/,dgen.lua quantization.lua operations.lua distributions.lua)
$(BUILD)/lua/dgen.so: $(wildcard bindings/lua/*.c bindings/lua/*.h) $(BUILD)/libdgen.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LUA_CFLAGS) -shared -Wl,-z,nodelete,-z,relro,-z,now,--exclude-libs,ALL -o $@ $(filter %.c,$^) \
	  $(BUILD)/libdgen.a -lm -pthread

# Help for editors: the parts written by hand, and those that registries tell.
$(addprefix $(BUILD)/lua/library/,dgen.lua quantization.lua): $(BUILD)/lua/library/%: bindings/lua/library/%
	@mkdir -p $(@D)
	cp $< $@
$(BUILD)/lua/library/%.lua: bindings/lua/%_help.lua $(BUILD)/lua/dgen.so
	@mkdir -p $(@D)
	LUA_CPATH="$(abspath $(BUILD))/lua/?.so" $(LUA) $< $@

# The package is built from a copy, so that compiling leaves nothing in the source tree.
R_SOURCES := $(shell find bindings/r -type f) $(CORE) $(HEADERS)
r: $(BUILD)/r/dgen/DESCRIPTION
$(BUILD)/r/dgen/DESCRIPTION: $(R_SOURCES) | setup
	@mkdir -p $(BUILD)/r
	cd $(BUILD) && R CMD build --no-build-vignettes $(CURDIR)/bindings/r > r-build.log 2>&1 || { cat r-build.log; exit 1; }
	MAKEFLAGS= R CMD INSTALL --library=$(BUILD)/r $(BUILD)/dgen_$(VERSION).tar.gz > $(BUILD)/r-install.log 2>&1 \
	  || { cat $(BUILD)/r-install.log; exit 1; }
	@touch $@

octave: $(BUILD)/octave/__dgen__.oct
$(BUILD)/octave/__dgen__.oct: $(wildcard bindings/octave/src/* bindings/octave/inst/*.m) $(BUILD)/libdgen.a
	@mkdir -p $(@D)
	cp bindings/octave/inst/*.m $(@D)
	$(MAKE) -C bindings/octave/src OUT=$(abspath $(@D)) OBJ=$(abspath $(BUILD))/octave-objects LIBDGEN=$(abspath $(BUILD)/libdgen.a)
	$(MAKE) -C bindings/octave/src names OUT=$(abspath $(@D))
	@touch $@

# What `pkg install` takes: the links in the folder become the core's sources and the licence, and the names of the
# operations are filled in.
octave-pkg: $(BUILD)/dgen-octave-$(VERSION).tar.gz
$(BUILD)/dgen-octave-$(VERSION).tar.gz: $(shell find bindings/octave -type f) $(CORE) $(HEADERS)
	@rm -rf $(BUILD)/octave-package && mkdir -p $(BUILD)/octave-package
	cp -RL bindings/octave $(BUILD)/octave-package/dgen-$(VERSION)
	$(MAKE) -C bindings/octave/src names OUT=$(abspath $(BUILD))/octave-package/dgen-$(VERSION)
	tar -czf $@ -C $(BUILD)/octave-package dgen-$(VERSION)

env:
	@printf 'export LUA_CPATH="%s/lua/?.so;;" R_LIBS="%s/r" OCTAVE_PATH="%s/octave"\n' \
	  $(abspath $(BUILD)) $(abspath $(BUILD)) $(abspath $(BUILD))

# ------------------------------------------------------------------------------------------------------------- proofs
$(BUILD)/tests/%: tests/%.c $(wildcard tests/*.h) $(BUILD)/libdgen.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $< $(BUILD)/libdgen.a $(LIBRARIES) -llz4 -lzstd -lz -lm -pthread -ldl
$(BUILD)/tests/test_ulp_f64: LIBRARIES := -lmpfr -lgmp

# The binding itself is under test here, in a program whose allocators can refuse.
$(BUILD)/tests/test_lua_memory: tests/test_lua_memory.c tests/test.h $(wildcard bindings/lua/*.c bindings/lua/*.h) $(BUILD)/libdgen.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LUA_CFLAGS) -Ibindings/lua -o $@ $(filter %.c,$^) $(BUILD)/libdgen.a $(LUA_LIBS) -lm -pthread

# The tests that do not bound the process's memory, once more with the sanitizers watching.
SANITIZED := array map reduce draws counts uniform config generator stream fill dedup verify describe file memory_faults order rows engine \
  ggml repack arrow activation equalize quantize quantize_kernels dequantize pack scale_search quantize_batch budget
sanitize:
	@$(MAKE) -s BUILD=$(BUILD)/sanitize CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	  -fno-sanitize-recover=all" $(SANITIZED:%=$(BUILD)/sanitize/tests/test_%)

check: all sanitize $(TESTS)
	@eval "$$($(MAKE) -s env)"; BUILD=$(BUILD) bash tests/run

check-long: all sanitize $(TESTS)
	@eval "$$($(MAKE) -s env)"; BUILD=$(BUILD) bash tests/run --long

bench: all
	@eval "$$($(MAKE) -s env)"; export BUILD=$(BUILD); bench/run && bench/run operations && bench/run random && bench/run quantization

bench-figures: all
	@eval "$$($(MAKE) -s env)"; export BUILD=$(BUILD); bench/run figures && bench/run op_figures && bench/run random_figures \
	  && bench/run quantization_figures

install: core
	install -d $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/lib/pkgconfig
	awk '/^#include "[a-z]*.def"/ { def = "libcore/" substr($$2, 2, length($$2) - 2); \
	  while ((getline row < def) > 0) print row; close(def); next } 1' \
	  libcore/dgen.h > $(BUILD)/dgen.h
	install -m 644 $(BUILD)/dgen.h $(DESTDIR)$(PREFIX)/include
	install -m 644 $(BUILD)/libdgen.a $(DESTDIR)$(PREFIX)/lib
	install -m 755 $(BUILD)/libdgen.so $(DESTDIR)$(PREFIX)/lib/libdgen.so.0
	ln -sf libdgen.so.0 $(DESTDIR)$(PREFIX)/lib/libdgen.so
	sed 's|^prefix=.*|prefix=$(PREFIX)|' $(BUILD)/dgen.pc > $(DESTDIR)$(PREFIX)/lib/pkgconfig/dgen.pc

clean:
	rm -rf $(BUILD)
