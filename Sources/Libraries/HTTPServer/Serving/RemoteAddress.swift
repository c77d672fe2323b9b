import CMicroHTTPD
import Glibc

/// Texts of socket addresses.
enum RemoteAddress {
  /// The address without its port; an IPv4 client of an IPv6 socket in its IPv4 form.
  ///
  /// https://man7.org/linux/man-pages/man3/inet_ntop.3.html
  static func text(of address: UnsafePointer<sockaddr>?) -> String {
    guard let address = unsafe address else { return "" }
    var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let family = unsafe Int32(address.pointee.sa_family)
    // Both structures hold the port behind the family; IPv6 has four bytes more before the address.
    let offset =
      switch family {
      case AF_INET: 4
      case AF_INET6: 8
      default: -1
      }
    guard offset > 0 else { return "unix" }
    let size = socklen_t(buffer.count)
    guard unsafe inet_ntop(family, UnsafeRawPointer(address) + offset, &buffer, size) != nil
    else { return "" }
    let text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    return text.hasPrefix("::ffff:") && text.contains(".") ? String(text.dropFirst(7)) : text
  }
}
