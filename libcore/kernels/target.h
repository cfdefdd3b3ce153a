/*
 * DGEN_TARGET_BEGIN(isa) compiles the functions up to DGEN_TARGET_END for an ISA, whatever the compiler's flags are:
 * R's checker rejects -m flags. System headers are included here, before any such region.
 */
#ifndef DGEN_TARGET_H
#define DGEN_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define DGEN_PRAGMA(text) _Pragma(#text)
#ifdef __clang__
#define DGEN_TARGET_BEGIN(isa) DGEN_PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
#define DGEN_TARGET_END DGEN_PRAGMA(clang attribute pop)
#else
#define DGEN_TARGET_BEGIN(isa) DGEN_PRAGMA(GCC push_options) DGEN_PRAGMA(GCC target(isa))
#define DGEN_TARGET_END DGEN_PRAGMA(GCC pop_options)
#endif

#endif
