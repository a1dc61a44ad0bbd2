/**
 * @file settings.h
 * @brief The numbers an operator can set, one field a row of settings.def.
 */
#ifndef TPA_CORE_SETTINGS_H
#define TPA_CORE_SETTINGS_H

typedef struct tpa_settings_t {
#define OPT(field, directive, dflt, lo, hi, help) int field;
#include "core/settings.def"
#undef OPT
} tpa_settings_t;

#endif
