import Core

/// The address of a store: `s3://bucket/prefix?region=...`, `gs://bucket/prefix`, `file:///path`,
/// `memory:`.
///
/// Holds no credentials: those come from the environment. A key of the query that is not known is
/// refused, for a misspelt one would be taken no notice of.
public struct StoreURL: Sendable, Equatable {
  /// What kind of store it is.
  public enum Place: Sendable, Equatable {
    /// A bucket, and what all keys in it begin with; empty for none.
    case bucket(String, prefix: String)
    /// A directory, from the root.
    case directory(String)
    /// Memory.
    case memory
  }

  /// Where it is.
  public let place: Place
  /// Who keeps it.
  public let provider: Provider
  /// `http://` or `https://`, a host, maybe a port.
  public let endpoint: String?
  /// The region.
  public let region: String?
  /// Whether the bucket stands in the path; nil as the provider likes it.
  public let usesPathStyle: Bool?
  /// A file of certificates to trust in place of the system's.
  public let certificateAuthorityPath: String?

  /// Most characters of an address.
  public static let lengthMax = 4096

  /// Reads an address.
  public init(_ text: String) throws(StoreURLError) {
    guard text.utf8.count <= Self.lengthMax,
      text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
    else { throw .notAnAddress }
    let halves = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let base = String(halves[0])
    let query = halves.count == 2 ? String(halves[1]) : nil
    if base.hasPrefix("s3://") {
      place = try Self.bucket(base.dropFirst(5))
    } else if base.hasPrefix("gs://") {
      place = try Self.bucket(base.dropFirst(5))
    } else if base.hasPrefix("file://") {
      place = try Self.directory(base.dropFirst(7))
    } else if base == "memory:" {
      place = .memory
    } else {
      throw .unknownScheme
    }
    let isGoogle = base.hasPrefix("gs://")
    let allowed =
      if case .bucket = place {
        isGoogle ? ["ca", "endpoint"] : ["ca", "endpoint", "profile", "region", "style"]
      } else {
        [String]()
      }
    let values = try Self.values(query, allowed: allowed)
    provider = try isGoogle ? .gcs : Self.provider(values["profile"])
    endpoint = try values["endpoint"].map { text throws(StoreURLError) in
      guard S3Endpoint(text, bucket: "b", usesPathStyle: true) != nil else {
        throw .badValue("endpoint", "http:// or https://, a host, maybe a port")
      }
      return text
    }
    region = try values["region"].map { text throws(StoreURLError) in
      guard text.utf8.allSatisfy(Self.isNameByte) else {
        throw .badValue("region", "a region's name, such as eu-central-1")
      }
      return text
    }
    usesPathStyle = try values["style"].map { text throws(StoreURLError) in
      guard ["path", "virtual"].contains(text) else { throw .badValue("style", "path, virtual") }
      return text == "path"
    }
    certificateAuthorityPath = values["ca"]
  }

  /// The address without what only the connection needs.
  public var name: String {
    switch place {
    case .bucket(let bucket, let prefix):
      "\(provider == .gcs ? "gs" : "s3")://\(bucket)\(prefix.isEmpty ? "" : "/")\(prefix)"
    case .directory(let path): "file://\(path)"
    case .memory: "memory:"
    }
  }

  private static func provider(_ text: String?) throws(StoreURLError) -> Provider {
    guard let text else { return .aws }
    guard let provider = Provider(rawValue: text) else {
      throw .badValue("profile", Provider.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return provider
  }

  /// A bucket, and what all keys in it begin with.
  ///
  /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  private static func bucket(_ text: Substring) throws(StoreURLError) -> Place {
    let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let bucket = String(halves[0])
    // A secret may hold slashes, so that its "@" comes after the first of them.
    if text.contains("@") || bucket.contains(":") { throw .holdsCredentials }
    guard (3...222).contains(bucket.utf8.count), bucket.utf8.allSatisfy(isNameByte),
      bucket.utf8.first != UInt8(ascii: "."), bucket.utf8.first != UInt8(ascii: "-")
    else { throw .badBucket(bucket) }
    var prefix = halves.count == 2 ? String(halves[1]) : ""
    if prefix.hasSuffix("/") { prefix.removeLast() }
    guard prefix.isEmpty || ObjectKey(prefix) != nil, !prefix.contains("%") else {
      throw .badPrefix(prefix)
    }
    return .bucket(bucket, prefix: prefix)
  }

  private static func directory(_ text: Substring) throws(StoreURLError) -> Place {
    guard text.hasPrefix("/"), let path = PercentEncoding.decode(text) else {
      throw .badDirectory
    }
    let trimmed = String(path.reversed().drop { $0 == "/" }.reversed())
    guard !trimmed.isEmpty, !trimmed.split(separator: "/").contains("..") else {
      throw .badDirectory
    }
    return .directory(trimmed)
  }

  private static func values(
    _ query: String?, allowed: [String]
  ) throws(StoreURLError) -> [String: String] {
    var values: [String: String] = [:]
    guard let query else { return values }
    for pair in query.split(separator: "&", omittingEmptySubsequences: false) {
      let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(halves[0])
      guard allowed.contains(name) else { throw .unknownKey(name, allowed: allowed) }
      guard halves.count == 2, let value = PercentEncoding.decode(halves[1]), !value.isEmpty
      else { throw .badValue(name, "a value that is not empty") }
      guard values.updateValue(value, forKey: name) == nil else { throw .repeatedKey(name) }
    }
    return values
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
      || "-._".utf8.contains(byte)
  }
}

/// What is wrong with the address of a store.
public enum StoreURLError: Error, Sendable, Equatable {
  /// Too long, or with spaces or control characters.
  case notAnAddress
  /// None of the four that are known.
  case unknownScheme
  /// No name of a bucket.
  case badBucket(String)
  /// No prefix that keys may have.
  case badPrefix(String)
  /// No path from the root.
  case badDirectory
  /// Somebody's key is in it.
  case holdsCredentials
  /// A key of the query that means nothing, and those that would.
  case unknownKey(String, allowed: [String])
  /// A key that comes twice.
  case repeatedKey(String)
  /// A value that the key can not have, and what it can.
  case badValue(String, String)
  /// Something without which nobody can be asked.
  case missing(String, String)
}

extension StoreURLError: CustomStringConvertible {
  /// One line; holds nothing that may be a secret.
  public var description: String {
    switch self {
    case .notAnAddress:
      "the address is longer than \(StoreURL.lengthMax) bytes, or holds spaces"
    case .unknownScheme: "a store's address begins with s3://, gs://, file:/// or memory:"
    case .badBucket(let name): "'\(name)' is no bucket's name"
    case .badPrefix(let prefix): "'\(prefix)' is no prefix: parts with single slashes between them"
    case .badDirectory: "file:// is followed by a path from the root, without '..'"
    case .holdsCredentials:
      "credentials do not belong into an address; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    case .unknownKey(let name, let allowed):
      if let near = Suggestion.nearest(to: name, in: allowed) {
        "'\(name)' means nothing here; '\(near)' was meant?"
      } else if allowed.isEmpty {
        "'\(name)' means nothing here: this kind of store takes nothing after '?'"
      } else {
        "'\(name)' means nothing here; known are \(allowed.joined(separator: ", "))"
      }
    case .repeatedKey(let name): "'\(name)' comes twice"
    case .badValue(let name, let allowed): "\(name) is to be: \(allowed)"
    case .missing(let name, let why): "\(name)= is missing: \(why)"
    }
  }
}
