import CZlib

/// gzip for bodies that are worth it.
public enum Compression {
  /// Fast rather than small: level 6 takes twice the time for a few percent.
  private static let level: Int32 = 4

  /// Compresses the body where the client accepts it and marks the answer as varying.
  static func apply(
    to response: inout Response, accepting header: @autoclosure () -> String?, bytesMin: Int
  ) {
    guard case .bytes(let bytes) = response.body, bytes.count >= bytesMin, response.mayCompress,
      response.status != 206, response.headers["Content-Encoding"] == nil,
      isCompressible(response.headers["Content-Type"])
    else { return }
    response.headers.vary("Accept-Encoding")
    guard accepts(header()), let packed = gzip(bytes), packed.count < bytes.count else { return }
    response.body = .bytes(packed)
    response.headers["Content-Encoding"] = "gzip"
    // Two encodings are two representations: their strong validators would have to differ.
    if let tag = response.headers["ETag"], !tag.hasPrefix("W/") {
      response.headers["ETag"] = "W/\(tag)"
    }
  }

  /// Whether gzip is wanted at least as much as no coding (RFC 9110, section 12.5.3).
  public static func accepts(_ header: String?) -> Bool {
    guard let header else { return false }
    var gzip: Double?
    var any: Double?
    var identity: Double?
    for element in header.lowercased().split(separator: ",") {
      let parts = element.split(separator: ";").map { $0.trimmed }
      let weight = parts.dropFirst().first { $0.hasPrefix("q=") }
      let quality = weight.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
      switch parts.first {
      case "gzip", "x-gzip": gzip = quality
      case "*": any = quality
      case "identity": identity = quality
      default: break
      }
    }
    let wanted = gzip ?? any ?? 0
    return wanted > 0 && wanted >= identity ?? 0
  }

  private static func isCompressible(_ type: String?) -> Bool {
    guard let type = type?.lowercased().prefix(while: { $0 != ";" }) else { return false }
    return type.hasPrefix("text/") || type.hasSuffix("json") || type.hasSuffix("xml")
      || type.hasSuffix("yaml") || type.hasSuffix("javascript")
  }

  /// The bytes in gzip's format; nil where zlib has no memory.
  ///
  /// https://www.zlib.net/manual.html#Basic
  public static func gzip(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = unsafe z_stream()
    guard unsafe slipway_deflate_init_gzip(&stream, level) == Z_OK else { return nil }
    defer { unsafe deflateEnd(&stream) }
    let capacity = Int(unsafe deflateBound(&stream, UInt(bytes.count)))
    var isDone = false
    let packed = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
      unsafe bytes.withUnsafeBufferPointer { input in
        unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.avail_in = UInt32(input.count)
        unsafe stream.next_out = output.baseAddress
        unsafe stream.avail_out = UInt32(capacity)
        isDone = unsafe deflate(&stream, Z_FINISH) == Z_STREAM_END
        count = capacity - Int(unsafe stream.avail_out)
      }
    }
    return isDone ? packed : nil
  }
}

extension Substring {
  /// Without blanks at either end.
  fileprivate var trimmed: Substring {
    var text = drop { $0 == " " || $0 == "\t" }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }
}
