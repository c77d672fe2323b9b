// Shims only for what Swift cannot import: function-like macros.
#ifndef SLIPWAY_CZLIB_H
#define SLIPWAY_CZLIB_H

#include <zlib.h>

// https://www.zlib.net/manual.html#Advanced
// 16 added to the window bits asks for the gzip wrapper instead of zlib's own.
static inline int slipway_deflate_init_gzip(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
