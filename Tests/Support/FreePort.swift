import Glibc
import POSIX

/// Finds ports of the loopback interface that nobody listens on.
public enum FreePort {
  /// A port that was free a moment ago.
  ///
  /// https://man7.org/linux/man-pages/man7/ip.7.html
  public static func find() throws -> UInt16 {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        unsafe bind(socket, generic, length) == 0 && getsockname(socket, generic, &length) == 0
      }
    }
    guard isBound else { throw ShellService.NotReady(description: "no free port on loopback") }
    return UInt16(bigEndian: address.sin_port)
  }
}
