import Core
import Glibc
import POSIX

/// Takes what processes tell a service manager, as systemd does.
public struct NotifyReceiver: ~Copyable {
  private let socket: FileDescriptor

  /// Receives at a path, or at a name in the kernel after `@`.
  public init(_ address: String) {
    let number = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    precondition(number >= 0, "no socket")
    socket = FileDescriptor(owning: number)
    var bytes = Array(address.utf8)
    if address.hasPrefix("@") { bytes[0] = 0 }
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let length = MemoryLayout<sockaddr_un>.size - 108 + bytes.count
    let bound = unsafe withUnsafePointer(to: &name) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe bind(number, pointer, socklen_t(length)) == 0
      }
    }
    precondition(bound, "no socket at \(address)")
  }

  /// The next message; nil where none came within 20 s.
  public func next() throws -> String? {
    guard try socket.waitUntilReadable(.after(.seconds(20))) else { return nil }
    return String(decoding: try socket.read(upTo: 4096), as: UTF8.self)
  }
}
