/**
 * @file flow_int.h
 * @brief Inside the decision of the user flow: what it is made from, and what
 *        follows from that. For the flow*.c files only.
 */
#ifndef TPA_CORE_FLOW_INT_H
#define TPA_CORE_FLOW_INT_H

#include "core/fields.h"
#include "core/flow.h"

/** All fields of a tpa_flow_case_t. */
extern const tpa_field_t tpa_flow_fields[];

#endif
