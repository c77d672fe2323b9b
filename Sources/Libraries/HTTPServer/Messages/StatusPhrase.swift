import CMicroHTTPD

/// The words of the status codes.
public enum StatusPhrase {
  /// The phrase of RFC 9110 for `status`, such as `Not Found`.
  ///
  /// https://www.gnu.org/software/libmicrohttpd/manual/libmicrohttpd.html#microhttpd_002dutil
  public static func of(_ status: Int) -> String {
    guard let code = UInt32(exactly: status), let phrase = unsafe MHD_get_reason_phrase_for(code)
    else { return "Unknown" }
    return unsafe String(cString: phrase)
  }
}
