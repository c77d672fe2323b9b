import Core
import Crypto
import HTTPClient
import XML

/// A bucket of S3, of what speaks as S3 does, or of Google Cloud Storage by its XML API.
///
/// The last differs in its headers alone: in how a write is made conditional and in how a request
/// is proven.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html
/// https://cloud.google.com/storage/docs/xml-api/reference-methods
public final class S3Storage: ObjectStorage {
  /// What is known of the provider.
  public let profile: ProviderProfile
  let connection: S3Connection

  /// A bucket at `endpoint`.
  public init(
    endpoint: S3Endpoint, profile: ProviderProfile, authorizer: any RequestAuthorizer,
    client: HTTPClient = HTTPClient(), timeouts: StorageTimeouts = StorageTimeouts(),
    certificateAuthorityPath: String? = nil
  ) {
    self.profile = profile
    let scheme = profile.provider == .gcs ? "gs" : "s3"
    connection = S3Connection(
      name: "\(scheme)://\(endpoint.bucket)", endpoint: endpoint, authorizer: authorizer,
      client: client, timeouts: timeouts, certificateAuthorityPath: certificateAuthorityPath)
  }

  /// `s3://bucket` or `gs://bucket`.
  public var name: String { connection.name }
  /// The provider's.
  public var partRules: PartRules { profile.partRules }

  /// The URL of an object, without what proves a request.
  public func url(of key: ObjectKey) -> String {
    let path = connection.endpoint.path(key)
    return connection.endpoint.url(encodedPath: SigV4.encodedPath(path), encodedQuery: "")
  }

  /// PutObject.
  ///
  /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
  public func put(
    _ body: PartBody, at key: ObjectKey, _ condition: PutCondition
  ) throws(StorageError) {
    var request = S3Request(.put, "PUT", key)
    request.body = body
    request.headers = [request.digestHeader]
    if profile.sendsChecksums {
      request.headers.append(HTTPHeader("x-amz-checksum-sha256", Base64.encode(body.sha256)))
    }
    if condition == .ifAbsent { request.headers += try absence(key) }
    _ = try connection.send(request)
  }

  /// What keeps an object from being replaced.
  private func absence(_ key: ObjectKey) throws(StorageError) -> [HTTPHeader] {
    let conditional = profile.conditionalWrites
    if conditional == .looksFirst || conditional == .both, try head(key) != nil {
      throw StorageError(.exists, .put, in: name, key: key)
    }
    return switch conditional {
    case .ifNoneMatch, .both: [HTTPHeader("If-None-Match", "*")]
    case .generation: [HTTPHeader("x-goog-if-generation-match", "0")]
    case .looksFirst: []
    }
  }

  /// GetObject.
  ///
  /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
  public func get(
    _ key: ObjectKey, _ range: Range<Int64>?, _ sink: ([UInt8]) -> Bool
  ) throws(StorageError) -> ObjectInfo {
    var request = S3Request(.get, "GET", key)
    if let range {
      let last = range.upperBound == .max ? "" : String(range.upperBound - 1)
      request.headers = [HTTPHeader("Range", "bytes=\(range.lowerBound)-\(last)")]
    }
    return try connection.receive(
      request,
      begun: { response throws(StorageError) in
        let isPart = response.status == 206
        guard isPart == (range != nil) else {
          throw StorageError(
            .badAnswer, .get, in: name, key: key, "status \(response.status) to a range or none")
        }
        let whole = response.header("Content-Range")?.split(separator: "/").last.map(String.init)
        return try info(key, response, bytes: isPart ? whole : response.header("Content-Length"))
      }, sink)
  }

  /// HeadObject.
  ///
  /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
  public func head(_ key: ObjectKey) throws(StorageError) -> ObjectInfo? {
    let response: HTTPResponse
    do throws(StorageError) {
      response = try connection.send(S3Request(.head, "HEAD", key))
    } catch {
      // An answer without a body can not say what of it is missing.
      if error.kind == .notFound { return nil }
      throw reason(of: error, key)
    }
    return try info(key, response, bytes: response.header("Content-Length"))
  }

  /// Why HEAD was refused, by the answer to another request: that to HEAD has no body, and there an
  /// end of credentials looks like any other mistake.
  private func reason(of error: StorageError, _ key: ObjectKey) -> StorageError {
    guard error.answer.code == nil, error.kind == .denied || error.kind == .invalidRequest else {
      return error
    }
    let refused = error
    do throws(StorageError) {
      _ = try get(key, 0..<1) { _ in true }
    } catch {
      let known: Set<StorageError.Kind> = [.expired, .clock, .badSignature, .denied, .noBucket]
      if known.contains(error.kind) {
        return StorageError(
          error.kind, .head, in: name, key: key, error.detail, answer: error.answer)
      }
    }
    return refused
  }

  /// DeleteObject.
  ///
  /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
  public func delete(_ key: ObjectKey) throws(StorageError) {
    do throws(StorageError) {
      _ = try connection.send(S3Request(.delete, "DELETE", key))
    } catch  where error.kind == .notFound {
      return
    }
  }

  private func info(
    _ key: ObjectKey, _ response: HTTPResponse, bytes: String?
  ) throws(StorageError) -> ObjectInfo {
    guard let bytes = bytes.flatMap({ Int64($0) }) else {
      throw StorageError(.badAnswer, .get, in: name, key: key, "it has no length")
    }
    return ObjectInfo(
      key: key, bytes: bytes, tag: S3Answer.tag(response.header("ETag")),
      modified: response.header("Last-Modified").flatMap(HTTPDate.parse))
  }
}
