import Glibc

extension ProcessInfo {
  /// Ends this process with `code`, after the handlers that were left to run at its end.
  ///
  /// https://man7.org/linux/man-pages/man3/exit.3.html
  public static func exit(_ code: Int32) -> Never {
    Glibc.exit(code)
  }
}
