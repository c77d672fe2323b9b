import Core

/// Where a bucket is asked for, and how its URLs are written.
public struct S3Endpoint: Sendable, Equatable {
  /// `http` or `https`.
  let scheme: String
  /// The host, with its port where that is not the scheme's own, as `Host` has it.
  let host: String
  /// What comes before the bucket or the key; without a slash at its end.
  let basePath: String
  let bucket: String
  let usesPathStyle: Bool

  /// The bucket at an endpoint such as `https://minio.example.org:9000`; nil where that is none.
  ///
  /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
  public init?(_ endpoint: String, bucket: String, usesPathStyle: Bool) {
    let parts = endpoint.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, ["http", "https"].contains(String(parts[0])) else { return nil }
    let slash = parts[1].firstIndex(of: "/") ?? parts[1].endIndex
    let authority = String(parts[1][..<slash])
    let path = parts[1][slash...]
    guard Self.isAuthority(authority), path.utf8.allSatisfy(Self.isPathByte) else { return nil }
    scheme = String(parts[0])
    let port = scheme == "https" ? ":443" : ":80"
    let bare = authority.hasSuffix(port) ? String(authority.dropLast(port.count)) : authority
    host = usesPathStyle ? bare : "\(bucket).\(bare)"
    basePath = String(path.reversed().drop { $0 == "/" }.reversed())
    self.bucket = bucket
    self.usesPathStyle = usesPathStyle
  }

  /// The path of a key, or of the bucket itself, not encoded.
  func path(_ key: ObjectKey?) -> String {
    let inBucket = usesPathStyle ? "\(basePath)/\(bucket)" : basePath
    return key.map { "\(inBucket)/\($0.text)" } ?? (usesPathStyle ? inBucket : inBucket + "/")
  }

  /// The URL of a path with a query that is encoded.
  func url(encodedPath: String, encodedQuery: String) -> String {
    "\(scheme)://\(host)\(encodedPath)" + (encodedQuery.isEmpty ? "" : "?\(encodedQuery)")
  }

  /// A name or an address, and a port.
  private static func isAuthority(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
          || "-.:[]".utf8.contains(byte)
      }
  }

  private static func isPathByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
      || "-._~/".utf8.contains(byte)
  }
}
