import Core
import Crypto
import HTTPClient

/// A signature of version 4 in a request's headers, as S3 and Google Cloud Storage want it.
///
/// The path is encoded once and not tidied up, unlike for other services of AWS.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
public struct SigV4: Sendable {
  /// What is signed.
  public struct Subject: Sendable {
    /// The method.
    public var method: String
    /// The path, not encoded.
    public var path: String
    /// Names and values of the query, not encoded, in any order.
    public var query: [(name: String, value: String)] = []
    /// The headers to sign; `Host` and the scheme's header of the moment are to be among them.
    public var headers: [HTTPHeader]
    /// The SHA-256 of the body in hexadecimal.
    public var bodyHash: String

    /// A request.
    public init(method: String, path: String, headers: [HTTPHeader], bodyHash: String) {
      self.method = method
      self.path = path
      self.headers = headers
      self.bodyHash = bodyHash
    }
  }

  private let credentials: Credentials
  private let scheme: SigV4Scheme
  private let region: String
  private let service: String

  /// Signs with `credentials` for a service in a region; for object storage unless it is named.
  public init(
    _ credentials: Credentials, _ scheme: SigV4Scheme, region: String, service: String? = nil
  ) {
    self.credentials = credentials
    self.scheme = scheme
    self.region = region
    self.service = service ?? scheme.service
  }

  /// The value of `Authorization`.
  public func authorization(_ subject: Subject, at moment: Timestamp) -> String {
    let scope = scope(moment)
    let code = HMACSHA256.code(
      of: Array(stringToSign(subject, at: moment).utf8), key: signingKey(moment))
    return "\(scheme.algorithm) Credential=\(credentials.accessKeyID)/\(scope), "
      + "SignedHeaders=\(Self.signedHeaders(subject)), Signature=\(Hexadecimal.encode(code))"
  }

  /// The request in the one form that both sides hash.
  public static func canonicalRequest(_ subject: Subject) -> String {
    let headers = canonicalHeaders(subject).map { "\($0.name):\($0.value)\n" }.joined()
    return [
      subject.method, encodedPath(subject.path), encodedQuery(subject.query), headers,
      signedHeaders(subject), subject.bodyHash,
    ].joined(separator: "\n")
  }

  /// What the key is applied to.
  public func stringToSign(_ subject: Subject, at moment: Timestamp) -> String {
    [
      scheme.algorithm, Self.stamp(moment), scope(moment),
      SHA256.hexadecimal(Self.canonicalRequest(subject)),
    ].joined(separator: "\n")
  }

  /// `YYYYMMDDTHHMMSSZ`, the value of the header of the moment.
  public static func stamp(_ moment: Timestamp) -> String {
    String(moment.iso8601.filter { $0 != "-" && $0 != ":" }.prefix(15)) + "Z"
  }

  /// A path as it is sent and signed.
  static func encodedPath(_ path: String) -> String {
    PercentEncoding.encode(path, keeping: "-_.~/")
  }

  /// A query as it is sent and signed: each encoded, then in the order of the bytes.
  static func encodedQuery(_ query: [(name: String, value: String)]) -> String {
    query.map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value)) }
      .sorted { $0 < $1 }
      .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
  }

  private func scope(_ moment: Timestamp) -> String {
    "\(Self.stamp(moment).prefix(8))/\(region)/\(service)/\(scheme.terminator)"
  }

  private func signingKey(_ moment: Timestamp) -> [UInt8] {
    let parts = [String(Self.stamp(moment).prefix(8)), region, service, scheme.terminator]
    return parts.reduce(Array((scheme.keyPrefix + credentials.secret.reveal()).utf8)) { key, part in
      HMACSHA256.code(of: Array(part.utf8), key: key)
    }
  }

  private static func signedHeaders(_ subject: Subject) -> String {
    canonicalHeaders(subject).map(\.name).joined(separator: ";")
  }

  /// Names in lower case and in order, values of the same name joined, runs of spaces made one.
  private static func canonicalHeaders(_ subject: Subject) -> [(name: String, value: String)] {
    var values: [String: [String]] = [:]
    for header in subject.headers {
      let words = header.value.split { $0.isWhitespace }
      values[header.name.lowercased(), default: []].append(words.joined(separator: " "))
    }
    return values.sorted { $0.key < $1.key }.map { ($0.key, $0.value.joined(separator: ",")) }
  }
}
