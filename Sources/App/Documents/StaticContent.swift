import Crypto
import HTTPServer

/// Bytes that stay the same while the process runs, compressed once.
struct StaticContent: Sendable {
  let mediaType: String
  let bytes: [UInt8]
  /// Names these bytes: part of addresses that may be kept for ever.
  let digest: String
  private let packed: [UInt8]?

  init(_ bytes: [UInt8], mediaType: String) {
    self.bytes = bytes
    self.mediaType = mediaType
    digest = Base64URL.encode(SHA256.hash(bytes).prefix(12))
    let isPacked = mediaType.hasPrefix("image/") || bytes.count < 1024
    packed = isPacked ? nil : Compression.gzip(bytes)
  }

  /// The whole of it, with a tag for `ConditionalFilter`.
  func response(to request: Request, cacheControl: String = "no-cache") -> Response {
    var response = Response.bytes(bytes, contentType: mediaType)
    response.headers.append("Cache-Control", cacheControl)
    guard let packed else {
      response.headers.append("ETag", "\"\(digest)\"")
      return response
    }
    response.headers.append("Vary", "Accept-Encoding")
    if Compression.accepts(request.headers.list("Accept-Encoding")) {
      response.body = .bytes(packed)
      response.headers.append("Content-Encoding", "gzip")
      response.headers.append("ETag", "W/\"\(digest)\"")
    } else {
      response.headers.append("ETag", "\"\(digest)\"")
    }
    return response
  }
}
