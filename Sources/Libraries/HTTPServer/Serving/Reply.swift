import CMicroHTTPD

/// Turns a `Response` into the library's form.
enum Reply {
  /// How much of a streamed body is made at a time.
  private static let streamBlockBytes = 32_768

  /// The library's response, owned by the caller; nil where there is no memory.
  ///
  /// https://www.gnu.org/software/libmicrohttpd/manual/libmicrohttpd.html#microhttpd_002dresponse
  static func make(_ response: Response, source: BodySource?) -> OpaquePointer? {
    guard let reply = unsafe body(response, source) else { return nil }
    for (name, value) in response.headers.pairs where !isOurs(name) {
      // The library refuses line ends in names and values: such a header is left out. Passing the
      // texts themselves would copy each of them first.
      unsafe name.withCString { name in
        unsafe value.withCString { value in
          _ = unsafe MHD_add_response_header(reply, name, value)
        }
      }
    }
    return unsafe reply
  }

  private static func body(_ response: Response, _ source: BodySource?) -> OpaquePointer? {
    switch response.body {
    case .none:
      return unsafe MHD_create_response_from_buffer(0, nil, .RESPMEM_PERSISTENT)
    case .bytes(let bytes):
      return unsafe bytes.withUnsafeBytes {
        unsafe MHD_create_response_from_buffer(
          $0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), .RESPMEM_MUST_COPY)
      }
    case .stream:
      guard let source else { return nil }
      let context = unsafe Unmanaged.passRetained(source)
      let reply = unsafe MHD_create_response_from_callback(
        UInt64.max, streamBlockBytes, readBody, context.toOpaque(), releaseBody)
      if unsafe reply == nil { unsafe context.release() }
      return unsafe reply
    }
  }

  /// Headers that follow from the body and are written by the server alone.
  private static func isOurs(_ name: String) -> Bool {
    switch name.utf8.count {
    case 14: name.lowercased() == "content-length"
    case 17: name.lowercased() == "transfer-encoding"
    default: false
    }
  }

  /// A small answer as bytes, for requests that the library gives no chance to answer.
  static func serialized(_ response: Response) -> [UInt8] {
    var text = "HTTP/1.1 \(response.status) \(StatusPhrase.of(response.status))\r\n"
    for (name, value) in response.headers.pairs where !isOurs(name) {
      guard !"\(name)\(value)".utf8.contains(where: { $0 < 0x20 && $0 != 0x09 }) else { continue }
      text += "\(name): \(value)\r\n"
    }
    var body: [UInt8] = []
    if case .bytes(let bytes) = response.body { body = bytes }
    text += "Connection: close\r\nContent-Length: \(body.count)\r\n\r\n"
    return Array(text.utf8) + body
  }
}

/// The context was retained in `make`; the library calls this once when the response is gone.
private func releaseBody(_ context: UnsafeMutableRawPointer?) {
  if let context = unsafe context {
    unsafe Unmanaged<BodySource>.fromOpaque(context).release()
  }
}

private func readBody(
  _ context: UnsafeMutableRawPointer?, _ position: UInt64,
  _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int
) -> Int {
  guard let context = unsafe context, let buffer = unsafe buffer else { return BodySource.error }
  let source = unsafe Unmanaged<BodySource>.fromOpaque(context).takeUnretainedValue()
  let space = unsafe UnsafeMutableRawBufferPointer(start: buffer, count: capacity)
  return unsafe source.read(into: space)
}
