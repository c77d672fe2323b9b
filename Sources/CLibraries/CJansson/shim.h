// Shims only for what Swift cannot import: function-like macros.
#ifndef SLIPWAY_CJANSSON_H
#define SLIPWAY_CJANSSON_H

#include <jansson.h>

// https://jansson.readthedocs.io/en/2.14/apiref.html#type
static inline json_type slipway_json_typeof(const json_t *value) { return json_typeof(value); }

static inline void slipway_json_decref(json_t *value) { json_decref(value); }

#endif
