#ifndef SLIPWAY_CYAML_H
#define SLIPWAY_CYAML_H

#include <yaml.h>

#endif
