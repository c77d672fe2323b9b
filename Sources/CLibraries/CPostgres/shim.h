#ifndef SLIPWAY_CPOSTGRES_H
#define SLIPWAY_CPOSTGRES_H

#include <libpq-fe.h>

#endif
