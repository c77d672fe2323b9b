// Shims only for what Swift cannot import: a destructor constant that is a cast integer.
#ifndef SLIPWAY_CSQLITE_H
#define SLIPWAY_CSQLITE_H

#include <sqlite3.h>

// https://www.sqlite.org/c3ref/c_static.html
static inline sqlite3_destructor_type slipway_sqlite_transient(void) { return SQLITE_TRANSIENT; }

#endif
