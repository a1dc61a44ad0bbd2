/**
 * @file fuzz.h
 * @brief What a fuzz target defines, and how it says that a rule was broken.
 */
#ifndef TPA_FUZZ_H
#define TPA_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/** Called by libFuzzer, or by standalone.c, for each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Like assert(), but never compiled away. */
#define FUZZ_HOLDS(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, \
                    #condition); \
            abort(); \
        } \
    } while (0)

#endif
