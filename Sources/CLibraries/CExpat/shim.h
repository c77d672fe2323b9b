#ifndef SLIPWAY_CEXPAT_H
#define SLIPWAY_CEXPAT_H

#include <expat.h>

#endif
