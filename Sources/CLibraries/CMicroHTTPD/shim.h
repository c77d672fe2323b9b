// Shims only for what Swift cannot import: the variadic start of a daemon.
#ifndef SLIPWAY_CMICROHTTPD_H
#define SLIPWAY_CMICROHTTPD_H

#include <microhttpd.h>

// https://www.gnu.org/software/libmicrohttpd/manual/libmicrohttpd.html#microhttpd_002dinit
// `options` ends with MHD_OPTION_END.
static inline struct MHD_Daemon *slipway_mhd_start_daemon(
    unsigned int flags, MHD_AccessHandlerCallback handler, void *context,
    struct MHD_OptionItem *options) {
  return MHD_start_daemon(flags, 0, NULL, NULL, handler, context, MHD_OPTION_ARRAY, options,
                          MHD_OPTION_END);
}

#endif
